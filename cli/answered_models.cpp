#include "cli/answered_models.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "cli/output.h"
#include "compiler/driver/compile.h"
#include "compiler/lock/lock.h"

namespace chain::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostRuns = 500;  // that are looked into, the newest

std::unique_ptr<store::Records> records() {
  const std::string folder = store::state_folder();
  std::error_code code;
  std::string ignored;
  if (folder.empty() || !fs::exists(store::journal_path(folder), code)) return nullptr;
  return store::Records::open(folder, store::Durability::Normal, ignored);
}

std::map<std::string, lock::Model> locked_models(const std::string& lock_path) {
  std::string ignored;
  auto text = read_file(lock_path, ignored);
  SourceMap sources;
  Diagnostics diagnostics;
  if (!text) return {};
  auto lock = lock::read_lock(sources, sources.add(lock_path, *std::move(text)), diagnostics);
  return lock ? std::move(lock->models) : std::map<std::string, lock::Model>();
}

std::string canonical(const fs::path& path) {
  std::error_code code;
  return fs::weakly_canonical(fs::absolute(path, code), code).string();
}

}  // namespace

std::map<std::string, std::string> answered_models(const std::vector<store::StepRecord>& steps) {
  std::map<std::string, std::string> models;
  for (const store::StepRecord& step : steps) {
    const model::Completion& answer = step.end.completion;
    const std::string& asked = step.end.asked;
    const bool offline = asked.starts_with("baseline/") || asked.starts_with("scripted/");
    if (step.kind != "prompt" || !step.ended || !step.end.ok || model::is_kept(answer.cached)) continue;
    if (!answer.model.empty() && asked.find('/') != std::string::npos && !offline)
      models[asked] = answer.model;
  }
  return models;
}

std::map<std::string, std::string> answered_models(const std::string& lock_path) {
  std::map<std::string, std::string> models;
  const auto kept = records();
  if (!kept) return models;
  for (const store::RunRecord& run : kept->runs(kMostRuns)) {
    const std::string file = (fs::path(run.folder) / run.file).string();
    std::error_code code;
    if (!fs::exists(file, code) || canonical(driver::lock_path(file)) != lock_path) continue;
    models.merge(answered_models(kept->steps(run.number)));  // what is newer stays
  }
  return models;
}

bool answered_as_locked(const std::string& run, const std::string& file) {
  const auto locked = locked_models(driver::lock_path(file));
  const auto kept = locked.empty() || run.empty() ? nullptr : records();
  if (!kept) return true;
  bool same = true;
  for (const store::RunRecord& record : kept->find(run)) {
    for (const auto& [model, answered] : answered_models(kept->steps(record.number))) {
      const auto known = locked.find(model);
      if (known == locked.end() || known->second.answered == answered) continue;
      say_error(fmt::format(
          "`{}` answered as `{}`, and the lock has `{}`; `chain lock --update {}` takes that over", model,
          answered, known->second.answered, model));
      same = false;
    }
  }
  return same;
}

}  // namespace chain::cli
