#include "runtime/program/errors.h"

#include <algorithm>

namespace chain::program {

namespace {

constexpr std::string_view kWords[] = {
#define ERROR_KIND(name, word, doc) word,
#include "runtime/program/errors.def"
#undef ERROR_KIND
};

}  // namespace

std::span<const std::string_view> error_words() {
  return kWords;
}

std::string_view to_string(ErrorKind kind) {
  const auto index = static_cast<size_t>(kind);
  return index < std::size(kWords) ? kWords[index] : "failed";
}

std::optional<ErrorKind> error_kind(std::string_view word) {
  const auto* found = std::ranges::find(kWords, word);
  if (found == std::end(kWords)) return std::nullopt;
  return static_cast<ErrorKind>(found - kWords);
}

}  // namespace chain::program
