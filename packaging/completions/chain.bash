# bash completion for chain

# The names that FILE declares with one of the words in $2 (an extended regular expression).
_chain_declared() {
  sed -nE "s/^[[:space:]]*($2)[[:space:]]+([^][:space:]@({=:[]+).*/\2/p" "$1" 2>/dev/null | sort -u
}

# FILE, or FILE:NAME once FILE exists and is followed by a colon. $1 is the current word, $2 the words whose
# declarations may be named.
_chain_file_or_name() {
  local word=$1 file
  case $word in
    *.chain:*)
      file=${word%:*}
      # Readline breaks words at colons: what it replaces is the part after the last one.
      mapfile -t COMPREPLY < <(compgen -W "$(_chain_declared "$file" "$2")" -- "${word##*:}")
      ;;
    *)
      mapfile -t COMPREPLY < <(compgen -f -X '!*.chain' -- "$word"; compgen -d -S / -- "$word")
      compopt -o nospace -o filenames 2>/dev/null
      if [ ${#COMPREPLY[@]} -eq 1 ] && [ -f "${COMPREPLY[0]}" ]; then compopt +o nospace 2>/dev/null; fi
      ;;
  esac
}

_chain() {
  local verbs='run chat resume answer replay runs show lineage trace cost check fmt lock diff log graph test eval plan tools allow cache index dataset memory mcp doctor import new repl parse explain version help'
  local word previous verb='' file='' i
  COMPREPLY=()

  # The line's words split at blanks alone, so that FILE:NAME is one.
  local before=${COMP_LINE:0:COMP_POINT}
  local -a words
  read -ra words <<<"$before"
  case $before in *[[:space:]]) words+=('') ;; esac
  word=${words[-1]}
  previous=${words[-2]:-}
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    if [ -z "$verb" ] && [[ ${words[i]} != -* ]]; then verb=${words[i]}; fi
    if [[ ${words[i]} == *.chain || ${words[i]} == *.chain:* ]]; then file=${words[i]%%.chain*}.chain; fi
  done

  if [ -z "$verb" ]; then
    mapfile -t COMPREPLY < <(compgen -W "$verbs --help --version" -- "$word")
    return
  fi

  case $verb:$previous in
    run:--input | trace:--jsonl)
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      compopt -o filenames
      return
      ;;
    cost:--by)
      mapfile -t COMPREPLY < <(compgen -W 'prompt model chain version day' -- "$word")
      return
      ;;
    run:--model | repl:--model)
      mapfile -t COMPREPLY < <(compgen -S = -W "$(_chain_declared "$file" model)" -- "$word")
      compopt -o nospace
      return
      ;;
    run:--profile | chat:--profile | memory:--profile | dataset:--profile | test:--profile | eval:--profile | graph:--profile | plan:--profile | tools:--profile | allow:--profile | doctor:--profile | repl:--profile | index:--profile | mcp:--profile)
      mapfile -t COMPREPLY < <(compgen -W "$(_chain_declared "$file" profile)" -- "$word")
      return
      ;;
    doctor:--model)
      mapfile -t COMPREPLY < <(compgen -W "$(_chain_declared "$file" model)" -- "$word")
      return
      ;;
    run:--allow | run:--deny | plan:--allow | plan:--deny | doctor:--allow | doctor:--deny | repl:--allow | repl:--deny | index:--allow | index:--deny | dataset:--allow | dataset:--deny | chat:--allow | chat:--deny | mcp:--allow | mcp:--deny)
      mapfile -t COMPREPLY < <(compgen -S = -W 'host read write command env' -- "$word")
      compopt -o nospace
      return
      ;;
    index:--queries | index:--run | index:--qrels)
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      compopt -o filenames
      return
      ;;
    mcp:--command | mcp:--url | mcp:-a | mcp:--arg | mcp:--args | mcp:--client-id | mcp:--client-secret-env | mcp:--client-document | mcp:--scope) return ;;
    index:--mode)
      mapfile -t COMPREPLY < <(compgen -W 'bm25 vector hybrid' -- "$word")
      return
      ;;
    index:--top | index:--where | index:--mmr | index:--neighbours) return ;;
    run:-a | run:--argument | graph:--print-after | cache:--prompt | cache:--older | doctor:--timeout | tools:--search) return ;;
    run:--user | run:--session | chat:-a | chat:--argument | chat:--user | chat:--session) return ;;
    dataset:-n | dataset:--number | dataset:--where | dataset:--answer | memory:--user | memory:--session | memory:--id | memory:--older | memory:--top) return ;;
    run:-a | run:--argument | graph:--print-after | cache:--prompt | cache:--older | doctor:--timeout) return ;;
    graph:--format)
      mapfile -t COMPREPLY < <(compgen -W 'text dot mermaid svg' -- "$word")
      return
      ;;
  esac

  if [[ $word == -* ]]; then
    local options=--help
    case $verb in
      run) options='-a --argument --input --model --profile --allow --deny --stream --json --events --record --replay --env-file --no-cache --verbose --no-journal --no-content --trace-content --each --out --at-once --user --session --help' ;;
      import) options='--out --stdout --json --help' ;;
      run) options='-a --argument --input --model --profile --allow --deny --stream --json --events --record --replay --env-file --no-cache --frozen-models --verbose --no-journal --no-content --trace-content --each --out --at-once --user --session --help' ;;
      chat) options='-a --argument --session --new --list --user --model --profile --allow --deny --env-file --no-cache --verbose --trace-content --help' ;;
      resume) options='--stream --json --events --verbose --trace-content --help' ;;
      answer) options='--later --stream --json --events --verbose --trace-content --help' ;;
      replay) options='--edit --until --stream --json --events --verbose --trace-content --help' ;;
      runs) options='-n --number --by --json --delete --older --waiting --help' ;;
      show) options='--step --json --agent --help' ;;
      lineage) options='--json --help' ;;
      cost) options='--by --since --json --help' ;;
      trace) options='--export --jsonl --trace-content --help' ;;
      check) options='--json --help' ;;
      test) options='--json --filter --junit --profile --help' ;;
      eval) options='--repeat --limit --concurrency --max-cost --seed --rows --resume --against --json --markdown --junit --html --profile --model --allow --deny --record --replay --env-file --user --session --no-cache --help' ;;
      fmt) options='--check --help' ;;
      diff) options='--json --markdown --help' ;;
      log) options='--number --help' ;;
      lock) options='--check --update --help' ;;
      graph) options='--format --print-after --profile --help' ;;
      plan) options='--json --profile --allow --deny --help' ;;
      tools) options='--search --json --profile --help' ;;
      allow) options='--profile --yes --revoke --list --help' ;;
      cache) options='--prompt --older --json --help' ;;
      index) options='--top --mode --where --mmr --neighbours --parent --rerank --queries --run --qrels --profile --allow --deny --env-file --json --help' ;;
      dataset) options='--number --where --answer --profile --allow --deny --env-file --json --help' ;;
      memory) options='--user --session --id --older --all --top --profile --json --help' ;;
      mcp) options='--command --url --check --arg --args --client-id --client-secret-env --client-document --scope --profile --allow --deny --env-file --json --help' ;;
      doctor) options='--model --env-file --profile --live --timeout --allow --deny --json --help' ;;
      repl) options='--model --env-file --profile --allow --deny --verbose --help' ;;
      explain) options='--list --help' ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
    return
  fi

  case $verb in
    run | chat | plan) [ -n "$file" ] || _chain_file_or_name "$word" chain ;;
    parse)
      if [ -z "$file" ]; then
        _chain_file_or_name "$word" 'type|enum'
      else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        compopt -o filenames
      fi
      ;;
    import)
      mapfile -t COMPREPLY < <(compgen -f -X '!*.prompt?(y)' -- "$word"; compgen -d -S / -- "$word")
      compopt -o filenames
      ;;
    new)
      mapfile -t COMPREPLY < <(compgen -d -S / -- "$word")
      compopt -o nospace
      ;;
    resume | answer | replay | show | trace)
      mapfile -t COMPREPLY < <(compgen -W "last $(chain runs 2>/dev/null | awk 'NR > 1 { print $1 }')" -- "$word")
      ;;
    check | fmt | lock | diff | log | graph | test | eval | tools | allow | doctor | repl) _chain_file_or_name "$word" '' ;;
    cache) mapfile -t COMPREPLY < <(compgen -W 'ls stats clear' -- "$word") ;;
    dataset)
      if [ "$previous" = dataset ]; then
        mapfile -t COMPREPLY < <(compgen -W 'check show from-runs' -- "$word")
      else
        [ -n "$file" ] || _chain_file_or_name "$word" dataset
      fi
      ;;
    memory)
      if [ "$previous" = memory ]; then
        mapfile -t COMPREPLY < <(compgen -W 'list search forget export import' -- "$word")
      else
        [ -n "$file" ] || _chain_file_or_name "$word" memory
      fi
      ;;
    index)
      if [ "$previous" = index ]; then
        mapfile -t COMPREPLY < <(compgen -W 'build status search eval stats drop' -- "$word")
      else
        [ -n "$file" ] || _chain_file_or_name "$word" index
      fi
      ;;
    mcp)
      if [ "$previous" = mcp ]; then
        mapfile -t COMPREPLY < <(compgen -W 'pin list call read prompt login logout' -- "$word")
      else
        [ -n "$file" ] && [[ $word != *.chain:* ]] || _chain_file_or_name "$word" mcp
      fi
      ;;
    explain)
      mapfile -t COMPREPLY < <(compgen -W "$(chain explain --list 2>/dev/null | awk '{ sub(/:$/, "", $1); print $1 }')" -- "$word")
      ;;
    help) mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$word") ;;
  esac
}

complete -F _chain chain
