#include "runtime/model/media_answer.h"

#include <algorithm>
#include <utility>

#include "runtime/model/data_uri.h"

namespace chain::model {

namespace {

constexpr uint64_t kMostBytes = uint64_t{48} << 20;

/// What the first bytes of a format are in base64 (the formats' own specifications).
constexpr std::pair<std::string_view, std::string_view> kBeginnings[] = {
    {"iVBORw0KGgo", "image/png"}, {"/9j/", "image/jpeg"}, {"UklGR", "image/webp"}, {"R0lGOD", "image/gif"}};

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' || c == '+' || c == '-' || c == '.';
}

}  // namespace

std::string_view answer_medium(const Request& request) {
  if (request.program == nullptr || request.prompt == nullptr) return {};
  const program::Type& type = request.program->types[request.prompt->result];
  return type.kind == program::TypeKind::Media ? std::string_view(type.name) : std::string_view();
}

std::string media_answer(std::string_view kind, std::string mime, std::string_view base64) {
  if (mime.empty()) {
    const auto* known =
        std::ranges::find_if(kBeginnings, [&](const auto& each) { return base64.starts_with(each.first); });
    if (known != std::end(kBeginnings)) mime = known->second;
  }
  const bool fits = mime.starts_with(kind) && mime.substr(kind.size()).starts_with('/');
  if (!fits || !std::ranges::all_of(mime, is_plain)) return {};
  std::string uri = "data:";
  uri.append(mime).append(";base64,").append(base64);
  return uri;
}

std::string media_complaint(std::string_view kind, std::string_view answer) {
  std::string beginning = "data:";
  beginning.append(kind) += '/';
  if (!answer.starts_with(beginning)) return "no " + std::string(kind) + " came with it";
  std::string bytes;
  const DataUri read = read_data_uri(answer, kMostBytes, bytes);
  if (read == DataUri::TooLarge) return "the " + std::string(kind) + " is larger than 48 MiB";
  return read == DataUri::Malformed || bytes.empty() ? "the " + std::string(kind) + " cannot be decoded" : "";
}

}  // namespace chain::model
