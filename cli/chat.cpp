// `chain chat FILE[:chain]`: a conversation in the terminal.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <array>
#include <utility>

#include "cli/chat_session.h"
#include "cli/export_run.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/variables.h"
#include "cli/verbs.h"

namespace chain::cli {
namespace {

constexpr std::string_view kHelp = R"(What you type is said to the chain; its answer comes as it is made.
/cost              what the conversation took so far
/trace             the last turn, step by step
/model [NAME=...]  the models, or another one under a name: /model fast=openai("gpt-5-mini")
/tools             what can be called
/history           what was said
/new [NAME]        begins another conversation
/quit              leaves, as Ctrl-D does; Ctrl-C cancels a turn, or drops what was typed
//...              says what begins with a slash
)";

constexpr std::array<std::string_view, 8> kCommands = {"help",  "cost",    "trace", "model",
                                                       "tools", "history", "new",   "quit"};

class Chat {
 public:
  explicit Chat(ChatSettings settings)
      : lines_([] { return words(); }, "chat_history"), session_(std::move(settings), lines_) {}

  /// The exit code.
  int run() {
    if (const int exit = session_.load(); exit != kOk) return exit;
    if (!session_.open()) return kFailed;
    if (lines_.is_terminal()) greet();
    int exit = kOk;
    while (!left_) {
      std::string line;
      const LineReader::Got got = lines_.next("> ", line);
      if (got == LineReader::Got::End) break;
      if (got == LineReader::Got::Interrupted || line.find_first_not_of(" \t") == std::string::npos) continue;
      exit = std::max(exit, enter(line));
      if (exit == kInterrupted && (told_to_end() || !lines_.is_terminal())) return exit;
    }
    if (lines_.is_terminal() && !left_) say("\n");
    // A script that failed says so; a person has seen it.
    return lines_.is_terminal() ? static_cast<int>(kOk) : exit;
  }

 private:
  static std::vector<std::string> words() {
    std::vector<std::string> all;
    for (const std::string_view command : kCommands) all.push_back('/' + std::string(command));
    return all;
  }

  void greet() {
    const store::Conversation& with = session_.conversation();
    say(fmt::format("conversation {} with `{}`{}; /help says more, /quit leaves\n", one_line(with.name),
                    one_line(with.target),
                    with.turns > 0 ? fmt::format(", {} turns so far", with.turns) : std::string()));
  }

  /// The exit code of what was typed.
  int enter(const std::string& line) {
    if (line.starts_with("//")) return turn(line.substr(1));
    if (!line.starts_with('/')) return turn(line);
    const size_t end = std::min(line.find(' '), line.size());
    const std::string name = line.substr(1, end - 1);
    const size_t rest = std::min(line.find_first_not_of(' ', end), line.size());
    return command(name, line.substr(rest)) ? kOk : kUsage;
  }

  int turn(const std::string& text) {
    switch (session_.say_turn(text)) {
      case TurnEnd::Answered: return kOk;
      case TurnEnd::Failed: return kFailed;
      case TurnEnd::Waiting: return kWaiting;
      case TurnEnd::Interrupted: break;
    }
    return kInterrupted;
  }

  bool command(const std::string& name, const std::string& text) {
    if (name == "quit" || name == "q") return left_ = true;
    if (name == "help" || name == "h") return say(kHelp), true;
    if (name == "cost") return session_.show_cost();
    if (name == "tools") return session_.show_tools();
    if (name == "history") return session_.show_history();
    if (name == "model") return text.empty() ? session_.show_models() : session_.set_model(text);
    if (name == "trace") return trace();
    if (name == "new") {
      if (const std::string wrong = wrong_name("/new", text); !wrong.empty()) return say_error(wrong), false;
      if (!session_.begin(text)) return false;
      greet();
      return true;
    }
    const std::vector<std::string> known = words();
    const std::vector<std::string_view> names(known.begin(), known.end());
    say_error("unknown command `/" + name + "`" + meant('/' + name, names) + "; /help lists them");
    return false;
  }

  bool trace() {
    std::string id = session_.last_run();
    if (id.empty()) return say("nothing has been said in this sitting; `chain runs` lists all runs\n"), true;
    char* words[] = {id.data()};
    return show(words) == kOk;
  }

  LineReader lines_;
  ChatSession session_;
  bool left_ = false;
};

}  // namespace

int chat(Arguments arguments) {
  CLI::App app(
      "Talks with a chain or an agent in the terminal: each line is said to it, and each answer is a run. "
      "The "
      "last conversation is taken up again unless another one is named.",
      "chain chat");
  ChatSettings settings;
  app.add_option("target", settings.target,
                 "the file, and the chain in it unless that is `main` or the only one")
      ->option_text("FILE[:chain]");
  app.add_option("-a,--argument", settings.arguments, "what the chain takes besides what is said")
      ->allow_extra_args(false)
      ->option_text("name=value ...");
  auto* fresh = app.add_flag("--new", settings.fresh, "begin another conversation");
  app.add_flag("--list", settings.list, "list the conversations that are kept")->excludes(fresh);
  declare_talk(app, settings.run.talk);
  app.get_option("--user")->description("whose conversations and memories are used; `local` unless said");
  app.get_option("--session")->description("the conversation to take up, or to begin, by its name");
  app.add_option("--profile", settings.run.profile,
                 "the profile whose resources take the place of the file's own")
      ->option_text("NAME");
  app.add_option("--model", settings.run.models,
                 "another model: fast=baseline, 'fast=openai(\"gpt-5-mini\")'")
      ->allow_extra_args(false)
      ->option_text("name=provider ...");
  declare_permissions(app, settings.run.permissions);
  declare_env_files(app, settings.run.env_files);
  app.add_flag("--no-cache", settings.run.no_cache, "ask anew, whatever prompts say of `cache`");
  app.add_flag("--verbose", settings.verbose, "show each request as it is sent, and each reply");
  declare_trace_content(app, settings.trace_content);
  if (const auto code = read_options(app, arguments)) return *code;
  if (const std::string wrong = wrong_talk(settings.run.talk); !wrong.empty())
    return usage_error("chat", wrong);
  if (settings.list) return list_conversations(settings.target, settings.run.talk.user);
  if (settings.target.empty()) return usage_error("chat", "which file? as in: chain chat desk.chain");
  return Chat(std::move(settings)).run();
}

}  // namespace chain::cli
