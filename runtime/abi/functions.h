// The C functions that native code calls, declared from functions.def, and a table of their addresses.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "runtime/abi/context.h"

namespace chain::abi {

extern "C" {
#define ABI(symbol, result, parameters, doc) \
  __attribute__((visibility("default"))) result symbol parameters noexcept;
#include "runtime/abi/functions.def"
#undef ABI
}

/// A name that native code may refer to, and what it stands for in this process.
struct Symbol {
  std::string_view name;
  const void* address = nullptr;
};

/// Every function of functions.def and library.def, each name once. In runtime_symbols, for it needs the
/// scheduler.
[[nodiscard]] std::span<const Symbol> symbols();

/// Sets the context's error and gives kFailed. `message` is copied into the arena; if that is full,
/// the error is that. `site` indexes Program::sites; UINT32_MAX keeps the place that native code has noted.
Status fail(Context& context, ErrorKind kind, std::string_view message, uint32_t site = UINT32_MAX) noexcept;

/// The error of a run that has used up its memory: `budget`.
Status fail_out_of_memory(Context& context) noexcept;

}  // namespace chain::abi
