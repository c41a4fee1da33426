" Vim indent file
" Language: Chain

if exists('b:did_indent')
  finish
endif
let b:did_indent = 1

setlocal indentexpr=ChainIndent(v:lnum)
setlocal indentkeys=0},0),0],0\",!^F,o,O
setlocal autoindent
let b:undo_indent = 'setlocal indentexpr< indentkeys< autoindent<'

if exists('*ChainIndent')
  finish
endif

" Whether the text at this place is a string or a comment, where brackets do not count.
function s:Quoted(lnum, col) abort
  let names = map(synstack(a:lnum, a:col), 'synIDattr(v:val, "name")')
  return !empty(filter(names, 'v:val =~# "String$\\|Comment$\\|ModuleDoc$\\|^chainQuote$"'))
endfunction

" How many more brackets the line opens than it closes; those that close what an earlier line opened are
" left out when the line begins with them, since they have moved that line itself.
function s:Opened(lnum) abort
  let line = getline(a:lnum)
  let depth = 0
  let leading = 1
  for i in range(len(line))
    let char = line[i]
    if char =~# '\s'
      continue
    endif
    if char =~# '[])}]' && !s:Quoted(a:lnum, i + 1)
      let depth -= leading ? 0 : 1
    elseif char =~# '[[({]' && !s:Quoted(a:lnum, i + 1)
      let depth += 1
      let leading = 0
    else
      let leading = 0
    endif
  endfor
  return depth
endfunction

function ChainIndent(lnum) abort
  let previous = prevnonblank(a:lnum - 1)
  if previous == 0
    return 0
  endif

  " Inside a block string the text's own layout counts: its lines follow the one above.
  let inside = !empty(filter(map(synstack(a:lnum, 1), 'synIDattr(v:val, "name")'), 'v:val =~# "BlockString$"'))
  if inside && getline(previous) !~# '"""\s*$'
    return indent(previous)
  endif

  let indent = indent(previous)
  if inside
    return indent + shiftwidth()
  endif
  if getline(previous) =~# '^\s*"""' && getline(previous) !~# '^\s*"""\_.*"""'
    return indent - shiftwidth()
  endif

  let indent += s:Opened(previous) > 0 ? shiftwidth() : s:Opened(previous) < 0 ? -shiftwidth() : 0
  if getline(a:lnum) =~# '^\s*[])}]'
    let indent -= shiftwidth()
  endif
  return max([indent, 0])
endfunction
