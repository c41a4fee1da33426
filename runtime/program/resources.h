// Which providers tools and resources have and what they take: resources.def, for looking up.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace chain::program {

enum class ArgumentPlace : uint8_t { First, Second, Rest, Named };

/// Constants, but for the last six, which are made anew for each call of a tool.
enum class ArgumentType : uint8_t {
  String,
  Strings,     // one, or a list of them
  File,        // a path under the project's folder
  Files,       // one, or a list of them; patterns
  Link,        // a URL of http or https
  JsonPath,    // the way to a part of a JSON value: "data.items.0"
  Secret,      // `secret("NAME")`, which gives NAME to the option `choices`
  Credential,  // a string, or a Secret
  Connection,  // likewise; a string holds no password
  Dataset,     // the name of one
  Weights,     // a map of numbers, whose keys are among `choices`
  Int,
  Bool,
  Duration,
  Choice,  // one of `choices`, as a bare word or a string
  Nested,  // a provider of the kind `choices`, with arguments of its own
  Model,   // the name of a model
  Url,
  Path,
  Command,
  Text,
  Texts,  // a map of strings, in which a secret may stand
  Json,   // any value
};

struct ResourceProvider {
  std::string_view kind;
  std::string_view name;
  std::string_view doc;
};

struct ResourceOption {
  std::string_view kind;
  std::string_view providers;
  std::string_view name;
  ArgumentPlace place;
  ArgumentType type;
  bool needed;
  int64_t least;
  int64_t most;
  std::string_view choices;
  std::string_view doc;
};

[[nodiscard]] std::span<const ResourceProvider> resource_providers();
[[nodiscard]] std::span<const ResourceOption> resource_options();

/// Null if `kind` has no such provider.
[[nodiscard]] const ResourceProvider* find_resource_provider(std::string_view kind, std::string_view name);
/// What one provider takes, in the order of the table.
[[nodiscard]] std::vector<const ResourceOption*> options_of(const ResourceProvider& provider);

}  // namespace chain::program
