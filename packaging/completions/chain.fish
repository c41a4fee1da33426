# fish completion for chain

function __chain_declared --argument-names file words
    sed -nE "s/^[[:space:]]*($words)[[:space:]]+([^][:space:]@({=:[]+).*/\2/p" $file 2>/dev/null | sort -u
end

# FILE, or FILE:NAME where NAME is declared in FILE with one of the words given.
function __chain_file_or_name --argument-names words
    set -l token (commandline -ct)
    if string match -qr '\.chain:' -- $token
        set -l file (string replace -r '\.chain:.*' '.chain' -- $token)
        for name in (__chain_declared $file $words)
            echo $file:$name
        end
    else
        __fish_complete_suffix .chain
    end
end

function __chain_models
    for word in (commandline -opc)
        if string match -qr '\.chain' -- $word
            for name in (__chain_declared (string replace -r '\.chain.*' '.chain' -- $word) model)
                echo $name=
            end
        end
    end
end

function __chain_profiles
    for word in (commandline -opc)
        if string match -qr '\.chain' -- $word
            __chain_declared (string replace -r '\.chain.*' '.chain' -- $word) profile
        end
    end
end

set -l verbs run chat resume answer replay runs show lineage trace cost check fmt lock diff log graph test eval plan tools allow cache index dataset memory mcp doctor import new repl parse explain version help
set -l none "not __fish_seen_subcommand_from $verbs"

complete -c chain -f
complete -c chain -n $none -a run -d 'run a chain and print its answer'
complete -c chain -n $none -a chat -d 'talk with a chain or an agent'
complete -c chain -n $none -a resume -d 'go on with a run that was interrupted, or failed'
complete -c chain -n $none -a answer -d 'answer what a run asks a person, and go on with it'
complete -c chain -n $none -a replay -d 'run once more from the journal'
complete -c chain -n $none -a runs -d 'list the runs that are written down'
complete -c chain -n $none -a show -d 'show what a run did, step by step'
complete -c chain -n $none -a trace -d 'show a run as a tree of spans, or export it'
complete -c chain -n $none -a cost -d 'sum up what the runs that are written down cost'
complete -c chain -n $none -a check -d 'look for mistakes'
complete -c chain -n $none -a lineage -d 'say what a run\'s answer was made of'
complete -c chain -n $none -a fmt -d 'put files into the canonical layout'
complete -c chain -n $none -a diff -d 'say what changed between versions, files or revisions of git'
complete -c chain -n $none -a log -d 'show the history of a prompt through git'
complete -c chain -n $none -a lock -d 'release versions, and hold those that are released'
complete -c chain -n $none -a graph -d 'print the graph of a file'
complete -c chain -n $none -a test -d 'run the tests of a file'
complete -c chain -n $none -a eval -d 'score the answers to the cases of a dataset'
complete -c chain -n $none -a plan -d 'what a run may touch, and how often it may call'
complete -c chain -n $none -a tools -d 'list the tools that agents of a file could call'
complete -c chain -n $none -a allow -d 'allow a file what it needs'
complete -c chain -n $none -a cache -d 'show, or forget, the answers that are kept'
complete -c chain -n $none -a mcp -d 'pin, list and call what the MCP servers of a file offer'
complete -c chain -n $none -a index -d 'build, search and measure the indexes of a file'
complete -c chain -n $none -a dataset -d 'check and show datasets, make cases of runs'
complete -c chain -n $none -a memory -d 'list, search, forget, export what a memory keeps'
complete -c chain -n $none -a doctor -d 'say whether models, or this installation, can be used'
complete -c chain -n $none -a import -d 'make .chain files of Dotprompt and Prompty files'
complete -c chain -n $none -a new -d 'make a project to begin with'
complete -c chain -n $none -a repl -d 'evaluate expressions, call prompts and chains'
complete -c chain -n $none -a parse -d 'read a reply of a model as a type'
complete -c chain -n $none -a explain -d 'explain an error code'
complete -c chain -n $none -a version -d 'print the version'
complete -c chain -n $none -a help -d 'print help'
complete -c chain -l help -s h -d 'print help'

