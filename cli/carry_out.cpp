#include "cli/carry_out.h"

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "cli/event_lines.h"
#include "cli/model_setting.h"
#include "cli/output.h"
#include "cli/price_table.h"
#include "cli/report.h"
#include "cli/run_observer.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "runtime/model/data_uri.h"
#include "runtime/program/types.h"

namespace chain::cli {
namespace {

using nlohmann::json;

Stream stream_of(const ShowSettings& show, bool is_text) {
  if (!show.stream) return Stream::None;
  if (show.json) return Stream::Events;
  return is_text ? Stream::Answer : Stream::Aside;
}

/// Prints what has not been streamed yet.
int print_answer(const ShowSettings& show, const sched::RunResult& result, program::TypeKind kind,
                 const RunObserver& observer) {
  if (observer.output_failed()) return kFailed;
  if (show.json && show.stream)
    return answer_json("{\"result\":" + result.value_json + "}\n") ? kOk : kFailed;
  if (kind != program::TypeKind::String || show.json || observer.written().empty())
    return print_value(result.value_json, result.text, kind, show.json);
  // Its line has been ended.
  const bool complete = observer.written() == result.text;
  return complete || answer_text(result.text + "\n") ? kOk : kFailed;
}

/// What the user can do with a run that did not come to its end.
void say_kept(const std::string& id, const ShowSettings& show) {
  if (id.empty() || !(show.verbose || is_terminal(STDERR_FILENO))) return;
  say(fmt::format("the run is kept: `chain show {0}` shows it, `chain resume {0}` goes on with it\n", id));
}

std::vector<std::string> words(const json& object, const char* name) {
  std::vector<std::string> result;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_array()) return result;
  for (const json& each : *found) {
    if (each.is_string()) result.push_back(each.get<std::string>());
  }
  return result;
}

std::string word(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string to_json(const RunSettings& settings) {
  json object = {{"models", settings.models},
                 {"allow", settings.permissions.allow},
                 {"deny", settings.permissions.deny}};
  if (settings.no_content) object["no_content"] = true;
  if (settings.no_cache) object["no_cache"] = true;
  if (!settings.profile.empty()) object["profile"] = settings.profile;
  if (!settings.env_files.empty()) object["env_files"] = settings.env_files;
  if (!settings.cassette.record.empty()) object["record"] = settings.cassette.record;
  if (!settings.cassette.replay.empty()) object["replay"] = settings.cassette.replay;
  add_talk(object, settings.talk);
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<RunSettings> run_settings(const std::string& text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  RunSettings settings;
  settings.models = words(object, "models");
  settings.permissions = {words(object, "allow"), words(object, "deny")};
  settings.profile = word(object, "profile");
  settings.env_files = words(object, "env_files");
  settings.cassette = {word(object, "record"), word(object, "replay")};
  settings.no_content = object.value("no_content", json()) == true;
  settings.no_cache = object.value("no_cache", json()) == true;
  settings.talk = talk_in(object);
  return settings;
}

std::vector<std::string> models_not_called(const RunSettings& settings, const program::Program& program) {
  if (settings.cassette.replay.empty()) return models_named(settings.models);
  std::vector<std::string> names;
  for (const program::Model& model : program.models) names.push_back(model.name);
  return names;
}

void declare_show(CLI::App& app, ShowSettings& settings) {
  auto* stream = app.add_flag("--stream", settings.stream, "print the answer as it arrives");
  auto* json = app.add_flag("--json", settings.json,
                            "print the answer as JSON, text too; with --stream a JSON object a line");
  auto* verbose =
      app.add_flag("--verbose", settings.verbose, "show each request as it is sent, and each reply");
  app.add_flag("--events", settings.events, "print all that happens as JSON, an object a line")
      ->excludes(stream)
      ->excludes(json)
      ->excludes(verbose);
}

namespace {

/// A medium that a model has made goes out as it is, but not to a terminal. Nothing of media that are
/// elsewhere.
std::optional<int> print_medium(const std::string& value_json) {
  const json value = json::parse(value_json, nullptr, false);  // {"image": "data:..."}
  if (!value.is_object() || value.size() != 1 || !value.front().is_string()) return std::nullopt;
  const auto& uri = value.front().get_ref<const std::string&>();
  std::string bytes;
  if (!uri.starts_with("data:") || model::read_data_uri(uri, UINT64_MAX, bytes) != model::DataUri::Read)
    return std::nullopt;
  if (is_terminal(STDOUT_FILENO)) {
    say(fmt::format("the answer is {} of {} bytes: send standard output to a file, or take `--json`\n",
                    one_line(uri.substr(5, uri.find_first_of(";,") - 5)), bytes.size()));
    return kOk;
  }
  return write_out(bytes) ? kOk : kFailed;
}

}  // namespace

int print_value(const std::string& value_json, const std::string& text, program::TypeKind kind, bool json) {
  if (kind == program::TypeKind::Void && !json) return kOk;
  if (kind == program::TypeKind::Media && !json) {
    if (const auto exit = print_medium(value_json)) return *exit;
  }
  const bool written = kind != program::TypeKind::String || json ? answer_json(pretty_json(value_json) + "\n")
                                                                 : answer_text(text + "\n");
  return written ? kOk : kFailed;
}

namespace {

/// What the run comes to under the eyes of somebody who reads on standard output and standard error.
int carry_out_shown(Session& session, const program::Program& program, uint32_t chain,
                    const std::string& arguments_json, const ShowSettings& show, sched::RunOptions options,
                    const std::string& id) {
  const program::TypeKind kind = program.types.base_kind(program.chains[chain].result);
  const Stream stream = stream_of(show, kind == program::TypeKind::String);
  RunObserver observer(program, session.loop(), show.verbose, stream);
  options.stream = stream != Stream::None;
  options.observer = &observer;
  const auto result = session.run(chain, arguments_json, options);
  const bool waits = result && result->question;
  (void)observer.finish(waits || show.offline_said);
  if (!result) {
    say("interrupted\n");
    say_kept(id, show);
    return kInterrupted;
  }
  const bool missed = session.cassette() && session.cassette()->missed(0);
  if (waits && !missed) return kWaiting;
  if (result->ok && !missed) return print_answer(show, *result, kind, observer);
  if (!result->ok) report(result->error, program);
  if (missed) (void)session.cassette()->say_missed();
  say_kept(id, show);
  return kFailed;
}

/// The same for a program that reads events.
int carry_out_told(Session& session, const program::Program& program, uint32_t chain,
                   const std::string& arguments_json, sched::RunOptions options, const std::string& id) {
  EventLines lines(program, session.loop(), session.secrets());
  lines.run_started(program.chains[chain], id, arguments_json);
  options.stream_all = true;
  options.observer = &lines;
  auto result = session.run(chain, arguments_json, options);
  if (!result) {
    lines.run_interrupted();
    say("interrupted\n");
    return kInterrupted;
  }
  const bool missed = session.cassette() && session.cassette()->missed(0);
  if (missed && result->ok) {
    result->ok = false;
    result->error = {abi::ErrorKind::NotFound, "the cassette holds no answer to one of its calls",
                     program.chains[chain].name};
  }
  if (result->question && !missed) {
    lines.run_waits(*result->question);
    return kWaiting;
  }
  lines.run_ended(*result);
  if (!result->ok) report(result->error, program);
  if (missed) (void)session.cassette()->say_missed();
  return result->ok && !lines.output_failed() ? kOk : kFailed;
}

}  // namespace

int carry_out(Session& session, const std::shared_ptr<const program::Program>& program, uint32_t chain,
              const std::string& arguments_json, const ShowSettings& show, sched::RunOptions options,
              const std::string& id) {
  std::string error;
  const std::optional<model::Prices> prices = load_prices(error);
  const auto bounds_cost = [](const program::Chain& each) { return each.bounds.cost >= 0; };
  if (prices) {
    options.prices = &*prices;
  } else if (std::ranges::any_of(program->chains, bounds_cost)) {
    say_error(error);
    return kFailed;
  } else {
    say("warning: " + printable(error) + "; costs go by the prices that are built in\n");
  }
  return show.events ? carry_out_told(session, *program, chain, arguments_json, options, id)
                     : carry_out_shown(session, *program, chain, arguments_json, show, options, id);
}

}  // namespace chain::cli
