#!/usr/bin/env bash
# Builds what `chain run` needs and runs the example that shows most of the language, offline.
. "$(dirname "$0")/lib.sh"

scripts/setup.sh build
scripts/build.sh dev chain chain_jit
say "build/dev/bin/chain run examples/support.chain"
build/dev/bin/chain run examples/support.chain
