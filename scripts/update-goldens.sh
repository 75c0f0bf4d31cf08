#!/usr/bin/env bash
# Runs every scenario of the call centre with both daemons and rewrites the goldens that differ; shows what changed.
# Arguments are handed on: scripts/update-goldens.sh --only silent-partition
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build/release}
[ -f "$build/CMakeCache.txt" ] || cmake --preset release -DUNDERSTUDY_TESTS=ON >/dev/null
cmake --build "$build" --target call_centre_campaign
mkdir -p tests/golden/call-centre
status=0
"$build/tests/call_centre_campaign" --update "$@" || status=$?
git --no-pager diff --stat -- tests/golden/call-centre
exit "$status"
