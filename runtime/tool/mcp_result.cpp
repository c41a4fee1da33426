#include "runtime/tool/mcp_result.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/model/json_reader.h"

namespace chain::tool {

namespace {

using model::JsonReader;

/// What may stand in a part of content, whatever its type.
struct Part {
  std::string type, text, mime_type, uri, name, blob;
  std::string_view resource;
};

Part read_part(std::string_view json) {
  Part part;
  JsonReader reader(json);
  reader.object([&](std::string_view key) {
    if (key == "type") return reader.string(part.type);
    if (key == "text") return reader.string(part.text);
    if (key == "mimeType") return reader.string(part.mime_type);
    if (key == "uri") return reader.string(part.uri);
    if (key == "name") return reader.string(part.name);
    if (key == "data" || key == "blob") return reader.string(part.blob);
    if (key == "resource") return reader.raw(part.resource);
    return reader.skip();
  });
  return part;
}

/// "[image/png, 95 bytes]"
std::string bytes_note(const Part& part, std::string_view otherwise) {
  const size_t whole = part.blob.size() / 4 * 3;
  const auto padding = static_cast<size_t>(std::ranges::count(part.blob, '='));
  return fmt::format("[{}, {} bytes]", part.mime_type.empty() ? otherwise : part.mime_type,
                     whole - std::min({padding, whole, size_t{2}}));
}

std::string text_of(std::string_view json) {
  Part part = read_part(json);
  if (part.type == "resource") return part.resource.empty() ? std::string() : text_of(part.resource);
  if (part.type == "resource_link") return fmt::format("[{}: {}]", part.name, part.uri);
  if (!part.blob.empty()) return bytes_note(part, part.type.empty() ? "bytes" : part.type);
  return std::move(part.text);
}

/// Each element of the list `name` of `result`, as `each` makes it, with `between`.
template <class Each>
std::string joined(std::string_view result, std::string_view name, std::string_view between, Each&& each) {
  std::string text;
  bool first = true;
  JsonReader reader(result);
  reader.object([&](std::string_view key) {
    if (key != name) return reader.skip();
    return reader.array([&] {
      std::string_view element;
      if (!reader.raw(element)) return false;
      if (!first) text += between;
      first = false;
      text += each(element);
      return true;
    });
  });
  return text;
}

std::string_view member(std::string_view json, std::string_view name) {
  std::string_view found;
  JsonReader reader(json);
  reader.object([&](std::string_view key) { return key == name ? reader.raw(found) : reader.skip(); });
  return found;
}

std::string text_of_message(std::string_view json) {
  std::string role;
  JsonReader(member(json, "role")).string(role);
  return role + ": " + text_of(member(json, "content"));
}

}  // namespace

std::string text_of_content(std::string_view result) {
  return joined(result, "content", "\n", text_of);
}

std::string structured_content(std::string_view result) {
  const std::string_view found = member(result, "structuredContent");
  return found == "null" ? std::string() : std::string(found);
}

bool is_result(std::string_view result) {
  const std::string_view content = member(result, "content");
  return content.starts_with('[') || (content.empty() && structured_content(result).starts_with('{'));
}

bool is_error(std::string_view result) {
  return member(result, "isError") == "true";
}

std::string text_of_resource(std::string_view result) {
  return joined(result, "contents", "\n", text_of);
}

std::string text_of_prompt(std::string_view result) {
  return joined(result, "messages", "\n\n", text_of_message);
}

}  // namespace chain::tool
