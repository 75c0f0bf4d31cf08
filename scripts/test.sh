#!/usr/bin/env bash
# Installs what is missing, builds everything, runs every test. Ends with "N passed, N failed, N skipped".
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

install=ask
require=
usage() {
  cat <<'EOT'
usage: scripts/test.sh [-y] [--no-install] [--require LABEL,…]
  -y               install missing Debian packages without asking
  --no-install     never install; stop when something is missing
  --require LIST   a skipped test with one of these labels is a failure
EOT
}
while [ $# -gt 0 ]; do
  case $1 in
    -y) install=yes ;;
    --no-install) install=no ;;
    --require) require=${2?--require needs a list}; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

ensure_packages "$install" "${build_packages[@]}" "${test_packages[@]}"
if [ "$install" != no ]; then
  ensure_packages "$install" "${player_packages[@]}" "${daemon_packages[@]}" "${namespace_packages[@]}"
fi
build=build/release
cmake --preset release -DUNDERSTUDY_TESTS=ON -DUNDERSTUDY_BENCH=ON >/dev/null
cmake --build "$build"

junit=$build/junit.xml
status=0
ctest --test-dir "$build" -j "$(nproc)" --output-on-failure --output-junit junit.xml || status=$?

# The counts, from ctest's own record.
count() { sed -n "s/.*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" "$junit" | head -n 1; }
total=$(count tests)
failed=$(count failures)
skipped=$(count skipped)
: "${total:=0}" "${failed:=1}" "${skipped:=0}"
if [ "$skipped" -gt 0 ]; then
  echo "Skipped:"
  sed -n 's/.*<testcase name="\([^"]*\)".*status="notrun".*/  \1/p' "$junit"
  if [ -n "$require" ]; then
    for label in ${require//,/ }; do
      if ctest --test-dir "$build" -N -L "^$label\$" | grep -qF -f <(sed -n 's/.*<testcase name="\([^"]*\)".*status="notrun".*/: \1/p' "$junit"); then
        echo "error: a test with label $label was skipped, and --require forbids it"
        status=1
        failed=$((failed + 1))
      fi
    done
  fi
fi
if [ "$total" -eq 0 ]; then
  echo "error: no test ran"
  status=1
fi
echo "$((total - failed - skipped)) passed, $failed failed, $skipped skipped"
exit "$status"
