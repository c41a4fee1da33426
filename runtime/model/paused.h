// Answers that a provider pauses, and that go on in another response.
#pragma once

#include "runtime/model/client.h"

namespace chain::model {

/// Makes one answer of `begun` and `rest`, which follows it: texts, sources, usage and state, each once.
void put_before(Completion begun, Completion& rest);

}  // namespace chain::model
