// Keeps secrets out of what callers hear of models.
#pragma once

#include <memory>

#include "runtime/model/client.h"
#include "runtime/model/secrets.h"

namespace chain::model {

/// A client whose listeners hear what those of `inner` would, without `secrets`: some servers repeat the key
/// in their errors, and an answer may hold one. Of a stream, what may be the beginning of a secret waits for
/// what comes next.
[[nodiscard]] std::unique_ptr<Client> make_redacting_client(std::unique_ptr<Client> inner, Secrets secrets,
                                                            EventLoop& loop);

}  // namespace chain::model
