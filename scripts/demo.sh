#!/usr/bin/env bash
# From a fresh clone on Debian 12 to the first answer: how long are callers cut off when the primary loses power?
# Installs what is missing, builds `understudy`, runs the reference scenario once in full and then over 200 seeds.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

install=ask
usage() {
  cat <<'EOT'
usage: scripts/demo.sh [-y] [--no-install]
  -y            install missing Debian packages without asking
  --no-install  never install; stop when something is missing
On a terminal the script asks before it installs; without one it installs.
Exit status: 0 when the rehearsal ran, whatever its verdict.
EOT
}
while [ $# -gt 0 ]; do
  case $1 in
    -y) install=yes ;;
    --no-install) install=no ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

ensure_packages "$install" "${build_packages[@]}"
if [ ! -f build/release/build.ninja ]; then
  cmake --preset release -DUNDERSTUDY_TESTS=OFF -DUNDERSTUDY_BENCH=OFF >/dev/null
fi
echo "Building understudy (a few minutes the first time) …"
cmake --build build/release --target understudy | tail -n 1

scenario=scenarios/call-centre/primary-power.json
# Exit status 1 and 5 are verdicts, not failures of the demonstration.
rehearse() {
  local status=0
  echo
  echo "\$ understudy run $*"
  build/release/bin/understudy run "$@" || status=$?
  case $status in 0 | 1 | 5) ;; *) exit "$status" ;; esac
}
rehearse "$scenario" --seed 1
rehearse "$scenario" --seeds 1..200 -j "$(nproc)" --trace none --out results/primary-power-200
