// `chain parse FILE:TYPE [REPLY]`: reads a model's reply as a type and says what it had to repair.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstddef>

#include "cli/output.h"
#include "cli/program.h"
#include "cli/target.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "runtime/abi/context.h"
#include "runtime/sched/constraints.h"
#include "runtime/value/json.h"
#include "runtime/value/reply_parser.h"

namespace chain::cli {
namespace {

using program::TypeId;

/// Parameter records carry the name of their prompt or chain; nobody means those.
bool is_parameters(const program::Program& program, TypeId id) {
  auto takes = [&](const auto& callable) { return callable.parameters == id; };
  return std::any_of(program.prompts.begin(), program.prompts.end(), takes) ||
         std::any_of(program.chains.begin(), program.chains.end(), takes);
}

/// Every name that may stand behind the colon: types, and prompts and chains for their result.
std::vector<std::pair<std::string_view, TypeId>> nameable(const program::Program& program) {
  const program::TypeTable& types = program.types;
  std::vector<std::pair<std::string_view, TypeId>> result = {
      {"string", types.string_type}, {"int", types.int_type},           {"float", types.float_type},
      {"bool", types.bool_type},     {"duration", types.duration_type}, {"money", types.money_type}};
  for (uint32_t index = 0; index < types.types.size(); ++index) {
    if (!types.types[index].name.empty() && !is_parameters(program, {index}))
      result.emplace_back(types.types[index].name, TypeId{index});
  }
  for (const program::Alias& alias : program.aliases) result.emplace_back(alias.name, alias.type);
  for (const program::Prompt& prompt : program.prompts) result.emplace_back(prompt.name, prompt.result);
  for (const program::Chain& chain : program.chains) result.emplace_back(chain.name, chain.result);
  return result;
}

/// `Reply`, `Reply[]`, `int?`: adds what is not in the table yet.
std::optional<TypeId> find_type(program::Program& program, std::string_view text, std::string& error) {
  if (text.ends_with("[]")) {
    const auto element = find_type(program, text.substr(0, text.size() - 2), error);
    return element ? std::optional(program.types.list_of(*element)) : std::nullopt;
  }
  if (text.ends_with("?")) {
    const auto element = find_type(program, text.substr(0, text.size() - 1), error);
    return element ? std::optional(program.types.optional_of(*element)) : std::nullopt;
  }
  std::vector<std::string_view> names;
  for (const auto& [name, type] : nameable(program)) {
    if (name == text) return type;
    names.push_back(name);
  }
  error = fmt::format("there is no type `{}`{}", text, meant(text, names));
  return std::nullopt;
}

int read_reply(const program::Program& program, TypeId type, std::string_view reply) {
  abi::Context context(uint64_t{1} << 30);
  context.program = &program;
  sched::NativeConstraints constraints(program, context);
  std::vector<std::max_align_t> place(program.types[type].size / sizeof(std::max_align_t) + 1);
  const value::ReplyResult read =
      value::parse_reply(program.types, type, reply, context.arena, place.data(), &constraints);
  for (const std::string& repair : read.repairs) say("repaired: " + printable(repair) + "\n");
  if (!read.ok) {
    say_error(fmt::format("this is no {}: {}", program.types.to_string(type), read.complaint));
    return kFailed;
  }
  std::string json;
  value::write_json(program.types, type, place.data(), json, {.indent = 2});
  return answer_json(json + "\n") ? kOk : kFailed;
}

}  // namespace

int parse(Arguments arguments) {
  CLI::App app(
      "Reads a model's reply as a type of a file. The value goes to standard output as JSON, what had to be "
      "repaired "
      "to standard error.",
      "chain parse");
  std::string word;
  std::optional<std::string> reply;
  app.add_option(
         "target", word,
         "the file and a type in it, as in support.chain:Urgency; a prompt's name stands for its result")
      ->required()
      ->option_text("FILE:TYPE");
  app.add_option("reply", reply, "the reply; from standard input without it or with `-`")
      ->option_text("REPLY|-");
  if (const auto code = read_options(app, arguments)) return *code;

  const Target target = split_target(word);
  if (target.ends_early) return usage_error("parse", missing_name(target, "Reply"));
  if (target.name.empty())
    return usage_error("parse", "which type? as in: chain parse " + target.file + ":Reply");
  int exit = kOk;
  const auto compiled = load_program(target.file, {}, exit);
  if (compiled == nullptr) return exit;
  program::Program program = *compiled;
  std::string error;
  const auto type = find_type(program, target.name, error);
  if (!type) return usage_error("parse", error);
  if (!reply || *reply == "-") {
    reply = read_stdin(error);
    if (!reply) return usage_error("parse", error);
  }
  return read_reply(program, *type, *reply);
}

}  // namespace chain::cli
