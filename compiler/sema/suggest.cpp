#include "compiler/sema/suggest.h"

namespace chain::sema {

std::string_view closest(const Diagnostics& diagnostics, std::string_view name,
                         const std::vector<std::string_view>& candidates) {
  if (diagnostics.dropped() > 0 || name.empty()) return {};
  return did_you_mean(name, candidates);
}

std::string hint_among(const Diagnostics& diagnostics, std::string_view name,
                       const std::vector<std::string_view>& candidates) {
  const std::string_view best = closest(diagnostics, name, candidates);
  return best.empty() ? "" : "; did you mean `" + std::string(best) + "`?";
}

std::vector<std::string_view> views(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

}  // namespace chain::sema
