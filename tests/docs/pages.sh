#!/usr/bin/env bash
# pages.sh CHAIN PAGE: every example of docs/PAGE is a whole file: it checks clean, is formatted, its tests pass, and
# its chain `main` answers.
set -euo pipefail
chain=$1
page=$(cd "$(dirname "$0")/../.." && pwd)/docs/$2

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export CHAIN_CACHE_DIR=$folder/cache CHAIN_STATE_DIR=$folder/state CHAIN_CONFIG_DIR=$folder/config
awk '/^```chain$/ { inside = 1; number++; next }
     /^```$/ { inside = 0 }
     inside { print > ("example" number ".chain") }' "$page"
[ -s example1.chain ]
mkdir docs
cp "$page" docs  # for examples that search it

for example in example*.chain; do
  echo "$example"
  "$chain" check "$example"
  "$chain" fmt --check "$example"
  if grep -q '^test ' "$example"; then "$chain" test "$example"; fi
  if grep -q '^chain main' "$example"; then "$chain" run "$example"; fi
done
