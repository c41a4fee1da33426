#include "cli/model_setting.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "cli/output.h"
#include "cli/report.h"
#include "cli/usage.h"
#include "compiler/sema/check.h"
#include "compiler/sema/modules.h"
#include "runtime/program/model_links.h"
#include "runtime/program/web_search.h"

namespace chain::cli {
namespace {

using nlohmann::json;

constexpr std::string_view kStandIn = "stands for the program's";

/// The models of the program as far as others may lead to them, for a setting that names them: `balance(a,
/// b)`.
std::string stand_ins(const program::Program& program, std::string_view without) {
  std::string text;
  std::set<std::string_view> declared{without};
  for (const program::Model& model : program.models) {
    if (!declared.insert(model.name).second) continue;
    const program::ModelLinks links = program::links_of(model);
    text += "model " + model.name + " = ";
    if (links.members.empty()) text += "openai(\"" + std::string(kStandIn) + '"';
    for (size_t i = 0; i < links.members.size(); ++i)
      text += (i == 0 ? "balance(" : ", ") + program.models.at(links.members[i]).name;
    if (links.fallback) text += ", fallback: " + program.models.at(*links.fallback).name;
    text += ")\n";
  }
  return text;
}

/// Puts the program's places of models where those of the setting's own file stand.
bool relink(program::Model& model, const std::vector<program::Model>& own, const program::Program& program) {
  json options = json::parse(model.options_json, nullptr, false);
  if (!options.is_object()) return false;
  const auto place = [&](json& index) {
    const std::string& name = own.at(index.get<size_t>()).name;
    const auto found = std::ranges::find(program.models, name, &program::Model::name);
    index = found - program.models.begin();
  };
  if (options.contains("fallback")) place(options["fallback"]);
  if (options.contains("members")) std::ranges::for_each(options["members"], place);
  model.options_json = options.dump();
  return true;
}

/// Checks `model NAME = SETTING` beside the program's other models.
std::optional<program::Model> compile_model(const std::string& setting, const std::string& name,
                                            const program::Program& program) {
  const size_t equals = setting.find('=');
  std::string text = "model " + setting.substr(0, equals) + " = " + setting.substr(equals + 1);
  if (text.find('(') == std::string::npos) text += "()";
  text += '\n' + stand_ins(program, name);

  sema::SourceReader reader;
  reader.read = [&](const std::string& path) {
    return path == "--model" ? std::optional<std::string>(text) : std::nullopt;
  };
  SourceMap sources;
  Diagnostics diagnostics;
  const sema::Modules modules = sema::load(sources, "--model", reader, diagnostics);
  const auto module = sema::check(modules, sources, diagnostics);
  report(diagnostics, sources);
  if (!module) return std::nullopt;
  const auto found = std::ranges::find(module->models, name, &program::Model::name);
  if (found == module->models.end()) return std::nullopt;
  program::Model model = *found;
  if (!relink(model, module->models, program)) return std::nullopt;
  return model;
}

/// The model whose answers were checked as its own, and that would now be what others wrote on the web.
const program::Model* searches_anew(const std::vector<program::Model>& before,
                                    const std::vector<program::Model>& now) {
  for (uint32_t i = 0; i < now.size(); ++i) {
    if (program::searching_model(now, i) && !program::searching_model(before, i)) return &now[i];
  }
  return nullptr;
}

}  // namespace

bool set_models(program::Program& program, const std::vector<std::string>& settings) {
  const std::vector<program::Model> before = program.models;
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
    const auto replacement = compile_model(setting, name, program);
    if (!replacement) return false;
    for (program::Model& model : program.models) {
      if (model.name == name) model = *replacement;
    }
  }
  if (const program::Model* model = searches_anew(before, program.models)) {
    usage_error(
        "run",
        fmt::format("with `--model` the answers of `{0}` would be what others wrote on the web, and the "
                    "program was checked without that; write `web_search: true` at `model {0}` in the "
                    "file, and it is checked again",
                    model->name));
    return false;
  }
  return true;
}

std::vector<std::string> models_named(const std::vector<std::string>& settings) {
  std::vector<std::string> names;
  for (const std::string& setting : settings) names.push_back(setting.substr(0, setting.find_first_of(" =")));
  return names;
}

}  // namespace chain::cli
