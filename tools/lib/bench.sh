# tools/dev bench: measures a server of its own with tdbench.
# tools/dev sets $root; the locals of command_bench are seen by what it calls.
# shellcheck disable=SC2154

bench_modes=(cycle enqueue bulk backlog latency parked retries neighbour deletion tour ceiling)

bench_usage() {
  cat <<'END'
usage: tools/dev bench [MODE...] [--seconds N] [--server-option OPTION]... [-- TDBENCH-ARGS]
       tools/dev bench --table [--rounds N] [--seconds N] [--tasks N] [--projects N] [--long]
                       [--note TEXT]
       tools/dev bench --check [--update]
       tools/dev bench --cluster [FIGURE...] [--seconds N]

Builds release and measures each mode (default: all) on a new server with an empty data directory
under build/, on a free loopback port; the server is stopped and the directory removed afterwards.

  cycle      create, claim and complete one task after another, 64 workers
  enqueue    create only
  bulk       create by bulk requests only
  backlog    cycles on an empty queue, then with a million queued tasks; a restart after kill -9
  latency    cycles at a fixed rate
  parked     long-polls that wait for tasks
  retries    claims that fail, so that tasks go back to their old place
  neighbour  latency alone, then beside a project with 64 workers
  deletion   latency alone, then while a project with a million tasks is deleted
  tour       cycles in one project, then going through all of 1,000 with 100 tasks each
  ceiling    the HTTP layer alone, and with the way through an actor

  --table                 instead: all that docs/performance.md shows, written there; medians of
                          --rounds (3), a backlog of --tasks (1,000,000), --projects (1,000);
                          half an hour. --long: one round with 10,000,000 and 10,000, after
                          5,000,000 tasks were completed too; an hour
  --check                 instead: instructions per operation under callgrind, compared with those
                          in tests/cost/costs.txt; says nothing about time, and takes 3 minutes
  --update                keep the new figures
  --cluster               instead: three nodes and etcd on loopback; figures: cycles failover
                          handover idle catchup checkpoint (default: all, 10 minutes)
  --seconds N             measured time of each phase (default 10)
  --server-option OPTION  one more option of taskdriverd, e.g. --server-option=--io-threads=2
  -- TDBENCH-ARGS         all that follows goes to tdbench, e.g. -- --workers 256 --json

The server logs failed requests only (--log-requests errors). Client and server share the cores of
this machine, so figures compare only within one machine.
END
}

command_bench() {
  local modes=() server_options=() seconds=10 mode
  while (($#)); do
    case "$1" in
      --check) shift; check_costs "$@"; return ;;
      --table) shift; bench_table "$@"; return ;;
      --cluster) shift; bench_cluster "$@"; return ;;
      --seconds) seconds=$(option_value "$@"); shift ;;
      --server-option) server_options+=("$(option_value "$@")"); shift ;;
      --server-option=*) server_options+=("${1#*=}") ;;
      --) shift; break ;;
      -h | --help) bench_usage; return ;;
      *)
        [[ " ${bench_modes[*]} " == *" $1 "* ]] || fail "bench: unknown mode or option '$1'"
        modes+=("$1")
        ;;
    esac
    shift
  done
  command_setup
  build_preset release taskdriverd tdbench || fail "the build failed"
  ((${#modes[@]})) || modes=("${bench_modes[@]}")
  local failed=0
  for mode in "${modes[@]}"; do
    # In a subshell, so that its trap stops the server whatever happens.
    (bench_mode "$mode" "$seconds" "$@") || failed=1
  done
  return "$failed"
}

bench_cluster() {
  command_setup
  build_preset release taskdriverd tdbench || fail "the build failed"
  /usr/bin/python3 -B tools/lib/bench_cluster.py "$@"
}

# bench_mode MODE SECONDS [TDBENCH-ARGS]
bench_mode() {
  local mode=$1 seconds=$2 extra=()
  shift 2
  case "$mode" in
    backlog) extra=(--compare-empty --reads --keep) ;;
    tour) [[ " $* " == *" --projects "* ]] || extra=(--projects 1000) ;;
  esac
  # Below build/ and not in /tmp, which may be in memory, where fsync costs nothing.
  bench_home=$(mktemp -d "$root/build/bench.XXXXXX") || exit 1
  trap stop_bench_server EXIT
  trap 'exit 130' INT TERM
  start_bench_server
  say "bench $mode"
  build/release/bin/tdbench "$mode" --url "http://127.0.0.1:$bench_port" \
    --admin-token-file "$bench_home/data/admin.token" --server-pid "$bench_pid" \
    --seconds "$seconds" "${extra[@]}" "$@" || return 1
  [[ "$mode" != backlog ]] || time_restart
}

