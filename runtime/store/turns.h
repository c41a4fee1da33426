// What an answer holds besides its text, as the journal keeps it.
#pragma once

#include <string>
#include <string_view>

#include "runtime/model/client.h"

namespace chain::store {

/// As JSON: the calls of tools, what goes back to the API with them, sources, and what was dropped; empty if
/// there is none of these.
[[nodiscard]] std::string turn_text(const model::Completion& completion);

/// Puts them back. What is not as `turn_text` writes it is left out.
void read_turn(std::string_view turn, model::Completion& completion);

}  // namespace chain::store
