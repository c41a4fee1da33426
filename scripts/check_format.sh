#!/usr/bin/env bash
# Fails, naming them, if C++ files that git knows are not formatted as .clang-format says.
. "$(dirname "$0")/lib.sh"

command -v clang-format-19 >/dev/null || die "clang-format-19 is missing; scripts/setup.sh check installs it"
wrong=$(git ls-files -z -- '*.cpp' '*.h' |
  xargs -0 -r -P "$(nproc)" -n 16 clang-format-19 --dry-run 2>&1 |
  sed -nE 's/^([^ :]+):[0-9]+:[0-9]+: warning: code should be clang-formatted.*/\1/p' | sort -u)
if [ -n "$wrong" ]; then
  printf '%s\n' "$wrong" >&2
  die "these files are not formatted; make format mends them"
fi
