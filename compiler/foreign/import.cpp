#include "compiler/foreign/import.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/foreign/dotprompt.h"
#include "compiler/foreign/names.h"
#include "compiler/foreign/prompty.h"
#include "runtime/value/utf8.h"

namespace chain::foreign {
namespace {

constexpr size_t kMaxBytes = 4 << 20;

/// "prompts/greet.formal.prompt" gives `greet_formal`.
std::string name_of(std::string_view path) {
  path = path.substr(path.rfind('/') + 1);
  path = path.substr(0, path.rfind('.'));
  return identifier(path);
}

}  // namespace

std::optional<Format> format_of(std::string_view path) {
  if (path.ends_with(".prompt")) return Format::Dotprompt;
  if (path.ends_with(".prompty")) return Format::Prompty;
  return {};
}

std::optional<Imported> import_prompt(std::string_view path, std::string_view text, Format format,
                                      std::string& error) {
  if (text.size() > kMaxBytes) {
    error = "larger than 4 MB";
    return {};
  }
  if (value::find_invalid_utf8(text) != std::string_view::npos || text.find('\0') != std::string_view::npos) {
    error = "no text in UTF-8";
    return {};
  }
  const Parts parts = split_front_matter(text);
  Yaml front;
  const auto lines_above = static_cast<uint32_t>(std::count(
      text.begin(), text.begin() + (parts.front.empty() ? 0 : parts.front.data() - text.data()), '\n'));
  if (!parts.front.empty() && !read_yaml(parts.front, lines_above + 1, front, error)) return {};
  if (front.kind != Yaml::Kind::Map && front.kind != Yaml::Kind::Null) {
    error = "the front matter holds no names";
    return {};
  }
  Imported imported;
  const PromptFile prompt = format == Format::Dotprompt
                                ? read_dotprompt(front, parts, name_of(path), imported.remarks)
                                : read_prompty(front, parts, name_of(path), imported.remarks);
  imported.text = write_chain(prompt, path.substr(path.rfind('/') + 1), imported.remarks);
  return imported;
}

}  // namespace chain::foreign
