#!/usr/bin/env bash
# build.sh PRESET [TARGET...]: configures build/PRESET where that is needed, and builds the targets (all,
# if none is named) with as many jobs as cores and memory allow.
. "$(dirname "$0")/lib.sh"

preset=${1:?usage: scripts/build.sh PRESET [TARGET...]}
shift
start=$SECONDS

# Ninja itself runs CMake again when a CMakeLists.txt has changed; it does not watch the presets.
if [ ! -e "build/$preset/build.ninja" ] || [ CMakePresets.json -nt "build/$preset/CMakeCache.txt" ]; then
  say "configuring build/$preset"
  cmake --preset "$preset" >/dev/null
  touch "build/$preset/CMakeCache.txt"
fi

say "building build/$preset${*:+: $*}, with $(jobs_allowed) jobs"
targets=()
if [ $# -gt 0 ]; then targets=(--target "$@"); fi
cmake --build "build/$preset" -j "$(jobs_allowed)" "${targets[@]}" >&2
say "built in $(took "$start")"
