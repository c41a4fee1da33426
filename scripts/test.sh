#!/usr/bin/env bash
# Installs what is missing, builds preset dev, runs its suite.
. "$(dirname "$0")/lib.sh"

scripts/setup.sh build test
scripts/build.sh dev
scripts/run_tests.sh dev
