#!/usr/bin/env bash
# examples.sh CHAIN: every file under examples/ checks clean, is formatted, passes its tests, and answers where it has a
# chain `main`: with no key and no network.
set -euo pipefail
chain=$1
cd "$(dirname "$0")/../../examples"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CHAIN_CACHE_DIR=$folder/cache CHAIN_STATE_DIR=$folder/state CHAIN_CONFIG_DIR=$folder/config
unset OPENAI_API_KEY OPENAI_BASE_URL

count=0
while read -r example; do
  echo "$example"
  complaints=$("$chain" check "$example" 2>&1) || { echo "$complaints"; exit 1; }
  if [ -n "$complaints" ]; then echo "it does not check clean: $complaints"; exit 1; fi
  "$chain" fmt --check "$example"
  if grep -q '^test ' "$example"; then "$chain" test "$example"; fi
  if grep -q '^chain main' "$example"; then
    "$chain" allow --yes "$example" >/dev/null 2>&1
    # One that asks a person stops with code 5.
    answer=$("$chain" run "$example" 2>/dev/null) || [ $? = 5 ]
    if [ -z "$answer" ]; then answer=$("$chain" answer last yes 2>/dev/null); fi
    if [ -z "$answer" ]; then echo "it answers nothing"; exit 1; fi
  fi
  count=$((count + 1))
done < <(find . -name '*.chain' | sort)
[ "$count" -gt 10 ] || { echo "found $count examples only"; exit 1; }
