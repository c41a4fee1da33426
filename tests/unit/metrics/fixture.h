// The figures of tests/fixtures/metrics.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace chain::metrics {

inline nlohmann::json fixture(const std::string& name) {
  std::ifstream file(CHAIN_FIXTURES "/metrics/" + name);
  REQUIRE(file);
  return nlohmann::json::parse(file);
}

/// The texts of a list of `json`, which has to outlive them.
inline std::vector<std::string_view> views(const nlohmann::json& list) {
  std::vector<std::string_view> result;
  for (const nlohmann::json& one : list) result.push_back(one.get_ref<const std::string&>());
  return result;
}

/// Equal to all digits that a sum in another order leaves the same.
inline auto digits(double value, double relative = 1e-13) {
  return Approx(value).epsilon(0).margin(std::max(std::abs(value) * relative, 1e-15));
}

}  // namespace chain::metrics
