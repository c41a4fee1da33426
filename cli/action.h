// The word behind a verb that can do several things: `chain index build`.
#pragma once

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "cli/usage.h"

namespace chain::cli {

template <typename Run>
struct Action {
  std::string_view name;
  Run* run;
};

/// The one of `all` that is called `name`. Null, said on standard error, if there is none, or no name: then
/// `which` says what can be done.
template <typename Run, size_t N>
[[nodiscard]] const Action<Run>* chosen_action(std::string_view verb, const std::string& name,
                                               const Action<Run> (&all)[N], std::string_view which) {
  const auto* found = std::ranges::find(all, name, &Action<Run>::name);
  if (found != std::end(all)) return found;
  std::vector<std::string_view> names;
  for (const Action<Run>& each : all) names.push_back(each.name);
  if (name.empty())
    usage_error(verb, "what? " + std::string(which));
  else
    usage_error(verb, "unknown action `" + name + "`" + meant(name, names));
  return nullptr;
}

}  // namespace chain::cli
