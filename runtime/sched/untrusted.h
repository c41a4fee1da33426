// What an agent's model is shown of text that somebody else wrote. Internal to runtime/sched.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "runtime/program/types.h"
#include "runtime/value/arena.h"

namespace chain::sched {

/// Puts every text within `value` into the fence (runtime/value/fence.h), in place: what points at them is
/// changed. Of a value that was just read; keys of maps and JSON values stay as they are but for what chat
/// formats reserve.
void fence_texts(const program::TypeTable& types, program::TypeId type, std::byte* value,
                 value::Arena& arena);

/// At most about `most` bytes of `text`, and a note of how many more there were.
[[nodiscard]] std::string trimmed(std::string_view text, size_t most);

/// "12,345"
[[nodiscard]] std::string with_commas(size_t number);

/// The beginning of a text, at most `most` bytes, for a sentence.
[[nodiscard]] std::string shortened(std::string_view text, size_t most);

}  // namespace chain::sched