complete -c chain -n '__fish_seen_subcommand_from run chat plan' -a '(__chain_file_or_name chain)'
complete -c chain -n '__fish_seen_subcommand_from run chat' -s a -l argument -x -d 'an argument of the chain, name=value'
complete -c chain -n '__fish_seen_subcommand_from run' -l input -r -F -d 'all arguments: a file, - or JSON'
complete -c chain -n '__fish_seen_subcommand_from run chat repl' -l model -x -a '(__chain_models)' -d 'another model for a name'
complete -c chain -n '__fish_seen_subcommand_from run chat test eval graph plan tools allow repl index dataset memory mcp' -l profile -x -a '(__chain_profiles)' -d 'the profile whose resources count'
complete -c chain -n '__fish_seen_subcommand_from run' -l each -r -F -d 'a run for each line of this file'
complete -c chain -n '__fish_seen_subcommand_from run' -l out -r -F -d 'where the answers go'
complete -c chain -n '__fish_seen_subcommand_from run' -l at-once -x -d 'so many runs at most are under way'
complete -c chain -n '__fish_seen_subcommand_from run' -l no-journal -d 'write nothing down'
complete -c chain -n '__fish_seen_subcommand_from run' -l no-content -d 'keep no text once the run is done'
complete -c chain -n '__fish_seen_subcommand_from resume answer replay show lineage trace' -k -a "last (chain runs 2>/dev/null | awk 'NR > 1 { print \$1 }')"
complete -c chain -n '__fish_seen_subcommand_from runs' -s n -l number -x -d 'at most so many'
complete -c chain -n '__fish_seen_subcommand_from runs' -l by -x -a version -d 'compare the runs by it'
complete -c chain -n '__fish_seen_subcommand_from runs' -l delete -d 'forget the runs that have ended'
complete -c chain -n '__fish_seen_subcommand_from runs' -l older -x -d 'those that ended so many days ago'
complete -c chain -n '__fish_seen_subcommand_from runs' -l waiting -d 'those that wait for a person as well'
complete -c chain -n '__fish_seen_subcommand_from answer' -l later -d 'keep the answer, no more'
complete -c chain -n '__fish_seen_subcommand_from replay' -l until -x -d 'the last step that is taken over'
complete -c chain -n '__fish_seen_subcommand_from replay' -l edit -x -d 'another answer for a step'
complete -c chain -n '__fish_seen_subcommand_from runs show lineage' -l json -d 'print JSON'
complete -c chain -n '__fish_seen_subcommand_from show' -l agent -d 'tell the run as a story'
complete -c chain -n '__fish_seen_subcommand_from show' -l step -x -d 'only this step, with its request and reply'
complete -c chain -n '__fish_seen_subcommand_from trace' -l export -d 'send the spans to a collector'
complete -c chain -n '__fish_seen_subcommand_from trace' -l jsonl -r -F -d 'write the spans as lines of JSON'
complete -c chain -n '__fish_seen_subcommand_from cost' -l by -x -a 'prompt model chain version day' -d 'sum up by this'
complete -c chain -n '__fish_seen_subcommand_from cost' -l since -x -d 'of so long ago, or of this day, or later'
complete -c chain -n '__fish_seen_subcommand_from cost' -l json -d 'print JSON'
complete -c chain -n '__fish_seen_subcommand_from run chat resume answer replay trace' -l trace-content -d 'export texts, too'
complete -c chain -n '__fish_seen_subcommand_from run resume answer replay' -l stream -d 'print the answer as it arrives'
complete -c chain -n '__fish_seen_subcommand_from run resume answer replay' -l json -d 'print the answer as JSON'
complete -c chain -n '__fish_seen_subcommand_from run chat resume answer replay' -l verbose -d 'show each request as it is sent'
complete -c chain -n '__fish_seen_subcommand_from run resume answer replay' -l events -d 'print all that happens as JSON'
complete -c chain -n '__fish_seen_subcommand_from run' -l record -r -F -d 'write calls of models and their answers to a cassette'
complete -c chain -n '__fish_seen_subcommand_from run' -l replay -r -F -d 'answer from a cassette'
complete -c chain -n '__fish_seen_subcommand_from run chat repl index mcp' -l env-file -r -F -d 'a file of variables'
complete -c chain -n '__fish_seen_subcommand_from run' -l frozen-models -d 'fail if another snapshot answered than the lock has'
complete -c chain -n '__fish_seen_subcommand_from run chat' -l no-cache -d 'ask anew, and keep no answer'

