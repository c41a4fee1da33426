#include "cli/chat_session.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "cli/argument_files.h"
#include "cli/arguments.h"
#include "cli/cache.h"
#include "cli/export_run.h"
#include "cli/going_on.h"
#include "cli/kept_run.h"
#include "cli/new_run.h"
#include "cli/output.h"
#include "cli/permission.h"
#include "cli/program.h"
#include "cli/questions.h"
#include "cli/target.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/variables.h"
#include "cli/verbs.h"
#include "runtime/abi/context.h"
#include "runtime/model/abilities.h"
#include "runtime/sched/ambient.h"
#include "runtime/sched/constraints.h"
#include "runtime/value/utf8.h"

namespace chain::cli {
namespace {

using nlohmann::json;
using program::TypeKind;

constexpr size_t kMostSaid = size_t{1} << 20;     // bytes of one message
constexpr size_t kMostHistory = size_t{1} << 20;  // bytes of a conversation that a run begins with
constexpr uint64_t kArgumentBytes = uint64_t{1} << 30;
constexpr std::string_view kLocal = "local";         // who has no name
constexpr int64_t kSurelyBegun = 3'600'000'000'000;  // nanoseconds

/// Wherever the process runs.
std::string whole_path(const std::string& file) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(file, error);
  const std::filesystem::path whole = std::filesystem::weakly_canonical(absolute, error);
  return (error ? absolute : whole).string();
}

bool is_message(const program::TypeTable& types, program::TypeId id) {
  const program::Type& type = types[id];
  return type.kind == TypeKind::Record && type.name == "Message" && type.fields.size() >= 2 &&
         type.fields[0].name == "role" && type.fields[1].name == "parts";
}

bool is_given(const std::vector<std::string>& arguments, const std::string& name) {
  return std::ranges::any_of(arguments,
                             [&](const std::string& each) { return each.starts_with(name + '='); });
}

json message_json(const program::HistoryTurn& turn) {
  return {{"role", role_word(turn.role)}, {"parts", json::array({turn.text})}};
}

/// Whether an agent calls a tool of that name whose answers are closed: they can hold no stranger's text.
bool is_closed_tool(const program::Program& program, const std::string& name) {
  bool found = false;
  for (const program::Agent& agent : program.agents) {
    for (const program::AgentTool& tool : agent.tools) {
      if (tool.handoff) continue;
      const program::Task& task = program.regions[tool.region].tasks[0];
      if (task.kind != program::TaskKind::External) continue;
      const program::External& external = program.externals[task.target];
      if (versioned(external.name, external.version) != name) continue;
      if (tool.gives_untrusted) return false;
      found = true;
    }
  }
  return found;
}

/// Whether what a step gave is no stranger's text: what models, people and the clock say, and tools whose
/// answers are closed. What an agent read stands in steps of its own.
bool is_own(const program::Program& program, const store::StepRecord& step) {
  for (const std::string_view kind :
       {"prompt", "ask", "approve", "doubt", "now", "random", "log", "time", "remember", "call"}) {
    if (step.kind == kind)
      return step.end.completion.sources.empty() && step.end.completion.usage.searches == 0;
  }
  if (step.kind == "agent") {
    return std::ranges::none_of(program.agents, [&](const program::Agent& agent) {
      return agent.begins_untrusted && versioned(agent.prompt.name, agent.prompt.version) == step.name;
    });
  }
  if (step.kind == "tool") return step.end.ok && is_closed_tool(program, step.name);
  // What an agent's memory opened with says of each entry whose it is.
  const bool opening = step.kind == "recall" && step.path.ends_with("/opening");
  return opening && step.end.completion.text.find("untrusted\":true") == std::string::npos;
}

}  // namespace

int ChatSession::load() {
  const Target target = split_target(settings_.target);
  if (target.ends_early) return usage_error("chat", missing_name(target, "main"));
  file_ = target.file;
  int exit = kOk;
  SourceMap sources;
  auto program = load_program(
      file_, {.profile = settings_.run.profile, .models = settings_.run.models, .runs = true}, exit, sources);
  if (!program) return exit;
  std::string error;
  const auto chosen = choose_chain(*program, target, error);
  if (!chosen) return usage_error("chat", error);
  const auto policy = policy_for(file_, settings_.run.profile, settings_.run.permissions, error);
  if (!policy) return usage_error("chat", error);
  if (!permitted(*program, *chosen, file_, *policy, models_not_called(settings_.run, *program), sources))
    return kRefused;
  program_ = std::move(program);
  chain_ = *chosen;
  sources_ = std::move(sources);
  if (!find_parameter(error)) return usage_error("chat", error);
  variables_ = load_variables(file_, settings_.run.env_files, error);
  return variables_ ? static_cast<int>(kOk) : usage_error("chat", error);
}

