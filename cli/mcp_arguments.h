// What a tool is called with by hand, held against the schema that its server gives.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace chain::cli {

/// What is wrong with `arguments`, as a clause; empty if nothing is: names that the schema does not have,
/// those that it requires, types and fixed values, in all objects and lists. Of what stands behind references
/// and alternatives the server is the judge.
[[nodiscard]] std::string wrong_arguments(const nlohmann::ordered_json& schema,
                                          const nlohmann::ordered_json& arguments);

}  // namespace chain::cli
