#include "runtime/value/media_source.h"

namespace chain::value {

namespace {

/// `start` is lower-case.
bool begins_with(std::string_view text, std::string_view start) {
  if (text.size() < start.size()) return false;
  for (size_t i = 0; i < start.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    if (c != start[i]) return false;
  }
  return true;
}

}  // namespace

MediaPlace media_place(std::string_view source) {
  if (begins_with(source, "data:")) return MediaPlace::Data;
  return begins_with(source, "https://") ? MediaPlace::Url : MediaPlace::Path;
}

bool may_name_medium(std::string_view source) {
  return media_place(source) != MediaPlace::Path;
}

std::string medium_of_others(std::string_view kind) {
  return (kind == "image" || kind == "audio" ? "an " : "a ") + std::string(kind) +
         " as a data URI or an https URL, for what others write opens no file";
}

}  // namespace chain::value
