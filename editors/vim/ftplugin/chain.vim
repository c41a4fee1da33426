" Vim filetype plugin
" Language: Chain

if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal comments=s1:/*,mb:*,ex:*/,:///,://!,://
setlocal commentstring=//\ %s
setlocal formatoptions-=t formatoptions+=croql
setlocal iskeyword=@,48-57,_,192-255
setlocal expandtab shiftwidth=2 softtabstop=2
setlocal suffixesadd=.chain
setlocal include=^\\s*import\\s\\+\"\\zs[^\"]*\\ze\"
setlocal define=^\\s*\\%(type\\\|enum\\\|const\\\|fn\\\|template\\\|model\\\|index\\\|memory\\\|dataset\\\|mcp\\\|a2a\\\|prompt\\\|chain\\\|tool\\\|agent\\\|route\\\|profile\\\|eval\\)\\s\\+

let b:undo_ftplugin = 'setlocal comments< commentstring< formatoptions< iskeyword< expandtab< shiftwidth<'
      \ . ' softtabstop< suffixesadd< include< define<'

if executable('chain')
  compiler chain
  setlocal formatprg=chain\ fmt\ -
  let b:undo_ftplugin .= ' formatprg< makeprg< errorformat<'
endif
