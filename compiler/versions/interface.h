// What callers see of a prompt, chain, tool or agent, and whether a newer one can stand in for an older.
//
//     {"kind": "prompt", "effect": "", "approve": false,
//      "parameters": [{"name": "ticket", "type": "Ticket", "untrusted": false}],
//      "result": ["?", "Urgency"], "untrusted": false,
//      "types": {"Ticket": {"fields": [{"name": "id", "type": "string", "default": "\"1\"", "where":
//      ["..."]}]},
//                "Urgency": {"cases": ["low", "high"]}}}
//
// A type is the name of one, or a list: ["?", T], ["[]", T], ["map", T], ["|", T...], ["=", values...] of a
// literal type, ["where", T, "condition"...]. Members that are false, empty or absent mean the same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chain::versions {

/// One thing that callers see and that is not as it was.
struct Change {
  bool breaks = false;  // some caller that was right would be wrong now
  std::string what;     // "parameter `tone` is new and has no default"
};

/// What has changed from one interface to another, in the order of the text. One that is empty or damaged is
/// one of which nothing is known: then there is one change, which breaks. Equal ones have none.
[[nodiscard]] std::vector<Change> compare(std::string_view before, std::string_view now);

/// What has changed in a declared type that both interfaces know under `name`: fields and cases that are new,
/// gone, narrower, wider or of another type. Empty if one of them does not know it.
[[nodiscard]] std::vector<std::string> compare_type(std::string_view before, std::string_view now,
                                                    const std::string& name);

[[nodiscard]] bool any_breaks(const std::vector<Change>& changes);

}  // namespace chain::versions
