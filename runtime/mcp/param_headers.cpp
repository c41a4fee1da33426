#include "runtime/mcp/param_headers.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

#include "runtime/http/header_name.h"
#include "runtime/mcp/message.h"
#include "runtime/model/json_reader.h"
#include "runtime/value/base64.h"

namespace chain::mcp {

namespace {

constexpr std::string_view kKey = "x-mcp-header";
constexpr std::string_view kEncodedBegin = "=?base64?";
constexpr std::string_view kEncodedEnd = "?=";
constexpr double kMostSafeInteger = 9007199254740991.0;  // of JavaScript

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

/// Walks over a schema; whatever is not a chain of `properties` may declare nothing.
class Scan {
 public:
  bool schema(std::string_view json) { return visit(json, true); }
  std::vector<ParamHeader> found;

 private:
  bool visit(std::string_view json, bool reachable) {
    model::JsonReader reader(json);
    if (reader.peek() == '[') {
      return reader.array([&] {
        std::string_view element;
        return reader.raw(element) && visit(element, false);
      });
    }
    if (reader.peek() != '{') return true;
    if (const std::string_view name = member_of(json, kKey); !name.empty() && !declare(json, reachable))
      return false;
    return reader.object([&](std::string_view key) {
      if (key == "properties" && reader.peek() == '{') return properties(reader, reachable);
      // What these hold are values, not schemas.
      if (key == "const" || key == "default" || key == "enum" || key == "examples" || key == kKey)
        return reader.skip();
      std::string_view value;
      return reader.raw(value) && visit(value, false);
    });
  }

  bool properties(model::JsonReader& reader, bool reachable) {
    return reader.object([&](std::string_view name) {
      path_.emplace_back(name);
      std::string_view property;
      const bool good = reader.raw(property) && visit(property, reachable);
      path_.pop_back();
      return good;
    });
  }

  bool declare(std::string_view json, bool reachable) {
    const std::string name = text_of(json, kKey);
    const std::string type = text_of(json, "type");
    if (!reachable || path_.empty() || !is_token(name)) return false;
    if (type != "string" && type != "integer" && type != "boolean") return false;
    if (std::ranges::any_of(found, [&](const ParamHeader& each) { return http::same_name(each.name, name); }))
      return false;
    found.push_back({path_, name});
    return true;
  }

  std::vector<std::string> path_;
};

/// Nothing for what no header carries.
std::optional<std::string> plain(std::string_view json) {
  if (json.starts_with('"')) {
    std::string text;
    model::JsonReader(json).string(text);
    return text;
  }
  if (json == "true" || json == "false") return std::string(json);
  if (json.empty() || (json.front() != '-' && std::isdigit(static_cast<unsigned char>(json.front())) == 0))
    return std::nullopt;
  const double number = std::strtod(std::string(json).c_str(), nullptr);
  if (!std::isfinite(number) || std::abs(number) > kMostSafeInteger || number != std::trunc(number))
    return std::nullopt;
  return std::to_string(static_cast<int64_t>(number));
}

}  // namespace

std::optional<std::vector<ParamHeader>> param_headers(std::string_view schema) {
  Scan scan;
  if (schema.find(kKey) == std::string_view::npos) return scan.found;
  if (!scan.schema(schema)) return std::nullopt;
  return std::move(scan.found);
}

std::vector<std::pair<std::string, std::string>> headers_of(const std::vector<ParamHeader>& declared,
                                                            std::string_view arguments) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const ParamHeader& each : declared) {
    std::string_view value = arguments;
    for (const std::string& name : each.path) value = member_of(value, name);
    if (const auto text = plain(value)) headers.emplace_back("Mcp-Param-" + each.name, header_value(*text));
  }
  return headers;
}

std::string header_value(std::string_view text) {
  const auto safe = [](char c) { return c == '\t' || (c >= ' ' && c <= '~'); };
  const auto blank = [](char c) { return c == '\t' || c == ' '; };
  const bool encoded = text.starts_with(kEncodedBegin) && text.ends_with(kEncodedEnd);
  if (!text.empty() && !encoded && std::ranges::all_of(text, safe) && !blank(text.front()) &&
      !blank(text.back()))
    return std::string(text);
  std::string value(kEncodedBegin);
  value::append_base64(value, text);
  return value.append(kEncodedEnd);
}

}  // namespace chain::mcp
