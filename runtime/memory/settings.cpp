#include "runtime/memory/settings.h"

#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "runtime/retrieve/local_hash.h"
#include "runtime/retrieve/words.h"
#include "runtime/value/digest.h"

namespace chain::memory {
namespace {

using nlohmann::json;

constexpr uint32_t kUsualDimensions = 384;

std::string text(const json& options, const char* name) {
  const auto found = options.is_object() ? options.find(name) : options.end();
  return options.is_object() && found != options.end() && found->is_string() ? found->get<std::string>() : "";
}

uint32_t number(const json& options, const char* name, uint32_t otherwise) {
  const auto found = options.is_object() ? options.find(name) : options.end();
  const bool there = options.is_object() && found != options.end() && found->is_number_unsigned();
  return there ? found->get<uint32_t>() : otherwise;
}

/// {"embed": {"local_hash": {"dimensions": 384}}}: the options of the embedder.
json embedder_of(const json& options) {
  const auto found = options.is_object() ? options.find("embed") : options.end();
  const bool there = options.is_object() && found != options.end() && found->is_object() && !found->empty();
  return there ? found->begin().value() : json::object();
}

}  // namespace

MemorySettings read_settings(const program::Program& program, uint32_t resource) {
  const program::Resource& declared = program.resources[resource];
  const json options = json::parse(declared.options_json, nullptr, false);
  MemorySettings settings{.name = declared.name, .file = declared.file};
  settings.of_user = text(options, "scope") == "user";
  settings.window = number(options, "window", settings.window);
  if (const std::string name = text(options, "summary"); !name.empty()) {
    const auto model = std::ranges::find(program.models, name, &program::Model::name);
    if (model != program.models.end())
      settings.summary_model = static_cast<uint32_t>(model - program.models.begin());
  }
  settings.embed_model = declared.embed_model;
  const bool by_model = settings.embed_model < program.models.size();
  settings.dimensions = number(embedder_of(options), "dimensions", by_model ? 0 : kUsualDimensions);
  const std::string dimensions = ' ' + std::to_string(settings.dimensions);
  settings.embedder = std::string(retrieve::kLocalHashName) + dimensions;
  if (by_model) {
    const program::Model& model = program.models[settings.embed_model];
    settings.embedder = model.provider + '/' + model.id + (settings.dimensions == 0 ? "" : dimensions);
  }
  return settings;
}

std::optional<std::string> path_of(const MemorySettings& settings, std::string& error) {
  namespace fs = std::filesystem;
  const std::string state = store::state_folder();
  if (state.empty()) {
    error = "there is no folder for memories: set CHAIN_STATE_DIR or HOME";
    return std::nullopt;
  }
  std::error_code code;
  fs::path file = fs::weakly_canonical(fs::absolute(settings.file, code), code);
  if (code) file = fs::absolute(settings.file, code).lexically_normal();
  const std::string key = value::hex(value::sha256(file.string() + '\n' + settings.name)).substr(0, 12);
  return state + "/memories/" + settings.name + '-' + key + ".db";
}

store::MemoryFilter entries_of(const MemorySettings& settings, const Owner& owner) {
  store::MemoryFilter filter{.user = owner.user};
  if (!settings.of_user) filter.session = owner.session;
  return filter;
}

std::unique_ptr<store::MemoryFile> open_file(const MemorySettings& settings, std::string& error) {
  const auto path = path_of(settings, error);
  if (!path) return nullptr;
  const std::filesystem::path state = std::filesystem::path(*path).parent_path().parent_path();
  std::error_code code;
  std::filesystem::create_directories(state.parent_path(), code);
  (void)::mkdir(state.c_str(), 0700);  // if it cannot be made, the file cannot either, which is said
  return store::MemoryFile::open(*path, retrieve::words, error);
}

}  // namespace chain::memory
