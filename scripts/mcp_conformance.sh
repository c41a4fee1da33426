#!/usr/bin/env bash
# mcp_conformance.sh: the client legs of the official conformance suite of the Model Context Protocol, for each
# revision that we speak, against tests/peers/mcp_conformance. A scenario that fails and does not stand in
# tests/peers/mcp_conformance/expected.yaml, or stands there and passes, is a failure. The last line says how many
# passed.
. "$(dirname "$0")/lib.sh"

scripts/npm_install.sh tests/peers/mcp_conformance build/npm/mcp_conformance
scripts/build.sh "${1:-release}" mcp_conformance_client

modules=$PWD/build/npm/mcp_conformance/node_modules
client=$PWD/build/${1:-release}/bin/mcp_conformance_client
export PATH=$modules/.bin:$PATH  # the suite wants Node 22

failed=0
summary=''
for revision in 2025-11-25 2026-07-28; do
  log=$(mktemp)
  outcome=0
  conformance client --command "$client" --requirements "$revision" \
    --expected-failures tests/peers/mcp_conformance/expected.yaml >"$log" 2>&1 || outcome=$?
  tail -60 "$log"
  [ "$outcome" -eq 0 ] || failed=1
  summary+="$revision: $(grep -c '^✓' "$log" || true) passed, $(grep -c '^✗' "$log" || true) failed; "
  rm -f "$log"
done
printf '%s\n' "${summary%; }"
[ "$failed" -eq 0 ]
