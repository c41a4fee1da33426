// What an endpoint and its model can do: abilities.def, for looking up.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace chain::model {

enum class Does : uint8_t { Unknown, No, Yes };

struct Abilities {
  Does structured = Does::Unknown;    // takes the JSON Schema of an answer
  Does tools = Does::Unknown;         // calls them
  Does tool_choice = Does::Unknown;   // can be told which to call
  Does stream_usage = Does::Unknown;  // tells the usage at the end of a stream
  Does embeddings = Does::Unknown;    // makes vectors of texts
  Does several = Does::Unknown;       // answers to one request
  Does web_search = Does::Unknown;    // can be told to search the web for its answer
  Does reasoning = Does::Unknown;     // can think before it answers
  int64_t context = 0;                // tokens of question and answer together; 0 if unknown
  std::string_view media = {};  // kinds that it reads: "image,file", "none"; empty for what its API carries
};

/// The abilities that a request can find out, under the names that files and people know them by.
struct AbilityName {
  std::string_view name;
  Does Abilities::* member;
};
[[nodiscard]] std::span<const AbilityName> probed_abilities();

/// By the table, of the longest family that `id` begins with. All unknown for a provider that is not in it.
[[nodiscard]] Abilities abilities_of(std::string_view provider, std::string_view id);

}  // namespace chain::model
