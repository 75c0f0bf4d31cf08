#!/usr/bin/env bash
# The budgets that can be measured so far, in one run on this machine; prints JSON lines and ratios.
#   bench/run.sh [RUNS]     RUNS per figure, default 15; the minimum counts, the median is shown
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-15}
build=build/release
scenario=scenarios/call-centre/primary-power.json
[ -d "$build" ] || cmake --preset release >/dev/null
cmake --build "$build" --target understudy bench_core bench_bare >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$build/bin/understudy" run "$scenario" --seed 1 --trace all --out "$work/record" >/dev/null
"$build/bin/bench_bare" --convert "$work/record"/*.run.jsonl "$work/frames"

# wall COMMAND…: milliseconds of one whole process, start-up included.
wall() {
  local from to
  from=$(date +%s%N)
  "$@" >/dev/null
  to=$(date +%s%N)
  echo $(((to - from) / 10000))   # 0.01 ms
}
: >"$work/ours"
: >"$work/bare"
for _ in $(seq "$runs"); do   # interleaved, so that both see the same machine
  wall "$build/bin/understudy" run "$scenario" --seed 1 --trace none --out "$work/out" >>"$work/ours"
  wall "$build/bin/bench_bare" "$work/frames" >>"$work/bare"
done
figures() { sort -n "$1" | awk '{v[NR]=$1/100} END {printf "\"min_ms\":%.2f,\"median_ms\":%.2f", v[1], v[int((NR+1)/2)]}'; }
least() { sort -n "$1" | head -n 1; }
simulated=420
printf '{"bench":"reference.run","runs":%d,%s,"times_real_time":%d,"budget":5000}\n' "$runs" "$(figures "$work/ours")" \
  "$((simulated * 100000 / $(least "$work/ours")))"
printf '{"bench":"reference.bare_ns3","runs":%d,%s}\n' "$runs" "$(figures "$work/bare")"
awk -v ours="$(least "$work/ours")" -v bare="$(least "$work/bare")" \
  'BEGIN {printf "{\"bench\":\"reference.cost_over_bare\",\"ratio\":%.2f,\"budget\":1.25}\n", ours / bare}'
"$build/bin/bench_core"
if [ -f "$build/gui/libplayer_views.a" ]; then   # where Qt is installed
  cmake --build "$build" --target bench_player >/dev/null
  "$build/bin/understudy" run "$scenario" --seed 1 --out "$work/player" >/dev/null
  "$build/bin/bench_player" "$work/player"/*.run.jsonl
fi
