#include "runtime/access/grants.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <tuple>

#include "runtime/access/own_files.h"
#include "runtime/value/digest.h"
#include "runtime/value/json.h"

namespace chain::access {

namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::optional<Grant> parse(const std::string& json) {
  std::string message;
  const auto members = value::json_members(json, message);
  if (!members) return std::nullopt;
  Grant grant;
  for (const value::JsonMember& member : *members) {
    if (member.key == "allowed") {
      for (const std::string_view item :
           value::json_items(member.value, message).value_or(std::vector<std::string_view>())) {
        if (auto text = value::json_string(item)) grant.allowed.push_back(*text);
      }
      continue;
    }
    const std::string text = value::json_string(member.value).value_or("");
    if (member.key == "file") grant.file = text;
    if (member.key == "profile") grant.profile = text;
    if (member.key == "hash") grant.hash = text;
  }
  std::sort(grant.allowed.begin(), grant.allowed.end());
  // One that was edited says no longer what was allowed.
  return grant.file.empty() || grant.hash != hash_of(grant.allowed) ? std::nullopt : std::optional(grant);
}

std::string to_json(const Grant& grant) {
  std::string json = "{\n  \"file\": ";
  value::append_json_string(json, grant.file);
  json += ",\n  \"profile\": ";
  value::append_json_string(json, grant.profile);
  json += ",\n  \"hash\": \"" + grant.hash + "\",\n  \"allowed\": [";
  for (size_t i = 0; i < grant.allowed.size(); ++i) {
    json += i ? ",\n    " : "\n    ";
    value::append_json_string(json, grant.allowed[i]);
  }
  return json + "\n  ]\n}\n";
}

}  // namespace

std::string hash_of(const std::vector<std::string>& allowed) {
  std::string all;
  for (const std::string& each : allowed) all += std::to_string(each.size()) + ':' + each;
  return value::hex(value::sha256(all));
}

std::string config_folder() {
  std::string folder = environment("CHAIN_CONFIG_DIR");
  if (!folder.empty()) return folder;
  folder = environment("XDG_CONFIG_HOME");
  if (folder.empty() && !environment("HOME").empty()) folder = environment("HOME") + "/.config";
  return folder.empty() ? folder : folder + "/chain";
}

std::string Grants::default_folder() {
  const std::string folder = config_folder();
  return folder.empty() ? folder : folder + "/grants";
}

std::string Grants::path_of(const std::string& file, const std::string& profile) const {
  return folder_ + '/' + value::hex(value::sha256(file + '\n' + profile)).substr(0, 40) + ".json";
}

std::optional<Grant> Grants::find(const std::string& file, const std::string& profile) const {
  if (folder_.empty()) return std::nullopt;
  const auto text = read_own(path_of(file, profile));
  std::optional<Grant> grant = text ? parse(*text) : std::nullopt;
  if (grant && (grant->file != file || grant->profile != profile)) return std::nullopt;
  return grant;
}

std::vector<Grant> Grants::all() const {
  std::vector<Grant> grants;
  std::error_code error;
  if (folder_.empty()) return grants;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() != ".json") continue;
    const auto text = read_own(entry->path().string());
    if (auto grant = text ? parse(*text) : std::nullopt) grants.push_back(std::move(*grant));
  }
  std::sort(grants.begin(), grants.end(), [](const Grant& a, const Grant& b) {
    return std::tie(a.file, a.profile) < std::tie(b.file, b.profile);
  });
  return grants;
}

bool Grants::store(Grant grant, std::string& error) const {
  std::sort(grant.allowed.begin(), grant.allowed.end());
  grant.hash = hash_of(grant.allowed);
  return write_own(folder_, path_of(grant.file, grant.profile), to_json(grant), error);
}

bool Grants::remove(const std::string& file, const std::string& profile) const {
  return !folder_.empty() && unlink(path_of(file, profile).c_str()) == 0;
}

}  // namespace chain::access
