# tools/dev bench: measures a server of its own with tdbench.
# tools/dev sets $root; the locals of command_bench are seen by what it calls.
# shellcheck disable=SC2154

bench_modes=(cycle enqueue bulk backlog latency parked)

bench_usage() {
  cat <<'END'
usage: tools/dev bench [MODE...] [--seconds N] [--server-option OPTION]... [-- TDBENCH-ARGS]

Builds release and measures each mode (default: all) on a new server with an empty data directory
under build/, on a free loopback port; the server is stopped and the directory removed afterwards.

  cycle      create, claim and complete one task after another, 64 workers
  enqueue    create only
  bulk       create by bulk requests only
  backlog    cycles on an empty queue, then with a million queued tasks
  latency    cycles at a fixed rate
  parked     long-polls that wait for tasks

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

# bench_mode MODE SECONDS [TDBENCH-ARGS]
bench_mode() {
  local mode=$1 seconds=$2 extra=()
  shift 2
  [[ "$mode" != backlog ]] || extra=(--compare-empty)
  # Below build/ and not in /tmp, which may be in memory, where fsync costs nothing.
  bench_home=$(mktemp -d "$root/build/bench.XXXXXX") || exit 1
  trap stop_bench_server EXIT
  trap 'exit 130' INT TERM
  start_bench_server
  say "bench $mode"
  build/release/bin/tdbench "$mode" --url "http://127.0.0.1:$bench_port" \
    --admin-token-file "$bench_home/data/admin.token" --server-pid "$bench_pid" \
    --seconds "$seconds" "${extra[@]}" "$@"
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
