// What `chain repl` knows: a file, what was declared on top of it, and the values that were named.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/permission.h"
#include "cli/repl_input.h"
#include "compiler/diagnostics/diagnostics.h"
#include "compiler/graph/module.h"
#include "runtime/model/variables.h"
#include "runtime/program/program.h"

namespace chain::cli {

struct ReplSettings {
  std::string file;  // empty for none
  std::string profile;
  std::vector<std::string> models;
  PermissionSettings permissions;
  std::vector<std::string> env_files;
  bool verbose = false;
};

/// Each input is compiled behind the text of the file, in a chain of its own, and run at once. Everything
/// that goes wrong is said on standard error and leaves what was there as it was.
class ReplSession {
 public:
  explicit ReplSession(ReplSettings settings) : settings_(std::move(settings)) {}

  /// Reads the file anew; what was declared and named is forgotten.
  bool load(const std::string& file);
  /// Evaluates, declares or names. False if something was wrong.
  bool enter(const Input& input);
  bool show_type(std::string_view expression);
  bool show_graph();
  /// What an input can speak of: words of the file and of what was declared, named values, functions.
  [[nodiscard]] std::vector<std::string> words() const;

 private:
  struct Named {
    std::string name, type, json;
  };
  /// A text to compile, and where in it the user's own stands.
  struct Source {
    std::string text;
    size_t begin = 0, end = 0;
  };
  struct Value {
    std::string type;  // as the file would write it; empty if it cannot
    std::string shown;
    program::TypeKind kind = program::TypeKind::Void;
    std::string json, text;
  };

  [[nodiscard]] std::string path() const { return settings_.file.empty() ? "repl.chain" : settings_.file; }
  [[nodiscard]] std::string declared(std::string_view except = {}) const;
  [[nodiscard]] std::vector<const Named*> mentioned(std::string_view text) const;
  [[nodiscard]] Source in_chain(std::string_view result, std::string_view before, std::string_view text,
                                std::string_view after) const;
  [[nodiscard]] std::optional<graph::Module> check(const Source& source, Diagnostics& diagnostics,
                                                   SourceMap& sources) const;
  void say(const Diagnostics& diagnostics, const SourceMap& sources, const Source& source) const;

  [[nodiscard]] std::optional<std::string> type_of(const std::string& text, const std::string& annotation,
                                                   bool& gives_nothing) const;
  [[nodiscard]] std::string written_type(const std::string& type, const std::string& text) const;
  [[nodiscard]] bool checks(const Source& source) const;
  [[nodiscard]] std::optional<Value> evaluate(const Source& source);
  bool declare(const Input& input);
  bool expression(const Input& input);
  bool statement(const std::string& text);

  ReplSettings settings_;
  std::shared_ptr<const model::Variables> variables_;              // once something is called
  std::string base_;                                               // the file's text
  std::vector<std::pair<std::string, std::string>> declarations_;  // name and text
  std::vector<Named> named_;
  std::string typed_;          // the input that is being looked at
  bool offline_said_ = false;  // once is enough
};

}  // namespace chain::cli
