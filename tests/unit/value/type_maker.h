// Types for tests: by hand, and out of the bytes of a fuzzer.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runtime/program/types.h"

namespace chain::value::test {

/// A record of the given fields.
program::TypeId make_record(program::TypeTable& types, const std::string& name,
                            const std::vector<std::pair<std::string, program::TypeId>>& fields);

/// An enum of the given cases.
program::TypeId make_enum(program::TypeTable& types, const std::string& name,
                          const std::vector<std::string>& cases);

/// A type made of what the first bytes at `data` say, which it takes off; every kind of type can come of it,
/// recursive records included.
program::TypeId make_type(program::TypeTable& types, const uint8_t*& data, size_t& size);

}  // namespace chain::value::test
