#!/usr/bin/env bash
# bench.sh [--fast] [--only NAME,...]: builds the benchmarks and the program, installs the peers, and measures them side
# by side. A full run rewrites the table in docs/benchmarks.md; --fast and --only print theirs.
. "$(dirname "$0")/lib.sh"

scripts/setup.sh build test check
scripts/build.sh bench benchmarks mock_openai
scripts/build.sh release chain chain_jit

peers=build/npm/bench
scripts/npm_install.sh tests/bench/peers "$peers"
cp -r tests/bench/peers/. "$peers/"
(
  cd "$peers"
  rm -rf baml_client baml_client.tmp  # BAML refuses a folder that holds what esbuild made
  BENCH_BASE_URL=http://127.0.0.1:9/v1 npx baml-cli generate --from baml_src >generate.log 2>&1 || {
    cat generate.log >&2
    die "BAML's client could not be generated"
  }
  npx esbuild baml_client/*.ts --outdir=baml_client --format=esm --log-level=error
)
node tests/bench/replies.mjs "$peers/replies"
node tests/bench/project.mjs "$peers/project"

if [ $# -eq 0 ]; then
  node tests/bench/run.mjs --write docs/benchmarks.md
else
  node tests/bench/run.mjs "$@"
fi
