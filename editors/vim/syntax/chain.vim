" Vim syntax file
" Language: Chain
" A word is a keyword only where the language makes it one: most stand in a region or behind a nextgroup, and
" everything is a match rather than a :syn-keyword, since those would also win before `:` and after `.`.

if exists('b:current_syntax')
  finish
endif
let s:saved_cpo = &cpoptions
set cpoptions&vim

syntax case match
syntax iskeyword @,48-57,_,192-255
syntax sync fromstart

" ---- Comments

syntax match chainComment /\/\/.*/ contains=@Spell
syntax match chainDocComment /\/\/\/.*/ contains=@Spell
syntax match chainModuleDoc /\/\/!.*/ contains=@Spell
syntax region chainBlockComment start=/\/\*/ end=/\*\// contains=@Spell
syntax cluster chainComments contains=chainComment,chainDocComment,chainModuleDoc,chainBlockComment

" ---- Expressions; of two items that match at one place, Vim takes the later one

syntax cluster chainExpression contains=@chainComments,@chainStrings,@chainNumbers,chainVariable,chainCall,
      \chainRecordName,chainBuiltin,chainHuman,chainConstant,chainLogical,chainControl,chainTestWord,chainLet,
      \chainMatch,chainFor,chainBound,chainSample,chainGiven,chainWith,chainModulo,chainLambda,
      \chainKey,chainMember,chainMemberCall,chainForeign,chainSpread,chainVersion,chainOperator,chainParens,chainBrackets,
      \chainBraces

syntax match chainVariable /\K\k*/
syntax match chainTypeName /\K\k*/ contained
syntax match chainEnumCase /\K\k*/ contained
syntax match chainCall /\K\k*\ze(/
syntax match chainCall /\K\k*\ze@\d\+\.\d\+/ nextgroup=chainVersion
syntax match chainRecordName /\u\k*\ze\s*{/
syntax match chainBuiltin /\<\%(trust\|secret\|log\|fail\|now\|random\)\ze(/
syntax match chainHuman /\<human\ze\.\%(ask\|approve\)\>/
syntax match chainConstant /\<\%(true\|false\|none\)\>/
syntax match chainLogical /\<\%(and\|or\|not\)\>/
syntax match chainControl /\<\%(if\|else\|match\|for\|in\|where\|repeat\|return\|break\|try\|catch\|race\|sample\)\>/
syntax match chainTestWord /\<\%(given\|expect\)\>/
syntax match chainVersion /@\d\+\.\d\+\%(\k\|\.\)\@!/

syntax match chainLet /\<\%(let\|var\)\>/ nextgroup=chainLetName skipwhite
syntax match chainLetName /\K\k*/ contained nextgroup=chainLetType skipwhite
syntax region chainLetType start=/:/ end=/\ze=\|$/ contained contains=@chainTypes

syntax region chainFor matchgroup=chainControl start=/\<for\ze\s\+\K\k*\%(\s*,\s*\K\k*\)\=\s\+in\>/ matchgroup=NONE end=/\ze{\|\ze-\=%}\|$/
      \ contains=chainForName,chainParallel,@chainSubject
syntax match chainForName /\%(\<for\s\+\%(\K\k*\s*,\s*\)\=\)\@<=\K\k*/ contained
syntax match chainParallel /\<parallel\ze\s\+\%(\k\|(\)/ contained
syntax match chainBound /\%(\<repeat\s\+\)\@<=up\s\+to\>/
syntax match chainSample /\%(\<sample\s\+\k\+\s\+\)\@<=of\>/
syntax match chainGiven /\<given\ze\s\+\K[[:keyword:].]*\%(@\d\+\.\d\+\)\=\s\+\%(returns\|from\)\>/ nextgroup=chainGivenName skipwhite
syntax match chainGivenName /\K[[:keyword:].]*/ contained nextgroup=chainGivenVersion,chainGivenEnd skipwhite
syntax match chainGivenVersion /@\d\+\.\d\+/ contained nextgroup=chainGivenEnd skipwhite
syntax match chainGivenEnd /\<\%(returns\|from\)\>/ contained
syntax match chainWith /\%()\s*\)\@<=with\ze\s*{/
syntax match chainModulo /\%([[:keyword:])\]"]\s\+\)\@<=mod\ze\s\+[[:keyword:](\[$-]/

syntax match chainLambda /\K\k*\ze\s*=>/
syntax match chainOperator "=>\|->\|??\|==\|!=\|<=\|>=\|[-+*<>=|]\|/[/*]\@!"
" `match` and `catch`: a head without braces, then arms.
syntax region chainMatch matchgroup=chainControl start=/\<\%(match\|catch\)\>/ matchgroup=NONE end=/\ze[{}]/
      \ contains=@chainSubject nextgroup=chainArms
syntax region chainArms matchgroup=chainBrace start=/{/ end=/}/ contained contains=chainPattern,chainArmArrow,@chainExpression
syntax match chainPattern /\%([,{]\s*\|^\s*\)\@<=\%("\%([^"\\]\|\\.\)*"\|[^"(){}=,: \t]\)\%("\%([^"\\]\|\\.\)*"\|[^"(){}=,:]\)*\ze=>/
      \ contained contains=@chainComments,@chainStrings,@chainNumbers,chainEnumCase,chainPatternType,chainConstant,chainControl
