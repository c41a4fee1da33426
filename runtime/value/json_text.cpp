#include "runtime/value/json_text.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "runtime/value/json.h"
#include "runtime/value/text.h"

namespace chain::value {

namespace {

using Kind = JsonNode::Kind;

/// The members that count, in their order.
std::vector<const JsonNode*> members_of(const JsonNode& object) {
  std::vector<const JsonNode*> sorted;
  for (const JsonNode* node = object.first; node; node = node->next) sorted.push_back(node);
  const auto before = [](const JsonNode* a, const JsonNode* b) {
    return a->key != b->key ? a->key < b->key : a->id > b->id;  // the last of equals first
  };
  std::ranges::sort(sorted, before);
  const auto same = [](const JsonNode* a, const JsonNode* b) { return a->key == b->key; };
  sorted.erase(std::unique(sorted.begin(), sorted.end(), same), sorted.end());
  std::ranges::sort(sorted, [](const JsonNode* a, const JsonNode* b) { return a->id < b->id; });
  return sorted;
}

class Printer {
 public:
  Printer(std::string& out, uint32_t indent, bool canonical)
      : out_(out), indent_(indent), canonical_(canonical) {}

  void print(const JsonNode& node, uint32_t level) {
    switch (node.kind) {
      case Kind::Null: out_ += "null"; return;
      case Kind::False: out_ += "false"; return;
      case Kind::True: out_ += "true"; return;
      case Kind::Number: return number(node.text);
      case Kind::String: return append_json_string(out_, node.text);
      case Kind::List: return list(node, level);
      case Kind::Object: return object(node, level);
    }
  }

 private:
  void number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = text.find_first_of(".eE") == std::string_view::npos;
    if (!canonical_ || error != std::errc() || (whole && text != "-0")) {
      out_ += text;
    } else if (value == static_cast<double>(static_cast<int64_t>(std::clamp(value, -9e15, 9e15)))) {
      out_ += std::to_string(static_cast<int64_t>(value));
    } else {
      append_float(out_, value);
    }
  }

  void item(bool first, uint32_t level) {
    if (!first) out_ += ',';
    if (indent_ > 0)
      line(level + 1);
    else if (!first)
      out_ += ' ';
  }
  void line(uint32_t level) {
    out_ += '\n';
    out_.append(size_t{indent_} * level, ' ');
  }

  void list(const JsonNode& node, uint32_t level) {
    out_ += '[';
    for (const JsonNode* each = node.first; each; each = each->next) {
      item(each == node.first, level);
      print(*each, level + 1);
    }
    if (node.first && indent_ > 0) line(level);
    out_ += ']';
  }

  void object(const JsonNode& node, uint32_t level) {
    std::vector<const JsonNode*> members = members_of(node);
    if (canonical_) std::ranges::sort(members, {}, &JsonNode::key);
    out_ += '{';
    for (size_t i = 0; i < members.size(); ++i) {
      item(i == 0, level);
      append_json_string(out_, members[i]->key);
      out_ += ": ";
      print(*members[i], level + 1);
    }
    if (!members.empty() && indent_ > 0) line(level);
    out_ += '}';
  }

  std::string& out_;
  uint32_t indent_;
  bool canonical_;
};

std::optional<std::string> printed(std::string_view text, bool canonical) {
  Arena arena;
  std::string message;
  const JsonNode* root = parse_json(text, arena, {}, message);
  if (!root) return std::nullopt;
  std::string out;
  Printer(out, 0, canonical).print(*root, 0);
  return out;
}

}  // namespace

void append_json(std::string& out, const JsonNode& node, uint32_t indent, uint32_t level) {
  Printer(out, indent, false).print(node, level);
}

std::optional<std::string> kept_json(std::string_view text) {
  return printed(text, false);
}

std::string canonical_json(std::string_view text) {
  return printed(text, true).value_or(std::string(text));
}

bool json_equal(std::string_view a, std::string_view b) {
  return a == b || canonical_json(a) == canonical_json(b);
}

}  // namespace chain::value
