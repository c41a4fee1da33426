// What stands in front of Markdown and says things of it. Internal to runtime/documents.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chain::documents {

struct FrontMatter {
  size_t end = 0;  // where the text begins; 0 if there is none in front of it
  /// In their order. Each item of a list has the list's name.
  std::vector<std::pair<std::string, std::string>> values;
  /// The first of this name; empty if there is none.
  [[nodiscard]] std::string_view value(std::string_view name) const;
};

/// YAML between lines of `---`, or TOML between lines of `+++`, at the very beginning. Of both what such text
/// is made of: strings, numbers, dates and booleans, each as it is written but for quotes, and lists of them;
/// a table's names stand in front of its members' ("author.name"), in YAML one deep. What else there is
/// (anchors, tables in lists) is passed over. At most 64 KiB, 100 values, 1,000 bytes each; in linear time.
[[nodiscard]] FrontMatter front_matter(std::string_view text);

}  // namespace chain::documents
