// A difference between two states of a program, for people, pull requests and programs.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iterator>

#include "cli/program_difference.h"
#include "cli/terminal.h"

namespace chain::cli {
namespace {

std::string title_of(const Altered& altered) {
  if (altered.before.empty()) return fmt::format("+ {} {}", altered.kind, altered.now);
  if (altered.now.empty()) return fmt::format("- {} {}", altered.kind, altered.before);
  if (altered.before == altered.now) return fmt::format("~ {} {}", altered.kind, altered.now);
  return fmt::format("~ {} {} -> {}", altered.kind, altered.before, altered.now);
}

std::string verdict_of(const Altered& altered) {
  if (altered.verdict.empty()) return "";
  return altered.why.empty() ? altered.verdict + ": callers see no difference" : altered.verdict;
}

/// Each line of `text` behind `before`.
std::string indented(const std::string& text, const std::string& before) {
  std::string all;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    all += before + text.substr(at, end - at) + '\n';
    at = end + 1;
  }
  return all;
}

/// For a page on which text can mean something.
std::string plain(const std::string& text) {
  std::string all;
  for (const char c : text) {
    if (c == '<' || c == '&') {
      all += c == '<' ? "&lt;" : "&amp;";
    } else if (c == '|' || c == '*' || c == '_' || c == '[') {
      all += std::string("\\") + c;
    } else {
      all += c;
    }
  }
  return one_line(all);
}

/// A fence that nothing in `text` closes.
std::string fenced(const std::string& text) {
  size_t longest = 2, run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  return fence + "diff\n" + text + fence + '\n';
}

/// The lines of a place before and after.
std::string diff_lines(const Hunk& hunk) {
  std::string before, now;
  for (const WordRun& run : hunk.runs) {
    if (run.mark != '+') before += run.text;
    if (run.mark != '-') now += run.text;
  }
  const auto lines = [](std::string text, const std::string& mark) {
    while (text.ends_with('\n')) text.pop_back();
    return text.empty() ? std::string() : indented(text, mark);
  };
  return lines(before, "- ") + lines(now, "+ ");
}

}  // namespace

std::string as_text(const ProgramDifference& difference) {
  std::string text;
  auto out = std::back_inserter(text);
  for (const Altered& altered : difference.altered) {
    const std::string verdict = verdict_of(altered);
    fmt::format_to(out, "{}{}{}\n", title_of(altered), verdict.empty() ? "" : "   ", verdict);
    for (const std::string& why : altered.why) fmt::format_to(out, "    {}\n", one_line(why));
    for (const std::string& label : altered.by_way_of)
      fmt::format_to(out, "    reaches {}\n", one_line(label));
    for (const Hunk& hunk : altered.words) text += indented(marked(hunk), "  | ");
  }
  if (!difference.affected.empty()) text += "affected:\n";
  for (const Affected& affected : difference.affected)
    fmt::format_to(out, "  {} {}: {}\n", affected.kind, affected.title, one_line(affected.why));
  return text;
}

std::string as_markdown(const ProgramDifference& difference) {
  if (difference.empty()) return "No prompt, chain, tool, agent, type or model has changed.\n";
  std::string text;
  auto out = std::back_inserter(text);
  for (const Altered& altered : difference.altered) {
    const std::string verdict = verdict_of(altered);
    const std::string title = title_of(altered).substr(2);
    const char* what = altered.before.empty() ? " (new)" : altered.now.empty() ? " (gone)" : "";
    fmt::format_to(out, "### {}{}{}{}\n\n", plain(title), what, verdict.empty() ? "" : ", ", verdict);
    for (const std::string& why : altered.why) fmt::format_to(out, "- {}\n", plain(why));
    for (const std::string& label : altered.by_way_of) fmt::format_to(out, "- reaches {}\n", plain(label));
    if (!altered.why.empty() || !altered.by_way_of.empty()) text += '\n';
    std::string lines;
    for (const Hunk& hunk : altered.words) lines += diff_lines(hunk);
    if (!lines.empty()) text += fenced(lines) + '\n';
  }
  if (!difference.affected.empty()) text += "### Affected\n\n| | |\n|---|---|\n";
  for (const Affected& affected : difference.affected)
    fmt::format_to(out, "| {} {} | {} |\n", affected.kind, plain(affected.title), plain(affected.why));
  return text;
}

std::string as_json(const ProgramDifference& difference) {
  using nlohmann::json;
  json all = {{"changes", json::array()}, {"affected", json::array()}};
  for (const Altered& altered : difference.altered) {
    json entry = {{"kind", altered.kind}};
    if (!altered.before.empty()) entry["before"] = altered.before;
    if (!altered.now.empty()) entry["now"] = altered.now;
    if (!altered.verdict.empty()) entry["verdict"] = altered.verdict;
    if (!altered.why.empty()) entry["why"] = altered.why;
    if (!altered.by_way_of.empty()) entry["reaches"] = altered.by_way_of;
    for (const Hunk& hunk : altered.words) {
      json runs = json::array();
      for (const WordRun& run : hunk.runs) {
        const char* mark = run.mark == '+' ? "new" : run.mark == '-' ? "gone" : "same";
        runs.push_back({{"mark", mark}, {"text", run.text}});
      }
      entry["words"].push_back(std::move(runs));
    }
    all["changes"].push_back(std::move(entry));
  }
  for (const Affected& affected : difference.affected)
    all["affected"].push_back({{"kind", affected.kind}, {"name", affected.title}, {"why", affected.why}});
  return all.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace chain::cli