syntax match chainPatternType /\<\%(else\>\)\@!\K\k*\ze\s\+\K/ contained nextgroup=chainBinding skipwhite
syntax match chainBinding /\K\k*/ contained
syntax match chainArmArrow /=>/ contained
syntax cluster chainSubject contains=@chainExpression
syntax cluster chainSubject remove=chainBraces,chainMatch,chainKey,chainLet,chainLambda,chainRecordName

syntax match chainKey /\K\k*\ze\s*:/
syntax match chainForeign /&&\|||\|[!=]==\|!=\@!\|;/
syntax match chainSpread /\.\.\./
syntax match chainMember /?\=\.\s*\K\k*/ contains=chainDot
syntax match chainMemberCall /?\=\.\s*\K\k*\ze\s*(/ contains=chainDot
syntax match chainDot /?\=\./ contained

syntax region chainParens matchgroup=chainParen start=/(/ end=/)/ contains=chainIt,chainArgument,@chainExpression
syntax match chainArgument /\K\k*\ze\s*:/ contained
syntax region chainBrackets matchgroup=chainParen start=/\[/ end=/\]/ contains=@chainExpression
syntax region chainBraces matchgroup=chainBrace start=/{/ end=/}/ contains=@chainExpression
syntax match chainIt /\.\@1<!\<it\>\%(\s*[:(]\)\@!/ contained

" ---- Numbers

syntax match chainBadNumber /\$\=\<\d\+\%(\.\d\+\)\=\k*/
syntax match chainInteger /\<\d\+\>\%(\.\d\)\@!/
syntax match chainFloat /\<\d\+\.\d\+\%([eE][-+]\=\d\+\)\=\>/
syntax match chainPercent /\<\d\+\%(\.\d\+\)\=%}\@!/
syntax match chainDuration /\<\%(\d\+\%(ms\|[smhd]\)\)\+\>/
syntax match chainMoney /\$\d\+\%(\.\d\+\)\=\>/
syntax cluster chainNumbers contains=chainBadNumber,chainInteger,chainFloat,chainPercent,chainDuration,chainMoney

" ---- Strings and templates

syntax region chainString matchgroup=chainQuote start=/"/ end=/"\|$\|^/
      \ contains=chainEscape,chainBadEscape,chainOutput,chainTag,chainTemplateComment
syntax region chainBlockString matchgroup=chainQuote start=/"""/ end=/"""/ contains=chainEscape,chainBadEscape,
      \chainBlockOutput,chainBlockTag,chainBlockTemplateComment,chainVerbatim,@chainMarkdown,@Spell
syntax region chainRawString matchgroup=chainQuote start=/\<r"/ end=/"\|$\|^/
syntax region chainRawBlockString matchgroup=chainQuote start=/\<r"""/ end=/"""/
syntax cluster chainStrings contains=chainString,chainBlockString,chainRawString,chainRawBlockString

syntax match chainBadEscape /\\./ contained
syntax match chainEscape /\\\%(u{\x\{1,6}}\|[nrt"\\{}]\)/ contained

" In a string on one line nothing runs past that line (where an inner item ended at `$`, the outer one ends at
" the next `^`); in a block nothing runs past its closing quotes.
syntax region chainOutput matchgroup=chainDelimiter start=/{{-\=/ end=/-\=}}\|$\|^/ contained contains=@chainTemplateExpression
syntax region chainBlockOutput matchgroup=chainDelimiter start=/{{-\=/ end=/-\=}}\|\ze"""/ contained contains=@chainTemplateExpression
syntax region chainTag matchgroup=chainDelimiter start=/{%-\=/ end=/-\=%}\|$\|^/ contained contains=chainTagWord,@chainTemplateExpression
syntax region chainBlockTag matchgroup=chainDelimiter start=/{%-\=/ end=/-\=%}\|\ze"""/ contained contains=chainTagWord,@chainTemplateExpression
syntax region chainTemplateComment start=/{#/ end=/#}\|$\|^/ contained
syntax region chainBlockTemplateComment start=/{#/ end=/#}\|\ze"""/ contained
syntax region chainVerbatim matchgroup=chainTagWord start=/{%-\=\s*raw\s*-\=%}/ end=/{%-\=\s*endraw\s*-\=%}/ end=/\ze"""/ contained

syntax cluster chainTemplateExpression contains=@chainExpression
syntax cluster chainTemplateExpression add=chainSpecial,chainFilter
syntax cluster chainTemplateExpression remove=chainPercent
syntax match chainTagWord /\%({%-\=\s*\)\@<=\%(if\|elif\|else\|endif\|endfor\|include\|set\|raw\|endraw\)\>/ contained
syntax match chainSpecial /\.\@1<!\<\%(loop\|output\)\ze\./ contained
syntax match chainSpecial /\.\@1<!\<history\>\%(\s*[:(]\)\@!/ contained
syntax match chainFilter /\%(|\s*\)\@<=\K\k*/ contained

" What prompts are usually written in.
syntax match chainHeading /^\s*#\{1,6}\s\+[^{"]*/ contained
syntax match chainListMark /\%(^\s*\)\@<=\%([-*+]\|\d\+[.)]\)\ze\s\+\S/ contained
syntax match chainBold /\*\*\S[^*{}"]*\*\*/ contained
syntax match chainFence /\%(^\s*\)\@<=```\w*/ contained
syntax match chainCode /`\@1<!`[^`{}"]\+``\@!/ contained
syntax cluster chainMarkdown contains=chainHeading,chainListMark,chainBold,chainFence,chainCode

" ---- Types

syntax match chainBuiltinType /\.\@1<!\<\%(string\|bool\|int\|float\|duration\|money\|time\|date\|json\|bytes\|image\|audio\|video\|file\|map\|Message\|messages\)\>\.\@!/ contained
syntax match chainNamespace /\K\k*\ze\./ contained
syntax match chainUntrusted /\<untrusted\>\ze\s\+\K/ contained
syntax match chainTypeMark /[?|]\|\[\s*\]/ contained
syntax cluster chainTypes contains=@chainComments,@chainStrings,@chainNumbers,chainTypeName,chainBuiltinType,
      \chainNamespace,chainUntrusted,chainTypeMark,chainConstant

syntax region chainWhere matchgroup=chainClause start=/\<where\>/ matchgroup=NONE end=/\ze[,})]\|\ze\/\/\|$/
      \ contained contains=chainIt,@chainExpression
syntax region chainDefault matchgroup=chainOperator start=/=/ matchgroup=NONE end=/\ze[,})]\|\ze\/\/\|\ze\<where\>\|$/
      \ contained contains=@chainExpression

" ---- Declarations

" import
syntax region chainImport matchgroup=chainDeclaration start=/\%(^\s*\)\@<=import\ze\s\+["[:keyword:]]/ matchgroup=NONE
      \ end=/$\|\ze\/[\/*]/ contains=@chainStrings,chainImportName,chainImportAs
syntax match chainImportName /\K\k*/ contained
syntax match chainImportAs /\<as\ze\s\+\K/ contained

" type, enum
syntax match chainDeclaration /\%(^\s*\)\@<=type\ze\s\+\K\k*\s*[{=]/ nextgroup=chainTypeDefinition skipwhite
syntax match chainTypeDefinition /\K\k*/ contained nextgroup=chainFields,chainAlias skipwhite
syntax region chainFields matchgroup=chainBrace start=/{/ end=/}/ contained
      \ contains=@chainTypes,chainField,chainAs,chainWhere,chainDefault
syntax match chainField /\K\k*\ze\s*:/ contained
syntax match chainField /\K\k*\ze\s\+as\s*"/ contained nextgroup=chainAs skipwhite
syntax match chainAs /\<as\ze\s*"/ contained
syntax region chainAlias matchgroup=chainOperator start=/=/ matchgroup=NONE end=/^\%(\s*\%(|\|where\>\)\)\@!/
      \ contained contains=@chainTypes,chainWhere

syntax match chainDeclaration /\%(^\s*\)\@<=enum\ze\s\+\K\k*\s*{/ nextgroup=chainEnumName skipwhite
syntax match chainEnumName /\K\k*/ contained nextgroup=chainCases skipwhite
syntax region chainCases matchgroup=chainBrace start=/{/ end=/}/ contained contains=@chainComments,@chainStrings,chainCase
syntax match chainCase /\K\k*/ contained nextgroup=chainAs skipwhite

" const and resources: a name, perhaps a type, and after `=` an expression
syntax match chainDeclaration /\%(^\s*\)\@<=\%(const\|model\|index\|memory\|dataset\|mcp\|a2a\)\ze\s\+\K\k*\s*[:=]/
      \ nextgroup=chainResourceName skipwhite
syntax match chainResourceName /\K\k*/ contained nextgroup=chainLetType skipwhite

" prompt, agent, chain, fn, template, tool: name @version (parameters) -> type, then a body or `=`
syntax match chainDeclaration /\%(^\s*\)\@<=\%(prompt\|agent\|chain\|fn\|template\|tool\)\ze\s\+\K\k*\s*\%([@({]\|$\)/
      \ nextgroup=chainFunctionName skipwhite
syntax match chainFunctionName /\K\k*/ contained nextgroup=chainHeadVersion,chainParameters,chainBody skipwhite
syntax match chainHeadVersion /@\d\+\.\d\+/ contained nextgroup=chainParameters,chainBody skipwhite
syntax region chainParameters matchgroup=chainParen start=/(/ end=/)/ contained
      \ contains=@chainTypes,chainParameter,chainWhere,chainDefault
      \ nextgroup=chainResult,chainEffect,chainWithin,chainBody skipwhite skipempty
syntax match chainParameter /\K\k*\ze\s*:/ contained
syntax region chainResult matchgroup=chainOperator start=/->/ matchgroup=NONE
      \ end=/\ze[{=]\|\ze\/[\/*]\|\ze\<\%(within\|pure\|reads\|writes\|approve\|idempotent\)\>\|$/
      \ contained contains=@chainTypes nextgroup=chainEffect,chainWithin,chainBody skipwhite skipempty
syntax match chainEffect /\<\%(pure\|reads\|writes\|approve\|idempotent\)\>/ contained
      \ nextgroup=chainEffect,chainWithin skipwhite
syntax match chainWithin /\<within\ze\s*{/ contained nextgroup=chainBudgets skipwhite
syntax region chainBudgets matchgroup=chainBrace start=/{/ end=/}/ contained contains=chainBudget,@chainExpression
      \ nextgroup=chainBody skipwhite skipempty
syntax match chainBudget /\<\%(cost\|time\|calls\|tokens\|steps\|depth\)\ze\s*:/ contained
syntax region chainBody matchgroup=chainBrace start=/{/ end=/}/ contained contains=@chainExpression,chainMemberKey,chainRole
syntax match chainMemberKey /\%(^\s*\)\@<=\K\k*\ze\s*:/ contained
syntax match chainRole /\%(^\s*\)\@<=\%(system\|user\|assistant\|example\)\ze\s*:/ contained

" route, profile, test, eval
syntax match chainDeclaration /\%(^\s*\)\@<=route\ze\s\+\K\k*\s*{/ nextgroup=chainRouteName skipwhite
syntax match chainRouteName /\K\k*/ contained nextgroup=chainRouteBody skipwhite
syntax region chainRouteBody matchgroup=chainBrace start=/{/ end=/}/ contained contains=@chainExpression nextgroup=chainBy skipwhite
syntax match chainBy /\<by\>/ contained
syntax match chainDeclaration /\%(^\s*\)\@<=profile\ze\s\+\K\k*\s*{/ nextgroup=chainProfileName skipwhite
syntax match chainProfileName /\K\k*/ contained nextgroup=chainBraces skipwhite
syntax match chainDeclaration /\%(^\s*\)\@<=test\ze\s\+"/
syntax match chainDeclaration /\%(^\s*\)\@<=eval\ze\s\+\K\k*\s\+over\>/ nextgroup=chainEvalName skipwhite
syntax match chainEvalName /\K\k*/ contained nextgroup=chainOver skipwhite
syntax match chainOver /\<over\>/ contained nextgroup=chainEvalData skipwhite
syntax match chainEvalData /[^{]\+/ contained contains=@chainSubject nextgroup=chainEvalBody skipwhite
syntax region chainEvalBody matchgroup=chainBrace start=/{/ end=/}/ contained
      \ contains=@chainExpression,chainIt,chainMemberKey,chainScore,chainRequire
syntax match chainScore /\%(^\s*\)\@<=score\ze\s\+\K/ contained nextgroup=chainScoreName skipwhite
syntax match chainScoreName /\K\k*/ contained
syntax match chainRequire /\%(^\s*\)\@<=require\ze\s\+[^:=[:blank:]]/ contained

" ---- Colours

highlight default link chainComment Comment
highlight default link chainBlockComment Comment
highlight default link chainDocComment SpecialComment
highlight default link chainModuleDoc SpecialComment
highlight default link chainTemplateComment Comment
highlight default link chainBlockTemplateComment Comment

highlight default link chainDeclaration Keyword
highlight default link chainImport Normal
highlight default link chainImportName Include
highlight default link chainImportAs Include
highlight default link chainTypeDefinition Type
highlight default link chainEnumName Type
highlight default link chainFunctionName Function
highlight default link chainRouteName Function
highlight default link chainResourceName Identifier
highlight default link chainProfileName Identifier
highlight default link chainEvalName Identifier
highlight default link chainField Identifier
highlight default link chainParameter Identifier
highlight default link chainCase Constant
highlight default link chainHeadVersion Number
highlight default link chainEffect StorageClass

highlight default link chainClause Keyword
highlight default link chainAs Keyword
highlight default link chainWithin Keyword
highlight default link chainBudget Identifier
highlight default link chainMemberKey Statement
highlight default link chainRole Statement
highlight default link chainBy Keyword
highlight default link chainOver Keyword
highlight default link chainScore Keyword
highlight default link chainScoreName Identifier
highlight default link chainRequire Keyword

highlight default link chainTypeName Type
highlight default link chainRecordName Type
highlight default link chainPatternType Type
highlight default link chainBuiltinType Type
highlight default link chainNamespace Include
highlight default link chainUntrusted StorageClass
highlight default link chainTypeMark Operator

highlight default link chainControl Statement
highlight default link chainTestWord Statement
highlight default link chainGiven Statement
highlight default link chainGivenName Function
highlight default link chainGivenVersion Number
highlight default link chainGivenEnd Keyword
highlight default link chainLet Keyword
highlight default link chainLetName Identifier
highlight default link chainForName Identifier
highlight default link chainBinding Identifier
highlight default link chainParallel Keyword
highlight default link chainBound Keyword
highlight default link chainSample Keyword
highlight default link chainWith Keyword
highlight default link chainModulo Operator
highlight default link chainLogical Operator
highlight default link chainOperator Operator
highlight default link chainSpread Operator
highlight default link chainArmArrow Operator
highlight default link chainEnumCase Constant
highlight default link chainConstant Boolean
highlight default link chainCall Function
highlight default link chainMemberCall Function
highlight default link chainBuiltin Special
highlight default link chainHuman Special
highlight default link chainSpecial Special
highlight default link chainIt Special
highlight default link chainArgument Identifier
highlight default link chainKey Identifier
highlight default link chainLambda Identifier
highlight default link chainVersion Number

highlight default link chainInteger Number
highlight default link chainFloat Float
highlight default link chainPercent Float
highlight default link chainDuration Number
highlight default link chainMoney Number
highlight default link chainBadNumber Error
highlight default link chainForeign Error

highlight default link chainString String
highlight default link chainBlockString String
highlight default link chainRawString String
highlight default link chainRawBlockString String
highlight default link chainVerbatim String
highlight default link chainQuote String
highlight default link chainEscape SpecialChar
highlight default link chainBadEscape Error
highlight default link chainDelimiter PreProc
highlight default link chainTagWord PreProc
highlight default link chainFilter Function
highlight default link chainHeading Title
highlight default link chainListMark Special
highlight default link chainBold Special
highlight default link chainFence Special
highlight default link chainCode Special

let b:current_syntax = 'chain'

let &cpoptions = s:saved_cpo
unlet s:saved_cpo
