// `chain doctor`: what works, what does not, and what to do about it.
#include "cli/doctor.h"

#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>

#include "cli/output.h"
#include "cli/permission.h"
#include "cli/program.h"
#include "cli/usage.h"
#include "cli/variables.h"
#include "cli/verbs.h"
#include "compiler/driver/artifact.h"
#include "runtime/sched/ambient.h"
#include "runtime/value/text.h"

namespace chain::cli {

std::string endpoint_file() {
  const std::string folder = driver::artifact_folder();
  return folder.empty() ? std::string() : folder + "/endpoints.json";
}

std::shared_ptr<const model::KnownEndpoints> known_endpoints() {
  const std::string file = endpoint_file();
  if (file.empty() || ::access(file.c_str(), R_OK) != 0) return nullptr;
  auto known = model::KnownEndpoints::load(file, sched::wall_clock() / 1'000'000'000);
  if (known.empty()) return nullptr;
  return std::make_shared<const model::KnownEndpoints>(std::move(known));
}

int doctor(Arguments arguments) {
  CLI::App app(
      "Says whether the models of a file can be used and what their servers can do, and what to write in the "
      "file "
      "to live with that. Without a file: whether this installation is sound.\n"
      "Models on this machine, and `compatible` ones without a price, are asked a few small questions; of "
      "the "
      "others it is only seen whether their server is there, unless --live is given.",
      "chain doctor");
  DoctorSettings settings;
  PermissionSettings permissions;
  std::string timeout = "20s";
  app.add_option("file", settings.file, "the program")->option_text("FILE");
  app.add_option("--model", settings.model, "of this model alone")->option_text("NAME");
  app.add_option("--profile", settings.profile, "with the resources of a profile")->option_text("NAME");
  app.add_flag("--live", settings.live,
               "ask every model: at most eleven small questions, which may cost money");
  app.add_option("--timeout", timeout, "give a question up after so long")
      ->capture_default_str()
      ->option_text("DURATION");
  std::vector<std::string> env_files;
  declare_env_files(app, env_files);
  declare_permissions(app, permissions);
  app.add_flag("--json", settings.json, "print JSON");
  if (const auto code = read_options(app, arguments)) return *code;
  const std::optional<int64_t> time = value::parse_duration(timeout);
  if (!time || *time < 1'000'000 || *time > 86'400'000'000'000)
    return usage_error(
        "doctor",
        "`--timeout` takes a duration from 1ms to 24h, as in `--timeout 5s`; found `" + timeout + "`");
  settings.timeout = *time;
  if (settings.file.empty()) {
    if (!settings.model.empty() || settings.live || !settings.profile.empty())
      return usage_error("doctor", "`--model`, `--profile` and `--live` go with a file");
    return examine_installation(settings.json);
  }
  std::string error;
  auto policy = policy_for(settings.file, settings.profile, permissions, error);
  if (!policy) return usage_error("doctor", error);
  settings.policy = *std::move(policy);
  settings.variables = load_variables(settings.file, env_files, error);
  if (!settings.variables) return usage_error("doctor", error);
  int exit = kOk;
  const auto program = load_program(settings.file, {.profile = settings.profile}, exit);
  if (!program) return exit;
  if (!settings.model.empty()) {
    std::vector<std::string_view> names;
    for (const program::Model& model : program->models) {
      if (model.use == program::ModelUse::Answers) names.push_back(model.name);
    }
    if (std::ranges::find(names, settings.model) == names.end())
      return usage_error("doctor",
                         "the program has no model `" + settings.model + "`" + meant(settings.model, names));
  }
  return examine_models(*program, settings);
}

}  // namespace chain::cli
