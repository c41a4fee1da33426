#!/usr/bin/env bash
# run_tests.sh PRESET: runs the suite that build/PRESET holds, and closes with how many tests passed. The
# output of a test that failed is shown; all of it is in build/PRESET/Testing/Temporary/LastTest.log.
# The two counts also stand in build/PRESET/test_counts, as "PASSED FAILED".
. "$(dirname "$0")/lib.sh"

preset=${1:?usage: scripts/run_tests.sh PRESET}
log=build/$preset/ctest.log
start=$SECONDS

status=0
ctest --test-dir "build/$preset" -j "$(nproc)" --output-on-failure --no-tests=error 2>&1 | tee "$log" || status=$?

# ctest closes with "97% tests passed, 1 tests failed out of 33".
read -r failed total < <(sed -nE 's/^[0-9]+% tests passed, ([0-9]+) tests failed out of ([0-9]+)$/\1 \2/p' "$log") ||
  { failed=1 total=1; }
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
echo "$((total - failed)) $failed" >"build/$preset/test_counts"

if [ "$failed" -ne 0 ]; then
  say "$preset: $failed of $total tests failed in $(took "$start"); one again: ctest --test-dir build/$preset -V -R NAME"
  exit 1
fi
say "$preset: all $total tests passed in $(took "$start")"
