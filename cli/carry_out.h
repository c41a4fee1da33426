// A run on the command line, new or taken up again: what it was started with, and carrying it out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/cassette_file.h"
#include "cli/permission.h"
#include "cli/session.h"
#include "cli/talk.h"
#include "compiler/source/source.h"
#include "runtime/program/program.h"

namespace CLI {
class App;
}

namespace chain::cli {

/// What decides what a run does besides its file and its arguments; kept with it.
struct RunSettings {
  std::vector<std::string> models;
  std::string profile;
  bool no_cache = false;
  bool no_content = false;
  PermissionSettings permissions;
  CassetteSettings cassette;
  std::vector<std::string> env_files;
  Talk talk;
};

/// As a JSON object, and back; nothing if it is none.
[[nodiscard]] std::string to_json(const RunSettings& settings);
[[nodiscard]] std::optional<RunSettings> run_settings(const std::string& json);

/// The models whose needs do not count: others take their places, or nobody is called.
[[nodiscard]] std::vector<std::string> models_not_called(const RunSettings& settings,
                                                         const program::Program& program);

/// How a run shows itself.
struct ShowSettings {
  bool stream = false;
  bool json = false;
  bool verbose = false;
  bool events = false;
  bool offline_said = false;  // that no language model answers: it has been said before
};

void declare_show(CLI::App& app, ShowSettings& settings);

/// Carries out a run of `chain`, shows it as it goes on, and prints its answer. Gives the exit code:
/// kWaiting, and nothing said, for a run that stops at a question. `id` names it in the journal; empty
/// without one.
[[nodiscard]] int carry_out(Session& session, const std::shared_ptr<const program::Program>& program,
                            uint32_t chain, const std::string& arguments_json, const ShowSettings& show,
                            sched::RunOptions options, const std::string& id);

/// Prints the value of a run that has ended.
[[nodiscard]] int print_value(const std::string& value_json, const std::string& text, program::TypeKind kind,
                              bool json);

}  // namespace chain::cli
