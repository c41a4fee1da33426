// What the keys of a JSON Schema are called in the language.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace chain::sema {

/// "ticket-event" gives "TicketEvent". What no name may hold is left out.
[[nodiscard]] std::string type_name(std::string_view text);

/// What a server calls `get-sum` is `get_sum` in programs: what may not stand in a name becomes `_`.
[[nodiscard]] std::string callable_name(std::string_view tool);

/// `text` as a text of the language, in quotes.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// `text` as documentation: a description with line breaks is several comments, and holds nothing else that
/// ends one.
[[nodiscard]] std::string documentation(std::string_view text, const char* indent);

/// The names of a record's fields or an enum's cases, whose keys stay known by an alias. No two are alike,
/// and none is another one's key.
class MemberNames {
 public:
  explicit MemberNames(const std::vector<std::string_view>& keys) : keys_(keys.begin(), keys.end()) {}
  /// "ticket-event" gives "ticket_event".
  [[nodiscard]] std::string take(std::string_view key);

 private:
  std::set<std::string_view> keys_;
  std::set<std::string> taken_;
  std::map<std::string, int> numbers_;  // the last of each stem, so that many alike cost no more than few
};

}  // namespace chain::sema
