#!/usr/bin/env bash
# readme_example.sh CHAIN: the README's example is a whole program; it checks clean and runs as the README says.
set -euo pipefail
chain=$1
readme=$(cd "$(dirname "$0")/../.." && pwd)/README.md

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export CHAIN_CACHE_DIR=$folder/cache CHAIN_STATE_DIR=$folder/state
awk '/^```chain$/ { inside = 1; next } /^```$/ { if (inside) exit } inside' "$readme" >triage.chain
[ -s triage.chain ]

"$chain" check triage.chain
"$chain" fmt --check triage.chain
answer=$("$chain" run triage.chain -a ticket='The site is down since noon')
echo "$answer"
[ "$answer" = 'Page somebody: The site is down since noon' ]
"$chain" run triage.chain --help | grep -q ticket
