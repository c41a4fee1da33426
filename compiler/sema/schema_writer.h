// Declarations as source text.
#pragma once

#include "compiler/sema/schema_import.h"
#include "compiler/sema/schema_model.h"

namespace chain::sema {

/// The text of `model`. Defaults that are not of their field's type are added to `problems`.
void write_schema(const SchemaModel& model, SchemaTypes& types);

}  // namespace chain::sema
