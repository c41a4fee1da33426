#!/usr/bin/env bash
# setup.sh [GROUP...]: installs the Debian packages of these groups (build, if none is named) that are
# missing. Touches no network, and says nothing, when there is nothing to do.
. "$(dirname "$0")/lib.sh"

groups=" ${*:-build} "

installed=''
if command -v dpkg-query >/dev/null; then
  # shellcheck disable=SC2016  # the dollar signs are dpkg-query's
  installed=$(dpkg-query -W -f='${db:Status-Abbrev}|${Package}|\n' | grep '^ii' || true)
fi

missing=()
while read -r group package _; do
  case $group in '' | '#'*) continue ;; esac
  case $groups in *" $group "*) ;; *) continue ;; esac
  name=${package%%=*}
  if [ "$name" != "$package" ] && command -v "${package#*=}" >/dev/null; then continue; fi
  case $installed in *"|$name|"*) continue ;; esac
  missing+=("$name")
done <scripts/packages.txt

if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

if ! command -v apt-get >/dev/null; then
  die "these Debian 12 packages are missing, and there is no apt-get here to install them: ${missing[*]}"
fi

as_root=(env DEBIAN_FRONTEND=noninteractive)
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null ||
    die "these packages are missing and there is no sudo here; as root, run: apt-get install ${missing[*]}"
  as_root=(sudo "${as_root[@]}")
  say "installing with sudo apt-get: ${missing[*]}"
else
  say "installing with apt-get: ${missing[*]}"
fi

"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
