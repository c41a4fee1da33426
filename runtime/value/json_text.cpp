#include "runtime/value/json_text.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "runtime/value/json.h"

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

/// The digits of a number from the first that is not 0 to the last, and the power of ten that they are times:
/// "-2.50" is "-25" and -1, 0 is "0" and 0. Nothing if the exponent is beyond reason.
bool decimal(std::string_view text, std::string& digits, int64_t& power) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const size_t mark = text.find_first_of("eE");
  power = 0;
  if (mark != std::string_view::npos) {
    std::string_view exponent = text.substr(mark + 1);
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    const char* last = exponent.data() + exponent.size();
    constexpr int64_t kMost = INT64_MAX / 4;  // what is added to it below is less by far
    if (std::from_chars(exponent.data(), last, power).ec != std::errc() || power > kMost || power < -kMost)
      return false;
  }
  text = text.substr(0, mark);
  const size_t point = text.find('.');
  digits = text.substr(0, point);
  if (point != std::string_view::npos) {
    digits += text.substr(point + 1);
    power -= static_cast<int64_t>(text.size() - point - 1);
  }
  digits.erase(0, digits.find_first_not_of('0'));
  if (digits.empty()) {
    digits = "0";
    power = 0;
    return true;
  }
  const size_t kept = digits.find_last_not_of('0') + 1;
  power += static_cast<int64_t>(digits.size() - kept);
  digits.erase(kept);
  if (negative) digits.insert(0, 1, '-');
  return true;
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
  /// Canonical: by the decimal that stands there, which no float need hold.
  void number(std::string_view text) {
    std::string digits;
    int64_t power = 0;
    if (!canonical_ || !decimal(text, digits, power)) {
      out_ += text;
      return;
    }
    out_ += digits;
    constexpr int64_t kMostZeros = 20;  // 100, not 1e2, but no million zeros
    if (power > 0 && power <= kMostZeros) {
      out_.append(static_cast<size_t>(power), '0');
    } else if (power != 0) {
      out_ += 'e' + std::to_string(power);
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

uint32_t json_depth(std::string_view text) {
  uint32_t depth = 0;
  uint32_t deepest = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '}' || c == ']') {
      --depth;
      continue;
    }
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ':') continue;
    deepest = std::max(deepest, depth);
    if (c == '{' || c == '[') ++depth;
    if (c != '"') continue;
    for (++at; text[at] != '"'; ++at) {
      if (text[at] == '\\') ++at;
    }
  }
  return deepest;
}

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
