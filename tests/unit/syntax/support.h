// Short ways to parse in tests.
#pragma once

#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/diagnostics/render.h"
#include "compiler/syntax/dump.h"
#include "compiler/syntax/parse.h"

namespace chain::syntax {

/// One file, its tree and what was said about it.
struct Parse {
  explicit Parse(std::string text, ParseLimits limits = {}) {
    file = sources.add("test.chain", std::move(text));
    ast = parse(sources, file, diagnostics, limits);
  }

  SourceMap sources;
  Diagnostics diagnostics;
  FileId file;
  Ast ast;

  [[nodiscard]] std::string rendered() const { return render_text(diagnostics, sources); }

  /// "E0001 2:7 message", one for each diagnostic.
  [[nodiscard]] std::vector<std::string> errors() const {
    std::vector<std::string> result;
    for (const Diagnostic* item : diagnostics.sorted()) {
      const Position at = sources.file(item->span.file).position(item->span.begin);
      result.push_back(std::string(item->code) + " " + std::to_string(at.line) + ":" +
                       std::to_string(at.column) + " " + item->message);
    }
    return result;
  }
};

/// The tree of a right file.
inline std::string tree(const std::string& text) {
  const Parse parse(text);
  if (parse.diagnostics.has_errors()) return parse.rendered();
  return dump(parse.ast);
}

/// The tree of an expression, as the value of a constant.
inline std::string expr(const std::string& text) {
  const std::string whole = tree("const x = " + text);
  const std::string head = "(const x ";
  if (!whole.starts_with(head)) return whole;
  return whole.substr(head.size(), whole.size() - head.size() - 2);
}

/// The statements of a chain.
inline std::string body(const std::string& text) {
  const std::string whole = tree("chain f() -> int {\n" + text + "\n}");
  const std::string head = "(chain f (-> int) ";
  if (!whole.starts_with(head)) return whole;
  return whole.substr(head.size(), whole.size() - head.size() - 2);
}

inline std::vector<std::string> errors(const std::string& text) {
  return Parse(text).errors();
}

}  // namespace chain::syntax
