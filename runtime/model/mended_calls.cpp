#include "runtime/model/mended_calls.h"

#include <fmt/format.h>

#include <set>

#include "runtime/http/printable.h"
#include "runtime/model/json_reader.h"
#include "runtime/model/json_writer.h"

namespace chain::model {

namespace {

constexpr size_t kLongestName = 64;
constexpr std::string_view kNameLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
/// Of arguments that cannot be used.
constexpr size_t kShownArguments = 400;

}  // namespace

bool mend_calls(std::vector<ToolCall>& calls, bool cut_off) {
  bool as_said = true;
  if (calls.size() > kMostCalls) {
    calls.resize(kMostCalls + 1);
    as_said = false;
  }
  std::set<std::string> ids;
  for (size_t i = 0; i < calls.size(); ++i) {
    ToolCall& call = calls[i];
    as_said = as_said && is_tool_name(call.name);
    // Of a tool without parameters some send nothing.
    if (call.arguments.find_first_not_of(" \t\r\n") == std::string::npos) call.arguments = "{}";
    const bool too_long = call.arguments.size() > kMostArguments;
    if (too_long || !is_json_object(call.arguments)) {
      const std::string why =
          too_long  ? fmt::format("they have {} bytes, and {} are the most: ", call.arguments.size(),
                                  kMostArguments)
          : cut_off ? "the token limit ended the answer within them: "
                    : "";
      std::string written;
      append_json_string(written, why + http::printable(call.arguments, kShownArguments));
      call.arguments = std::move(written);
      as_said = false;
    }
    if (call.id.empty() || ids.contains(call.id))
      call.id = fmt::format("chain_{}", i);  // as `is_made_up` knows them
    ids.insert(call.id);
  }
  return as_said;
}

std::optional<std::string> wrong_arguments(const ToolCall& call) {
  JsonReader reader(call.arguments);
  std::string text;
  if (reader.peek() == '"' && reader.string(text)) return text;
  if (is_json_object(call.arguments)) return std::nullopt;
  return call.arguments;
}

bool is_tool_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName &&
         name.find_first_not_of(kNameLetters) == std::string_view::npos;
}

std::string name_to_send(std::string_view name) {
  std::string sent(name.substr(0, kLongestName));
  for (char& letter : sent) {
    if (kNameLetters.find(letter) == std::string_view::npos) letter = '_';
  }
  return sent.empty() ? "unnamed" : sent;
}

std::string_view arguments_to_send(const ToolCall& call) {
  return is_json_object(call.arguments) ? std::string_view(call.arguments) : "{}";
}

}  // namespace chain::model
