// The kinds of failure that a program can catch, and what a `catch` is told of one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace chain::program {

enum class ErrorKind : uint8_t {
#define ERROR_KIND(name, word, doc) name,
#include "runtime/program/errors.def"
#undef ERROR_KIND
};

/// The words of `catch`, in the order of `ErrorKind`.
[[nodiscard]] std::span<const std::string_view> error_words();
/// "invalid_output".
[[nodiscard]] std::string_view to_string(ErrorKind kind);
[[nodiscard]] std::optional<ErrorKind> error_kind(std::string_view word);

/// How `Error` of the language, the record that `catch` binds, lies in memory: two strings.
inline constexpr uint32_t kErrorKindField = 0;      // offset of `kind`
inline constexpr uint32_t kErrorMessageField = 16;  // offset of `message`
inline constexpr uint32_t kErrorRecordSize = 32;

}  // namespace chain::program
