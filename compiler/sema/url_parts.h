// What is filled into a tool's URL stays where it was filled in.
#pragma once

#include "compiler/graph/module.h"

namespace chain::sema {

/// Encodes what is filled into a tool's URL behind its host: in the path as one segment, which must not lead
/// elsewhere (runtime/value/url_path.h), in the query as a part of one parameter. What is already the result
/// of `url_encode` stays as it is, and so do secrets, whose bytes are redacted. Once trust has been checked.
void encode_url_parts(graph::Module& module);

}  // namespace chain::sema
