#include "cli/carry_out.h"

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "cli/output.h"
#include "cli/price_table.h"
#include "cli/report.h"
#include "cli/run_observer.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
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
  const bool complete = observer.written() == result.text;
  return answer_text(complete ? "\n" : "\n" + result.text + "\n") ? kOk : kFailed;
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

}  // namespace

std::string to_json(const RunSettings& settings) {
  json object = {{"models", settings.models},
                 {"allow", settings.permissions.allow},
                 {"deny", settings.permissions.deny}};
  if (settings.no_content) object["no_content"] = true;
  if (settings.no_cache) object["no_cache"] = true;
  if (!settings.profile.empty()) object["profile"] = settings.profile;
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<RunSettings> run_settings(const std::string& text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  RunSettings settings;
  settings.models = words(object, "models");
  settings.permissions = {words(object, "allow"), words(object, "deny")};
  if (const auto profile = object.find("profile"); profile != object.end() && profile->is_string())
    settings.profile = profile->get<std::string>();
  settings.no_content = object.value("no_content", json()) == true;
  settings.no_cache = object.value("no_cache", json()) == true;
  return settings;
}

void declare_show(CLI::App& app, ShowSettings& settings) {
  app.add_flag("--stream", settings.stream, "print the answer as it arrives");
  app.add_flag("--json", settings.json,
               "print the answer as JSON, text too; with --stream a JSON object a line");
  app.add_flag("--verbose", settings.verbose, "show each request as it is sent, and each reply");
}

int print_value(const std::string& value_json, const std::string& text, program::TypeKind kind, bool json) {
  if (kind == program::TypeKind::Void && !json) return kOk;
  const bool written = kind != program::TypeKind::String || json ? answer_json(pretty_json(value_json) + "\n")
                                                                 : answer_text(text + "\n");
  return written ? kOk : kFailed;
}

int carry_out(Session& session, const std::shared_ptr<const program::Program>& program, uint32_t chain,
              const std::string& arguments_json, const ShowSettings& show, sched::RunOptions options,
              const std::string& id) {
  const program::TypeKind kind = program->types.base_kind(program->chains[chain].result);
  const Stream stream = stream_of(show, kind == program::TypeKind::String);
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
  RunObserver observer(*program, session.loop(), show.verbose, stream);
  options.stream = stream != Stream::None;
  options.observer = &observer;
  const auto result = session.run(chain, arguments_json, options);
  const bool waits = result && result->question;
  (void)observer.finish(waits);
  if (!result) {
    say("interrupted\n");
    say_kept(id, show);
    return kInterrupted;
  }
  if (waits) return kWaiting;
  if (result->ok) return print_answer(show, *result, kind, observer);
  if (stream == Stream::Answer && !observer.written().empty()) (void)answer_text("\n");
  report(result->error, *program);
  say_kept(id, show);
  return kFailed;
}

}  // namespace chain::cli
