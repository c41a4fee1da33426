#!/usr/bin/env bash
# shop.sh CHAIN: docs/ci.md, step by step: what CI runs over examples/shop passes, and a prompt that was made worse does not.
set -euo pipefail
chain=$1
examples=$(cd "$(dirname "$0")/../../examples" && pwd)

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CHAIN_CACHE_DIR=$folder/cache CHAIN_STATE_DIR=$folder/state CHAIN_CONFIG_DIR=$folder/config
unset OPENAI_API_KEY OPENAI_BASE_URL ANTHROPIC_API_KEY
cp -r "$examples/shop" "$folder/shop"
cd "$folder/shop"

# expect CODE WORDS COMMAND...: it ends with CODE and says WORDS.
expect() {
  local code=$1 words=$2 said status=0
  shift 2
  said=$("$@" 2>&1) || status=$?
  if [ "$status" -ne "$code" ] || [[ "$said" != *"$words"* ]]; then
    printf '%s\nended with %s, not %s, or does not say: %s\n%s\n' "$*" "$status" "$code" "$words" "$said"
    exit 1
  fi
}

expect 0 '' "$chain" fmt --check shop.chain policies.chain
expect 0 '' "$chain" lock --check
expect 0 '2 passed, 0 failed' "$chain" test shop.chain --junit tests.xml
expect 0 'ok   right.mean >= 0.75' "$chain" eval shop.chain --profile offline --rows before.jsonl
expect 0 '"sources"' "$chain" run shop.chain --profile offline --allow 'command=logger -t oncall *' \
  --input '{ "ticket": { "id": "7", "body": "How long does a parcel take?" } }'

# The examples that end in `-> high` go: some of them stand on several lines.
awk '/^  example: / { held = "" ; inside = 1 }
  inside { held = held $0 "\n"; if ($0 ~ /-> (low|normal|high)$/) { inside = 0; if ($0 !~ /-> high$/) printf "%s", held }; next }
  { print }' shop.chain >worse.chain
mv worse.chain shop.chain
expect 3 'it is `classify@1.1` now' "$chain" check shop.chain
sed -i 's/^prompt classify@1.0/prompt classify@1.1/' shop.chain
expect 3 'is released with `classify@1.0`, which is gone' "$chain" check shop.chain
sed -i 's/^chain reply@1.0/chain reply@1.1/' shop.chain
expect 1 'classify@1.1' "$chain" lock --check
expect 0 'classify@1.1' "$chain" lock
expect 0 '2 passed, 0 failed' "$chain" test shop.chain
expect 1 'FAIL right.mean >= 0.75: it is 0.5333, against 0.75; cases 1, 2, 5' "$chain" eval shop.chain --profile offline --markdown eval.md
expect 1 'WORSE' "$chain" eval shop.chain --profile offline --against before.jsonl
grep -q 'right.mean >= 0.75' eval.md
