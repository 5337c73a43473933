# tools/dev test: all tests in bounded time, with one count over all of them at the end.
# tools/dev sets $root; the locals of command_test are seen by what it calls.
# shellcheck disable=SC2154

test_usage() {
  cat <<'END'
usage: tools/dev test [--preset PRESET] [--only REGEX] [--fuzz-seconds N]

Sets up, builds, and runs the rules for sources, all ctest tests and the end-to-end tests in
tests/e2e. The last line is 'N passed, N failed'; the exit code is 0 only if none failed.

  --preset PRESET     release (default), debug, asan or tsan
  --only REGEX        only tests whose name matches, e.g. 'domain_', 'source_', 'test_tour'
  --fuzz-seconds N    also run every fuzz target, each for N seconds (needs clang)

docs/testing.md tells what kinds of tests there are and where.
END
}

# What runs under the thread sanitizer, each by its target AREA_test: all that has threads but no
# actors of CAF.
tsan_areas=(base cluster coordinator http_edge http_server node options storage tdbench)

passed_total=0
failed_total=0
summary=()

# count PART PASSED FAILED [NOTE]: adds the outcome of one part to the totals.
count() {
  passed_total=$((passed_total + $2))
  failed_total=$((failed_total + $3))
  summary+=("$(printf '%-24s %5d passed %5d failed  %s' "$1" "$2" "$3" "${4:-}")")
}

selected() { [[ -z "$only" || "$1" =~ $only ]]; }

command_test() {
  local preset=release only="" fuzz_seconds=0
  while (($#)); do
    case "$1" in
      --preset) preset=$(option_value "$@"); shift ;;
      --only) only=$(option_value "$@"); shift ;;
      --fuzz-seconds) fuzz_seconds=$(option_value "$@"); shift ;;
      -h | --help) test_usage; return ;;
      *) fail "test: unknown option '$1'" ;;
    esac
    shift
  done
  check_preset "$preset"
  [[ "$preset" != fuzz ]] || fail "test: fuzz targets run with --fuzz-seconds"
  [[ "$fuzz_seconds" =~ ^[0-9]+$ ]] || fail "test: --fuzz-seconds needs a number"
  command_setup

  set +e  # from here on a failure is counted, not fatal
  logs=$(mktemp -d) && trap 'rm -rf "$logs"' EXIT
  set_sanitizer_options
  test_source_rules
  local targets=()
  [[ "$preset" != tsan ]] || targets=("${tsan_areas[@]/%/_test}")
  if build_preset "$preset" "${targets[@]}"; then
    test_with_ctest
    [[ "$preset" == tsan ]] || test_end_to_end
  else
    count "build" 0 1
  fi
  ((fuzz_seconds == 0)) || test_with_fuzzers
  finish_test
}

finish_test() {
  ((passed_total + failed_total > 0)) || count "no test matches '$only'" 0 1
  printf '\n'
  printf '%s\n' "${summary[@]}"
  printf '%d passed, %d failed\n' "$passed_total" "$failed_total"
  ((failed_total == 0)) || exit 1
}

set_sanitizer_options() {
  export UBSAN_OPTIONS=print_stacktrace=1
  # One end-to-end test preloads a clock of its own before the sanitizer's library.
  export ASAN_OPTIONS=detect_stack_use_after_return=1:check_initialization_order=1
  ASAN_OPTIONS+=:verify_asan_link_order=0
  # Debian's CAF and RocksDB are not instrumented: without this, their own synchronisation is
  # invisible and every message between two actors looks like a race.
  export TSAN_OPTIONS="suppressions=$root/tools/lib/tsan.supp"
  # A test of supervised children forks, and its child starts a thread before it dies.
  TSAN_OPTIONS+=" die_after_fork=0"
}

# The rules for sources first: they take a second, and a breach needs no compiler.
test_source_rules() {
  local rule
  for rule in layers style; do
    selected "source_$rule" || continue
    if python3 "tools/check_$rule.py"; then
      count "source_$rule" 1 0
    else
      count "source_$rule" 0 1
    fi
  done
}

# A pattern for those of tsan_areas that --only wants; some call their test AREA, some AREA_test.
tsan_pattern() {
  local area wanted=()
  for area in "${tsan_areas[@]}"; do
    if selected "$area" || selected "${area}_test"; then wanted+=("$area"); fi
  done
  (IFS='|'; printf '^(%s)(_test)?$' "${wanted[*]}")
}

