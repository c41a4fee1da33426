#!/usr/bin/env bash
# Completes command lines as the shells would: bash's function always, fish and zsh where they are installed.
set -euo pipefail
completions=$(cd "$(dirname "$0")/../../packaging/completions" && pwd)

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir sub
cat >desk.chain <<'CHAIN'
model fast = baseline()
type Ticket { id: string }
enum Urgency { low, high }
dataset golden: Ticket[] = jsonl("golden.jsonl")
chain reply@1.0(ticket: Ticket) -> string { ticket.id }
  chain refuse() -> string { "no" }
CHAIN
touch notes.txt
# A stand-in for the program, which may not be built: it lists two codes.
mkdir bin
printf '#!/bin/sh\nprintf "E0001: unexpected input\\nE0203: type mismatch\\n"\n' >bin/chain
chmod +x bin/chain
PATH=$folder/bin:$PATH

wrong=0
# expect LINE WANTED GIVEN: the words, in any order, blanks between.
expect() {
  local given wanted
  wanted=$(printf '%s\n' $2 | sort | xargs)
  given=$(printf '%s\n' $3 | sort | xargs)
  if [ "$given" != "$wanted" ]; then
    printf 'completing `%s`: expected `%s`, found `%s`\n' "$1" "$wanted" "$given"
    wrong=$((wrong + 1))
  fi
}

# ---- bash
. "$completions/chain.bash"
compopt() { :; }  # speaks to readline, which is not here
bash_completes() {
  COMP_LINE=$1 COMP_POINT=${#1}
  _chain
  expect "bash: $1" "$2" "${COMPREPLY[*]}"
}
bash_completes 'chain ' 'run chat resume answer replay runs show lineage trace cost check fmt lock diff log graph test eval plan tools allow cache index dataset memory mcp doctor import new repl parse explain version help --help --version'
bash_completes 'chain gr' 'graph'
bash_completes 'chain run ' 'desk.chain sub/ bin/'
bash_completes 'chain run d' 'desk.chain'
bash_completes 'chain run desk.chain:' 'reply refuse'
bash_completes 'chain run desk.chain:rep' 'reply'
bash_completes 'chain dataset ' 'check show from-runs'
bash_completes 'chain dataset check desk.chain:' 'golden'
bash_completes 'chain parse desk.chain:' 'Ticket Urgency'
bash_completes 'chain parse desk.chain:Ticket n' 'notes.txt'
bash_completes 'chain run desk.chain --model ' 'fast='
bash_completes 'chain run --s' '--session --stream'
bash_completes 'chain plan desk.chain:rep' 'reply'
bash_completes 'chain tools d' 'desk.chain'
bash_completes 'chain tools --s' '--search'
bash_completes 'chain allow d' 'desk.chain'
bash_completes 'chain allow --r' '--revoke'
bash_completes 'chain run desk.chain --allow h' 'host='
bash_completes 'chain cache ' 'ls stats clear'
bash_completes 'chain cache clear --o' '--older'
bash_completes 'chain doctor d' 'desk.chain'
bash_completes 'chain doctor desk.chain --model ' 'fast'
bash_completes 'chain doctor --l' '--live'
bash_completes 'chain new ' 'sub/ bin/'
bash_completes 'chain graph --format ' 'text dot mermaid svg'
bash_completes 'chain fmt --' '--check --help'
bash_completes 'chain lock --' '--check --update --help'
bash_completes 'chain explain E02' 'E0203'
bash_completes 'chain trace --' '--export --jsonl --trace-content --help'
bash_completes 'chain cost --by ' 'prompt model chain version day'
bash_completes 'chain trace last --jsonl n' 'notes.txt'
bash_completes 'chain help ve' 'version'

# ---- fish: its own `complete -C` says what it would offer
if command -v fish >/dev/null; then
  fish_completes() {
    expect "fish: $1" "$2" "$(fish --no-config -c "source $completions/chain.fish; complete -C '$1'" | cut -f1)"
  }
  fish_completes 'chain gr' 'graph'
  fish_completes 'chain run d' 'desk.chain'
  fish_completes 'chain run desk.chain:re' 'desk.chain:reply desk.chain:refuse'
  fish_completes 'chain run desk.chain --model ' 'fast='
  fish_completes 'chain graph --format d' 'dot'
  fish_completes 'chain explain E02' 'E0203'
fi

# ---- zsh: that it reads
if command -v zsh >/dev/null; then
  zsh -n "$completions/_chain" || wrong=$((wrong + 1))
fi

if [ "$wrong" -ne 0 ]; then exit 1; fi
echo 'all completions are as expected'
