// `chain memory list|search|forget|export|import FILE:NAME`: what the memories of a program keep.
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>

#include "cli/action.h"
#include "cli/amounts.h"
#include "cli/kept_run.h"
#include "cli/memory_lines.h"
#include "cli/output.h"
#include "cli/program.h"
#include "cli/talk.h"
#include "cli/target.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "runtime/memory/open_memory.h"
#include "runtime/memory/settings.h"
#include "runtime/sched/ambient.h"
#include "runtime/value/text.h"

namespace chain::cli {
namespace {

struct MemoryCommand {
  std::string action, target, subject;  // of `search` the query, of `import` the file
  std::string user, session, older, profile;
  std::optional<int64_t> id;
  uint32_t top = 5;
  bool all = false;
  bool json = false;
};

/// A memory that a file declares; `file` is null if nothing is kept yet.
struct MemoryTarget {
  std::shared_ptr<const program::Program> program;
  memory::MemorySettings settings;
  std::string path;
  std::unique_ptr<store::MemoryFile> file;
  store::MemoryFilter filter;
};

int failed(const MemoryTarget& target) {
  say_error(target.file->why());
  return kFailed;
}

/// "3  2026-11-22 10:00:00  local/7fx2k1  user, untrusted, chain main: Ada likes green tea".
std::string shown(const store::MemoryRow& row) {
  std::string who(role_word(row.role));
  if (row.untrusted) who += ", untrusted";
  if (!row.source.empty()) who += ", " + row.source;
  return fmt::format("{}  {}  {}{}{}  {}: {}\n", row.id, shown_time(row.time), one_line(row.user),
                     row.session.empty() ? "" : "/", one_line(row.session), one_line(who),
                     one_line(row.text));
}

/// What sums up the older entries of each owner that is meant. False if the file cannot be read.
bool summaries(MemoryTarget& target, bool as_json, std::string& text) {
  std::vector<store::MemoryOwner> owners;
  if (!target.file->owners(owners)) return false;
  std::vector<std::pair<std::string, std::string>> said;
  for (const store::MemoryOwner& owner : owners) {
    const std::string session = target.settings.of_user ? "" : owner.session;
    const bool meant = (!target.filter.user || *target.filter.user == owner.user) &&
                       (!target.filter.session || *target.filter.session == owner.session);
    if (!meant || std::ranges::find(said, std::pair(owner.user, session)) != said.end()) continue;
    said.emplace_back(owner.user, session);
    const auto summary = target.file->summary(owner.user, session);
    if (!summary) continue;
    if (as_json) {
      text += line_of(owner.user, session, *summary);
    } else {
      fmt::format_to(std::back_inserter(text), "summary of {}{}{}, up to {}{}:\n{}\n\n", one_line(owner.user),
                     session.empty() ? "" : "/", one_line(session), summary->upto,
                     summary->untrusted ? ", untrusted" : "", printable(summary->text));
    }
  }
  return true;
}

/// Behind what stands in `text` already.
int list_entries(MemoryTarget& target, bool as_json, std::string text) {
  bool written = true;
  uint64_t count = 0;
  const bool read = target.file->list(target.filter, [&](const store::MemoryRow& row) {
    ++count;
    text += as_json ? line_of(row) : shown(row);
    if (text.size() < (size_t{1} << 20) || !written) return;
    written = as_json ? answer_json(text) : write_out(text);
    text.clear();
  });
  if (!read) return failed(target);
  if (count == 0 && !as_json) say("nothing is kept that fits\n");
  if (!written || text.empty()) return written ? kOk : kFailed;
  return (as_json ? answer_json(text) : write_out(text)) ? kOk : kFailed;
}

int list(MemoryTarget& target, const MemoryCommand& command) {
  std::string text;
  const bool sums_up = target.settings.summary_model != UINT32_MAX;
  if (sums_up && !summaries(target, command.json, text)) return failed(target);
  return list_entries(target, command.json, std::move(text));
}

int search(MemoryTarget& target, const MemoryCommand& command) {
  std::string error;
  memory::OpenMemory memory(target.settings);
  std::vector<memory::Entry> found;
  if (!memory.recall(target.filter, command.subject, {}, command.top, found, error)) {
    say_error(error);
    return kFailed;
  }
  if (target.settings.embed_model != UINT32_MAX && isatty(STDERR_FILENO) == 1)
    say("note: by words alone: a model makes the vectors of this memory, and only runs call it\n");
  std::string text;
  for (const memory::Entry& each : found) {
    const auto row = target.file->entry(each.id);
    if (!row) continue;
    text += command.json ? line_of(*row) : fmt::format("{:.4f}  {}", each.score, shown(*row));
  }
  if (text.empty()) return say("nothing is kept that answers this\n"), kOk;
  return (command.json ? answer_json(text) : write_out(text)) ? kOk : kFailed;
}

int forget(MemoryTarget& target, const MemoryCommand&) {
  int64_t count = 0;
  if (!target.file->forget(target.filter, count)) return failed(target);
  return write_out(fmt::format("forgot {}\n", count == 1 ? "1 entry" : fmt::format("{} entries", count)))
             ? kOk
             : kFailed;
}

int export_entries(MemoryTarget& target, const MemoryCommand&) {
  return list_entries(target, /*as_json=*/true, {});
}

constexpr size_t kImportedAtOnce = 1000;

int import_entries(MemoryTarget& target, const MemoryCommand& command) {
  std::string error;
  const auto text = command.subject == "-" ? read_stdin(error) : read_file(command.subject, error);
  if (!text) return usage_error("memory", error);
  std::vector<store::MemoryRow> rows;
  size_t number = 0;
  for (size_t at = 0; at < text->size();) {
    const size_t end = std::min(text->find('\n', at), text->size());
    const std::string_view line(text->data() + at, end - at);
    at = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto row = row_of(line, sched::wall_clock(), error);
    if (row && error.empty()) error = wrong_name("user", row->user) + wrong_name("session", row->session);
    if (!row || !error.empty()) {
      say_error(fmt::format("{}:{}: {}; nothing is imported", command.subject, number, error));
      return kFailed;
    }
    rows.push_back(*std::move(row));
  }
  uint64_t added = 0, all = 0;
  for (size_t at = 0; at < rows.size(); at += kImportedAtOnce) {
    const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end = rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), at + kImportedAtOnce));
    if (!target.file->add({std::make_move_iterator(begin), std::make_move_iterator(end)}, added))
      return failed(target);
    all += added;
  }
  return write_out(fmt::format("{} of {} new\n", all, counted(rows.size(), "line"))) ? kOk : kFailed;
}

