#include "compiler/foreign/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

namespace chain::foreign {
namespace {

constexpr size_t kMaxBytes = 1 << 20;
constexpr int kMaxDepth = 64;
constexpr size_t kMaxNodes = 20'000;

/// Copies what the library read; aliases share nodes there and are written out here, so both are bounded.
class Copier {
 public:
  explicit Copier(uint32_t first_line) : first_line_(first_line) {}

  bool copy(const YAML::Node& node, int depth, Yaml& into) {
    if (depth > kMaxDepth || ++nodes_ > kMaxNodes) return false;
    into.line = first_line_ + static_cast<uint32_t>(std::max(0, node.Mark().line));
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        into.kind = Yaml::Kind::Scalar;
        into.text = node.Scalar();
        into.quoted = node.Tag() == "!";
        return true;
      case YAML::NodeType::Sequence:
        into.kind = Yaml::Kind::List;
        for (const YAML::Node& item : node) {
          if (!copy(item, depth + 1, into.items.emplace_back())) return false;
        }
        return true;
      case YAML::NodeType::Map:
        into.kind = Yaml::Kind::Map;
        for (const auto& entry : node) {
          if (!entry.first.IsScalar()) continue;
          into.entries.push_back({entry.first.Scalar(), {}});
          if (!copy(entry.second, depth + 1, into.entries.back().value)) return false;
        }
        return true;
      default: return true;
    }
  }

 private:
  uint32_t first_line_;
  size_t nodes_ = 0;
};

}  // namespace

const Yaml* Yaml::find(std::string_view key) const {
  for (const auto& [name, value] : entries) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::string_view Yaml::text_at(std::string_view key) const {
  const Yaml* value = find(key);
  return value != nullptr && value->is_scalar() ? std::string_view(value->text) : std::string_view();
}

bool read_yaml(std::string_view text, uint32_t first_line, Yaml& value, std::string& error) {
  if (text.size() > kMaxBytes) {
    error = "the front matter is larger than 1 MB";
    return false;
  }
  try {
    if (Copier(first_line).copy(YAML::Load(std::string(text)), 0, value)) return true;
    error = fmt::format("the front matter is nested more than {} levels, or has more than {} values",
                        kMaxDepth, kMaxNodes);
  } catch (const YAML::Exception& problem) {
    error = fmt::format("line {}: no YAML: {}",
                        first_line + static_cast<uint32_t>(std::max(0, problem.mark.line)), problem.msg);
  }
  return false;
}

}  // namespace chain::foreign
