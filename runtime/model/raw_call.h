// Calls of a provider's API that ask a model nothing: JSON is posted, and the JSON that comes is handed on.
// They are queued, timed, tried again and redacted as all calls are (http_backend.h).
#pragma once

#include <string>

#include "runtime/model/backend.h"

namespace chain::model {

struct RawApi {
  std::string path;      // behind the base URL: "/embeddings"
  std::string protocol;  // who answers so, for messages: "embedding servers"
};

/// What is posted is the text of a request's first message; what comes is the text of its completion.
[[nodiscard]] MadeBackend make_raw_backend(const program::Model& model, const Services& services, RawApi api);

}  // namespace chain::model
