#include "runtime/value/path.h"

#include "runtime/value/json.h"

namespace chain::value {

std::string Path::text() const {
  std::string text;
  for (const Part& part : steps_) {
    switch (part.kind) {
      case Kind::Field:
        if (!text.empty()) text += '.';
        text += part.name;
        break;
      case Kind::Key: text += '[' + quoted_short(part.name) + ']'; break;
      case Kind::Element: text += '[' + std::to_string(part.number) + ']'; break;
    }
  }
  return text;
}

std::string shortened(std::string_view text) {
  constexpr size_t kLongest = 60;
  if (text.size() <= kLongest) return std::string(text);
  size_t end = kLongest - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

std::string quoted_short(std::string_view text) {
  std::string quoted;
  append_json_string(quoted, shortened(text));
  return quoted;
}

std::string case_list(const program::Type& type, bool aliases) {
  constexpr size_t kMost = 20;
  std::string list;
  const size_t count = std::min(type.cases.size(), kMost);
  for (size_t i = 0; i < count; ++i) {
    const program::EnumCase& one = type.cases[i];
    if (i > 0) list += i + 1 == type.cases.size() ? " or " : ", ";
    append_json_string(list, aliases && !one.alias.empty() ? one.alias : one.name);
  }
  if (count < type.cases.size()) list += ", ...";
  return list;
}

}  // namespace chain::value
