#include "compiler/sema/constants.h"

#include <algorithm>
#include <cmath>

#include "runtime/library/library.h"
#include "runtime/value/base64.h"
#include "runtime/value/json.h"
#include "runtime/value/json_text.h"
#include "runtime/value/text.h"

namespace chain::sema {

using program::TypeId;
using program::TypeKind;
using Parts = Constant::Parts;

bool operator==(const Constant& a, const Constant& b) {
  return a.value == b.value;
}
bool operator<(const Constant& a, const Constant& b) {
  return a.value < b.value;
}

uint32_t member_index(const program::TypeTable& types, TypeId whole, TypeId member) {
  const std::vector<TypeId>& members = types[whole].members;
  return static_cast<uint32_t>(std::find(members.begin(), members.end(), member) - members.begin());
}

size_t weight(const Constant& constant) {
  if (const auto* text = std::get_if<std::string>(&constant.value)) return 1 + text->size() / 1024;
  size_t result = 1;
  if (const auto* parts = std::get_if<Parts>(&constant.value)) {
    for (const Constant& part : *parts) result += weight(part);
  }
  return result;
}

namespace {

void write(const program::TypeTable& types, const Constant& constant, std::string& out, bool models_view) {
  const program::Type& type = types[constant.type];
  auto sequence = [&](char open, char close, size_t step, auto&& item) {
    out += open;
    const Parts& parts = std::get<Parts>(constant.value);
    for (size_t i = 0; i < parts.size(); i += step) {
      if (i > 0) out += ',';
      item(parts, i);
    }
    out += close;
  };
  auto shown = [&](const auto& named) -> std::string_view {
    return models_view && !named.alias.empty() ? named.alias : named.name;
  };
  auto quoted = [&](std::string_view text) { value::append_json_string(out, text); };
  std::string text;
  switch (type.kind) {
    case TypeKind::Optional: {
      const auto* some = std::get_if<Parts>(&constant.value);
      if (!some) {
        out += "null";
      } else {
        write(types, some->front(), out, models_view);
      }
      return;
    }
    case TypeKind::Union: return write(types, std::get<Parts>(constant.value).front(), out, models_view);
    case TypeKind::Record:
      return sequence('{', '}', 1, [&](const Parts& parts, size_t i) {
        quoted(shown(type.fields[i]));
        out += ':';
        write(types, parts[i], out, models_view);
      });
    case TypeKind::List:
      return sequence('[', ']', 1,
                      [&](const Parts& parts, size_t i) { write(types, parts[i], out, models_view); });
    case TypeKind::Map:
      return sequence('{', '}', 2, [&](const Parts& parts, size_t i) {
        quoted(std::get<std::string>(parts[i].value));
        out += ':';
        write(types, parts[i + 1], out, models_view);
      });
    case TypeKind::Enum:
      return quoted(shown(type.cases[static_cast<size_t>(std::get<int64_t>(constant.value))]));
    case TypeKind::Duration:
    case TypeKind::Money:
    case TypeKind::Time:
    case TypeKind::Date:
      value::text_form(type.kind)->append(text, std::get<int64_t>(constant.value));
      return quoted(text);
    case TypeKind::Media:
      out += "{\"" + type.name + "\":";
      quoted(std::get<std::string>(constant.value));
      out += '}';
      return;
    case TypeKind::Bytes:
      out += '"';
      value::append_base64(out, std::get<std::string>(constant.value));
      out += '"';
      return;
    case TypeKind::Json: out += std::get<std::string>(constant.value); return;
    default: break;
  }
  if (const auto* words = std::get_if<std::string>(&constant.value)) return quoted(*words);
  if (const auto* flag = std::get_if<bool>(&constant.value)) {
    out += *flag ? "true" : "false";
  } else if (const auto* real = std::get_if<double>(&constant.value)) {
    if (!std::isfinite(*real)) {
      out += "null";
    } else {
      value::append_float(out, *real);
    }
  } else if (const auto* number = std::get_if<int64_t>(&constant.value)) {
    out += std::to_string(*number);
  }
}

}  // namespace

std::string to_json(const program::TypeTable& types, const Constant& constant, bool models_view) {
  std::string out;
  write(types, constant, out, models_view);
  return out;
}

}  // namespace chain::sema