bool ChatSession::find_parameter(std::string& error) {
  const program::TypeTable& types = program_->types;
  const auto fits = [&](const program::Field& field) {
    return types[field.type].kind == TypeKind::String || is_message(types, field.type) ||
           (types[field.type].kind == TypeKind::List && is_message(types, types[field.type].element));
  };
  const auto needed = [&](const program::Field& field) {
    return field.default_json.empty() && types[field.type].kind != TypeKind::Optional;
  };
  const program::Field* found = nullptr;
  size_t open = 0;
  for (const program::Field& field : types[chain().parameters].fields) {
    if (is_given(settings_.arguments, field.name)) continue;
    if (needed(field)) ++open;
    if (fits(field) && (!found || (needed(field) && !needed(*found)))) found = &field;
  }
  if (!found || open > 1 || (open == 1 && !needed(*found))) {
    const std::string parameters = list_parameters(types, chain().parameters);
    error = fmt::format(
        "a conversation gives `{}` one text at a time (a string, a Message or messages), and `-a` the rest; "
        "it takes:\n{}",
        versioned(chain().name, chain().version), parameters.empty() ? "  nothing\n" : parameters);
    return false;
  }
  parameter_ = found->name;
  takes_ = Takes::Text;
  if (is_message(types, found->type)) takes_ = Takes::Message;
  if (types[found->type].kind == TypeKind::List) takes_ = Takes::Messages;
  return true;
}

bool ChatSession::open() {
  const std::string folder = store::state_folder();
  if (folder.empty()) return say_error("a conversation is kept: set CHAIN_STATE_DIR or HOME"), false;
  std::string error;
  kept_ = store::ConversationFile::open(folder, error);
  if (!kept_) return say_error(error), false;
  const std::string& name = settings_.run.talk.session;
  if (settings_.fresh) return begin(name);
  std::vector<store::Conversation> all;
  if (!kept_->list(whole_path(file_), chain().name, user(), all)) return say_error(kept_->why()), false;
  const auto found = name.empty() ? all.begin() : std::ranges::find(all, name, &store::Conversation::name);
  if (found == all.end()) return begin(name);
  conversation_ = *found;
  return take_ended();
}

/// Nobody sees another one's conversations.
std::string ChatSession::user() const {
  const std::string& named = settings_.run.talk.user;
  return named.empty() ? std::string(kLocal) : named;
}

bool ChatSession::begin(const std::string& name) {
  std::vector<store::Conversation> all;
  const std::string file = whole_path(file_);
  if (!kept_->list(file, chain().name, user(), all)) return say_error(kept_->why()), false;
  if (!name.empty() && std::ranges::find(all, name, &store::Conversation::name) != all.end())
    return say_error("there is a conversation `" + name + "`: take it up with `--session`, or name another"),
           false;
  store::Conversation made{.name = name.empty() ? store::fresh_id() : name,
                           .file = file,
                           .target = chain().name,
                           .user = user(),
                           .begun = sched::wall_clock()};
  made.used = made.begun;
  if (!kept_->begin(made)) return say_error(kept_->why()), false;
  conversation_ = made;
  return true;
}

std::optional<std::vector<store::ConversationTurn>> ChatSession::turns() {
  if (!take_ended()) return std::nullopt;
  std::vector<store::ConversationTurn> turns;
  if (kept_->turns(conversation_.number, kMostHistory, turns)) return turns;
  say_error(kept_->why());
  return std::nullopt;
}

