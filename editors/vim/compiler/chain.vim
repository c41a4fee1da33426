" Vim compiler file
" Compiler: chain check

if exists('current_compiler')
  finish
endif
let current_compiler = 'chain'

CompilerSet makeprg=chain\ check\ %:S
CompilerSet errorformat=%f:%l:%c:\ %trror[%.%#]:\ %m,%f:%l:%c:\ %tarning[%.%#]:\ %m,%-G%.%#
