// What a JSON Schema demands of values beside their type, as conditions.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/sema/schema_import.h"
#include "compiler/sema/schema_model.h"

namespace chain::sema {

/// The conditions that the keywords of `schema` put on a value of a type of `kind`, over `it`; `said` gets
/// the keywords, `problems` what cannot be said.
[[nodiscard]] std::vector<std::string> conditions_of(const value::JsonNode& schema, SchemaType::Kind kind,
                                                     const std::string& pointer,
                                                     std::set<std::string_view>& said,
                                                     std::vector<SchemaProblem>& problems);

}  // namespace chain::sema
