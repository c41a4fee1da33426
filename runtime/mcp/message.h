// Messages of JSON-RPC 2.0 as MCP uses it, and what each era puts around them. Internal to runtime/mcp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/mcp/client.h"

namespace chain::mcp {

inline constexpr std::string_view kSessionsVersion = "2025-11-25";
inline constexpr std::string_view kStatelessVersion = "2026-07-28";

/// What `roots/list` is answered with: no folder is shown to servers.
inline constexpr std::string_view kNoRoots = R"({"roots":[]})";

// Error codes of JSON-RPC and of MCP.
inline constexpr int64_t kMethodNotFound = -32601;
inline constexpr int64_t kInternalError = -32603;
inline constexpr int64_t kHeaderMismatch = -32020;
inline constexpr int64_t kUnsupportedVersion = -32022;
inline constexpr int64_t kUrlElicitationRequired = -32042;

/// A message of a server. Points into the text that it was read from.
struct Message {
  enum class Kind : uint8_t { Invalid, Request, Notification, Result, Error };
  Kind kind = Kind::Invalid;
  std::string_view id;  // JSON; empty for none, and for `null`
  std::string method;
  std::string_view params;  // JSON; empty for none
  std::string_view result;  // JSON
  int64_t code = 0;         // of an error
  std::string error;
  std::string_view data;  // JSON; empty for none
};

/// Invalid unless it is an object that JSON-RPC knows; with what could be read of its id even so.
[[nodiscard]] Message read_message(std::string_view json);

using Members = std::vector<std::pair<std::string, std::string>>;  // names, values as JSON

/// The members of the object `json` (nothing: of none) without those that `members` has, and these behind
/// them. Empty if `json` is no object.
[[nodiscard]] std::string with_members(std::string_view json, const Members& members);
/// A member of the object `json`, as JSON; empty if there is none.
[[nodiscard]] std::string_view member_of(std::string_view json, std::string_view name);
/// A member that is a string; empty if there is none.
[[nodiscard]] std::string text_of(std::string_view json, std::string_view name);
[[nodiscard]] std::string quoted(std::string_view text);

[[nodiscard]] std::string request_message(uint64_t id, std::string_view method, std::string_view params);
[[nodiscard]] std::string notification_message(std::string_view method, std::string_view params);
/// Answers to a server; `id` as it wrote it.
[[nodiscard]] std::string result_message(std::string_view id, std::string_view result);
[[nodiscard]] std::string error_message(std::string_view id, int64_t code, std::string_view text);

/// `params` with what `era` wants in the `_meta` of every request, and the token by which the server reports
/// progress. Empty if `params` is no object.
[[nodiscard]] std::string enveloped(std::string_view params, Era era, uint64_t progress_token, bool logs);
[[nodiscard]] std::string initialize_params();
/// Whether this client speaks `version` of the era of sessions.
[[nodiscard]] bool knows_session_version(std::string_view version);

}  // namespace chain::mcp
