#!/usr/bin/env bash
# soak.sh: what takes hours. 100,000 runs in one process, a run that is killed 500 times, the official conformance
# suite of MCP, the suite under ThreadSanitizer, the suite at its largest (CHAIN_SOAK=1: random programs by the
# hundred thousand), and each fuzzer for SOAK_SECONDS (an hour). Adds a dated row for each to docs/soak.md.
. "$(dirname "$0")/lib.sh"

seconds=${SOAK_SECONDS:-3600}
failed=0

scripts/setup.sh build test check

# note WHAT RESULT HOW-LONG DETAIL: a row of the table in docs/soak.md.
note() {
  printf '| %s | %s | %s | %s | %s | %s |\n' \
    "$(date -u +%F)" "$(git describe --always --dirty)" "$1" "$2" "$3" "$4" >>docs/soak.md
}

# suite PRESET WHAT: builds the preset with no limit worth speaking of on a test's time, and runs its tests.
suite() {
  local preset=$1 what=$2 start=$SECONDS outcome=ok passed wrong
  cmake --preset "$preset" -DCHAIN_TEST_TIMEOUT=36000 >/dev/null
  rm -f "build/$preset/test_counts"
  { scripts/build.sh "$preset" && scripts/run_tests.sh "$preset"; } || outcome=FAILED failed=$((failed + 1))
  cmake --preset "$preset" -UCHAIN_TEST_TIMEOUT >/dev/null
  if read -r passed wrong 2>/dev/null <"build/$preset/test_counts"; then
    note "$what" "$outcome" "$(took "$start")" "$passed tests passed, $wrong failed"
  else
    note "$what" "$outcome" "$(took "$start")" "did not build"
  fi
}

# stage WHAT COMMAND...: runs it; its last line that says something is the detail.
stage() {
  local what=$1 start=$SECONDS outcome=ok log
  shift
  log=$(mktemp)
  "$@" 2>&1 | tee "$log" || outcome=FAILED failed=$((failed + 1))
  note "$what" "$outcome" "$(took "$start")" "$(grep -v '^ *$' "$log" | tail -1)"
  rm -f "$log"
}

scripts/build.sh release soak_runs resume_test mock_openai
if command -v node >/dev/null && scripts/npm_install.sh tests/peers/otlp_collector build/npm/otlp; then
  collector=build/npm/otlp/node_modules
else
  collector=-  # without traces
fi
stage '100,000 runs in one process' build/release/bin/soak_runs 100000 "$collector"
stage '500 kills of a run' env CHAIN_SOAK=1 build/release/bin/resume_test 'a run that is killed*'

stage 'MCP conformance suite, client' scripts/mcp_conformance.sh release

suite tsan 'suite, ThreadSanitizer'
CHAIN_SOAK=1 suite release 'suite, CHAIN_SOAK=1'

rm -f build/fuzz/results
scripts/fuzz.sh "$seconds" || failed=$((failed + 1))
if [ -s build/fuzz/results ]; then
  while read -r name outcome duration executions; do
    note "$name" "$outcome" "$duration s" "$executions executions"
  done <build/fuzz/results
else
  note 'fuzzers' FAILED '-' 'did not build'
fi

[ "$failed" -eq 0 ] || die "the soak found something; docs/soak.md has the rows"
say "the soak found nothing; docs/soak.md has the rows"
