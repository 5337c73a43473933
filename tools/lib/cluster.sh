# tools/dev cluster: three nodes and an etcd on loopback, to try things on.
# tools/dev sets $root; the locals of command_cluster are seen by what it calls.
# shellcheck disable=SC2154

cluster_usage() {
  cat <<'END'
usage: tools/dev cluster [--nodes N] [--fresh] [-- SERVER-ARGS]

Sets up, builds release, starts etcd and N nodes (default 3) on loopback, prints what to try, and
shows their logs. Ctrl-C stops all of it. Data stays in build/cluster until --fresh.

  --nodes N          1 to 7 nodes: n1 on http://127.0.0.1:3001, n2 on 3002, …
  --fresh            begin with empty data directories
  -- SERVER-ARGS     all that follows goes to every taskdriverd
END
}

cluster_ports_etcd=(2479 2480)

command_cluster() {
  local nodes=3 fresh=false pids=()
  while (($#)); do
    case "$1" in
      --nodes) nodes=$(option_value "$@"); shift ;;
      --fresh) fresh=true ;;
      --) shift; break ;;
      -h | --help) cluster_usage; return ;;
      *) fail "cluster: unknown option '$1'" ;;
    esac
    shift
  done
  [[ "$nodes" =~ ^[1-7]$ ]] || fail "cluster: --nodes must be 1 to 7"
  command_setup
  build_preset release taskdriverd tdctl || fail "the build failed"
  local home=$root/build/cluster
  ! $fresh || rm -rf "$home"
  mkdir -p "$home"
  trap stop_cluster EXIT
  trap 'exit 130' INT TERM
  start_cluster_etcd
  start_cluster_nodes "$nodes" "$@"
  cluster_hints "$nodes"
  wait "${pids[0]}" || true
  say "etcd ended; its log is $home/etcd.log"
}

start_cluster_etcd() {
  local client=http://127.0.0.1:${cluster_ports_etcd[0]}
  local peer=http://127.0.0.1:${cluster_ports_etcd[1]}
  etcd --name etcd --data-dir "$home/etcd" --log-level warn \
    --listen-client-urls "$client" --advertise-client-urls "$client" \
    --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" \
    --initial-cluster "etcd=$peer" </dev/null >"$home/etcd.log" 2>&1 &
  pids+=($!)
  local tries
  for ((tries = 0; tries < 100; tries++)); do
    ! curl -fsS "$client/health" >/dev/null 2>&1 || return 0
    sleep 0.1
  done
  tail -n 20 "$home/etcd.log" >&2
  fail "cluster: etcd did not start"
}

# start_cluster_nodes N [SERVER-ARGS]
start_cluster_nodes() {
  local count=$1 n
  shift
  # One admin token for all nodes, kept with the data.
  [[ -s "$home/admin.token" ]] ||
    (umask 077 && head -c 24 /dev/urandom | base64 | tr '+/' 'ab' >"$home/admin.token")
  for ((n = 1; n <= count; n++)); do
    keep_node "$n" "$@" &
    pids+=($!)
  done
  for ((n = 1; n <= count; n++)); do
    timeout 60 bash -c \
      "until curl -fsS http://127.0.0.1:300$n/health; do sleep 0.2; done" >/dev/null 2>&1 ||
      fail "cluster: node n$n does not serve"
  done
}

# keep_node N [SERVER-ARGS]: runs a node and starts it again when it dies, as services are.
keep_node() {
  local n=$1 child
  shift
  trap 'kill -TERM "$child" 2>/dev/null; wait "$child"; exit 0' TERM
  while :; do
    TASKDRIVER_ADMIN_TOKEN=$(<"$home/admin.token") build/release/bin/taskdriverd \
      --data-dir "$home/n$n" --node-id "n$n" --http "127.0.0.1:300$n" \
      --cluster-name dev --cluster-listen "127.0.0.1:400$n" \
      --etcd "http://127.0.0.1:${cluster_ports_etcd[0]}" --log-requests errors "$@" \
      </dev/null > >(sed -u "s/^/n$n /" >&2) 2>&1 &
    child=$!
    wait "$child" && return
    say "n$n ended with code $? and starts again in 10 s"
    sleep 10 &
    child=$!
    wait "$child"
  done
}

cluster_hints() {
  cat <<END

A cluster of $1 nodes serves on http://127.0.0.1:3001 … 300$1; data and logs are in build/cluster.
In another terminal:

  export TASKDRIVER_URL=http://127.0.0.1:3001,http://127.0.0.1:3002
  export TASKDRIVER_ADMIN_TOKEN=\$(cat build/cluster/admin.token)
  build/release/bin/tdctl status              # what is wrong, and what to do
  build/release/bin/tdctl shards              # who holds what
  build/release/bin/tdctl top                 # live
  pkill -9 -f 'node-id n1'                    # a node dies: work goes on within 3 s, and it is
                                              # started again after 10 s

Ctrl-C stops all of it.

END
}

stop_cluster() {
  trap - EXIT
  kill -TERM "${pids[@]:1}" 2>/dev/null || true
  local pid
  for pid in "${pids[@]:1}"; do
    timeout 15 tail --pid="$pid" -f /dev/null || kill -KILL "$pid" 2>/dev/null
  done
  kill -TERM "${pids[0]}" 2>/dev/null || true
  wait 2>/dev/null || true
}
