#include "runtime/model/paused.h"

#include <algorithm>
#include <utility>

namespace chain::model {

namespace {

/// Both lists as one.
ProviderState joined(const ProviderState& begun, const ProviderState& rest) {
  if (begun.api.empty()) return rest;
  if (rest.api.empty()) return begun;
  ProviderState all = begun;
  all.json.pop_back();
  all.json.append(1, ',').append(rest.json, 1);
  return all;
}

}  // namespace

void put_before(Completion begun, Completion& rest) {
  rest.state = joined(begun.state, rest.state);
  rest.text = std::move(begun.text) + rest.text;
  for (Source& source : rest.sources) {
    if (std::ranges::find(begun.sources, source) == begun.sources.end())
      begun.sources.push_back(std::move(source));
  }
  rest.sources = std::move(begun.sources);
  for (int64_t Usage::* count : {&Usage::input_tokens, &Usage::output_tokens, &Usage::cached_tokens,
                                 &Usage::reasoning_tokens, &Usage::written_tokens, &Usage::searches})
    rest.usage.*count += begun.usage.*count;
}

}  // namespace chain::model
