# tools/dev build and run: configure when needed, compile, start the server.

build_usage() {
  cat <<'END'
usage: tools/dev build [preset] [target...]

Builds into build/PRESET; the binaries are in build/PRESET/bin. Presets:

  release   optimized, with line numbers (default)
  debug     not optimized
  asan      address and undefined-behaviour sanitizers
  tsan      thread sanitizer
  fuzz      libFuzzer targets, by clang
END
}

command_build() {
  if wants_help "$@"; then
    build_usage
    return
  fi
  local preset=${1:-release}
  shift || true
  check_preset "$preset"
  if [[ "$preset" == fuzz ]]; then command_setup --fuzz; else command_setup; fi
  build_preset "$preset" "$@"
}

check_preset() {
  case "$1" in
    release | debug | asan | tsan | fuzz) ;;
    *) fail "unknown preset '$1'; there are release, debug, asan, tsan and fuzz" ;;
  esac
}

# build_preset PRESET [TARGET...]
build_preset() {
  local preset=$1 folder=build/$1
  shift
  # Ninja notices changed CMakeLists.txt by itself, but not a changed preset.
  if [[ ! -f $folder/build.ninja || CMakePresets.json -nt $folder/build.ninja ]]; then
    cmake --preset "$preset" >&2 || return 1
  fi
  cmake --build "$folder" -j "$(parallel_jobs)" ${1:+--target "$@"} >&2
}

run_usage() {
  cat <<'END'
usage: tools/dev run [args]

Sets up, builds release, and runs build/release/bin/taskdriverd with the given arguments; without
any it serves on 127.0.0.1:3000 and keeps its data in ./data. Ctrl-C stops it.
'tools/dev run -- --help' shows the arguments of the server.
END
}

command_run() {
  if wants_help "$@"; then
    run_usage
    return
  fi
  [[ "${1:-}" != -- ]] || shift
  command_setup
  build_preset release taskdriverd || fail "the build failed"
  exec build/release/bin/taskdriverd "$@"
}
