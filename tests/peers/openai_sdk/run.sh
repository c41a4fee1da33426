#!/usr/bin/env bash
# run.sh SOURCE_DIR WORK_DIR MOCK: installs the SDK into WORK_DIR if it is not there, and runs the test with it.
set -euo pipefail
source_dir=$1 work_dir=$2 mock=$3
mkdir -p "$work_dir"
cp "$source_dir/package.json" "$source_dir/sdk.test.mjs" "$work_dir/"
cd "$work_dir"
wanted=$(node -p 'require("./package.json").dependencies.openai')
found=$(node -p 'require("./node_modules/openai/package.json").version' 2>/dev/null || true)
if [[ $found != "$wanted" ]]; then
  npm install --no-audit --no-fund --loglevel=error
fi
# Proxies are not asked for loopback.
MOCK_OPENAI=$mock NO_PROXY=127.0.0.1 exec node --test sdk.test.mjs
