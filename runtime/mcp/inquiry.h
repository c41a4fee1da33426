// What a server of the stateless era wants to know before it answers: `input_required` results.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/mcp/client.h"

namespace chain::mcp {

struct Inquiry {
  std::vector<std::pair<std::string, Elicitation>> questions;  // by the server's names for them
  std::vector<std::pair<std::string, std::string>>
      settled;         // what no person is asked: names, answers as JSON
  std::string state;   // `requestState`, as it was written; empty for none
  bool asked = false;  // `inputRequests` stands there
};

/// At most 32 questions. Nothing, and why in `error`, if it asks for what is not supported.
[[nodiscard]] std::optional<Inquiry> read_inquiry(std::string_view result, std::string& error);

/// What a call of `params` is made again with: an ElicitResult for each question, in their order. Empty if
/// `params` is no object.
[[nodiscard]] std::string answered_params(std::string_view params, const Inquiry& inquiry,
                                          const std::vector<std::string>& answers);

/// An elicitation, from the parameters of the request for it.
[[nodiscard]] Elicitation read_elicitation(std::string_view params);

}  // namespace chain::mcp
