" vim -u NONE -N -es -S vim_syntax.vim, with $CHAIN_VIM (editors/vim), $CHAIN_SAMPLES (a folder of samples), $CHAIN_REAL
" (folders of real files, colons between) and $CHAIN_REPORT (where to write what is wrong) set.
"
" Holds the Vim syntax to the assertions that the samples carry for the TextMate grammar: below a line of
" source, `//   ^^^ scope...` says what stands there, `// <~~--- scope` what stands at the line's beginning,
" and after ` - ` what does not. s:groups says which Vim groups render a TextMate scope.

let s:groups = [
      \ ['comment.line.documentation.module', 'chainModuleDoc'],
      \ ['comment.line.documentation', 'chainDocComment'],
      \ ['comment.line.double-slash', 'chainComment'],
      \ ['comment.block.template', 'chainTemplateComment\|chainBlockTemplateComment'],
      \ ['comment.block', 'chainBlockComment'],
      \ ['keyword.control.import', 'chainDeclaration'],
      \ ['keyword.control.as', 'chainImportAs'],
      \ ['keyword.control.template', 'chainTagWord'],
      \ ['keyword.control.test', 'chainTestWord\|chainGiven'],
      \ ['keyword.control', 'chainControl'],
      \ ['keyword.declaration.variable', 'chainLet'],
      \ ['keyword.declaration', 'chainDeclaration'],
      \ ['keyword.operator.optional', 'chainTypeMark'],
      \ ['keyword.operator.union', 'chainTypeMark'],
      \ ['keyword.operator.logical', 'chainLogical'],
      \ ['keyword.operator.spread', 'chainSpread'],
      \ ['keyword.operator.arm', 'chainArmArrow'],
      \ ['keyword.operator.alternative', 'chainPattern'],
      \ ['keyword.operator', 'chainOperator\|chainModulo'],
      \ ['keyword.other.as', 'chainAs'],
      \ ['keyword.other.where', 'chainClause'],
      \ ['keyword.other.within', 'chainWithin'],
      \ ['keyword.other.budget', 'chainBudget'],
      \ ['keyword.other.role', 'chainRole'],
      \ ['keyword.other.member', 'chainMemberKey'],
      \ ['keyword.other.by', 'chainBy'],
      \ ['keyword.other.over', 'chainOver'],
      \ ['keyword.other.score', 'chainScore'],
      \ ['keyword.other.require', 'chainRequire'],
      \ ['keyword.other.given', 'chainGivenEnd'],
      \ ['keyword.other.with', 'chainWith'],
      \ ['keyword.other.bound', 'chainBound'],
      \ ['keyword.other.parallel', 'chainParallel'],
      \ ['keyword.other.of', 'chainSample'],
      \ ['storage.modifier.untrusted', 'chainUntrusted'],
      \ ['storage.modifier.effect', 'chainEffect'],
      \ ['constant.language', 'chainConstant'],
      \ ['constant.numeric.version', 'chainVersion\|chainHeadVersion\|chainGivenVersion'],
      \ ['constant.numeric.duration', 'chainDuration'],
      \ ['constant.numeric.money', 'chainMoney'],
      \ ['constant.numeric.percent', 'chainPercent'],
      \ ['constant.numeric.float', 'chainFloat'],
      \ ['constant.numeric.integer', 'chainInteger'],
      \ ['invalid.illegal.number', 'chainBadNumber'],
      \ ['constant.character.escape', 'chainEscape'],
      \ ['invalid.illegal.operator', 'chainForeign'],
      \ ['invalid.illegal.escape', 'chainBadEscape'],
      \ ['string.quoted.double', 'chainString'],
      \ ['string.quoted.block', 'chainBlockString'],
      \ ['string.quoted.raw.block', 'chainRawBlockString'],
      \ ['string.quoted.raw', 'chainRawString'],
      \ ['string.unquoted.verbatim', 'chainVerbatim'],
      \ ['meta.embedded.output', 'chainOutput\|chainBlockOutput'],
      \ ['meta.template.tag', 'chainTag\|chainBlockTag'],
      \ ['punctuation.section.output', 'chainDelimiter'],
      \ ['punctuation.section.tag', 'chainDelimiter'],
      \ ['markup.heading', 'chainHeading'],
      \ ['markup.list', 'chainListMark'],
      \ ['markup.bold', 'chainBold'],
      \ ['markup.inline.raw', 'chainCode'],
      \ ['entity.name.namespace', 'chainImportName\|chainNamespace'],
      \ ['entity.name.type.record', 'chainTypeDefinition'],
      \ ['entity.name.type.alias', 'chainTypeDefinition'],
      \ ['entity.name.type.enum', 'chainEnumName'],
      \ ['entity.name.type', 'chainTypeName\|chainRecordName\|chainPatternType'],
      \ ['entity.name.function.call', 'chainCall\|chainGivenName'],
      \ ['entity.name.function.member', 'chainMemberCall'],
      \ ['entity.name.function', 'chainFunctionName\|chainRouteName'],
      \ ['entity.name.section', 'chainProfileName\|chainEvalName'],
      \ ['support.type', 'chainBuiltinType'],
      \ ['support.function.filter', 'chainFilter'],
      \ ['support.function.builtin', 'chainBuiltin'],
      \ ['support.variable.human', 'chainHuman'],
      \ ['variable.language.it', 'chainIt'],
      \ ['variable.language', 'chainSpecial'],
      \ ['variable.other.enummember', 'chainCase\|chainEnumCase'],
      \ ['variable.other.member.declaration', 'chainField'],
      \ ['variable.other.member', 'chainMember\|chainMemberCall'],
      \ ['variable.other.key', 'chainKey'],
      \ ['variable.other.resource', 'chainResourceName'],
      \ ['variable.other.constant', 'chainResourceName'],
      \ ['variable.other.score', 'chainScoreName'],
      \ ['variable.other.definition', 'chainLetName\|chainForName\|chainBinding'],
      \ ['variable.other', 'chainVariable'],
      \ ['variable.parameter.lambda', 'chainLambda'],
      \ ['variable.parameter.named', 'chainArgument'],
      \ ['variable.parameter', 'chainParameter'],
      \ ]

