// What models cost: a table that is built in (prices.json), and the user's own before it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/model/client.h"
#include "runtime/program/program.h"

namespace chain::model {

/// Of one token, in 1e-15 US dollars: a dollar for a million tokens is 1e9 of these.
struct Price {
  int64_t input = 0;
  int64_t cached_input = 0;
  int64_t written_input = 0;  // that goes into the provider's cache
  int64_t output = 0;
  int64_t search = -1;  // of one search of the web, in the same unit; -1 if unknown
};

/// In 1e-9 US dollars, rounded up. Counts below 0 are none.
[[nodiscard]] int64_t cost_of(const Price& price, const Usage& usage);

class Prices {
 public:
  /// The table that is built in.
  Prices();

  /// Lays a table of the same form (docs/cli.md) over it. False, with `error` set, if `json` is none.
  [[nodiscard]] bool add(std::string_view json, std::string& error);

  /// The price of "PROVIDER/ID", else of the longest name of which a date or `latest` is left out
  /// ("gpt-5-mini" of "gpt-5-mini-2025-08-07"), else of "PROVIDER/*".
  /// With its `prompt_cache`.
  [[nodiscard]] std::optional<Price> of(const program::Model& model) const;
  /// Likewise for the snapshot that answered.
  [[nodiscard]] std::optional<Price> of(std::string_view provider, std::string_view id) const;

 private:
  std::map<std::string, Price, std::less<>> prices_;
};

/// What a table of that form holds that means nothing: names of no provider, words that are no price. A
/// sentence each.
[[nodiscard]] std::vector<std::string> odd_prices(std::string_view json);

/// The text of prices.json.
[[nodiscard]] std::string_view built_in_prices();

}  // namespace chain::model
