#!/usr/bin/env bash
# The long checks: every test under address and undefined-behaviour sanitizers, every fuzz target for a while, both
# compilers with warnings as errors, cluster-core alone. About half an hour on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

seconds=60
install=ask
while [ $# -gt 0 ]; do
  case $1 in
    -y) install=yes ;;
    --no-install) install=no ;;
    --fuzz-seconds) seconds=${2?--fuzz-seconds needs a number}; shift ;;
    -h | --help) echo "usage: scripts/verify.sh [-y] [--no-install] [--fuzz-seconds N]"; exit 0 ;;
    *) echo "usage: scripts/verify.sh [-y] [--no-install] [--fuzz-seconds N]" >&2; exit 2 ;;
  esac
  shift
done
ensure_packages "$install" "${build_packages[@]}" "${test_packages[@]}" "${verify_packages[@]}"
if [ "$install" != no ]; then
  ensure_packages "$install" "${player_packages[@]}" "${daemon_packages[@]}" "${namespace_packages[@]}"
fi

step() { echo; echo "== $*"; }

step "cluster-core alone"
cmake --preset core-only >/dev/null
cmake --build build/core-only
ctest --test-dir build/core-only -j "$(nproc)" --output-on-failure

step "Clang, warnings as errors"
cmake --preset clang >/dev/null
cmake --build build/clang

step "address and undefined-behaviour sanitizers"
cmake --preset asan >/dev/null
cmake --build build/asan
ctest --test-dir build/asan -j "$(nproc)" --output-on-failure

if [ -x build/asan/tests/player_view_tests ]; then
  step "100 000 random actions on the player, under sanitizers"
  (cd build/asan/tests && PLAYER_ACTIONS=100000 PLAYER_SEED=2 QT_QPA_PLATFORM=offscreen ./player_view_tests "[monkey]")
fi

step "the native rules: longer exploration, 2000 random sequences"
cmake --preset release >/dev/null
cmake --build build/release --target native_tests
UNDERSTUDY_NATIVE_SEQUENCES=2000 build/release/tests/native_tests "[native-long],*long random*"

step "the daemon: 200 kills at random moments, a million mutated datagrams (needs root)"
cmake --build build/release --target netns_tests
UNDERSTUDY_KILLS=200 build/release/tests/netns_tests "[kill]" || [ $? -eq 77 ]
UNDERSTUDY_MUTATIONS=1000000 build/release/tests/netns_tests "[hostile]" || [ $? -eq 77 ]

step "the native core: longer exploration, 10 000 random sequences"
cmake --build build/release --target native_core_tests
UNDERSTUDY_NATIVE_CORE_SEQUENCES=10000 build/release/tests/native_core_tests "[native-long],*long random*"

step "every scenario with both daemons, and 1 000 seeds of random faults"
cmake --preset release -DUNDERSTUDY_TESTS=ON >/dev/null
cmake --build build/release --target call_centre_campaign
build/release/tests/call_centre_campaign
build/release/tests/call_centre_campaign --soak scenarios/call-centre/soak.json --seeds 1000

step "every scenario of the SIP cluster with both daemons"
cmake --build build/release --target understudy
for implementation in understudyd heartbeat-3.0.6; do
  for scenario in scenarios/dynamic-t1/*.json; do
    build/release/bin/understudy run "$scenario" --seed 1 --trace none --implementation "$implementation" \
      --out build/verify-sip >/dev/null || { echo "$scenario, $implementation: not passed"; exit 1; }
  done
done

step "fuzzing, $seconds s each"
cmake --preset fuzz -DUNDERSTUDY_TESTS=ON >/dev/null
cmake --build build/fuzz --target fuzzers
for target in build/fuzz/fuzz/fuzz_*; do
  name=$(basename "$target")
  corpus=build/fuzz/corpus/$name
  mkdir -p "$corpus"
  echo "-- $name"
  "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="build/fuzz/$name-" \
    "$corpus" "tests/fuzz/corpus/${name#fuzz_}" >"build/fuzz/$name.log" 2>&1 || { tail -n 40 "build/fuzz/$name.log"; exit 1; }
  grep -E 'DONE|stat::' "build/fuzz/$name.log" | tail -n 1
done
echo "verify: all passed"