std::optional<std::string> ChatSession::arguments_with(const std::string& text) {
  const program::HistoryTurn turn{program::Role::User, text, false};
  json input = json::object();
  switch (takes_) {
    case Takes::Text: input[parameter_] = text; break;
    case Takes::Message: input[parameter_] = message_json(turn); break;
    case Takes::Messages:
      input[parameter_] = json::array();
      for (const program::HistoryTurn& before : settings_.run.talk.history)
        input[parameter_].push_back(message_json(before));
      input[parameter_].push_back(message_json(turn));
      break;
  }
  abi::Context context(kArgumentBytes);
  context.program = program_.get();
  sched::NativeConstraints constraints(*program_, context);
  std::string error;
  const auto given = with_files(program_->types, chain().parameters, settings_.arguments, false, error);
  auto arguments =
      given ? arguments_json(program_->types, chain().parameters, *given, input.dump(), &constraints, error)
            : std::nullopt;
  if (!arguments) say_error(error);
  return arguments;
}

/// A conversation may outgrow what its models can read: then it goes on without its beginning.
void ChatSession::shorten(std::vector<program::HistoryTurn>& history) {
  size_t most = kMostHistory, bytes = 0;
  for (const program::Model& model : program_->models) {
    const int64_t window = model::abilities_of(model.provider, model.id).context;  // tokens of four bytes
    if (model.use == program::ModelUse::Answers && window > 0)
      most =
          std::min(most, static_cast<size_t>(window) * 2);  // half of it: the question and the answer follow
  }
  for (const program::HistoryTurn& turn : history) bytes += turn.text.size();
  auto first = history.begin();
  for (; bytes > most && first != history.end(); ++first) bytes -= first->text.size();
  if (first == history.begin()) return;
  if (!shortened_said_)
    say("note: the conversation is longer than its model can read; it goes on without its beginning\n");
  shortened_said_ = true;
  const bool untrusted =
      std::any_of(history.begin(), first, [](const program::HistoryTurn& turn) { return turn.untrusted; });
  const auto left_out = static_cast<size_t>(first - history.begin());
  history.erase(history.begin(), first);
  history.insert(history.begin(), {program::Role::User,
                                   fmt::format("[{} message{} before this left out: they do not fit]",
                                               left_out, left_out == 1 ? "" : "s"),
                                   untrusted});
}

TurnEnd ChatSession::say_turn(const std::string& text) {
  if (value::find_invalid_utf8(text) != std::string::npos)
    return say_error("what was said is not UTF-8"), TurnEnd::Failed;
  if (text.size() > kMostSaid)
    return say_error(fmt::format("a message has at most {} bytes; this one has {}", kMostSaid, text.size())),
           TurnEnd::Failed;
  const auto before = turns();
  if (!before) return TurnEnd::Failed;
  Talk& talk = settings_.run.talk;
  talk.session = conversation_.name;
  talk.history.clear();
  for (const store::ConversationTurn& turn : *before) talk.history.push_back(turn.said);
  shorten(talk.history);
  const auto arguments = arguments_with(text);
  if (!arguments) return TurnEnd::Failed;
  const std::string id = store::fresh_id();
  if (!kept_->begin_turn(conversation_.number, {id, text, sched::wall_clock()}))
    return say_error(kept_->why()), TurnEnd::Failed;
  bool waits = false;
  const int exit = run(id, *arguments, waits);
  last_run_ = id;
  runs_.push_back(id);
  offline_said_ = true;
  if (exit == kInterrupted) return TurnEnd::Interrupted;
  if (waits) return TurnEnd::Waiting;
  export_ended(id, settings_.trace_content);
  return exit == kOk && take_ended() ? TurnEnd::Answered : TurnEnd::Failed;
}

int ChatSession::run(const std::string& id, const std::string& arguments, bool& waits) {
  std::string error;
  auto policy = policy_for(file_, settings_.run.profile, settings_.run.permissions, error);
  if (!policy) return say_error(error), kFailed;
  std::optional<Session> session(
      std::in_place, program_,
      model::ClientOptions{.verbose = true,
                           .access = std::make_shared<const access::Policy>(*std::move(policy)),
                           .variables = variables_},
      settings_.run.no_cache ? std::string() : answer_file());
  session->open_journal({.folder = store::state_folder()});
  store::RunRecord record = new_record(settings_.run, file_, *program_, chain(), arguments);
  record.id = id;
  sched::RunOptions options;
  apply(settings_.run.talk, options);
  options.seed = record.seed;
  options.journal = &session->keep(std::move(record), kept_sources(sources_), true);
  const int exit =
      carry_out(*session, program_, chain_, arguments,
                {.stream = true, .verbose = settings_.verbose, .offline_said = offline_said_}, options, id);
  session.reset();  // all is written down then
  return exit == kWaiting ? ask(id, waits) : exit;
}

