#include "cli/value_difference.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace chain::cli {
namespace {

using nlohmann::ordered_json;

class Walk {
 public:
  explicit Walk(size_t most) : most_(most) {}

  void values(const std::string& path, const ordered_json& found, const ordered_json& wanted) {
    if (found == wanted) return;
    if (found.is_object() && wanted.is_object()) return objects(path, found, wanted);
    if (found.is_array() && wanted.is_array()) return lists(path, found, wanted);
    say(path, text(found) + ", not " + text(wanted));
  }

  std::vector<std::string> end() {
    if (count_ > lines_.size())
      lines_.push_back(fmt::format("and in {} more places", count_ - lines_.size()));
    return std::move(lines_);
  }

 private:
  void objects(const std::string& path, const ordered_json& found, const ordered_json& wanted) {
    for (const auto& [key, value] : found.items()) {
      const auto other = wanted.find(key);
      if (other == wanted.end()) {
        say(path + '.' + key, text(value) + ", which is not wanted");
      } else {
        values(path + '.' + key, value, *other);
      }
    }
    for (const auto& [key, value] : wanted.items()) {
      if (!found.contains(key)) say(path + '.' + key, "nothing, not " + text(value));
    }
  }

  void lists(const std::string& path, const ordered_json& found, const ordered_json& wanted) {
    for (size_t i = 0; i < std::max(found.size(), wanted.size()); ++i) {
      const std::string place = fmt::format("{}[{}]", path, i);
      if (i >= wanted.size()) {
        say(place, text(found[i]) + ", which is not wanted");
      } else if (i >= found.size()) {
        say(place, "nothing, not " + text(wanted[i]));
      } else {
        values(place, found[i], wanted[i]);
      }
    }
  }

  void say(const std::string& path, const std::string& what) {
    if (++count_ <= most_) lines_.push_back(path + ": " + what);
  }

  static std::string text(const ordered_json& value) {
    constexpr size_t kShown = 200;
    std::string text = value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    if (text.size() <= kShown) return text;
    size_t end = kShown;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return text.substr(0, end) + "...";
  }

  size_t most_;
  size_t count_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> value_difference(std::string_view found, std::string_view wanted, size_t most) {
  const ordered_json a = ordered_json::parse(found, nullptr, false);
  const ordered_json b = ordered_json::parse(wanted, nullptr, false);
  const bool both = (a.is_object() && b.is_object()) || (a.is_array() && b.is_array());
  if (!both || a == b) return {};
  Walk walk(most);
  walk.values("", a, b);
  return walk.end();
}

}  // namespace chain::cli
