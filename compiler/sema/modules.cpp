#include "compiler/sema/modules.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <system_error>
#include <unordered_map>

#include "compiler/lock/lock.h"
#include "compiler/sema/schema_import.h"
#include "compiler/sema/schema_names.h"
#include "compiler/sema/stdlib.h"
#include "compiler/sema/suggest.h"
#include "compiler/syntax/parse.h"
#include "runtime/value/json.h"

namespace chain::sema {

namespace {

namespace fs = std::filesystem;

std::optional<std::string> read_file(const std::string& path, size_t max_bytes) {
  std::error_code error;
  if (!fs::is_regular_file(path, error) && !fs::is_character_file(path, error) && !fs::is_fifo(path, error)) {
    return std::nullopt;
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text;
  std::vector<char> buffer(64u << 10);
  while (text.size() <= max_bytes && file) {
    file.read(buffer.data(),
              static_cast<std::streamsize>(std::min(buffer.size(), max_bytes + 1 - text.size())));
    if (file.gcount() == 0) break;
    text.append(buffer.data(), static_cast<size_t>(file.gcount()));
  }
  return text;
}

std::vector<std::string> list_folder(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder.empty() ? "." : folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (names.size() >= 1000) break;
    names.push_back(entry->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

constexpr uint32_t kNoUnit = UINT32_MAX;

/// "find_order" gives "FindOrder".
std::string tool_type(std::string_view tool) {
  std::string name;
  bool upper = true;
  for (const char c : tool) {
    const bool letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    const bool kept = letter || (c >= '0' && c <= '9' && !name.empty());
    if (kept) name += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = !kept;
  }
  return name.empty() ? "Tool" : name;
}

/// Loads breadth first, so that neither a long chain of imports nor a cycle needs a deep stack.
class Loader {
 public:
  Loader(SourceMap& sources, const SourceReader& reader, Diagnostics& diagnostics)
      : sources_(sources), reader_(reader), diagnostics_(diagnostics) {}

  Modules run(const std::string& path, const std::string& lock) {
    const std::string key = fs::path(path).lexically_normal().string();
    std::optional<std::string> text = reader_.read(path);
    const bool found = text.has_value();
    add(key, path, std::move(text).value_or(""));
    if (!found)
      diagnostics_.report(UnreadableFile{.path = path, .hint = file_hint(path)}, {sources_file(0), 0, 0});
    for (uint32_t unit = 0; unit < units_.size(); ++unit) follow_imports(unit);
    const fs::path beside = fs::path(path).parent_path() / "chain.lock";
    read_lock(lock.empty() ? beside : fs::path(lock));
    return in_order();
  }

 private:
  FileId sources_file(uint32_t unit) const { return units_[unit].ast.file; }

  uint32_t add(const std::string& key, const std::string& shown, std::string text) {
    const FileId file = sources_.add(shown, std::move(text));
    const auto unit = static_cast<uint32_t>(units_.size());
    units_.push_back({syntax::parse(sources_, file, diagnostics_), {}, shown});
    by_key_.emplace(key, unit);
    return unit;
  }

  /// The servers that the units declare, as the lock names them.
  std::set<std::string> servers() const {
    std::set<std::string> keys;
    for (const Unit& unit : units_) {
      for (const syntax::Decl* declaration : unit.ast.declarations) {
        if (declaration->kind != syntax::DeclKind::Resource) continue;
        const std::string_view word = declaration->as<syntax::ResourceDecl>().word;
        if (word == "mcp" || word == "a2a") keys.insert(unit.key + ':' + std::string(declaration->name.text));
      }
    }
    return keys;
  }

  void read_lock(const fs::path& path) {
    for (Unit& unit : units_) {
      if (unit.key.starts_with("std.") || path.empty()) continue;
      std::error_code error;
      fs::path file = unit.key;
      if (path.is_absolute()) file = fs::weakly_canonical(fs::absolute(file, error), error);
      const fs::path relative =
          file.lexically_normal().lexically_relative(path.parent_path().lexically_normal());
      unit.key = path.parent_path().empty() ? file.lexically_normal().string() : relative.string();
    }
    const std::set<std::string> servers = this->servers();
    std::optional<std::string> text = reader_.read(path.string());
    if (!text) return;
    const FileId file = sources_.add(path.string(), std::move(*text));
    std::optional<lock::Lock> lock = lock::read_lock(sources_, file, diagnostics_);
    if (!lock) lock_damaged_ = true;
    if (!lock) return;
    released_ = std::move(lock->released);
    for (const std::string& server : servers) {  // the names of tools may hold points
      const std::string prefix = server + '.';
      for (auto entry = lock->remote.lower_bound(prefix); entry != lock->remote.end(); ++entry) {
        if (!entry->first.starts_with(prefix)) break;
        remote_tool(path.string(), server, entry->first.substr(prefix.size()), entry->second);
      }
    }
    name_tools();
  }

  /// The names under which programs call the tools; two that would be called alike are called by nobody.
  void name_tools() {
    std::map<std::pair<std::string, std::string>, RemoteTool*> taken;
    for (RemoteTool& tool : remote_) {
      const auto [other, is_new] = taken.try_emplace({tool.resource, tool.name}, &tool);
      if (is_new) continue;
      for (RemoteTool* each : {other->second, &tool})
        each->problem = "the tools `" + other->second->wire_name + "` and `" + tool.wire_name +
                        "` would have the same name here";
    }
  }

  void remote_tool(const std::string& path, const std::string& resource, const std::string& name,
                   const lock::Remote& entry) {
    RemoteTool tool;
    tool.resource = resource;
    tool.name = callable_name(name);
    tool.wire_name = name;
    tool.description = entry.description;
    tool.hash = entry.hash;
    tool.reads_only = entry.reads_only();
    tool.place = path + "#/remote/" + resource + '.' + name;
    std::string message;
    bool takes_something = false;
    for (const value::JsonMember& member :
         value::json_members(entry.input, message).value_or(std::vector<value::JsonMember>()))
      takes_something =
          takes_something || (member.key == "properties" && member.value != "{}") || member.key == "$ref";
    if (takes_something) {
      tool.input_type = tool_type(name) + "Arguments";
      tool.input = remote_unit(tool, "/input", entry.input, tool.input_type);
    }
    if (!entry.output.empty() && tool.problem.empty()) {
      tool.output_type = tool_type(name) + "Result";
      tool.output = remote_unit(tool, "/output", entry.output, tool.output_type);
    }
    remote_.push_back(std::move(tool));
  }

  /// The types of a schema. One without types here is a problem of the tool's, which only those have who call
  /// it.
  uint32_t remote_unit(RemoteTool& tool, const std::string& part, const std::string& schema,
                       const std::string& root) {
    const SchemaTypes types = types_of_schema(schema, root);
    if (!types.problems.empty()) {
      tool.place += part + types.problems[0].pointer;
      tool.problem = types.problems[0].message;
    }
    const FileId file =
        sources_.add_made(tool.place + part + " as types", tool.problem.empty() ? types.source : "");
    const auto unit = static_cast<uint32_t>(units_.size());
    units_.push_back({syntax::parse(sources_, file, diagnostics_), {}, {}});
    apart_.push_back(unit);
    return unit;
  }

  /// Whether it is an eval with a score that a model gives.
  static bool judges(const syntax::Decl* declaration) {
    if (declaration->kind != syntax::DeclKind::Eval) return false;
    return std::ranges::any_of(
        declaration->as<syntax::EvalDecl>().clauses, [](const syntax::EvalClause& clause) {
          if (clause.values.empty() || clause.values[0]->kind != syntax::ExprKind::Call) return false;
          const syntax::Expr* callee = clause.values[0]->as<syntax::CallExpr>().callee;
          if (!callee || callee->kind != syntax::ExprKind::Name) return false;
          const std::string_view name = callee->as<syntax::NameExpr>().text;
          return name == "judge" || name == "pairwise";
        });
  }

  void follow_imports(uint32_t unit) {
    const auto is_agent = [](const syntax::Decl* each) { return each->kind == syntax::DeclKind::Agent; };
    if (std::ranges::any_of(units_[unit].ast.declarations, is_agent)) {
      const uint32_t loops = std_unit("std.agent");  // may move `units_`
      units_[unit].imports.push_back({nullptr, loops});
    }
    if (std::ranges::any_of(units_[unit].ast.declarations, judges)) {
      const uint32_t standard = std_unit("std.judge");
      units_[unit].imports.push_back({nullptr, standard});
    }
    for (const syntax::Decl* declaration : units_[unit].ast.declarations) {
      if (declaration->kind != syntax::DeclKind::Import) continue;
      const auto& import = declaration->as<syntax::ImportDecl>();
      const uint32_t target = import.is_file ? file_unit(import, unit) : std_unit(import);
      if (target != kNoUnit) units_[unit].imports.push_back({&import, target});
    }
  }

  uint32_t file_unit(const syntax::ImportDecl& import, uint32_t importer) {
    if (import.path.empty() && diagnostics_.has_errors()) return kNoUnit;  // it may have been no plain text
    const bool schema = import.path.ends_with(".json");
    if (!schema && !import.path.ends_with(".chain")) {
      diagnostics_.report(NotAvailable{.what = "importing anything but `.chain` and `.schema.json` files"},
                          import.path_span);
      return kNoUnit;
    }
    const fs::path base = fs::path(sources_.file(sources_file(importer)).path()).parent_path();
    const std::string path = (base / fs::path(std::string(import.path))).lexically_normal().string();
    if (auto known = by_key_.find(path); known != by_key_.end()) return known->second;
    std::optional<std::string> text = reader_.read(path);
    if (!text) {
      diagnostics_.report(UnreadableFile{.path = path, .hint = file_hint(path)}, import.path_span);
      return kNoUnit;
    }
    return schema ? schema_unit(import, path, *std::move(text)) : add(path, path, *std::move(text));
  }

  /// The types of a JSON Schema, as a file of the language that stands nowhere.
  uint32_t schema_unit(const syntax::ImportDecl& import, const std::string& path, std::string json) {
    SchemaTypes types = types_of_schema(json, schema_name(path));
    sources_.add(path, std::move(json));  // what the program depends on
    for (const SchemaProblem& problem : types.problems) {
      diagnostics_.report(SchemaNotTaken{.path = path + '#' + problem.pointer, .why = problem.message},
                          import.path_span);
    }
    if (!types.problems.empty()) return kNoUnit;
    const FileId file = sources_.add_made(path + " as types", types.source);
    const auto unit = static_cast<uint32_t>(units_.size());
    units_.push_back({syntax::parse(sources_, file, diagnostics_),
                      {},
                      path,
                      SchemaOrigin{path, import.path_span, std::move(types.parts)}});
    by_key_.emplace(path, unit);
    return unit;
  }

  /// The unit of a module of the library; kNoUnit if there is none.
  uint32_t std_unit(std::string_view path) {
    for (const StdModule& module : std_modules()) {
      const std::string name = "std." + std::string(module.name);
      if (path != name) continue;
      if (auto known = by_key_.find(name); known != by_key_.end()) return known->second;
      return add(name, name, std::string(module.source));
    }
    return kNoUnit;
  }

  uint32_t std_unit(const syntax::ImportDecl& import) {
    if (import.path.empty()) return kNoUnit;
    if (const uint32_t unit = std_unit(import.path); unit != kNoUnit) return unit;
    std::vector<std::string> names;
    for (const StdModule& module : std_modules()) names.push_back("std." + std::string(module.name));
    diagnostics_.report(UnknownModule{.name = std::string(import.path),
                                      .hint = hint_among(diagnostics_, import.path, views(names))},
                        import.path_span);
    return kNoUnit;
  }

  std::string file_hint(const std::string& path) const {
    const fs::path wanted(path);
    if (!reader_.list) return "";
    std::error_code error;
    if (fs::is_directory(wanted, error)) return ": it is a folder";
    const std::vector<std::string> names = reader_.list(wanted.parent_path().string());
    return hint_among(diagnostics_, wanted.filename().string(), views(names));
  }

  /// Depth first over the imports: each unit after those that it imports. An import that leads back to a unit
  /// on the way is a cycle; it is reported and dropped.
  Modules in_order() {
    struct Step {
      uint32_t unit;
      size_t next = 0;
    };
    enum : uint8_t { New, Open, Done };
    std::vector<uint8_t> state(units_.size(), New);
    std::vector<uint32_t> place(units_.size(), kNoUnit);
    std::vector<uint32_t> order;
    for (uint32_t unit : apart_) {  // nobody imports them
      state[unit] = Done;
      place[unit] = static_cast<uint32_t>(order.size());
      order.push_back(unit);
    }
    std::vector<Step> path{{0}};
    state[0] = Open;
    while (!path.empty()) {
      Step& step = path.back();
      std::vector<Import>& imports = units_[step.unit].imports;
      if (step.next == imports.size()) {
        state[step.unit] = Done;
        place[step.unit] = static_cast<uint32_t>(order.size());
        order.push_back(step.unit);
        path.pop_back();
        continue;
      }
      const Import import = imports[step.next];
      if (state[import.unit] == Open) {
        std::vector<uint32_t> cycle;
        for (const Step& open : path) cycle.push_back(open.unit);
        report_cycle(cycle, import);
        imports.erase(imports.begin() + static_cast<std::ptrdiff_t>(step.next));
        continue;
      }
      ++step.next;
      if (state[import.unit] == New) {
        state[import.unit] = Open;
        path.push_back({import.unit});
      }
    }
    Modules modules;
    for (RemoteTool& tool : remote_) {
      tool.input = place[tool.input];
      if (tool.output) tool.output = place[*tool.output];
    }
    modules.remote = std::move(remote_);
    modules.lock_damaged = lock_damaged_;
    modules.released = std::move(released_);
    for (uint32_t unit : order) {
      for (Import& import : units_[unit].imports) import.unit = place[import.unit];
      modules.units.push_back(std::move(units_[unit]));
    }
    return modules;
  }

  void report_cycle(const std::vector<uint32_t>& path, const Import& last) {
    std::string text;
    const auto begin = std::find(path.begin(), path.end(), last.unit);
    for (auto unit = begin; unit != path.end(); ++unit) {
      text += sources_.file(sources_file(*unit)).path() + " -> ";
    }
    text += sources_.file(sources_file(last.unit)).path();
    diagnostics_.report(ImportCycle{.path = text}, last.declaration->path_span);
  }

  SourceMap& sources_;
  const SourceReader& reader_;
  Diagnostics& diagnostics_;
  std::vector<Unit> units_;
  std::vector<uint32_t> apart_;  // units of the schemas in the lock
  std::vector<RemoteTool> remote_;
  bool lock_damaged_ = false;
  std::map<std::string, lock::Released> released_;
  std::unordered_map<std::string, uint32_t> by_key_;  // normalized path, or "std.x"
};

}  // namespace

SourceReader file_reader(size_t max_bytes) {
  return {[max_bytes](const std::string& path) { return read_file(path, max_bytes); }, list_folder};
}

void blame_schemas(const Modules& modules, Diagnostics& diagnostics) {
  std::unordered_map<uint32_t, const SchemaOrigin*> by_file;
  for (const Unit& unit : modules.units) {
    if (unit.schema) by_file.emplace(unit.ast.file.index, &*unit.schema);
  }
  if (by_file.empty()) return;
  diagnostics.revise([&](Diagnostic& diagnostic) {
    const auto found = by_file.find(diagnostic.span.file.index);
    if (found == by_file.end() || diagnostic.severity != Severity::Error) return;
    const SchemaOrigin& origin = *found->second;
    const auto behind = std::ranges::upper_bound(origin.parts, diagnostic.span.begin, {}, &SchemaPart::begin);
    const std::string pointer = behind == origin.parts.begin() ? "" : std::prev(behind)->pointer;
    const SchemaNotTaken kind{.path = origin.path + '#' + pointer, .why = diagnostic.message};
    diagnostic = {SchemaNotTaken::code, SchemaNotTaken::severity, origin.import, message_of(kind), {}, {}};
  });
}

Modules load(SourceMap& sources, const std::string& path, const SourceReader& reader,
             Diagnostics& diagnostics, const std::string& lock) {
  Modules modules = Loader(sources, reader, diagnostics).run(path, lock);
  set_unreadable_apart(modules, sources);
  return modules;
}

}  // namespace chain::sema
