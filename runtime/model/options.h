// The options of `model fast = provider("id", option: value, ...)`, checked against
// runtime/program/providers.def.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/program/program.h"

namespace chain::model {

class Options {
 public:
  /// Reads `model.options_json`. On a mistake gives nothing and a sentence in `error`.
  [[nodiscard]] static std::optional<Options> read(const program::Model& model, std::string& error);

  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  [[nodiscard]] std::optional<int64_t> integer(std::string_view name) const;
  /// False if it is not given.
  [[nodiscard]] bool flag(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;
  [[nodiscard]] std::vector<int64_t> integers(std::string_view name) const;
  [[nodiscard]] int64_t duration(std::string_view name, int64_t otherwise) const;
  /// The number as it was written, for passing on.
  [[nodiscard]] std::optional<std::string> number(std::string_view name) const;

 private:
  struct Number {
    int64_t integer = 0;
    std::string json;
  };
  using Value = std::variant<std::string, Number, bool, std::vector<std::string>, std::vector<int64_t>>;
  friend class OptionsReader;

  std::map<std::string, Value, std::less<>> values_;
};

/// Tokens that an answer of a model without `max_tokens` may have on top of the usual, to think with.
[[nodiscard]] int64_t thinking_room(std::string_view provider, const Options& options);

}  // namespace chain::model
