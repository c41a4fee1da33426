// A JSON Schema as declarations.
#pragma once

#include <string>
#include <vector>

#include "compiler/sema/schema_import.h"
#include "compiler/sema/schema_model.h"

namespace chain::sema {

/// The declarations that the schema `root` asks for, which itself is called `name`.
[[nodiscard]] SchemaModel read_schema(const value::JsonNode& root, const std::string& name,
                                      std::vector<SchemaProblem>& problems);

}  // namespace chain::sema
