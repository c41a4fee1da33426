#include "runtime/model/response_format.h"

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <vector>

#include "runtime/model/json_writer.h"

namespace chain::model {

using nlohmann::ordered_json;

namespace {

constexpr size_t kLongestName = 64;
constexpr size_t kLongestHead = 4096;  // white space included, before the value

/// Follows a reference at the root one step: recursive records are written so.
const ordered_json& root_of(const ordered_json& schema) {
  const auto reference = schema.find("$ref");
  if (reference == schema.end() || !reference->is_string()) return schema;
  const ordered_json::json_pointer pointer(reference->get_ref<const std::string&>().substr(1));
  return schema.contains(pointer) ? schema.at(pointer) : schema;
}

bool is_object_schema(const ordered_json& schema) {
  const auto type = schema.find("type");
  return type != schema.end() && *type == "object";
}

/// Whether every object in it says that it has no other members.
bool is_closed(const ordered_json& root) {
  std::vector<const ordered_json*> open{&root};
  while (!open.empty()) {
    const ordered_json& schema = *open.back();
    open.pop_back();
    if (schema.is_object() && is_object_schema(schema)) {
      const auto more = schema.find("additionalProperties");
      if (more == schema.end() || *more != false) return false;
    }
    if (schema.is_structured()) {
      for (const ordered_json& part : schema) open.push_back(&part);
    }
  }
  return true;
}

ordered_json wrap(ordered_json schema) {
  ordered_json wrapper = {{"type", "object"}};
  const auto definitions = schema.find("$defs");
  ordered_json hoisted;
  if (definitions != schema.end()) {
    hoisted = std::move(*definitions);
    schema.erase("$defs");
  }
  wrapper["properties"]["value"] = std::move(schema);
  wrapper["required"] = {"value"};
  wrapper["additionalProperties"] = false;
  if (!hoisted.is_null()) wrapper["$defs"] = std::move(hoisted);  // references look for them at the root
  return wrapper;
}

/// Names are limited to letters of ASCII, digits, `_` and `-`.
std::string allowed_name(std::string_view name) {
  std::string result;
  for (const char c : name.substr(0, kLongestName)) {
    const bool fine =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    result += fine ? c : '_';
  }
  return result.empty() ? "result" : result;
}

}  // namespace

ResponseFormat make_response_format(std::string_view name, std::string_view schema) {
  ResponseFormat format;
  try {
    ordered_json parsed = ordered_json::parse(schema);
    if (!parsed.is_object()) return format;
    format.wrapped = !is_object_schema(root_of(parsed));
    if (format.wrapped) parsed = wrap(std::move(parsed));
    format.closed = is_closed(parsed);
    format.schema = parsed.dump();
    format.members = R"("name":)";
    append_json_string(format.members, allowed_name(name));
    format.members += format.closed ? R"(,"strict":true,"schema":)" : R"(,"strict":false,"schema":)";
    format.members += format.schema;
    return format;
  } catch (const std::exception&) { return {}; }
}

void Unwrapper::feed(std::string_view text, std::string& out) {
  if (state_ == State::Through) {
    out += text;
    return;
  }
  if (state_ != State::Head) return feed_value(text, out);
  held_ += text;
  // {, "value" and : with white space between them.
  constexpr std::string_view kParts[] = {"{", "\"value\"", ":"};
  std::string_view rest = held_;
  const auto skip_space = [&] {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
  };
  for (const std::string_view part : kParts) {
    skip_space();
    const size_t common = std::min(part.size(), rest.size());
    if (rest.substr(0, common) != part.substr(0, common) || held_.size() > kLongestHead) {
      state_ = State::Through;
      out += held_;
      held_.clear();
      return;
    }
    if (common < part.size()) return;
    rest.remove_prefix(common);
  }
  skip_space();
  if (rest.empty()) return;
  state_ = State::Value;
  const std::string value(rest);
  held_.clear();
  feed_value(value, out);
}

void Unwrapper::feed_value(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (state_ == State::Tail) return;
    const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!in_string_ && depth_ == 0 && space) {
      held_ += c;
      continue;
    }
    if (!in_string_ && depth_ == 0 && c == '}') {
      state_ = State::Tail;
      held_.clear();
      return;
    }
    out += held_;
    held_.clear();
    out += c;
    if (in_string_) {
      if (!escaped_ && c == '"') in_string_ = false;
      escaped_ = !escaped_ && c == '\\';
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if (c == '}' || c == ']') {
      --depth_;
    }
  }
}

void Unwrapper::finish(std::string& out) {
  if (state_ == State::Head) out += held_;
  held_.clear();
  state_ = State::Tail;
}

}  // namespace chain::model
