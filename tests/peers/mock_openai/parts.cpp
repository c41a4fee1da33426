#include "parts.h"

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "runtime/value/base64.h"

namespace mock {

namespace {

using nlohmann::ordered_json;

bool has_only(const ordered_json& object, std::initializer_list<std::string_view> names) {
  if (!object.is_object()) return false;
  for (const auto& [key, value] : object.items()) {
    if (std::find(names.begin(), names.end(), key) == names.end()) return false;
  }
  return true;
}

std::string text_at(const ordered_json& object, const char* name) {
  return object.contains(name) && object[name].is_string() ? object[name].get<std::string>() : "";
}

/// How a file of the type begins; empty for a type that is not taken.
std::string_view magic(std::string_view type) {
  struct Row {
    std::string_view type, magic;
  };
  constexpr Row kRows[] = {
      {"image/png", "\x89PNG"}, {"image/jpeg", "\xFF\xD8\xFF"}, {"image/gif", "GIF8"}, {"image/webp", "RIFF"},
      {"wav", "RIFF"},          {"application/pdf", "%PDF-"},
  };
  for (const Row& row : kRows) {
    if (row.type == type) return row.magic;
  }
  return {};
}

/// Base64 with all its padding and nothing else, of bytes that begin as they should.
bool is_data(std::string_view data, std::string_view type) {
  if (data.empty() || data.size() % 4 != 0 || data.find_first_of("-_\r\n ") != std::string_view::npos)
    return false;
  const std::optional<std::string> bytes = chain::value::parse_base64(data);
  return bytes && bytes->starts_with(magic(type));
}

bool is_data_uri(std::string_view uri, std::string_view kind) {
  const size_t comma = uri.find(";base64,");
  if (!uri.starts_with("data:") || comma == std::string_view::npos) return false;
  const std::string_view type = uri.substr(5, comma - 5);
  const bool known = !magic(type).empty() || type == "text/plain";
  return known && type.starts_with("image/") == (kind == "image") && is_data(uri.substr(comma + 8), type);
}

std::string wrong_image(const ordered_json& part) {
  const ordered_json image = part.value("image_url", ordered_json());
  if (!has_only(part, {"type", "image_url"}) || !has_only(image, {"url", "detail"}))
    return "Invalid type for 'image_url': expected an object with an image URL.";
  const std::string url = text_at(image, "url");
  if (url.starts_with("data:") ? is_data_uri(url, "image") : url.starts_with("https://")) return {};
  return "Invalid 'image_url'. Expected a base64-encoded data URL with an image MIME type, or an HTTPS URL.";
}

std::string wrong_audio(const ordered_json& part) {
  const ordered_json audio = part.value("input_audio", ordered_json());
  if (!has_only(part, {"type", "input_audio"}) || !has_only(audio, {"data", "format"}))
    return "Invalid type for 'input_audio'.";
  const std::string format = text_at(audio, "format");
  if (format != "wav" && format != "mp3")
    return "Invalid value: '" + format + "'. Supported values are: 'wav' and 'mp3'.";
  return is_data(text_at(audio, "data"), format) ? "" : "Invalid 'input_audio.data': expected base64.";
}

std::string wrong_file(const ordered_json& part) {
  const ordered_json file = part.value("file", ordered_json());
  if (!has_only(part, {"type", "file"}) || !has_only(file, {"filename", "file_data", "file_id"}))
    return "Invalid type for 'file'.";
  if (text_at(file, "filename").empty()) return "Missing required parameter: 'file.filename'.";
  return is_data_uri(text_at(file, "file_data"), "file") ? ""
                                                         : "Invalid 'file.file_data': expected a data URL.";
}

std::string wrong_part(const ordered_json& part, std::string_view role) {
  const std::string type = part.is_object() ? text_at(part, "type") : "";
  if (type == "text" && has_only(part, {"type", "text"}) && part.contains("text") && part["text"].is_string())
    return {};
  if (role == "user" && type == "image_url") return wrong_image(part);
  if (role == "user" && type == "input_audio") return wrong_audio(part);
  if (role == "user" && type == "file") return wrong_file(part);
  return "Invalid value: '" + type +
         "'. Supported values are: 'text', 'image_url', 'input_audio' and 'file'.";
}

}  // namespace

std::string wrong_parts(const ordered_json& messages) {
  for (const ordered_json& message : messages) {
    if (!message.is_object() || !message.contains("content") || !message["content"].is_array()) continue;
    if (message["content"].empty()) return "Invalid 'messages': empty array.";
    for (const ordered_json& part : message["content"]) {
      std::string wrong = wrong_part(part, text_at(message, "role"));
      if (!wrong.empty()) return wrong;
    }
  }
  return {};
}

}  // namespace mock
