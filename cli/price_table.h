// The user's own prices of models.
#pragma once

#include <optional>
#include <string>

#include "runtime/model/prices.h"

namespace chain::cli {

/// Where it is: prices.json in the folder of the configuration; empty if there is no place for one.
[[nodiscard]] std::string price_file();

/// The built-in prices, and those of the user's file over them. Nothing, with `error` set, if that is
/// damaged.
[[nodiscard]] std::optional<model::Prices> load_prices(std::string& error);

}  // namespace chain::cli