constexpr Action<int(MemoryTarget&, const MemoryCommand&)> kActions[] = {{"list", list},
                                                                         {"search", search},
                                                                         {"forget", forget},
                                                                         {"export", export_entries},
                                                                         {"import", import_entries}};

constexpr const char* kAbout =
    "Shows and changes what the memories that a file declares keep.\n"
    "  list     all entries, oldest first, behind what sums up the older ones\n"
    "  search   what answers a query, best first\n"
    "  forget   removes entries: those of a user or session, one of an id, what is older than so long, or "
    "all\n"
    "  export   the entries as lines of JSON, on standard output\n"
    "  import   takes such lines in; what is there already is kept once";

void declare(CLI::App& app, MemoryCommand& command) {
  app.add_option("action", command.action, "what to do")->option_text("list|search|forget|export|import");
  app.add_option("target", command.target, "the file, and the memory in it unless it has only one")
      ->option_text("FILE[:MEMORY]");
  app.add_option("subject", command.subject,
                 "of `search`: what to look for; of `import`: the file, `-` for standard input")
      ->option_text("QUERY|LINES.jsonl");
  app.add_option("--user", command.user, "only what belongs to this user")->option_text("USER");
  app.add_option("--session", command.session, "only what belongs to this conversation")
      ->option_text("SESSION");
  app.add_option("--id", command.id, "of `forget`: the entry of this number")->option_text("N");
  app.add_option("--older", command.older, "of `forget`: what is older than so long")
      ->option_text("DURATION");
  app.add_flag("--all", command.all, "of `forget`: everything");
  app.add_option("--top", command.top, "of `search`: so many entries at most; 5 unless said")
      ->check(CLI::Range(uint32_t{1}, uint32_t{1000}))
      ->option_text("N");
  app.add_option("--profile", command.profile, "the profile whose resources take the place of the file's own")
      ->option_text("NAME");
  app.add_flag("--json", command.json, "print JSON, an object a line");
}

