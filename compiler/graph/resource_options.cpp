#include "compiler/graph/resource_options.h"

#include <string_view>
#include <variant>
#include <vector>

#include "runtime/program/quote.h"

namespace chain::graph {

namespace {

std::string quoted(std::string_view text) {
  std::string json;
  program::append_quoted(json, text);
  return json;
}

struct Piece {
  std::string text;
  bool secret = false;
};

class TextReader {
 public:
  explicit TextReader(const Module& module) : module_(module) {}

  /// A text, its neighbouring pieces of one kind joined.
  std::optional<std::string> text(NodeId id) {
    pieces_.clear();
    if (!append(id)) return std::nullopt;
    if (pieces_.empty()) return "\"\"";
    if (pieces_.size() == 1 && !pieces_[0].secret) return quoted(pieces_[0].text);
    std::string json = "[";
    for (const Piece& piece : pieces_) {
      if (json.size() > 1) json += ", ";
      json += piece.secret ? "{\"secret\": " + quoted(piece.text) + '}' : quoted(piece.text);
    }
    return json + ']';
  }

  std::optional<std::string> map(const Node& node) {
    std::string json = "{";
    for (size_t i = 0; i + 1 < node.operands.size(); i += 2) {
      pieces_.clear();
      if (!append(node.operands[i]) || pieces_.size() > 1 || (!pieces_.empty() && pieces_[0].secret))
        return std::nullopt;
      const std::string key = quoted(pieces_.empty() ? std::string() : pieces_[0].text);
      const std::optional<std::string> value = text(node.operands[i + 1]);
      if (!value) return std::nullopt;
      json += (json.size() > 1 ? ", " : "") + key + ": " + *value;
    }
    return json + '}';
  }

 private:
  void add(std::string_view text, bool secret) {
    if (!secret && !pieces_.empty() && !pieces_.back().secret) {
      pieces_.back().text += text;
    } else if (secret || !text.empty()) {
      pieces_.push_back({std::string(text), secret});
    }
  }

  bool append(NodeId id) {
    const Node& node = module_[id];
    switch (node.op) {
      case Op::Constant: return constant(node);
      case Op::Secret: add(std::get<std::string>(node.constant), true); return true;
      case Op::Retype:
      case Op::Trust: return append(node.operands[0]);
      case Op::Concat: return append(node.operands[0]) && append(node.operands[1]);
      case Op::Render: return emits(node.regions[0]);
      default: return false;
    }
  }

  bool constant(const Node& node) {
    if (const auto* text = std::get_if<std::string>(&node.constant)) {
      add(*text, false);
      return true;
    }
    const bool whole = module_.types.base_kind(node.type) == program::TypeKind::Int;
    const auto* number = whole ? std::get_if<int64_t>(&node.constant) : nullptr;
    if (number) add(std::to_string(*number), false);
    return number != nullptr;
  }

  bool emits(RegionId region) {
    for (const NodeId id : module_[region].nodes) {
      const Node& node = module_[id];
      if (node.op == Op::Emit && !append(node.operands[0])) return false;
      if (node.op == Op::Include || (!node.regions.empty() && node.op != Op::Render)) return false;
    }
    return true;
  }

  const Module& module_;
  std::vector<Piece> pieces_;
};

}  // namespace

std::optional<std::string> known_text(const Module& module, RegionId body) {
  if (!body.valid() || !module[body].result.valid()) return std::nullopt;
  TextReader reader(module);
  const Node& node = module[module[body].result];
  return node.op == Op::Map ? reader.map(node) : reader.text(module[body].result);
}

std::string resource_options(const Module& module, const Resource& resource) {
  std::string json = resource.provider.options_json;
  for (const ProviderArgument& argument : resource.provider.arguments) {
    const std::optional<std::string> value = known_text(module, argument.body);
    if (!value) continue;
    json.pop_back();
    json += (json.size() > 1 ? ", " : "") + quoted(argument.name) + ": " + *value + '}';
  }
  return json;
}

}  // namespace chain::graph
