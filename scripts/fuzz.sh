#!/usr/bin/env bash
# fuzz.sh SECONDS [NAME]: builds preset fuzz and runs each of its fuzzers (or the one named) for so long.
#
# A fuzzer is any build/fuzz/bin/fuzz_*. Those that read programs start from ours; each keeps what it discovers in
# build/fuzz/corpus/NAME. What it finds wrong is left in build/fuzz/findings/NAME,
# and can be replayed with build/fuzz/bin/NAME FILE.
# A line for each fuzzer, "NAME ok|FAILED SECONDS EXECUTIONS", goes to build/fuzz/results.
. "$(dirname "$0")/lib.sh"

seconds=${1:?usage: scripts/fuzz.sh SECONDS [NAME]}
wanted=${2:-}

if [ ! -e build/fuzz/build.ninja ]; then
  say "configuring build/fuzz"
  cmake --preset fuzz >/dev/null
fi
# The fuzzers only: the rest of the suite would be built a third time, and never run.
mapfile -t targets < <(cmake --build build/fuzz --target help | sed -nE 's/^(fuzz_[a-zA-Z0-9_]+): phony$/\1/p')
[ ${#targets[@]} -gt 0 ] || die "preset fuzz has no target fuzz_*"
scripts/build.sh fuzz "${targets[@]}"

results=build/fuzz/results
: >"$results"
failed=0
for program in build/fuzz/bin/fuzz_*; do
  name=${program##*/}
  if [ ! -x "$program" ] || { [ -n "$wanted" ] && [ "$name" != "$wanted" ]; }; then continue; fi

  corpus=build/fuzz/corpus/$name
  findings=build/fuzz/findings/$name
  log=build/fuzz/$name.log
  mkdir -p "$corpus" "$findings"
  seeds=()
  case $name in fuzz_source | fuzz_check) seeds=(examples stdlib) ;; esac

  outcome=ok
  "$program" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$findings/" "$corpus" "${seeds[@]}" >"$log" 2>&1 || outcome=FAILED
  executions=$(sed -nE 's/^stat::number_of_executed_units: *([0-9]+)$/\1/p' "$log")
  echo "$name $outcome $seconds ${executions:-0}" >>"$results"
  say "$name: $outcome, ${executions:-0} executions in $seconds s"
  if [ "$outcome" != ok ]; then
    failed=$((failed + 1))
    tail -n 40 "$log" >&2
  fi
done
[ "$failed" -eq 0 ] || die "$failed fuzzers found something; see build/fuzz/findings"
