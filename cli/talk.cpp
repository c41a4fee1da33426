#include "cli/talk.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/terminal.h"
#include "runtime/value/utf8.h"

namespace chain::cli {
namespace {

using nlohmann::json;

constexpr size_t kLongestName = 200;  // bytes

std::string word(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

void declare_talk(CLI::App& app, Talk& talk) {
  app.add_option("--user", talk.user, "whose memories are used; `local` unless said")->option_text("USER");
  app.add_option("--session", talk.session,
                 "the conversation whose memories are used; one of its own for each run unless said")
      ->option_text("SESSION");
}

std::string wrong_name(std::string_view option, std::string_view name) {
  if (name.size() > kLongestName)
    return fmt::format("{} takes a name of at most {} bytes; found {}", option, kLongestName, name.size());
  if (value::find_invalid_utf8(name) != std::string_view::npos)
    return fmt::format("the name behind {} is not UTF-8", option);
  if (one_line(name) != name || name.find_first_of("\t") != std::string_view::npos)
    return fmt::format("the name behind {} holds characters that no terminal shows: `{}`", option,
                       one_line(name));
  return {};
}

std::string wrong_talk(const Talk& talk) {
  std::string wrong = wrong_name("--user", talk.user);
  return wrong.empty() ? wrong_name("--session", talk.session) : wrong;
}

void add_talk(json& object, const Talk& talk) {
  if (!talk.user.empty()) object["user"] = talk.user;
  if (!talk.session.empty()) object["session"] = talk.session;
  for (const program::HistoryTurn& turn : talk.history) {
    json said = {{"role", role_word(turn.role)}, {"text", turn.text}};
    if (turn.untrusted) said["untrusted"] = true;
    object["history"].push_back(std::move(said));
  }
}

Talk talk_in(const json& object) {
  Talk talk{.user = word(object, "user"), .session = word(object, "session"), .history = {}};
  const auto history = object.find("history");
  if (history == object.end() || !history->is_array()) return talk;
  for (const json& turn : *history) {
    if (turn.is_object())
      talk.history.push_back(
          {role_named(word(turn, "role")), word(turn, "text"), turn.value("untrusted", json()) == true});
  }
  return talk;
}

void apply(const Talk& talk, sched::RunOptions& options) {
  options.user = talk.user;
  options.session = talk.session;
  options.history = talk.history;
}

std::string_view role_word(program::Role role) {
  switch (role) {
    case program::Role::System: return "system";
    case program::Role::Assistant: return "assistant";
    default: return "user";
  }
}

program::Role role_named(std::string_view word) {
  if (word == "system") return program::Role::System;
  return word == "assistant" ? program::Role::Assistant : program::Role::User;
}

}  // namespace chain::cli
