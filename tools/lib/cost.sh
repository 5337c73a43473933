# tools/dev bench --check: instructions per operation, compared with those kept in the tree.
# tools/dev sets $root.
# shellcheck shell=bash disable=SC2154

cost_file=tests/cost/costs.txt
# Threads share batches differently from run to run: the counts of one build vary by about 2 %.
cost_tolerance_percent=5

# check_costs [--update]
check_costs() {
  command_setup
  install_missing valgrind
  build_preset release operation_cost || fail "the build failed"
  local name small large prepared kept now verdict failed=0 fresh
  fresh=$(grep '^#' "$cost_file")
  printf '%-8s %12s %12s %8s\n' operation kept now change
  while read -r name small large prepared kept; do
    [[ -n "$name" && "$name" != \#* ]] || continue
    now=$(cost_of "$name" "$small" "$large" "$prepared") || fail "bench: $name was not measured"
    verdict=$(cost_verdict "$kept" "$now") || failed=1
    printf '%-8s %12d %12d %8s\n' "$name" "$kept" "$now" "$verdict"
    fresh+=$'\n'"$name $small $large $prepared $now"
  done <"$cost_file"
  if [[ "${1:-}" == --update ]]; then
    printf '%s\n' "$fresh" >"$cost_file"
  elif ((failed)); then
    fail "bench: an operation costs over $cost_tolerance_percent % more than is kept in" \
      "$cost_file; 'tools/dev bench --check --update' keeps the new figures"
  fi
}

# cost_of NAME SMALL LARGE PREPARED: what the start and the preparation cost falls out.
cost_of() {
  local few many
  few=$(count_instructions "$1" "$2" "$4") || return 1
  many=$(count_instructions "$1" "$3" "$4") || return 1
  echo $(((many - few) / ($3 - $2)))
}

# The kernel's part is not counted, so that a busy disk or machine changes little.
count_instructions() {
  local prepared=()
  (($3 == 0)) || prepared=("$3")
  valgrind --tool=callgrind --callgrind-out-file=/dev/null build/release/bin/operation_cost \
    "$root/build" "$1" "$2" "${prepared[@]}" 2>&1 |
    awk '/Collected/ {print $NF; found = 1} END {exit !found}'
}

# Prints the change in percent; fails if it is an increase beyond the tolerance.
cost_verdict() {
  awk -v kept="$1" -v now="$2" -v most="$cost_tolerance_percent" 'BEGIN {
    change = kept > 0 ? 100 * (now - kept) / kept : 0
    printf "%+.1f %%", change
    exit change > most
  }'
}
