#include "runtime/model/media_support.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "runtime/model/media.h"

namespace chain::model {

namespace {

/// As the providers' references have it in 2026.
struct Row {
  MediaApi api;
  std::string_view who;    // how a program asks for it
  std::string_view types;  // that are sent as bytes
  std::string_view urls;   // kinds of media that the provider fetches itself
};

constexpr Row kRows[] = {
    {MediaApi::Chat, "`openai`",
     "image/png image/jpeg image/gif image/webp audio/wav audio/mpeg application/pdf text/plain", "image"},
    {MediaApi::Responses, "`openai` with `api: \"responses\"`",
     "image/png image/jpeg image/gif image/webp application/pdf text/plain", "image file"},
    {MediaApi::Anthropic, "`anthropic`",
     "image/png image/jpeg image/gif image/webp application/pdf text/plain", "image file"},
    {MediaApi::Gemini, "`gemini`",
     "image/png image/jpeg image/webp audio/wav audio/mpeg audio/ogg audio/flac video/mp4 video/webm "
     "video/quicktime application/pdf text/plain",
     "image audio video file"},
    {MediaApi::Ollama, "`ollama`", "image/png image/jpeg image/webp", ""},
};

bool takes(const Row& row, const Medium& medium) {
  const std::string_view list = medium.url.empty() ? row.types : row.urls;
  const std::string_view word = medium.url.empty() ? medium.type->mime : to_string(medium.kind);
  return list.find(word) != std::string_view::npos;
}

/// "`openai` and `gemini` do", of all that take it; empty if none does.
std::string who_takes(const Medium& medium) {
  std::vector<std::string_view> all;
  for (const Row& row : kRows) {
    if (takes(row, medium)) all.push_back(row.who);
  }
  std::string list;
  for (size_t i = 0; i < all.size(); ++i) {
    list += i == 0 ? "" : i + 1 == all.size() ? " and " : ", ";
    list += all[i];
  }
  return list.empty() ? list : list + (all.size() == 1 ? " does" : " do");
}

}  // namespace

std::string media_refusal(MediaApi api, const Medium& medium) {
  const auto* row =
      std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& each) { return each.api == api; });
  if (takes(*row, medium)) return {};
  const std::string others = who_takes(medium);
  if (medium.url.empty()) {
    return fmt::format("its provider takes no {}{}{}; {}", medium.type->name,
                       medium.name.empty() ? "" : ", as ",
                       medium.name.empty() ? "" : shown_source(medium.name), others);
  }
  return fmt::format(
      "its provider does not fetch the {} {}: put it into the project's folder and give its path{}{}",
      to_string(medium.kind), shown_source(medium.url), others.empty() ? "" : "; ", others);
}

}  // namespace chain::model