test_with_ctest() {
  local log=$logs/ctest.log started=$SECONDS pattern=$only
  [[ "$preset" != tsan ]] || pattern=$(tsan_pattern)
  timeout --kill-after=10 1800 ctest --test-dir "build/$preset" --output-on-failure \
    --label-exclude source_rules --no-tests=ignore --timeout 300 -j "$(parallel_jobs)" \
    ${pattern:+-R "$pattern"} 2>&1 | tee "$log"
  local exit_code=${PIPESTATUS[0]} total=0 failed=0 skipped closing
  # '67% tests passed, 1 tests failed out of 3'; a test without its executable is a failed one.
  closing=$(grep -E '^[0-9]+% tests passed, ' "$log")
  [[ "$closing" =~ ([0-9]+)\ tests\ failed\ out\ of\ ([0-9]+) ]] &&
    failed=${BASH_REMATCH[1]} total=${BASH_REMATCH[2]}
  skipped=$(grep -cE '\*\*\*(Skipped|Not Run \(Disabled\))' "$log")
  # Killed or crashed, ctest itself is the failure to tell.
  ((exit_code == 0 || failed > 0)) || failed=1 total=$((total + 1))
  ((total == 0)) || count "ctest" $((total - failed - skipped)) "$failed" \
    "in $((SECONDS - started)) s, $skipped skipped"
}

# The end-to-end tests start servers of their own, from the binary that TASKDRIVER_BIN names. They
# mostly wait, so as many files as there are cores and one more run at the same time.
test_end_to_end() {
  local file module modules=()
  export TASKDRIVER_BIN=$root/build/$preset/bin/taskdriverd
  for file in tests/e2e/test_*.py; do
    [[ -f "$file" ]] || continue
    module=$(basename "$file" .py)
    selected "$module" && modules+=("$module")
  done
  for module in "${modules[@]}"; do
    while (($(jobs -rp | wc -l) > $(nproc))); do wait -n; done
    run_python_module "$module" &
  done
  wait
  for module in "${modules[@]}"; do count_python_module "$module"; done
}

# Always Debian's python3: the one that python3-requests belongs to. What it prints comes in one
# piece when it is over.
run_python_module() {
  local module=$1 log=$logs/$1.log started=$SECONDS alone=()
  # These two need port 3000, as it is documented.
  [[ ! "$module" =~ ^test_(example_clients|readme_tour)$ ]] || alone=(flock "$logs/port-3000")
  (cd tests/e2e &&
    "${alone[@]}" timeout --kill-after=10 600 /usr/bin/python3 -B -m unittest -v "$module") \
    </dev/null >"$log" 2>&1
  echo "$? $((SECONDS - started))" >"$log.end"
  printf '\n== tests/e2e/%s.py\n%s\n' "$module" "$(<"$log")"
}

count_python_module() {
  local module=$1 log=$logs/$1.log exit_code seconds total failed skipped passed
  read -r exit_code seconds <"$log.end"
  total=$(sed -n 's/^Ran \([0-9]*\) tests\{0,1\} in .*/\1/p' "$log" | tail -1)
  failed=$(($(unittest_number failures) + $(unittest_number errors)))
  skipped=$(unittest_number skipped)
  ((exit_code == 0 || failed > 0)) || failed=1
  passed=$((${total:-0} - failed - skipped))
  ((passed >= 0)) || passed=0
  count "e2e $module" "$passed" "$failed" "in $seconds s, $skipped skipped"
}

# One number from the closing line of unittest, e.g. 'FAILED (failures=1, errors=2)'.
unittest_number() {
  local value
  value=$(grep -E '^(OK|FAILED) \(' "$log" | tail -1 | grep -o "\b$1=[0-9]*" | tr -dc 0-9)
  echo "${value:-0}"
}

# Every executable NAME_fuzz starts from the inputs in tests/fuzz/corpus/NAME, if there are any.
test_with_fuzzers() {
  if ! (command_setup --fuzz) || ! build_preset fuzz; then
    count "build fuzz" 0 1
    return
  fi
  local target name seeds
  for target in build/fuzz/bin/*_fuzz; do
    [[ -x "$target" ]] || continue
    name=$(basename "$target")
    selected "$name" || continue
    mkdir -p "$logs/$name"
    seeds=()
    [[ ! -d tests/fuzz/corpus/${name%_fuzz} ]] || seeds=("tests/fuzz/corpus/${name%_fuzz}")
    if "$target" -max_total_time="$fuzz_seconds" -print_final_stats=1 \
      -artifact_prefix="build/fuzz/$name-" "$logs/$name" "${seeds[@]}"; then
      count "$name" 1 0 "for $fuzz_seconds s"
    else
      count "$name" 0 1 "the input is kept as build/fuzz/$name-*"
    fi
  done
}
