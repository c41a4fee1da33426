// The contents of string literals: text, escapes, dedent, and the tags of templates.
#pragma once

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/syntax/ast.h"
#include "compiler/syntax/parse.h"

namespace chain::syntax {

/// Reads the code inside tags; `[begin, end)` are offsets in the file.
class TagReader {
 public:
  virtual ~TagReader() = default;
  /// An expression, never null.
  virtual Expr* expression(uint32_t begin, uint32_t end, size_t nesting) = 0;

  struct Loop {
    Name variable;
    Name second;  // of `key, value in map`
    Expr* list = nullptr;
    Expr* where = nullptr;
  };
  /// `x in xs`, `x in xs where c`, `key, value in map`.
  virtual Loop loop(uint32_t begin, uint32_t end, size_t nesting) = 0;

  struct Setting {
    Name name;
    Expr* value = nullptr;
  };
  /// `name = value`.
  virtual Setting setting(uint32_t begin, uint32_t end, size_t nesting) = 0;
};

/// Where template text is read from and what it is made with.
struct TemplateContext {
  std::string_view text;  // of the file
  FileId file;
  Arena& arena;
  Diagnostics& diagnostics;
  const ParseLimits& limits;
  TagReader& tags;
};

/// Reads the closed literal at `span`, which stands inside `nesting` brackets and templates.
[[nodiscard]] Template* read_template(TemplateContext& context, Span span, size_t nesting);

}  // namespace chain::syntax
