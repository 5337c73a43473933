# tools/dev format and tidy: clang-format and clang-tidy over the project's own sources.

# All C++ sources that git knows or could know, relative to the root.
cpp_sources() { git ls-files --cached --others --exclude-standard -- '*.cpp' '*.hpp'; }

command_format() {
  local arguments=(-i)
  case "${1:-}" in
    "") ;;
    --check) arguments=(--dry-run --Werror) ;;
    -h | --help)
      echo "usage: tools/dev format [--check]"
      echo "Formats all C++ sources, or only says which are not formatted."
      return
      ;;
    *) fail "format: unknown option '$1'" ;;
  esac
  command_setup --lint
  cpp_sources | xargs clang-format "${arguments[@]}"
}

tidy_usage() {
  cat <<'END'
usage: tools/dev tidy [--all] [file...]

Runs clang-tidy with the project's .clang-tidy on the given .cpp files, on all of them, or (without
arguments) on those that differ from the last commit.
END
}

command_tidy() {
  local files=()
  case "${1:-}" in
    -h | --help) tidy_usage; return ;;
    --all) mapfile -t files < <(cpp_sources | grep '\.cpp$') ;;
    "") mapfile -t files < <(changed_sources) ;;
    *) files=("$@") ;;
  esac
  if ((${#files[@]} == 0)); then
    say "tidy: no changed .cpp file; --all takes every one"
    return
  fi
  command_setup --lint
  [[ -f build/release/compile_commands.json ]] || cmake --preset release >&2
  printf '%s\0' "${files[@]}" |
    xargs -0 -n 1 -P "$(parallel_jobs)" clang-tidy --quiet -p build/release \
      --extra-arg=-Wno-unknown-warning-option
}

changed_sources() {
  { git diff --name-only --diff-filter=d HEAD; git ls-files --others --exclude-standard; } |
    grep '\.cpp$' | sort -u || true
}
