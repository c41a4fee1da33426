#!/usr/bin/env bash
# npm_install.sh SOURCE TARGET: installs what SOURCE/package.json asks for into TARGET/node_modules, from
# SOURCE/package-lock.json if there is one. Does nothing, and needs no network, if that has been done.
. "$(dirname "$0")/lib.sh"

source=${1:?usage: scripts/npm_install.sh SOURCE TARGET}
target=${2:?usage: scripts/npm_install.sh SOURCE TARGET}

files=("$source/package.json")
how=install
if [ -e "$source/package-lock.json" ]; then
  files+=("$source/package-lock.json")
  how=ci
fi

# The stamp holds what was asked for, and is written last: an installation that broke off is begun again.
wanted=$(cat "${files[@]}")
if [ "$(cat "$target/installed" 2>/dev/null)" = "$wanted" ]; then exit 0; fi

command -v npm >/dev/null || die "npm is missing; scripts/setup.sh test installs it"
mkdir -p "$target"
rm -f "$target/installed" "$target/package-lock.json"
cp "${files[@]}" "$target/"
say "npm $how for $source"
(cd "$target" && npm "$how" --no-audit --no-fund --loglevel=error 1>&2)
printf '%s\n' "$wanted" >"$target/installed"
