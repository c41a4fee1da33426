# shellcheck shell=bash
# Sourced by the other scripts, which all run from the root of the repository.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# say WORDS...: what the scripts themselves have to say, apart from what the programs that they run print.
say() { printf '==> %s\n' "$*" >&2; }

# die WORDS...: ends the script with a sentence and status 1.
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# jobs: how many compilers may run at once. One to a core, and no more than memory allows: a file that
# includes LLVM's or ANTLR's headers takes about 1.2 GB.
jobs_allowed() {
  local cores memory_kb by_memory
  cores=$(nproc)
  memory_kb=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
  by_memory=$((memory_kb / 1200000))
  if [ "$by_memory" -lt 1 ]; then by_memory=1; fi
  if [ "$by_memory" -lt "$cores" ]; then echo "$by_memory"; else echo "$cores"; fi
}

# took START: the time since START (in $SECONDS) as 1 min 23 s.
took() {
  local seconds=$((SECONDS - $1))
  if [ "$seconds" -ge 60 ]; then echo "$((seconds / 60)) min $((seconds % 60)) s"; else echo "$seconds s"; fi
}
