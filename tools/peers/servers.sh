# How bench_peers starts and measures each server; sourced, uses peer_home, peer_port, workers.
# shellcheck shell=bash disable=SC2154

free_port() {
  python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# wait_for_port [SECONDS]
wait_for_port() {
  local tries
  for ((tries = 0; tries < ${1:-30} * 10; tries++)); do
    (exec 3<>"/dev/tcp/127.0.0.1/$peer_port") 2>/dev/null && return 0
    sleep 0.1
  done
  tail -n 20 "$peer_home/log" >&2
  fail "the peer does not listen"
}

# run_peer COMMAND...: in the background, in a process group of its own so that all of it ends.
run_peer() {
  setsid "$@" </dev/null >"$peer_home/log" 2>&1 &
  peer_pid=$!
}

stop_peer() {
  [[ -n "${peer_pid:-}" ]] || return 0
  kill -TERM -- "-$peer_pid" 2>/dev/null || return 0
  timeout 15 tail --pid="$peer_pid" -f /dev/null || true
  kill -KILL -- "-$peer_pid" 2>/dev/null || true
  if [[ -n "${peer_epmd_port:-}" ]]; then
    ERL_EPMD_PORT=$peer_epmd_port epmd -kill >/dev/null 2>&1 || true
  fi
}

start_taskdriver() {
  run_peer build/release/bin/taskdriverd --data-dir "$peer_home/data" \
    --http "127.0.0.1:$peer_port" --log-requests errors
  wait_for_port
}
cycle_taskdriver() {
  build/release/bin/tdbench cycle --url "http://127.0.0.1:$peer_port" --workers "$workers" \
    --admin-token-file "$peer_home/data/admin.token" --seconds "$seconds" --json 2>/dev/null |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["phases"][0]["operationsPerSecond"])'
}

start_rabbitmq() {
  peer_epmd_port=$(free_port)
  local distribution_port
  distribution_port=$(free_port)
  mkdir -p "$peer_home/home"
  : >"$peer_home/none.conf"
  run_peer env HOME="$peer_home/home" ERL_EPMD_PORT="$peer_epmd_port" \
    ERL_EPMD_ADDRESS=127.0.0.1 \
    RABBITMQ_NODENAME="bench$peer_port@localhost" RABBITMQ_NODE_PORT="$peer_port" \
    RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_DIST_PORT="$distribution_port" \
    RABBITMQ_MNESIA_BASE="$peer_home/mnesia" RABBITMQ_LOG_BASE="$peer_home/logs" \
    RABBITMQ_CONFIG_FILE="$peer_home/none.conf" RABBITMQ_ENABLED_PLUGINS_FILE="$peer_home/none" \
    RABBITMQ_SERVER_ERL_ARGS="+P 1048576" /usr/lib/rabbitmq/bin/rabbitmq-server
  wait_for_port 60
  sleep 2 # the port is open a little before the virtual host is
}
cycle_rabbitmq() { build/peers/peer_cycle rabbitmq "$peer_port" "$workers" "$seconds"; }

start_postgresql() {
  local bin owner=()
  bin=$(echo /usr/lib/postgresql/*/bin)
  if ((EUID == 0)); then # the server refuses to run as root
    owner=(runuser -u postgres --)
    chown postgres "$peer_home"
  fi
  "${owner[@]}" "$bin/initdb" -D "$peer_home/data" -U bench -A trust >"$peer_home/log" 2>&1
  run_peer "${owner[@]}" "$bin/postgres" -D "$peer_home/data" -p "$peer_port" -h 127.0.0.1 \
    -k "$peer_home" -c max_connections=200 -c shared_buffers=128MB -c max_wal_size=4GB
  wait_for_port
  psql -q -h 127.0.0.1 -p "$peer_port" -U bench postgres <<'END'
CREATE TABLE task (id bigserial PRIMARY KEY, status smallint NOT NULL DEFAULT 0,
  instructions text NOT NULL, result text, agent int, lease_until timestamptz,
  created timestamptz NOT NULL DEFAULT now()) WITH (fillfactor = 70);
CREATE INDEX queued ON task (id) WHERE status = 0;
END
}
cycle_postgresql() {
  pgbench -n -M prepared -h 127.0.0.1 -p "$peer_port" -U bench -c "$workers" -j 2 \
    -D instructions="$(printf 'x%.0s' {1..300})" -D result="$(printf 'r%.0s' {1..200})" \
    -T "$seconds" -f tools/peers/cycle.sql postgres 2>/dev/null |
    sed -n 's/^tps = \([0-9.]*\).*/\1/p'
}

start_bullmq() {
  mkdir -p "$peer_home/data"
  run_peer redis-server --port "$peer_port" --bind 127.0.0.1 --dir "$peer_home/data" --save "" \
    --appendonly yes --appendfsync always --maxmemory-policy noeviction
  wait_for_port
}
cycle_bullmq() { node build/peers/bullmq/cycle.js "$peer_port" "$workers" "$seconds"; }

start_beanstalkd() {
  mkdir -p "$peer_home/data"
  run_peer beanstalkd -l 127.0.0.1 -p "$peer_port" -b "$peer_home/data" -f 0
  wait_for_port
}
cycle_beanstalkd() { build/peers/peer_cycle beanstalkd "$peer_port" "$workers" "$seconds"; }

start_nats() {
  run_peer nats-server -a 127.0.0.1 -p "$peer_port" -js -sd "$peer_home/data"
  wait_for_port
}
cycle_nats() { build/peers/peer_cycle nats "$peer_port" "$workers" "$seconds"; }
