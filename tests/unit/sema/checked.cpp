#include "tests/unit/sema/checked.h"

#include <algorithm>

#include "compiler/graph/print.h"
#include "compiler/graph/validate.h"
#include "compiler/sema/check.h"
#include "compiler/sema/modules.h"

namespace chain::sema::test {

std::vector<std::string> Checked::messages() const {
  std::vector<std::string> result;
  for (const Diagnostic* item : diagnostics.sorted()) {
    const Position at = sources.file(item->span.file).position(item->span.begin);
    result.push_back(std::string(item->code) + ' ' + std::to_string(at.line) + ':' +
                     std::to_string(at.column) + ' ' + item->message);
  }
  return result;
}

std::string Checked::codes() const {
  std::string result;
  for (const Diagnostic* item : diagnostics.sorted()) {
    if (!result.empty()) result += ' ';
    result += item->code;
  }
  return result;
}

std::string Checked::graph() const {
  if (module) return graph::print(*module);
  std::string result;
  for (const std::string& message : messages()) result += message + '\n';
  return result;
}

Checked check_files(const std::map<std::string, std::string>& files) {
  Checked result;
  SourceReader reader;
  reader.read = [&](const std::string& path) -> std::optional<std::string> {
    const auto found = files.find(path);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  };
  reader.list = [&](const std::string&) {
    std::vector<std::string> names;
    for (const auto& [name, text] : files) names.push_back(name);
    return names;
  };
  const Modules modules = load(result.sources, "main.chain", reader, result.diagnostics);
  result.module = check(modules, result.sources, result.diagnostics, {.choices = true, .contents = true});
  if (result.module) {
    for (const std::string& mistake : graph::validate(*result.module)) {
      result.diagnostics.report(SyntaxError{.message = "invalid graph: " + mistake}, {{0}, 0, 0});
    }
    if (result.diagnostics.has_errors()) result.module.reset();
  }
  return result;
}

Checked check_text(const std::string& text) {
  return check_files({{"main.chain", text}});
}

std::string graph_of_chain(const std::string& signature, const std::string& body,
                           const std::string& declarations) {
  const std::string text = declarations + "\nchain main" + signature + " {\n" + body + "\n}\n";
  const std::string graph = check_text(text).graph();
  const size_t chain = graph.find("chain main");
  return chain == std::string::npos ? graph : graph.substr(chain);
}

std::string mended(const Checked& checked, const std::string& text) {
  std::vector<Fix> fixes;
  for (const Diagnostic* item : checked.diagnostics.sorted()) {
    if (!item->fixes.empty()) fixes.push_back(item->fixes.front());
  }
  std::sort(fixes.begin(), fixes.end(),
            [](const Fix& a, const Fix& b) { return a.span.begin > b.span.begin; });
  std::string result = text;
  for (const Fix& fix : fixes) result.replace(fix.span.begin, fix.span.end - fix.span.begin, fix.replacement);
  return result;
}

}  // namespace chain::sema::test
