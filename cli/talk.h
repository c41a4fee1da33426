// Whose memories a run uses, and the conversation that it goes on with.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "runtime/program/history.h"
#include "runtime/sched/run.h"

namespace CLI {
class App;
}

namespace chain::cli {

struct Talk {
  std::string user;     // empty: "local"
  std::string session;  // empty: a new one
  std::vector<program::HistoryTurn> history;
};

/// `--user` and `--session`.
void declare_talk(CLI::App& app, Talk& talk);
/// What is wrong with the names; empty if nothing is.
[[nodiscard]] std::string wrong_talk(const Talk& talk);
/// The same of one name, which `option` gives.
[[nodiscard]] std::string wrong_name(std::string_view option, std::string_view name);

/// Puts it into an object of a run's settings, and takes it from there.
void add_talk(nlohmann::json& object, const Talk& talk);
[[nodiscard]] Talk talk_in(const nlohmann::json& object);

void apply(const Talk& talk, sched::RunOptions& options);

/// "system", "user", "assistant".
[[nodiscard]] std::string_view role_word(program::Role role);
[[nodiscard]] program::Role role_named(std::string_view word);  // User for anything else

}  // namespace chain::cli