int ChatSession::ask(const std::string& id, bool& waits) {
  int exit = kWaiting;
  while (exit == kWaiting) {
    const auto records = open_records(exit);
    const auto run = records ? find_run(*records, id, "chat", exit) : std::nullopt;
    if (!run) return exit;
    const auto question = question_of(*records, *run);
    if (!question) return kFailed;  // somebody was quicker
    const auto answer = ask_for(*question, [&](const char* prompt) {
      std::string typed;
      return lines_.next(prompt, typed) == LineReader::Got::Line ? std::optional(typed) : std::nullopt;
    });
    if (!answer) {
      waits = true;
      say_waiting(*run, *question);
      return kWaiting;
    }
    exit = answer_and_go_on(*records, *run, *question, *answer,
                            {.verb = "chat",
                             .show = {.stream = true, .verbose = settings_.verbose, .offline_said = true},
                             .trace_content = settings_.trace_content});
  }
  return exit;
}

bool ChatSession::take_ended() {
  std::vector<store::OpenTurn> open;
  std::vector<store::ConversationTurn> before;
  if (!kept_->open_turns(conversation_.number, open)) return say_error(kept_->why()), false;
  std::error_code none;
  if (open.empty() || !std::filesystem::exists(store::journal_path(store::state_folder()), none)) return true;
  if (!kept_->turns(conversation_.number, kMostHistory, before)) return say_error(kept_->why()), false;
  int exit = kOk;
  const auto records = open_records(exit);
  if (!records) return false;
  // What others wrote may have come in by what was read before.
  bool untrusted = std::ranges::any_of(before, [](const auto& turn) { return turn.said.untrusted; });
  for (const store::OpenTurn& turn : open) {
    const std::vector<store::RunRecord> found = records->find(turn.run);
    const bool done = found.size() == 1 && found.front().state == store::RunState::Done;
    if (done && !end_turn(*records, found.front(), turn.text, untrusted)) return false;
    // The journal has forgotten it, or another process is about to write it down.
    const bool old = sched::wall_clock() - turn.time > kSurelyBegun;
    if (found.empty() && old && !kept_->drop_turn(conversation_.number, turn.run))
      return say_error(kept_->why()), false;
  }
  return true;
}

bool ChatSession::end_turn(store::Records& records, const store::RunRecord& run, const std::string& text,
                           bool untrusted) {
  for (const store::StepRecord& step : records.steps(run.number)) untrusted |= !is_own(*program_, step);
  const bool is_text = run.result.starts_with('"');
  const std::string answer = is_text ? run.text : run.result;
  std::vector<store::ConversationTurn> added = {
      {.said = {program::Role::User, text, false}, .run = run.id, .time = run.started}};
  if (is_text || answer != "null")
    added.push_back(
        {.said = {program::Role::Assistant, answer, untrusted}, .run = run.id, .time = run.ended});
  if (!kept_->end_turn(conversation_.number, run.id, added)) return say_error(kept_->why()), false;
  conversation_.turns += static_cast<int64_t>(added.size());
  return true;
}

bool ChatSession::set_model(const std::string& setting) {
  const std::vector<std::string> before = settings_.run.models;
  settings_.run.models.push_back(setting);
  if (load() == kOk) return show_models();
  settings_.run.models = before;  // the program stays as it was
  return false;
}

bool ChatSession::show_models() const {
  std::string text;
  for (const program::Model& model : program_->models) {
    if (model.use == program::ModelUse::Answers)
      fmt::format_to(std::back_inserter(text), "{}  {}{}{}\n", one_line(model.name), one_line(model.provider),
                     model.id.empty() ? "" : "/", one_line(model.id));
  }
  say(text.empty() ? "the file declares no model\n"
                   : text + "`/model NAME=PROVIDER(...)` puts another one in its place\n");
  return true;
}

