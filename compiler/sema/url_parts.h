// What is filled into the path of a tool's URL stays in the path.
#pragma once

#include "compiler/graph/module.h"

namespace chain::sema {

/// Encodes the `?` of texts that are filled into a tool's URL behind its host and before a query of its own:
/// as it stands, what is behind it would be taken for the query. Once trust has been checked.
void encode_url_parts(graph::Module& module);

}  // namespace chain::sema
