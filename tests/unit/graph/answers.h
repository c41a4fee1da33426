// A stand-in for models: what a prompt answers is a function of the prompt, its arguments and a seed, and
// nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/program/types.h"
#include "tests/unit/graph/interpreter.h"

namespace chain::oracle {

/// A value of `type` as JSON, chosen by `seed`. Takes any type but predicates: a `where` is not looked at.
[[nodiscard]] std::string random_json(const program::TypeTable& types, program::TypeId type, uint64_t seed);

/// One call's answer. Of some seeds a few calls fail, with a kind that models fail with.
[[nodiscard]] Answer answer(const program::TypeTable& types, uint32_t prompt, program::TypeId result,
                            std::string_view arguments_json, uint64_t seed);

}  // namespace chain::oracle