bool ChatSession::show_tools() const {
  using program::ExternalKind;
  std::string text;
  const auto add = [&](std::string_view name, std::string_view what, std::string_view doc) {
    fmt::format_to(std::back_inserter(text), "{}  {}{}{}\n", one_line(name), what, doc.empty() ? "" : "  ",
                   one_line(doc.substr(0, doc.find('\n'))));
  };
  const auto effect = [](program::Effect each) {
    return each == program::Effect::Pure ? "pure" : each == program::Effect::Reads ? "reads" : "writes";
  };
  for (const program::Agent& agent : program_->agents) {
    for (const program::AgentTool& tool : agent.tools)
      add(program_->externals[agent.external].name + " > " + tool.source, effect(tool.effect), tool.doc);
  }
  for (const program::External& each : program_->externals) {
    const bool is_tool = each.kind == ExternalKind::Tool || each.kind == ExternalKind::Search ||
                         each.kind == ExternalKind::Remember || each.kind == ExternalKind::Recall ||
                         each.kind == ExternalKind::Remote || each.kind == ExternalKind::Agent;
    if (is_tool)
      add(versioned(each.name, each.version),
          std::string(effect(each.effect)) + (each.approve ? ", a person approves each call" : ""), each.doc);
  }
  say(text.empty() ? "the file calls no tools\n" : text);
  return true;
}

bool ChatSession::show_history() {
  const auto all = turns();
  if (!all) return false;
  std::string text;
  for (const store::ConversationTurn& turn : *all)
    fmt::format_to(std::back_inserter(text), "{}{}  {}\n{}\n\n", role_word(turn.said.role),
                   turn.said.untrusted ? " (untrusted)" : "", shown_time(turn.time),
                   printable(turn.said.text));
  say(text.empty() ? "nothing has been said yet\n" : text);
  return true;
}

bool ChatSession::show_cost() {
  const auto all = turns();
  int exit = kOk;
  const auto records = all && !all->empty() ? open_records(exit) : nullptr;
  std::vector<std::string> ids = runs_;
  for (const store::ConversationTurn& turn : all.value_or(std::vector<store::ConversationTurn>()))
    ids.push_back(turn.run);
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  int64_t cost = 0, unpriced = 0, in = 0, out = 0, runs = 0;
  for (const std::string& id : ids) {
    if (!records) break;
    const auto found = records->find(id);
    if (found.size() != 1) continue;  // forgotten since
    ++runs;
    in += found.front().usage.input_tokens;
    out += found.front().usage.output_tokens;
    for (const store::StepRecord& step : records->steps(found.front().number)) {
      const bool asked = step.kind == "prompt" && step.end.ok && !model::is_kept(step.end.completion.cached);
      if (asked && step.end.cost) cost += *step.end.cost;
      if (asked && !step.end.cost) ++unpriced;
    }
  }
  say(fmt::format("{} run{}: {} tokens in, {} out, ${:.6f}{}\n", runs, runs == 1 ? "" : "s", in, out,
                  static_cast<double>(cost) / 1e9,
                  unpriced > 0 ? fmt::format(", and {} calls of models without a price", unpriced) : ""));
  return true;
}

int list_conversations(const std::string& named, const std::string& user) {
  const std::string folder = store::state_folder();
  std::string error;
  const Target target = split_target(named);
  std::error_code code;
  if (folder.empty() || !std::filesystem::exists(folder + "/conversations.db", code)) {
    say("no conversation is kept yet: `chain chat FILE` begins one\n");
    return kOk;
  }
  const auto kept = store::ConversationFile::open(folder, error);
  std::vector<store::Conversation> all;
  const std::string file = named.empty() ? "" : whole_path(target.file);
  if (!kept || !kept->list(file, target.name, user, all))
    return say_error(kept ? kept->why() : error), kFailed;
  std::string text;
  for (const store::Conversation& each : all)
    fmt::format_to(std::back_inserter(text), "{}  {}  {} turn{}  {}:{}{}\n", one_line(each.name),
                   shown_time(each.used), each.turns, each.turns == 1 ? "" : "s", one_line(each.file),
                   one_line(each.target), each.user == kLocal ? "" : "  of " + one_line(each.user));
  if (text.empty()) return say("no conversation is kept that fits\n"), kOk;
  return write_out(text) ? kOk : kFailed;
}

}  // namespace chain::cli
