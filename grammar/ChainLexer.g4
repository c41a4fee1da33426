/** The tokens of the Chain language.
 *
 *  A word is always a NAME here and a STRING only its opening quote. The token source reads the rest of a
 *  string, since strings, braces and templates nest in it, and relabels words and brackets by where they
 *  stand (`tokens` below), so that the parser decides everything with one token of lookahead.
 */
lexer grammar ChainLexer;

tokens {
  // Reserved words.
  LET, VAR, IF, ELSE, MATCH, FOR, IN, WHERE, REPEAT, RETURN, BREAK, TRY, CATCH, RACE, SAMPLE, EXPECT, GIVEN,
  AND, OR, NOT, TRUE, FALSE, NONE,

  // Words of a declaration: at the start of a line outside every bracket, before a name or a string.
  IMPORT, CONST, TYPE, ENUM, MODEL, RESOURCE, TEMPLATE, FN, PROMPT, CHAIN, TOOL, AGENT, ROUTE, PROFILE, TEST, EVAL,

  // Words of a clause: where nothing else may stand.
  AS, UNTRUSTED, PARALLEL, RETURNS, WITH, WITHIN, MOD, EXAMPLE, OF, UP, TO, OVER, SCORE, REQUIRE, FROM,

  KEY,            // any word right before `:`
  LAMBDA,         // the name before `=>` of a function without a name
  PARAMETERS,     // the `(` of several such names
  NOT_IN,         // `not in`
  RETURN_VALUE,   // `return` with its value on the same line
  ELSE_PATTERN,   // the `else` of a match arm

  CALL, PAREN,                // `(` that continues an expression; that begins one
  INDEX, LIST,                // `[` likewise
  MINUS, NEGATE,              // `-` likewise
  BODY, BLOCK, RECORD, MAP,   // `{` of a declaration, of statements or arms, of a record, of a map

  ERROR           // something wrong that has been reported
}

NAME : WORD_START WORD_PART* ;

STRING : 'r'? '"' ;

INT      : DIGITS ;
FLOAT    : DIGITS '.' DIGITS ([eE] [+-]? DIGITS)? ;
PERCENT  : DIGITS ('.' DIGITS)? '%' ;
DURATION : (DIGITS ('ms' | [smhd]))+ ;
MONEY    : '$' DIGITS ('.' DIGITS)? ;
VERSION  : '@' DIGITS '.' DIGITS ;

// Longer than what it would otherwise be, so that `20px` is one mistake and not two tokens.
BAD_NUMBER  : '$'? DIGITS ('.' DIGITS)? WORD_PART+ | '.' DIGITS WORD_PART* ;
BAD_VERSION : '@' (WORD_PART | '.')* ;

RPAREN   : ')' ;
RBRACKET : ']' ;
RBRACE   : '}' ;
OPEN     : [([{] ;
DASH     : '-' ;

ASSIGN        : '=' ;
COLON         : ':' ;
COMMA         : ',' ;
DOT           : '.' ;
SPREAD        : '...' ;
QUESTION      : '?' ;
QUESTION_DOT  : '?.' ;
COALESCE      : '??' ;
ARROW         : '->' ;
FAT_ARROW     : '=>' ;
PIPE          : '|' ;
STAR          : '*' ;
SLASH         : '/' ;
PLUS          : '+' ;
EQUAL         : '==' ;
NOT_EQUAL     : '!=' ;
LESS          : '<' ;
LESS_EQUAL    : '<=' ;
GREATER       : '>' ;
GREATER_EQUAL : '>=' ;

// What people bring along from other languages.
FOREIGN       : '&&' | '||' | '!' | ';' | '===' | '!==' ;
SINGLE_QUOTED : '\'' ~['\r\n]* '\'' ;

FILE_DOC      : '//!' ~[\r\n]* ;
DOC           : '///' (~[/\r\n] ~[\r\n]*)? ;   // `////` draws a line, it documents nothing
LINE_COMMENT  : '//' ~[\r\n]* ;
BLOCK_COMMENT : '/*' .*? '*/' ;
OPEN_COMMENT  : '/*' ;
SPACE         : [ \t\r\n]+ -> skip ;
UNKNOWN       : . ;

fragment DIGITS     : [0-9]+ ;

// Names are XID_Start XID_Continue* of Unicode's UAX #31, and `_`. The characters come here folded: any letter beyond
// ASCII as `a`, whatever else may go on a name as U+00B7. Written out, the sets would be read at every start of the
// program, which takes longer than most files do.
fragment WORD_START : [_a-zA-Z] ;
fragment WORD_PART  : [_a-zA-Z0-9\u00B7] ;
