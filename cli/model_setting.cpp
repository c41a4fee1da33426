#include "cli/model_setting.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "cli/output.h"
#include "cli/report.h"
#include "cli/usage.h"
#include "compiler/sema/check.h"
#include "compiler/sema/modules.h"

namespace chain::cli {
namespace {

/// Checks `model NAME = SETTING` as a file of its own.
std::optional<program::Model> compile_model(const std::string& setting) {
  const size_t equals = setting.find('=');
  std::string text = "model " + setting.substr(0, equals) + " = " + setting.substr(equals + 1);
  if (text.find('(') == std::string::npos) text += "()";
  text += '\n';

  sema::SourceReader reader;
  reader.read = [&](const std::string&) { return std::optional<std::string>(text); };
  SourceMap sources;
  Diagnostics diagnostics;
  const sema::Modules modules = sema::load(sources, "--model", reader, diagnostics);
  const auto module = sema::check(modules, sources, diagnostics);
  report(diagnostics, sources);
  if (!module || module->models.size() != 1) return std::nullopt;
  return module->models.front();
}

}  // namespace

bool set_models(program::Program& program, const std::vector<std::string>& settings) {
  for (const std::string& setting : settings) {
    const size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == setting.size()) {
      usage_error("run", fmt::format("`--model {}` is not of the form name=provider", setting));
      return false;
    }
    const std::string name = setting.substr(0, setting.find_first_of(" ="));
    std::vector<std::string_view> names;
    for (const program::Model& model : program.models) {
      if (model.use == program::ModelUse::Answers) names.push_back(model.name);
    }
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      usage_error("run", fmt::format("the program has no model `{}`{}", name, meant(name, names)));
      return false;
    }
    const auto replacement = compile_model(setting);
    if (!replacement) return false;
    for (program::Model& model : program.models) {
      if (model.name == name) model = *replacement;
    }
  }
  return true;
}

std::vector<std::string> models_named(const std::vector<std::string>& settings) {
  std::vector<std::string> names;
  for (const std::string& setting : settings) names.push_back(setting.substr(0, setting.find_first_of(" =")));
  return names;
}

}  // namespace chain::cli
