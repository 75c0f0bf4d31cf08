# shellcheck shell=bash
# Debian packages by purpose, and how they are installed. Sourced by the other scripts.

# What it takes to build and run `understudy`. libtcmalloc-minimal4: a fifth less time per run; it goes without, too.
build_packages=(
  ca-certificates git g++ cmake ninja-build pkg-config
  libns3-dev nlohmann-json3-dev libcli11-dev libfmt-dev nettle-dev libboost-graph-dev
  libtcmalloc-minimal4
)
# The daemon: event loop, notification and journal; addresses and routes. Without them everything else is built.
daemon_packages=(pkg-config libsystemd-dev libnl-3-dev)
# What the tests need on top.
test_packages=(catch2 libvalijson-dev)
# Tests of the daemon in network namespaces.
namespace_packages=(iproute2 util-linux)
# The player; without Qt everything else is built all the same. libzstd: compressed traces. qt6-l10n-tools: its
# translations.
player_packages=(
  qt6-base-dev qt6-svg-dev qt6-l10n-tools libsimdjson-dev libzstd-dev fonts-dejavu-core fonts-inter fonts-jetbrains-mono xvfb xauth
)
# What scripts/verify.sh needs on top: fuzzers, sanitizers, lint.
verify_packages=(clang clang-tidy clang-format libclang-rt-dev)

# missing_packages NAME… : prints those that are not installed.
missing_packages() {
  local name
  for name in "$@"; do
    dpkg-query -W -f='${db:Status-Abbrev}' "$name" 2>/dev/null | grep -q '^ii' || printf '%s\n' "$name"
  done
}

# ensure_packages MODE NAME… : MODE is ask (ask on a terminal, install without one), yes, or no.
ensure_packages() {
  local mode=$1
  shift
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -eq 0 ] && return 0
  echo "Debian packages to install: ${missing[*]}"
  case $mode in
    no)
      echo "error: packages are missing and --no-install was given; install them with: apt-get install ${missing[*]}" >&2
      return 1
      ;;
    ask)
      if [ -t 0 ] && [ -t 1 ]; then
        local answer
        read -r -p "Install them now? [Y/n] " answer
        case $answer in [nN]*) echo "Nothing installed."; return 1 ;; esac
      fi
      ;;
  esac
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "error: neither root nor sudo; install: ${missing[*]}" >&2; return 1; }
    as_root=(sudo)
  fi
  export DEBIAN_FRONTEND=noninteractive
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
