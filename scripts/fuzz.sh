#!/usr/bin/env bash
# fuzz.sh SECONDS [NAME]: builds the fuzzers of preset asan and runs each of them (or the one named) for so long, as
# many at once as there are cores.
#
# A fuzzer is any build/asan/bin/fuzz_*. Those that read programs start from ours; each keeps what it discovers in
# build/fuzz/corpus/NAME. What it finds wrong is left in build/fuzz/findings/NAME,
# and can be replayed with build/asan/bin/NAME FILE.
# A line for each fuzzer, "NAME ok|FAILED SECONDS EXECUTIONS", goes to build/fuzz/results.
. "$(dirname "$0")/lib.sh"

# fuzz_one SECONDS PROGRAM: runs it and writes its line of the results.
fuzz_one() {
  local seconds=$1 program=$2 name=${2##*/} outcome=ok seeds=()
  local corpus=build/fuzz/corpus/$name findings=build/fuzz/findings/$name log=build/fuzz/$name.log executions
  mkdir -p "$corpus" "$findings"
  case $name in fuzz_source | fuzz_check) seeds=(examples stdlib) ;; esac

  "$program" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$findings/" "$corpus" "${seeds[@]}" >"$log" 2>&1 || outcome=FAILED
  executions=$(sed -nE 's/^stat::number_of_executed_units: *([0-9]+)$/\1/p' "$log")
  echo "$name $outcome $seconds ${executions:-0}" >>build/fuzz/results
  say "$name: $outcome, ${executions:-0} executions in $seconds s"
  if [ "$outcome" != ok ]; then tail -n 40 "$log" >&2; fi
}

if [ "${1:-}" = --one ]; then  # how this script calls itself
  fuzz_one "$2" "$3"
  exit
fi

seconds=${1:?usage: scripts/fuzz.sh SECONDS [NAME]}
wanted=${2:-}

if [ ! -e build/asan/build.ninja ]; then
  say "configuring build/asan"
  cmake --preset asan >/dev/null
fi
mapfile -t targets < <(cmake --build build/asan --target help | sed -nE 's/^(fuzz_[a-zA-Z0-9_]+): phony$/\1/p')
[ ${#targets[@]} -gt 0 ] || die "preset asan has no target fuzz_*"
if [ -n "$wanted" ]; then
  case " ${targets[*]} " in *" $wanted "*) targets=("$wanted") ;; *) die "there is no fuzzer $wanted; there are: ${targets[*]}" ;; esac
fi
scripts/build.sh asan "${targets[@]}"

mkdir -p build/fuzz
: >build/fuzz/results
printf '%s\n' "${targets[@]/#/build/asan/bin/}" | xargs -P "$(nproc)" -n 1 "$0" --one "$seconds"

sort -o build/fuzz/results build/fuzz/results
failed=$(grep -vc '^[^ ]* ok ' build/fuzz/results || true)
[ "$failed" -eq 0 ] || die "$failed fuzzers found something; see build/fuzz/findings"
