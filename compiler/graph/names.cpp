#include "compiler/graph/names.h"

#include <charconv>

namespace chain::graph {

using program::Type;
using program::TypeKind;

void NodeNames::add_body(RegionId region) {
  taken_.clear();
  next_number_ = 0;
  add_region(region);
}

bool NodeNames::gives_value(const Node& node) const {
  return node.type.index >= module_.types.types.size() || module_.types[node.type].kind != TypeKind::Void;
}

void NodeNames::add_region(RegionId region) {
  if (region.index >= module_.regions.size()) return;
  for (NodeId id : module_[region].nodes) {
    if (id.index >= module_.nodes.size() || names_.contains(id.index)) continue;
    const Node& node = module_[id];
    std::string name = "%";
    if (node.name.empty()) {
      // Constants are shown where they are used, and nodes without a value are never named.
      if (node.op != Op::Constant && gives_value(node)) name += std::to_string(next_number_++);
    } else {
      name += node.name;
      const uint32_t before = taken_[node.name]++;
      if (before > 0) name += '.' + std::to_string(before);
    }
    names_.emplace(id.index, std::move(name));
    for (RegionId inner : node.regions) add_region(inner);
  }
}

std::string NodeNames::operator[](NodeId id) const {
  const auto found = names_.find(id.index);
  return found == names_.end() ? "%?" : found->second;
}

namespace {

std::string float_text(double value) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  std::string text(buffer, end);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string integer_text(const Module& module, const Node& node, int64_t value) {
  const Type& type = module.types[node.type];
  if (type.kind == TypeKind::Enum && static_cast<uint64_t>(value) < type.cases.size()) {
    return type.cases[static_cast<size_t>(value)].name;
  }
  if (type.kind == TypeKind::Time || type.kind == TypeKind::Date)
    return type.name + '(' + std::to_string(value) + ')';
  if (type.kind == TypeKind::Duration) return std::to_string(value) + "ns";
  if (type.kind == TypeKind::Money) return "$" + std::to_string(value) + "e-9";
  return std::to_string(value);
}

}  // namespace

std::string constant_text(const Module& module, const Node& node) {
  if (const auto* flag = std::get_if<bool>(&node.constant)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<double>(&node.constant)) return float_text(*number);
  if (const auto* text = std::get_if<std::string>(&node.constant)) return quoted(*text);
  return integer_text(module, node, std::get<int64_t>(node.constant));
}

std::string quoted(std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (c == '\t') {
      result += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      result += "\\u00";
      result += hex[byte >> 4];
      result += hex[byte & 15];
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string_view word_of(program::ExternalKind kind) {
  static constexpr std::string_view words[] = {"tool",   "agent",   "search", "remember", "recall",
                                               "ask",    "approve", "effect", "effect",   "effect",
                                               "effect", "remote",  "step",   "act"};
  return words[static_cast<size_t>(kind)];
}

}  // namespace chain::graph