/// What of the options goes with what; empty if all does.
std::string wrong_options(const MemoryCommand& command) {
  const bool forgets = command.action == "forget", searches = command.action == "search";
  const bool imports = command.action == "import";
  if (!forgets && (command.id || !command.older.empty() || command.all))
    return "--id, --older and --all go with `forget`";
  const bool narrowed =
      command.id || !command.older.empty() || !command.user.empty() || !command.session.empty();
  if (forgets && !narrowed && !command.all)
    return "forget what? --user USER, --session SESSION, --id N, --older 30d, or --all";
  if (forgets && narrowed && command.all) return "--all forgets everything: it goes with none of the others";
  if (searches && command.subject.empty())
    return "what to look for? `chain memory search FILE:MEMORY \"...\"`";
  if (imports && command.subject.empty())
    return "import what? `chain memory import FILE:MEMORY LINES.jsonl`, or `-` for standard input";
  if (!searches && !imports && !command.subject.empty())
    return "`" + command.subject + "` is one argument too many";
  if (imports && (!command.user.empty() || !command.session.empty()))
    return "whose an entry is its line says: --user and --session do not go with `import`";
  std::string wrong = wrong_name("--user", command.user);
  return wrong.empty() ? wrong_name("--session", command.session) : wrong;
}

std::optional<MemoryTarget> open_target(const MemoryCommand& command, int& exit) {
  const Target named = split_target(command.target);
  exit = kUsage;
  if (named.ends_early) return usage_error("memory", missing_name(named, "notes")), std::nullopt;
  MemoryTarget target;
  if (!command.user.empty()) target.filter.user = command.user;
  if (!command.session.empty()) target.filter.session = command.session;
  target.filter.id = command.id;
  if (!command.older.empty()) {
    const std::optional<int64_t> age = value::parse_duration(command.older);
    if (!age || *age < 0)
      return usage_error("memory",
                         "`--older` takes a duration, as in `--older 30d`; found `" + command.older + '`'),
             std::nullopt;
    target.filter.before = sched::wall_clock() - *age;
  }
  target.program = load_program(named.file, {.profile = command.profile}, exit);
  if (!target.program) return std::nullopt;
  exit = kUsage;
  std::string error;
  const auto memory = choose_resource("memory", *target.program, named, error);
  if (!memory) return usage_error("memory", error), std::nullopt;
  target.settings = memory::read_settings(*target.program, *memory);
  exit = kFailed;
  const auto path = memory::path_of(target.settings, error);
  if (!path) return say_error(error), std::nullopt;
  target.path = *path;
  if (command.action == "import" || ::access(path->c_str(), F_OK) == 0) {
    target.file = memory::open_file(target.settings, error);
    if (!target.file) return say_error(error), std::nullopt;
  }
  exit = kOk;
  return target;
}

}  // namespace

int memory(Arguments arguments) {
  CLI::App app(kAbout, "chain memory");
  MemoryCommand command;
  declare(app, command);
  if (const auto code = read_options(app, arguments)) return *code;
  const auto* const action =
      chosen_action("memory", command.action, kActions,
                    "`chain memory list FILE:MEMORY`, `search`, `forget`, `export` or `import`");
  if (!action) return kUsage;
  if (command.target.empty())
    return usage_error("memory", "which file? as in: chain memory " + command.action + " desk.chain:notes");
  if (const std::string wrong = wrong_options(command); !wrong.empty()) return usage_error("memory", wrong);
  int exit = kOk;
  auto target = open_target(command, exit);
  if (!target) return exit;
  if (!target->file) {
    if (!command.json && command.action != "export")
      say(fmt::format("memory `{}` keeps nothing yet\n", target->settings.name));
    return kOk;
  }
  return action->run(*target, command);
}

}  // namespace chain::cli
