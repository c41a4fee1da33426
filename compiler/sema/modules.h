// The files of a program: the one that was named, and what it imports.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/lock/lock.h"
#include "compiler/sema/schema_import.h"
#include "compiler/source/source.h"
#include "compiler/syntax/ast.h"

namespace chain::sema {

/// How sources are read. `list` gives the names of the files in a folder, for "did you mean"; it may be
/// empty.
struct SourceReader {
  std::function<std::optional<std::string>(const std::string& path)> read;
  std::function<std::vector<std::string>(const std::string& folder)> list;
};

inline constexpr size_t kMostSourceBytes = size_t{16} << 20;

/// A reader of the file system. Files of more than `max_bytes` are read only up to one byte more, which is
/// enough for the parser to refuse them.
[[nodiscard]] SourceReader file_reader(size_t max_bytes = kMostSourceBytes);

/// An import that was found: the unit that it names.
struct Import {
  const syntax::ImportDecl* declaration = nullptr;
  uint32_t unit = 0;
};

/// The JSON Schema that a unit was made of.
struct SchemaOrigin {
  std::string path;
  Span import;                    // the first that names it
  std::vector<SchemaPart> parts;  // in the order of the unit's text
};

/// One file and its imports. Imports that could not be had are left out; they are reported.
struct Unit {
  syntax::Ast ast;
  std::vector<Import> imports;
  std::string key;  // the file relative to the folder of the lock, as its entries name it
  std::optional<SchemaOrigin> schema = std::nullopt;
};

/// A tool of a server, as the lock has it. Its types are units of their own.
struct RemoteTool {
  std::string resource;   // "support.chain:shop"
  std::string name;       // "find_order", as programs call it (see schema_names.h)
  std::string wire_name;  // as the server does
  std::string description;
  std::string hash;
  bool reads_only = false;
  uint32_t input = 0;
  std::string input_type;          // a record, in unit `input`; empty if it takes nothing
  std::optional<uint32_t> output;  // nothing if it answers with text
  std::string output_type;
  std::string place;    // "chain.lock#/remote/support.chain:shop.find_order", or of the part with the problem
  std::string problem;  // why no program can call it, as a clause; empty if one can
};

/// Every file once, imports before those that import them; the file that was named comes last.
struct Modules {
  std::vector<Unit> units;
  std::vector<RemoteTool> remote;                  // of the servers that the units declare
  bool lock_damaged = false;                       // some are missing in it, which has been reported
  std::map<std::string, lock::Released> released;  // by key, as the lock has it
};

/// Says what was found wrong in a text made of a schema at the import of the schema, by the JSON pointer of
/// the part that it was made of: nobody sees that text.
void blame_schemas(const Modules& modules, Diagnostics& diagnostics);

/// Of what was made of the schemas of servers' tools, that with a mistake goes: a record that holds itself,
/// say. It becomes the tool's `problem`, which only those have who call it.
void set_unreadable_apart(Modules& modules, SourceMap& sources);

/// Reads and parses `path` and everything it imports: `./x.chain` relative to the file that says so, `std.x`
/// from the library built into the compiler. Reports what cannot be read, and cycles of imports. `lock` is
/// read, if there is one, for what is released and for the tools of servers that the units declare; the
/// `chain.lock` beside `path` unless said.
[[nodiscard]] Modules load(SourceMap& sources, const std::string& path, const SourceReader& reader,
                           Diagnostics& diagnostics, const std::string& lock = {});

}  // namespace chain::sema
