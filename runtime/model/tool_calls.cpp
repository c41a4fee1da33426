#include "runtime/model/tool_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "runtime/http/printable.h"
#include "runtime/model/json_reader.h"

namespace chain::model {

namespace {

constexpr std::string_view kMadeUp = "chain_";

std::string shown(std::string_view name) {
  return http::printable(name, 80);
}

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

std::string settle_calls(std::vector<ToolCall>& calls, bool cut_off) {
  if (calls.size() > kMostCalls) return fmt::format("the answer calls more than {} tools", kMostCalls);
  std::set<std::string_view> ids;
  for (size_t i = 0; i < calls.size(); ++i) {
    ToolCall& call = calls[i];
    if (call.name.empty()) return "the answer calls a tool without saying which";
    if (call.arguments.size() > kMostArguments) {
      return fmt::format("the answer calls the tool `{}` with arguments of {} bytes; {} are the most",
                         shown(call.name), call.arguments.size(), kMostArguments);
    }
    // Of a tool without parameters some send nothing.
    if (call.arguments.find_first_not_of(" \t\r\n") == std::string::npos) call.arguments = "{}";
    if (!is_json_object(call.arguments)) {
      return cut_off ? fmt::format(
                           "the token limit ended the answer within a call of the tool `{}`; raise "
                           "`max_tokens`",
                           shown(call.name))
                     : fmt::format(
                           "the answer calls the tool `{}` with arguments that are no JSON object: \"{}\"",
                           shown(call.name), http::printable(call.arguments, 120));
    }
    if (call.id.empty() || ids.contains(call.id)) call.id = fmt::format("{}{}", kMadeUp, i);
    ids.insert(call.id);
  }
  return {};
}

}  // namespace chain::model
