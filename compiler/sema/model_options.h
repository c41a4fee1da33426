// What the table of options cannot say: which of them go together, and with which of a provider's APIs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/sema/constants.h"
#include "runtime/program/providers.h"

namespace chain::sema {

/// What one `model`, with the options of its `with`, says.
struct GivenOptions {
  std::string id;
  std::string api;                                        // empty unless said
  std::unordered_map<std::string_view, Span> spans;       // of the names of options
  std::unordered_map<std::string_view, int64_t> numbers;  // options that are one; 0 and 1 for a bool
};

/// Reports options that no call of the model would be taken with.
void check_options(Diagnostics& diagnostics, const program::ProviderInfo& provider,
                   const GivenOptions& given);

/// Whether `value` is a list of domains that can be searched; reports it if not.
[[nodiscard]] bool check_domains(Diagnostics& diagnostics, const Constant& value, Span span);

}  // namespace chain::sema
