// From the tree of a foreign template to messages in the language's own template syntax.
#pragma once

#include <string>
#include <vector>

#include "compiler/foreign/handlebars.h"
#include "compiler/foreign/shape.h"

namespace chain::foreign {

struct Message {
  std::string role;  // "system", "user", "assistant"
  std::string text;  // a template of the language, not indented
};

/// What a template says, message by message; the first is the user's unless a role is named. `inputs` is the
/// record of what may be named: a name that it lacks is added as a string, and one that is shown as a medium
/// becomes an image. An optional value is shown as nothing where it is none, as in Handlebars.
[[nodiscard]] std::vector<Message> write_messages(const std::vector<Node>& nodes, Shape& inputs,
                                                  std::vector<Remark>& remarks);

/// What makes a value count as true in these languages, as a condition of ours: `len(xs) > 0`.
[[nodiscard]] std::string truth_of(const std::string& expression, const Shape& shape);

}  // namespace chain::foreign
