#!/usr/bin/env bash
# token_ranks.sh MODULES TARGET: writes the ranks of tokens (runtime/documents/ranks) to TARGET/*.ranks, and
# TARGET/token_ranks.stamp. Without a network it says so and leaves the ranks out: tokens are estimated then.
. "$(dirname "$0")/lib.sh"

modules=${1:?usage: scripts/token_ranks.sh MODULES TARGET}
target=${2:?usage: scripts/token_ranks.sh MODULES TARGET}

mkdir -p "$target"
export npm_config_fetch_retries=0 npm_config_fetch_timeout=60000
if scripts/npm_install.sh runtime/documents/ranks "$modules" &&
  node runtime/documents/ranks/write_ranks.mjs "$modules" "$target"; then
  touch "$target/token_ranks.stamp"
else
  say "the ranks of tokens could not be had from npm: tokens will be estimated; touch scripts/token_ranks.sh and build again"
  rm -f "$target"/*.ranks
  touch "$target/token_ranks.stamp"
fi
