# Small helpers that all parts of tools/dev share.

say() { printf '%s\n' "tools/dev: $*" >&2; }
fail() { say "$*"; exit 2; }
have() { command -v "$1" >/dev/null 2>&1; }

# wants_help "$@": true if the first argument asks for help.
wants_help() { [[ "${1:-}" == -h || "${1:-}" == --help ]]; }

# option_value "$@": the value that follows the option in $1, or a clear error.
option_value() {
  (($# >= 2)) || fail "$1 needs a value"
  printf '%s' "$2"
}

# How many compilers may run at once: one per core, and about 1.5 GiB of free memory for each.
parallel_jobs() {
  local available_kib jobs
  available_kib=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
  jobs=$((available_kib / 1572864))
  ((jobs >= 1)) || jobs=1
  ((jobs <= $(nproc))) || jobs=$(nproc)
  echo "$jobs"
}
