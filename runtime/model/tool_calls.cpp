#include "runtime/model/tool_calls.h"

#include <algorithm>

#include "runtime/model/json_reader.h"

namespace chain::model {

namespace {

constexpr std::string_view kMadeUp = "chain_";

}  // namespace

bool is_made_up(std::string_view id) {
  return id.starts_with(kMadeUp) &&
         id.find_first_not_of("0123456789", kMadeUp.size()) == std::string_view::npos;
}

bool is_json_object(std::string_view json) {
  JsonReader reader(json);
  return reader.peek() == '{' && reader.skip() && reader.end();
}

ToolCall& CallPieces::at(std::vector<ToolCall>& calls, int64_t index, std::string_view id) {
  // The last of that number: one before it is complete.
  for (size_t i = calls.size(); i-- > 0;) {
    if (indexes_[i] != index) continue;
    const bool same = id.empty() || calls[i].id.empty() || calls[i].id == id;
    if (!same) break;
    return calls[i];
  }
  if (calls.size() > kMostCalls) return calls.back();  // one too many is enough to tell
  indexes_.push_back(index);
  return calls.emplace_back();
}

bool CallPieces::knows(int64_t index) const {
  return std::ranges::find(indexes_, index) != indexes_.end();
}

}  // namespace chain::model
