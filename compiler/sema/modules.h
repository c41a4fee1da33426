// The files of a program: the one that was named, and what it imports.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/source/source.h"
#include "compiler/syntax/ast.h"

namespace chain::sema {

/// How sources are read. `list` gives the names of the files in a folder, for "did you mean"; it may be
/// empty.
struct SourceReader {
  std::function<std::optional<std::string>(const std::string& path)> read;
  std::function<std::vector<std::string>(const std::string& folder)> list;
};

/// A reader of the file system. Files of more than `max_bytes` are read only up to one byte more, which is
/// enough for the parser to refuse them.
[[nodiscard]] SourceReader file_reader(size_t max_bytes = 16u << 20);

/// An import that was found: the unit that it names.
struct Import {
  const syntax::ImportDecl* declaration = nullptr;
  uint32_t unit = 0;
};

/// One file and its imports. Imports that could not be had are left out; they are reported.
struct Unit {
  syntax::Ast ast;
  std::vector<Import> imports;
};

/// Every file once, imports before those that import them; the file that was named comes last.
struct Modules {
  std::vector<Unit> units;
};

/// Reads and parses `path` and everything it imports: `./x.chain` relative to the file that says so, `std.x`
/// from the library built into the compiler. Reports what cannot be read, and cycles of imports.
[[nodiscard]] Modules load(SourceMap& sources, const std::string& path, const SourceReader& reader,
                           Diagnostics& diagnostics);

}  // namespace chain::sema
