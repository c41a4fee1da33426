#!/usr/bin/env bash
# run_sdk.sh SOURCE_DIR WORK_DIR MOCK: installs the SDK that SOURCE_DIR/package.json asks for into WORK_DIR if it is not
# there, and runs SOURCE_DIR/sdk.test.mjs with it against the program MOCK.
set -euo pipefail
source_dir=$1 work_dir=$2 mock=$3
mkdir -p "$work_dir"
cp "$source_dir/package.json" "$source_dir/sdk.test.mjs" "$source_dir/../start_mock.mjs" "$work_dir/"
cd "$work_dir"
read -r name wanted < <(node -p 'Object.entries(require("./package.json").dependencies)[0].join(" ")')
found=$(node -p "JSON.parse(require('fs').readFileSync('node_modules/$name/package.json')).version" 2>/dev/null || true)
if [[ $found != "$wanted" ]]; then
  npm install --no-audit --no-fund --loglevel=error
fi
# Proxies are not asked for loopback.
MOCK=$mock NO_PROXY=127.0.0.1 exec node --test sdk.test.mjs
