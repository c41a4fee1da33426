#include "cli/lock_data.h"

#include <nlohmann/json.hpp>

#include <set>
#include <vector>

#include "runtime/access/project_files.h"
#include "runtime/documents/load.h"
#include "runtime/value/digest.h"

namespace chain::cli {
namespace {

using nlohmann::json;

/// Says of each file that it is known, so that only its bytes are looked at.
class Digests final : public documents::Sink {
 public:
  bool known(std::string_view source, std::string_view digest) override {
    lines.insert(std::string(source) + '\n' + std::string(digest));
    return true;
  }
  void document(documents::Document, std::string_view) override {}
  void skipped(std::string source, std::string why, bool) override { lines.insert(source + '\n' + why); }
  void progress(uint64_t, uint64_t) override {}

  std::set<std::string> lines;
};

/// One text stands for a list of texts.
std::vector<std::string> texts_of(const json& options, const char* name) {
  std::vector<std::string> texts;
  const auto found = options.find(name);
  if (found == options.end()) return texts;
  for (const json& each : found->is_array() ? *found : json::array({*found})) {
    if (each.is_string()) texts.push_back(each.get<std::string>());
  }
  return texts;
}

}  // namespace

std::optional<std::string> data_hash(const graph::Resource& resource, const std::string& folder,
                                     std::string& error) {
  const json options = json::parse(resource.provider.options_json, nullptr, /*allow_exceptions=*/false);
  if (resource.kind != "index" || !options.is_object()) return std::nullopt;
  const access::ProjectFiles files(folder);
  if (resource.provider.name == "documents") {
    Digests digests;
    const documents::FromFiles from{texts_of(options, "files"), texts_of(options, "except")};
    if (!documents::load(from, {.files = &files}, digests, error)) return std::nullopt;
    std::string all = "documents 1\n";
    for (const std::string& line : digests.lines) all += line + '\n';
    return value::hex(value::sha256(all));
  }
  const bool records = resource.provider.name == "jsonl" || resource.provider.name == "json" ||
                       resource.provider.name == "csv";
  const std::vector<std::string> file = texts_of(options, "file");
  if (!records || file.size() != 1) return std::nullopt;
  constexpr size_t kMostBytes = size_t{1} << 30;
  const auto bytes = files.read(file.front(), kMostBytes, error);
  return bytes ? std::optional(value::hex(value::sha256(*bytes))) : std::nullopt;
}

}  // namespace chain::cli
