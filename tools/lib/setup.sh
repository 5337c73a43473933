# tools/dev setup: the Debian 12 packages that building, running and testing need.

build_packages=(
  cmake ninja-build g++ pkg-config ccache git ca-certificates curl python3 python3-requests
  libcaf-dev librocksdb-dev libpistache-dev nlohmann-json3-dev libboost-dev libboost-test-dev
  libcli11-dev prometheus-cpp-dev libcurl4-openssl-dev libssl-dev
  libtomlplusplus-dev zlib1g-dev libjemalloc-dev libsimdjson-dev iproute2
  # The judge of a cluster, and what its tests cut it off with.
  etcd-server etcd-client nftables
  # The link interface of librocksdb.
  libbz2-dev liblz4-dev libzstd-dev libsnappy-dev libgflags-dev
)
lint_packages=(clang-format clang-tidy)
fuzz_packages=(clang libclang-rt-dev)
browser_packages=(chromium)

setup_usage() {
  cat <<'END'
usage: tools/dev setup [--lint] [--fuzz] [--browser] [--all] [--list]

Installs the Debian packages that are missing; does nothing, quickly, when all are there.
Needs Debian 12 and root or sudo. 'run', 'test' and the others call it by themselves.

  --lint      also what 'format' and 'tidy' need (clang-format, clang-tidy)
  --fuzz      also what 'test --fuzz-seconds' needs (clang)
  --browser   also what the browser test needs (chromium); without it that test is skipped
  --all       all of these
  --list      only print the names of the packages

TASKDRIVER_SKIP_SETUP=1 skips the installation, for systems that bring the libraries otherwise.
END
}

command_setup() {
  local packages=("${build_packages[@]}") list=false
  # Other sources of Node.js bring npm along and exclude Debian's package.
  have node || packages+=(nodejs)
  have npm || packages+=(npm)
  while (($#)); do
    case "$1" in
      --lint) packages+=("${lint_packages[@]}") ;;
      --fuzz) packages+=("${fuzz_packages[@]}") ;;
      --browser) packages+=("${browser_packages[@]}") ;;
      --all) packages+=("${lint_packages[@]}" "${fuzz_packages[@]}" "${browser_packages[@]}") ;;
      --list) list=true ;;
      -h | --help) setup_usage; return ;;
      *) fail "setup: unknown option '$1'" ;;
    esac
    shift
  done
  if $list; then
    printf '%s\n' "${packages[@]}"
    return
  fi
  install_missing "${packages[@]}"
}

# Prints those of the given packages that are not installed.
missing_packages() {
  # dpkg-query fails when it has never heard of one of them; what it prints is right all the same.
  comm -23 <(printf '%s\n' "$@" | sort -u) <(
    { dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null || true; } |
      awk '$1 == "ii" {print $2}' | sort -u
  )
}

install_missing() {
  [[ "${TASKDRIVER_SKIP_SETUP:-}" != 1 ]] || return 0
  if ! have apt-get || ! have dpkg-query; then
    fail "setup works on Debian 12 (apt-get is missing here); 'tools/dev setup --list' names what" \
      "to install by hand, then set TASKDRIVER_SKIP_SETUP=1"
  fi
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  if ! grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release; then
    say "warning: this is not Debian 12; other versions of the libraries may not fit"
  fi
  local as_root=()
  if ((EUID != 0)); then
    have sudo || fail "setup must install ${missing[*]}: run it as root, or install sudo"
    as_root=(sudo)
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y
    -o DPkg::Lock::Timeout=300)
  say "installing ${missing[*]}"
  "${apt[@]}" update </dev/null >&2 || fail "setup: 'apt-get update' failed"
  "${apt[@]}" install --no-install-recommends "${missing[@]}" </dev/null >&2 ||
    fail "setup: 'apt-get install' failed"
}