complete -c chain -n '__fish_seen_subcommand_from check fmt lock diff log graph test eval allow doctor repl' -k -a '(__fish_complete_suffix .chain)'
complete -c chain -n '__fish_seen_subcommand_from run chat eval plan doctor repl index mcp' -l allow -x -a 'host= read= write= command= env=' -d 'allow this run something'
complete -c chain -n '__fish_seen_subcommand_from run chat eval plan doctor repl index mcp' -l deny -x -a 'host= read= write= command= env=' -d 'forbid this run something'
complete -c chain -n '__fish_seen_subcommand_from plan' -l json -d 'print the plan as JSON'
complete -c chain -n '__fish_seen_subcommand_from tools' -l json -d 'print the list as JSON'
complete -c chain -n '__fish_seen_subcommand_from tools' -l search -x -d 'only those that this text is about'
complete -c chain -n '__fish_seen_subcommand_from allow' -l yes -d 'do not ask'
complete -c chain -n '__fish_seen_subcommand_from allow' -l revoke -d 'forget what was allowed'
complete -c chain -n '__fish_seen_subcommand_from allow' -l list -d 'show what files were allowed'
complete -c chain -n '__fish_seen_subcommand_from cache' -a 'ls stats clear'
complete -c chain -n '__fish_seen_subcommand_from cache' -l prompt -x -d 'answers of this prompt'
complete -c chain -n '__fish_seen_subcommand_from cache' -l older -x -d 'answers older than so long'
complete -c chain -n '__fish_seen_subcommand_from cache' -l json -d 'print JSON'
set -l actions build status search eval stats drop
complete -c chain -n "__fish_seen_subcommand_from index; and not __fish_seen_subcommand_from $actions" -a "$actions"
complete -c chain -n "__fish_seen_subcommand_from index; and __fish_seen_subcommand_from $actions" -a '(__chain_file_or_name index)'
complete -c chain -n '__fish_seen_subcommand_from index' -l top -x -d 'so many passages, or documents of a run'
complete -c chain -n '__fish_seen_subcommand_from index' -l mode -x -a 'bm25 vector hybrid' -d 'how to search'
complete -c chain -n '__fish_seen_subcommand_from index' -l where -x -d 'only documents whose metadata say so'
complete -c chain -n '__fish_seen_subcommand_from index' -l mmr -x -d 'spread the passages out, from 0 to 1'
complete -c chain -n '__fish_seen_subcommand_from index' -l neighbours -x -d 'join passages before and behind'
complete -c chain -n '__fish_seen_subcommand_from index' -l parent -d 'give whole sections'
complete -c chain -n '__fish_seen_subcommand_from index' -l rerank -d 'rank the passages anew'
complete -c chain -n '__fish_seen_subcommand_from index' -l queries -r -F -d 'a query a line'
complete -c chain -n '__fish_seen_subcommand_from index' -l run -r -F -d 'where the run goes'
complete -c chain -n '__fish_seen_subcommand_from index' -l qrels -r -F -d 'judgements'
complete -c chain -n '__fish_seen_subcommand_from index' -l json -d 'print JSON'
set -l actions pin list call read prompt login logout
complete -c chain -n "__fish_seen_subcommand_from mcp; and not __fish_seen_subcommand_from $actions" -a "$actions"
complete -c chain -n "__fish_seen_subcommand_from mcp; and __fish_seen_subcommand_from $actions" -a '(__chain_file_or_name mcp)'
complete -c chain -n '__fish_seen_subcommand_from mcp' -l command -x -d 'a server that no file declares'
complete -c chain -n '__fish_seen_subcommand_from mcp' -l url -x -d 'likewise, over HTTP'
complete -c chain -n '__fish_seen_subcommand_from mcp' -l check -d 'write nothing, say whether something has changed'
complete -c chain -n '__fish_seen_subcommand_from mcp' -s a -l arg -x -d 'an argument'
complete -c chain -n '__fish_seen_subcommand_from mcp' -l args -x -d 'the arguments as JSON'
complete -c chain -n '__fish_seen_subcommand_from mcp' -l client-id -x -d 'a client that is registered already'
complete -c chain -n '__fish_seen_subcommand_from mcp' -l client-secret-env -x -d 'the variable that holds its secret'
complete -c chain -n '__fish_seen_subcommand_from mcp' -l client-document -x -d 'the URL of a document about the client'
complete -c chain -n '__fish_seen_subcommand_from mcp' -l scope -x -d 'ask for this as well'
complete -c chain -n '__fish_seen_subcommand_from mcp' -l json -d 'print JSON'
complete -c chain -n '__fish_seen_subcommand_from doctor' -l model -x -d 'of this model alone'
complete -c chain -n '__fish_seen_subcommand_from doctor' -l live -d 'ask every model'
complete -c chain -n '__fish_seen_subcommand_from doctor' -l timeout -x -d 'give a question up after so long'
complete -c chain -n '__fish_seen_subcommand_from doctor' -l json -d 'print JSON'
complete -c chain -n '__fish_seen_subcommand_from import' -l out -d 'the folder for the new files' -a '(__fish_complete_directories)'
complete -c chain -n '__fish_seen_subcommand_from import' -l stdout -d 'print, and make no file'
complete -c chain -n '__fish_seen_subcommand_from import' -l json -d 'print a JSON object a file'
complete -c chain -n '__fish_seen_subcommand_from new' -a '(__fish_complete_directories)'
complete -c chain -n '__fish_seen_subcommand_from check' -l json -d 'print diagnostics as JSON'
complete -c chain -n '__fish_seen_subcommand_from test' -l filter -x -d 'titles that contain this'
complete -c chain -n '__fish_seen_subcommand_from test' -l junit -r -F -d 'a report for CI'
complete -c chain -n '__fish_seen_subcommand_from test' -l json -d 'print a JSON object for each test'
complete -c chain -n '__fish_seen_subcommand_from eval' -l repeat -x -d 'answer each case so often'
complete -c chain -n '__fish_seen_subcommand_from eval' -l limit -x -d 'the first cases alone'
complete -c chain -n '__fish_seen_subcommand_from eval' -l concurrency -x -d 'so many cases at once'
complete -c chain -n '__fish_seen_subcommand_from eval' -l max-cost -x -d 'what may be spent'
complete -c chain -n '__fish_seen_subcommand_from eval' -l seed -x -d 'of chance'
complete -c chain -n '__fish_seen_subcommand_from eval' -l rows -r -F -d 'where answers are written'
complete -c chain -n '__fish_seen_subcommand_from eval' -l resume -d 'go on from there'
complete -c chain -n '__fish_seen_subcommand_from eval' -l against -r -F -d 'compare with earlier rows'
complete -c chain -n '__fish_seen_subcommand_from eval' -l json -d 'print figures and answers as JSON'
complete -c chain -n '__fish_seen_subcommand_from eval' -l markdown -r -F -d 'a report in Markdown'
complete -c chain -n '__fish_seen_subcommand_from eval' -l junit -r -F -d 'a report for CI'
complete -c chain -n '__fish_seen_subcommand_from eval' -l html -r -F -d 'a page to look through'
complete -c chain -n '__fish_seen_subcommand_from fmt' -l check -d 'change nothing; fail if a file would change'
complete -c chain -n '__fish_seen_subcommand_from diff' -l json -d 'print one JSON object'
complete -c chain -n '__fish_seen_subcommand_from diff' -l markdown -d 'print Markdown, for a pull request'
complete -c chain -n '__fish_seen_subcommand_from log' -s n -l number -x -d 'at most so many changes'
complete -c chain -n '__fish_seen_subcommand_from lock' -l check -d 'write nothing; fail if something would be written'
complete -c chain -n '__fish_seen_subcommand_from lock' -l update -x -d 'say which callers do not call the newest version of a name'
complete -c chain -n '__fish_seen_subcommand_from graph' -l format -x -a 'text dot mermaid svg' -d 'how to print it'
complete -c chain -n '__fish_seen_subcommand_from graph' -l print-after -x -d 'print it as it is after a pass'

