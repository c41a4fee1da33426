/** The syntax of the Chain language.
 *
 *  Every decision takes one token, so that the generated parser never simulates and its speed and depth are
 *  plain. That rests on the labels of the token source (see ChainLexer). A comma before a closing bracket
 *  never arrives here. An expression is a flat row of operands and operators; precedence is the tree builder's.
 */
parser grammar ChainParser;

options { tokenVocab = ChainLexer; }

// ---- Declarations: each is parsed by itself --------------------------------------------------

declaration
  : ( importDecl | constDecl | typeDecl | enumDecl | modelDecl | resourceDecl | templateDecl | fnDecl | promptDecl | chainDecl
    | toolDecl | agentDecl | routeDecl | profileDecl | testDecl | evalDecl ) EOF
  ;

importDecl : IMPORT ( file=STRING | path+=NAME (DOT path+=NAME)* ) (AS alias=NAME)? ;

constDecl : CONST name=(NAME | KEY) (COLON declared=type)? ASSIGN value=expression ;

typeDecl : TYPE name=NAME ( recordBody | ASSIGN alias=type (WHERE condition=expression)? ) ;
recordBody : BODY (fields+=field COMMA?)* RBRACE ;
field : ( name=KEY | name=NAME AS alias=STRING ) COLON declared=type defaultOrCondition* ;
defaultOrCondition : ASSIGN fallback=expression | WHERE condition=expression ;

enumDecl : ENUM name=NAME enumBody ;
enumBody : BODY (cases+=enumCase COMMA?)* RBRACE ;
enumCase : name=NAME (AS alias=STRING)? description=STRING? ;

modelDecl : MODEL name=NAME ASSIGN provider=NAME arguments ;

// `index`, `memory`, `dataset`, `mcp`, `a2a`.
resourceDecl : RESOURCE name=(NAME | KEY) (COLON declared=type)? ASSIGN providerCall ;
providerCall : first=NAME (DOT second=NAME)? arguments ;
templateDecl : TEMPLATE name=NAME parameters ASSIGN content=STRING ;

fnDecl : FN signature within? BODY statements+=statement* RBRACE ;

promptDecl : PROMPT signature promptBody ;
promptBody : BODY (members+=member COMMA?)* RBRACE ;
member
  : key=KEY COLON value=expression
  | key=EXAMPLE COLON PAREN (inputs+=argument (COMMA inputs+=argument)*)? RPAREN ARROW value=expression
  ;

chainDecl : CHAIN signature within? BODY statements+=statement* RBRACE ;
within : WITHIN map ;
toolDecl : TOOL signature words+=NAME* ASSIGN providerCall ;
agentDecl : AGENT signature within? promptBody ;

routeDecl : ROUTE name=NAME BODY (arms+=routeArm COMMA?)* RBRACE by=NAME key=expression ;
routeArm : version=VERSION COLON share=expression ;

profileDecl : PROFILE name=NAME BODY (entries+=profileEntry COMMA?)* RBRACE ;
profileEntry : name=NAME ASSIGN providerCall ;

signature : name=NAME version=VERSION? parameters ARROW result=type ;
parameters : CALL (items+=parameter (COMMA items+=parameter)*)? RPAREN ;
parameter : name=KEY COLON declared=type defaultOrCondition* ;

testDecl : TEST title=STRING BODY statements+=statement* RBRACE ;

evalDecl : EVAL name=NAME OVER dataset=NAME within? BODY clauses+=evalClause* RBRACE ;
evalClause
  : key=KEY COLON value=expression
  | SCORE name=NAME ASSIGN value=expression
  | REQUIRE conditions+=expression (COMMA conditions+=expression)*
  ;

// ---- Statements ------------------------------------------------------------------------------

statement
  : LET name=(NAME | KEY) (COLON declared=type)? ASSIGN value=expression
  | VAR name=(NAME | KEY) (COLON declared=type)? ASSIGN value=expression
  | RETURN_VALUE value=expression
  | RETURN
  | GIVEN name=NAME (DOT offer=NAME (DOT third=NAME)?)? version=VERSION? ( RETURNS | FROM ) value=expression
  | EXPECT value=expression
  | REPEAT UP TO bound=expression block (ELSE block)?
  | BREAK
  | value=expression (ASSIGN assigned=expression)?
  ;

block : BLOCK statements+=statement* RBRACE ;

// ---- Expressions -----------------------------------------------------------------------------

expression : lambda | operand (binary operand)* ;

lambda
  : ( single=LAMBDA | PARAMETERS (names+=NAME (COMMA names+=NAME)*)? RPAREN )
    FAT_ARROW ( body=block | value=expression )
  ;

binary
  : PIPE | STAR | SLASH | MOD | PLUS | MINUS | COALESCE | EQUAL | NOT_EQUAL | LESS | LESS_EQUAL | GREATER
  | GREATER_EQUAL | IN | NOT_IN | AND | OR
  ;

operand : prefix* primary suffix* ;

prefix : NOT | NEGATE | TRY | RACE | SAMPLE (INT | NAME) OF ;

primary
  : NAME | INT | FLOAT | PERCENT | DURATION | MONEY | STRING | TRUE | FALSE | NONE | ERROR
  | PAREN inner=expression RPAREN
  | list
  | map
  | ifExpression
  | matchExpression
  | forExpression
  ;

suffix
  : arguments
  | INDEX index=expression RBRACKET
  | (DOT | QUESTION_DOT) selected=NAME
  | RECORD (entries+=entry (COMMA entries+=entry)*)? RBRACE
  | VERSION
  | WITH map
  | CATCH matchBody
  ;

arguments : CALL (items+=argument (COMMA items+=argument)*)? RPAREN ;
argument : (name=KEY COLON)? value=expression ;

list : LIST (items+=expression (COMMA items+=expression)*)? RBRACKET ;
map : MAP (entries+=entry (COMMA entries+=entry)*)? RBRACE ;
entry : key=(KEY | STRING) COLON value=expression | SPREAD value=expression ;

ifExpression : IF condition=expression then=block otherwise+=elseBranch* ;
elseBranch : ELSE (IF condition=expression)? body=block ;

matchExpression : MATCH subject=expression matchBody ;
matchBody : BLOCK (arms+=arm COMMA?)* RBRACE ;
arm : patterns+=pattern (PIPE patterns+=pattern)* FAT_ARROW ( body=block | value=expression ) ;
pattern
  : first=NAME (DOT second=NAME (DOT third=NAME)?)? (LESS element=type GREATER)? typeSuffix* binding=NAME?
  | PAREN inner=type RPAREN typeSuffix* binding=NAME?
  | ELSE_PATTERN binding=NAME?
  | STRING | NEGATE? INT | TRUE | FALSE | NONE
  ;

forExpression
  : FOR variable=NAME IN xs=expression (WHERE condition=expression)? (PARALLEL cap=expression)? body=block
  ;

// ---- Types -----------------------------------------------------------------------------------

type : members+=typeMember (PIPE members+=typeMember)* ;
typeMember : UNTRUSTED* typeAtom typeSuffix* ;
typeAtom
  : first=NAME (DOT second=NAME (DOT third=NAME)?)? (LESS element=type GREATER)?
  | STRING | NEGATE? INT | TRUE | FALSE
  | PAREN inner=type RPAREN
  ;
typeSuffix : QUESTION | (INDEX | LIST) RBRACKET ;

// ---- What stands in a template ---------------------------------------------------------------

embedded : value=expression EOF ;
loopHead : variable=NAME (COMMA second=NAME)? IN xs=expression (WHERE condition=expression)? EOF ;
setTag : name=NAME ASSIGN value=expression EOF ;