# Kills the server as it is and says when it serves again; to a tenth of a second.
time_restart() {
  kill -KILL "$bench_pid"
  wait "$bench_pid" 2>/dev/null || true
  local begun=$EPOCHREALTIME took
  start_bench_server
  took=$(((${EPOCHREALTIME/./} - ${begun/./}) / 1000))
  say "bench backlog: after kill -9 it served again in $took ms"
  [[ -z "${restart_file:-}" ]] || echo "$took" >"$restart_file"
}

# bench_table [--rounds N] [--seconds N] [--tasks N] [--projects N] [--long] [--note TEXT]
bench_table() {
  local rounds=3 seconds=10 tasks=1000000 projects=1000 complete=() note="" round
  local server_options=()
  while (($#)); do
    case "$1" in
      --rounds) rounds=$(option_value "$@"); shift ;;
      --seconds) seconds=$(option_value "$@"); shift ;;
      --tasks) tasks=$(option_value "$@"); shift ;;
      --projects) projects=$(option_value "$@"); shift ;;
      --long) rounds=1 tasks=10000000 projects=10000 complete=(--complete 5000000) ;;
      --note) note=$(option_value "$@"); shift ;;
      *) fail "bench: unknown option '$1'" ;;
    esac
    shift
  done
  command_setup
  build_preset release taskdriverd tdbench || fail "the build failed"
  local reports
  reports=$(mktemp -d)
  disk_syncs >"$reports/disk.txt"
  for ((round = 1; round <= rounds; round++)); do
    bench_report cycle "$round" cycle
    bench_report single "$round" cycle --workers 1
    bench_report latency "$round" latency
    bench_report bulk "$round" bulk
    restart_file=$reports/restart.$round.txt \
      bench_report backlog "$round" backlog --tasks "$tasks" "${complete[@]}"
    bench_report retries "$round" retries --tasks 100000 --attempts 100000
    bench_report deletion "$round" deletion --tasks "$tasks"
    bench_report tour "$round" tour --projects "$projects"
    bench_report parked "$round" parked --polls 10000 --rate 50
    bench_report neighbour "$round" neighbour
    bench_report ceiling "$round" ceiling
  done
  python3 tools/lib/bench_table.py "$reports" docs/performance.md "$note"
  rm -rf "$reports"
  say "written to docs/performance.md"
}

# bench_report NAME ROUND MODE [TDBENCH-ARGS]
bench_report() {
  local name=$1 round=$2 mode=$3
  shift 3
  (bench_mode "$mode" "$seconds" --json "$@") >"$reports/$name.$round.json" ||
    fail "bench: $name failed in round $round"
}

# How many times a second 4 KiB can be appended and synced below build/, one after the other.
disk_syncs() {
  python3 - "$root/build" <<'END'
import os, sys, tempfile, time
with tempfile.TemporaryFile(dir=sys.argv[1]) as file:
    begun, count = time.monotonic(), 0
    while time.monotonic() - begun < 2:
        file.write(b"x" * 4096)
        file.flush()
        os.fdatasync(file.fileno())
        count += 1
    print(round(count / (time.monotonic() - begun)))
END
}

# Sets bench_pid and bench_port; the kernel chooses the port.
start_bench_server() {
  build/release/bin/taskdriverd --data-dir "$bench_home/data" --http 127.0.0.1:0 \
    --log-requests errors "${server_options[@]}" </dev/null 2>"$bench_home/log" &
  bench_pid=$!
  local tries
  for ((tries = 0; tries < 300; tries++)); do
    bench_port=$(sed -n '/listening/s/.*127\.0\.0\.1:\([0-9]*\).*/\1/p' "$bench_home/log" | head -1)
    [[ -z "$bench_port" ]] || return 0
    kill -0 "$bench_pid" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$bench_home/log" >&2
  fail "bench: the server did not start"
}

stop_bench_server() {
  if [[ -n "${bench_pid:-}" ]] && kill -TERM "$bench_pid" 2>/dev/null; then
    # The server promises to end within 10 s of SIGTERM.
    timeout 15 tail --pid="$bench_pid" -f /dev/null || kill -KILL "$bench_pid" 2>/dev/null
    wait "$bench_pid" 2>/dev/null
  fi
  rm -rf "$bench_home"
}
