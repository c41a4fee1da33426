// Functions that other languages have, and how the same is said here.
#pragma once

#include <string_view>

namespace chain::sema {

struct ForeignFunction {
  std::string_view name;
  std::string_view instead;   // what to write, for a sentence: "write `for x in list { ... }`"
  std::string_view function;  // ours that does the same, to put in its place; empty if there is none
};

/// The function that `name` is elsewhere; null if it is none that is known.
[[nodiscard]] const ForeignFunction* foreign_function(std::string_view name);

/// Whether a call of `name` may mean `best`, the closest of ours. Of three letters one alone makes the word:
/// nobody who writes `set` or `sin` means `get` or `min`.
[[nodiscard]] bool may_mean(std::string_view name, std::string_view best);

}  // namespace chain::sema