complete -c chain -n '__fish_seen_subcommand_from parse' -a '(__chain_file_or_name "type|enum")'
complete -c chain -n '__fish_seen_subcommand_from parse' -F
complete -c chain -n '__fish_seen_subcommand_from explain' -l list -d 'print all codes'
complete -c chain -n '__fish_seen_subcommand_from explain' -x -a "(chain explain --list 2>/dev/null | awk '{ sub(/:\$/, \"\", \$1); print \$1 }')"
complete -c chain -n '__fish_seen_subcommand_from help' -x -a "$verbs"
complete -c chain -n '__fish_seen_subcommand_from run chat memory' -l user -x -d 'whose memories'
complete -c chain -n '__fish_seen_subcommand_from run chat memory' -l session -x -d 'the conversation'
complete -c chain -n '__fish_seen_subcommand_from chat' -l new -d 'begin another conversation'
complete -c chain -n '__fish_seen_subcommand_from chat' -l list -d 'list the conversations that are kept'
set -l kinds check show from-runs
complete -c chain -n "__fish_seen_subcommand_from dataset; and not __fish_seen_subcommand_from $kinds" -a "$kinds"
complete -c chain -n "__fish_seen_subcommand_from dataset; and __fish_seen_subcommand_from $kinds" -a '(__chain_file_or_name dataset)'
complete -c chain -n '__fish_seen_subcommand_from dataset' -s n -l number -x -d 'so many'
complete -c chain -n '__fish_seen_subcommand_from dataset' -l where -x -d 'only runs of which this is so'
complete -c chain -n '__fish_seen_subcommand_from dataset' -l answer -x -d 'the field for the result'
complete -c chain -n '__fish_seen_subcommand_from dataset' -l json -d 'print JSON'
set -l acts list search forget export import
complete -c chain -n "__fish_seen_subcommand_from memory; and not __fish_seen_subcommand_from $acts" -a "$acts"
complete -c chain -n "__fish_seen_subcommand_from memory; and __fish_seen_subcommand_from $acts" -a '(__chain_file_or_name memory)'
complete -c chain -n '__fish_seen_subcommand_from memory' -l id -x -d 'the entry of this number'
complete -c chain -n '__fish_seen_subcommand_from memory' -l older -x -d 'what is older than so long'
complete -c chain -n '__fish_seen_subcommand_from memory' -l all -d 'everything'
complete -c chain -n '__fish_seen_subcommand_from memory' -l top -x -d 'so many entries at most'
complete -c chain -n '__fish_seen_subcommand_from memory' -l json -d 'print JSON'