let s:wrong = []
let s:checked = 0

function s:GroupsOf(scope) abort
  for [prefix, groups] in s:groups
    if stridx(a:scope, prefix) == 0
      return '^\%(' . groups . '\)$'
    endif
  endfor
  throw 'no Vim group is known for the scope ' . a:scope
endfunction

" One assertion: characters [from, to) of line `lnum` of the buffer.
function s:Check(place, lnum, from, to, scopes, excluded) abort
  for at in range(a:from, a:to - 1)
    let col = byteidx(getline(a:lnum), at) + 1
    let names = map(synstack(a:lnum, col), 'synIDattr(v:val, "name")')
    for scope in a:scopes
      if match(names, s:GroupsOf(scope)) < 0
        call add(s:wrong, a:place . ': column ' . (at + 1) . ' should be ' . scope . ', is ' . string(names))
        return
      endif
    endfor
    for scope in a:excluded
      if match(names, s:GroupsOf(scope)) >= 0
        call add(s:wrong, a:place . ': column ' . (at + 1) . ' should not be ' . scope . ', is ' . string(names))
        return
      endif
    endfor
  endfor
  let s:checked += 1
endfunction

function s:CheckFile(path) abort
  let source = []
  let assertions = []
  let number = 0
  for line in readfile(a:path)
    let number += 1
    let found = matchlist(line, '^//\s*\(\^\+\|<\~*-\+\)\s*\(.*\)$')
    if empty(found)
      call add(source, line)
      continue
    endif
    if found[1][0] ==# '^'
      let from = stridx(line, '^')
      let to = from + len(found[1])
    else
      let from = count(found[1], '~')
      let to = from + count(found[1], '-')
    endif
    let [wanted; unwanted] = split(found[2], '\%(^\|\s\)-\s\+', 1)
    call add(assertions, [fnamemodify(a:path, ':t') . ':' . number, len(source), from, to, split(wanted), split(join(unwanted))])
  endfor

  enew!
  call setline(1, source)
  setfiletype chain
  if b:current_syntax !=# 'chain'
    throw 'the file type chain has no syntax'
  endif
  for assertion in assertions
    call call('s:Check', assertion)
  endfor
endfunction

" Each line of a sample in indent/ stands where the indent function would put it.
function s:CheckIndent(path) abort
  let lines = filter(readfile(a:path), 'v:val !~# "^//\\s*\\(\\^\\|<\\~*-\\)"')
  enew!
  call setline(1, lines)
  setfiletype chain
  for number in range(1, line('$'))
    let wanted = indent(number)
    let given = ChainIndent(number)
    if getline(number) =~# '\S' && given != wanted && given >= 0
      call add(s:wrong, fnamemodify(a:path, ':t') . ': indent of `' . getline(number) . '` should be ' . wanted . ', is ' . given)
    endif
    let s:checked += 1
  endfor
endfunction

" A real file, which has no mistakes: nothing in it is shown as one, and every region has ended where it ends.
function s:CheckReal(path) abort
  let lines = readfile(a:path)
  enew!
  call setline(1, lines + ['const probe = 1'])
  setfiletype chain
  for number in range(1, len(lines))
    for col in range(1, col([number, '$']) - 1)
      let name = synIDattr(synID(number, col, 0), 'name')
      if name =~# '^chain\%(Bad\|Foreign\)'
        call add(s:wrong, fnamemodify(a:path, ':t') . ':' . number . ':' . col . ': is shown as a mistake, ' . name)
      endif
    endfor
  endfor
  let names = map(synstack(len(lines) + 1, 1), 'synIDattr(v:val, "name")')
  if names !=# ['chainDeclaration']
    call add(s:wrong, fnamemodify(a:path, ':t') . ': something is still open at its end: ' . string(names))
  endif
  let s:checked += 1
endfunction

try
  let &runtimepath = $CHAIN_VIM . ',' . $VIMRUNTIME
  filetype plugin indent on
  syntax enable
  let samples = glob($CHAIN_SAMPLES . '/*.chain', 0, 1)
  for sample in samples
    call s:CheckFile(sample)
  endfor
  for sample in glob($CHAIN_SAMPLES . '/indent/*.chain', 0, 1)
    call s:CheckIndent(sample)
  endfor
  for folder in split($CHAIN_REAL, ':')
    for path in glob(folder . '/*.chain', 0, 1)
      call s:CheckReal(path)
    endfor
  endfor
  if s:checked < 100
    call add(s:wrong, 'only ' . s:checked . ' assertions were checked')
  endif
catch
  call add(s:wrong, v:throwpoint . ': ' . v:exception)
endtry

call writefile(s:wrong + [s:checked . ' checked, ' . len(s:wrong) . ' wrong'], $CHAIN_REPORT)
if empty(s:wrong)
  qall!
endif
cquit!
