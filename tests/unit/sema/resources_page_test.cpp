// docs/resources.md is the table of runtime/program/resources.def, as a page.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "runtime/program/resources.h"

namespace program = chain::program;

namespace {

std::string_view name_of(program::ArgumentType type) {
  switch (type) {
    case program::ArgumentType::String: return "string";
    case program::ArgumentType::Strings: return "string or list of strings";
    case program::ArgumentType::File: return "string";
    case program::ArgumentType::Files: return "string or list of strings";
    case program::ArgumentType::Link: return "string";
    case program::ArgumentType::JsonPath: return "string";
    case program::ArgumentType::Secret: return "`secret(...)`";
    case program::ArgumentType::Credential:
    case program::ArgumentType::Connection: return "string or `secret(...)`";
    case program::ArgumentType::Dataset: return "a dataset";
    case program::ArgumentType::Weights: return "map of numbers";
    case program::ArgumentType::Int: return "int";
    case program::ArgumentType::Bool: return "bool";
    case program::ArgumentType::Duration: return "duration";
    case program::ArgumentType::Choice: return "one of ";
    case program::ArgumentType::Nested: return "a provider below: ";
    case program::ArgumentType::Model: return "a model";
    case program::ArgumentType::Url: return "a URL";
    case program::ArgumentType::Path: return "a path";
    case program::ArgumentType::Command: return "string";
    case program::ArgumentType::Text: return "string";
    case program::ArgumentType::Texts: return "map<string>";
    case program::ArgumentType::Json: return "any value";
  }
  return "";
}

std::string choices_of(const program::ResourceOption& option) {
  const bool shown =
      option.type == program::ArgumentType::Choice || option.type == program::ArgumentType::Nested;
  return shown ? std::string(option.choices) : std::string();
}

std::string page() {
  std::string text =
      "# Providers of tools and resources\n\nWhat stands behind `=` in `tool`, `index`, `memory`, `dataset`, "
      "`mcp` and "
      "`a2a`. Models have theirs in\n[language.md](language.md#models). Arguments without a colon are "
      "positional.\n";
  std::string_view kind;
  for (const program::ResourceProvider& provider : program::resource_providers()) {
    if (provider.kind != kind) text += "\n## " + std::string(provider.kind) + "\n";
    kind = provider.kind;
    text += "\n`" + std::string(provider.name) + "`: " + std::string(provider.doc) + ".\n";
    const std::vector<const program::ResourceOption*> options = program::options_of(provider);
    if (!options.empty()) text += "\n| Argument | Type | What it is |\n| --- | --- | --- |\n";
    for (const program::ResourceOption* option : options) {
      const bool named = option->place == program::ArgumentPlace::Named;
      const bool rest = option->place == program::ArgumentPlace::Rest;
      text += "| `" + std::string(option->name) +
              (named  ? ":"
               : rest ? "..."
                      : "") +
              "` | " + std::string(name_of(option->type)) + choices_of(*option) + " | " +
              std::string(option->doc) + (option->needed ? "" : " (optional)") + " |\n";
    }
  }
  return text;
}

}  // namespace

TEST_CASE("docs/resources.md is the table of providers") {
  std::ifstream file(CHAIN_RESOURCES_PAGE);
  std::stringstream written;
  written << file.rdbuf();
  INFO("run with CHAIN_UPDATE=1 to rewrite it");
  if (std::getenv("CHAIN_UPDATE")) std::ofstream(CHAIN_RESOURCES_PAGE) << page();
  if (!std::getenv("CHAIN_UPDATE")) CHECK(written.str() == page());
}
