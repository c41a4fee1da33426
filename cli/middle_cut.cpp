#include "cli/middle_cut.h"

#include <fmt/format.h>

namespace chain::cli {

std::string with_middle_cut(std::string_view text, size_t most, std::string_view command) {
  if (text.size() <= most) return std::string(text);
  const auto continues = [&](size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U; };
  size_t head = most / 3 * 2, tail = text.size() - most / 3;
  while (head > 0 && continues(head)) --head;
  while (tail < text.size() && continues(tail)) ++tail;
  return fmt::format("{}\n[{} bytes are not shown; `{}` has them]\n{}", text.substr(0, head), tail - head,
                     command, text.substr(tail));
}

}  // namespace chain::cli
