#include "runtime/library/higher_order.h"

#include <algorithm>

namespace chain::library {

namespace {

using Parameter = HigherOrder::Parameter;

/// The parameters of a signature: names before `:`, apart from each other by commas outside of parentheses.
std::vector<Parameter> parameters_of(std::string_view signature) {
  std::vector<Parameter> result;
  int depth = 0;
  size_t begin = 1;
  for (size_t i = 0; i < signature.size(); ++i) {
    const char c = signature[i];
    if (c == '(') ++depth;
    const bool last = c == ')' && --depth == 0;
    if (!last && !(c == ',' && depth == 1)) continue;
    std::string_view text = signature.substr(begin, i - begin);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    result.push_back({text.substr(0, text.find(':')), text.find("=>") != std::string_view::npos,
                      text.find(" = ") != std::string_view::npos});
    begin = i + 1;
    if (last) break;
  }
  return result;
}

}  // namespace

std::span<const HigherOrder> higher_order() {
  static const std::vector<HigherOrder> rows = [] {
    std::vector<HigherOrder> result{
#define HIGHER(name, kind, signature, doc) {#name, HigherOrderKind::kind, signature, doc, {}},
#include "runtime/library/higher_order.def"
#undef HIGHER
    };
    for (HigherOrder& row : result) row.parameters = parameters_of(row.signature);
    return result;
  }();
  return rows;
}

const HigherOrder* higher_order(std::string_view name) {
  const auto rows = higher_order();
  const auto found = std::ranges::find(rows, name, &HigherOrder::name);
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace chain::library
