# tools/dev sim: simulated histories of a whole cluster, by seed.

sim_usage() {
  cat <<'END'
usage: tools/dev sim [--seeds N] [--first SEED] [--nodes 1-5] [--level log|queue] [--trace] ...

Sets up, builds, and runs a whole cluster in one thread under simulated clocks, networks, disks and
register: the same seed is the same history. Prints progress and every history that broke a promise,
with the command that replays it. The exit code is 0 only if none did.

  --seeds N         how many seeds (1000)
  --first SEED      the first one (1)
  --nodes N         nodes of the cluster, 1 to 5 (3)
  --level LEVEL     log: plain numbers are replicated; queue: the real queue with its leases (log)
  --trace           only the seed --first, with everything that happens, line by line
  --mutant NAME     take a rule out of the replica, to see that it is noticed
  --list-mutants    the names, and why some are not found by chance
  --jobs N          processes (one per core)
  --failures N      stop after that many broken histories (1)
  --seconds N       stop after that time

docs/testing.md tells what is simulated and what is not.
END
}

command_sim() {
  if wants_help "$@"; then
    sim_usage
    return
  fi
  command_setup
  build_preset release simulate || fail "the build failed"
  exec build/release/bin/simulate --jobs "$(nproc)" "$@"
}
