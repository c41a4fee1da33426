// YAML as the front matter of other tools' prompt files holds it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chain::foreign {

struct YamlEntry;

struct Yaml {
  enum class Kind : uint8_t { Null, Scalar, List, Map };

  Kind kind = Kind::Null;
  std::string text;     // of a scalar, as it is written, without quotes
  bool quoted = false;  // a scalar that stood in quotes: text, whatever it looks like
  uint32_t line = 1;    // from 1
  std::vector<Yaml> items;
  std::vector<YamlEntry> entries;  // in the order of the file

  [[nodiscard]] bool is_scalar() const { return kind == Kind::Scalar; }
  [[nodiscard]] bool is_list() const { return kind == Kind::List; }
  [[nodiscard]] bool is_map() const { return kind == Kind::Map; }
  /// The value of `key`; null if this is no map or has none.
  [[nodiscard]] const Yaml* find(std::string_view key) const;
  /// The text of a scalar at `key`; empty if there is none.
  [[nodiscard]] std::string_view text_at(std::string_view key) const;
};

struct YamlEntry {
  std::string key;
  Yaml value;
};

/// Reads one document. False, and a message with its line, if it is no YAML, larger than 1 MB, nested more
/// than 64 levels, or of more than 20,000 nodes once its aliases are followed. `first_line` is that of the
/// text's first line in its file.
[[nodiscard]] bool read_yaml(std::string_view text, uint32_t first_line, Yaml& value, std::string& error);

}  // namespace chain::foreign
