#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "cli/amounts.h"
#include "cli/plan.h"
#include "cli/terminal.h"
#include "runtime/value/text.h"

namespace chain::cli {
namespace {

std::string place(const SourceMap& sources, Span span) {
  if (span.file.index >= sources.size()) return "";
  const SourceFile& file = sources.file(span.file);
  const Position at = file.position(span.begin);
  return fmt::format("{}:{}:{}", file.path(), at.line, at.column);
}

/// Rows in columns as wide as their widest cell; the last column is not padded.
class Table {
 public:
  void row(std::vector<std::string> cells) {
    if (widths_.size() < cells.size()) widths_.resize(cells.size());
    for (size_t i = 0; i + 1 < cells.size(); ++i) widths_[i] = std::max(widths_[i], display_width(cells[i]));
    rows_.push_back(std::move(cells));
  }
  [[nodiscard]] std::string text() const {
    std::string text;
    for (const auto& row : rows_) {
      std::string line = "  ";
      for (size_t i = 0; i < row.size(); ++i) {
        line += row[i];
        if (i + 1 < row.size())
          line.append(widths_[i] - std::min(widths_[i], display_width(row[i])) + 2, ' ');
      }
      line.erase(line.find_last_not_of(' ') + 1);
      text += line + '\n';
    }
    return text;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<size_t> widths_;
};

std::string capabilities(const Plan& plan, const SourceMap& sources) {
  if (plan.needs.empty()) return "Capabilities\n  none\n";
  Table table;
  size_t missing = 0;
  for (const Plan::Need& need : plan.needs) {
    const program::Capability& c = *need.capability;
    missing += need.verdict == access::Verdict::Missing;
    table.row({std::string(program::to_string(c.kind)), printable(c.value),
               std::string(word_of(need.verdict)), printable(c.user),
               printable(place(sources, {{c.file}, c.begin, c.end}))});
  }
  std::string text = "Capabilities\n" + table.text();
  if (missing > 0)
    text += fmt::format("  `chain allow {}` allows what is not allowed yet\n", printable(plan.file));
  return text;
}

std::string graph(const Plan& plan) {
  std::string text;
  for (const auto& [word, count] : plan.summary) {
    if (count > 0) text += (text.empty() ? "" : ", ") + counted(count, word);
  }
  return "Graph\n  " + (text.empty() ? "nothing" : text) + '\n';
}

std::string bound_text(const plan::CallLine& line) {
  if (const auto bound = line.bound())
    return *bound == UINT64_MAX ? "more than 2^64" : fmt::format("at most {}", *bound);
  std::string open;
  for (const std::string& factor : line.calls.open_factors()) open += (open.empty() ? "" : ", ") + factor;
  return open.empty() ? "unbounded" : "unbounded: " + open;
}

std::string limits(const program::Bounds& bounds) {
  std::string text;
  const auto limit = [&](const char* word, const std::string& value) {
    text += (text.empty() ? "" : ", ") + std::string(word) + ' ' + value;
  };
  std::string cost, time;
  if (bounds.cost >= 0) value::append_money(cost, bounds.cost), limit("cost", cost);
  if (bounds.time >= 0) value::append_duration(time, bounds.time), limit("time", time);
  if (bounds.calls >= 0) limit("calls", std::to_string(bounds.calls));
  if (bounds.tokens >= 0) limit("tokens", std::to_string(bounds.tokens));
  if (bounds.steps >= 0) limit("steps", std::to_string(bounds.steps));
  if (bounds.depth >= 0) limit("depth", std::to_string(bounds.depth));
  return text;
}

std::string calls(const Plan::Chain& chain) {
  std::string text = fmt::format("Calls of {}\n", printable(chain.name));
  if (!chain.artifact.empty()) text += "  artifact " + chain.artifact + '\n';
  if (const std::string within = limits(chain.bounds); !within.empty()) text += "  within " + within + '\n';
  if (chain.calls.empty()) return text + "  none\n";
  Table table;
  bool asks = false;
  for (const plan::CallLine& line : chain.calls) {
    asks = asks || line.asks_model;
    table.row({line.kind, printable(line.name), printable(line.formula()), printable(bound_text(line))});
  }
  text += table.text();
  if (!asks) return text;
  const auto all = model_requests(chain);
  text += !all                 ? "  requests to models: unbounded\n"
          : *all == UINT64_MAX ? "  requests to models: more than 2^64\n"
                               : fmt::format("  requests to models: at most {}\n", *all);
  return text + cost_lines(chain.cost, chain.bounds.cost);
}

std::string writes(const Plan& plan, const SourceMap& sources) {
  if (plan.writes.empty()) return "Writes\n  none\n";
  std::string text = "Writes\n";
  auto to = std::back_inserter(text);
  bool guarded = false;
  for (const Plan::Write& write : plan.writes) {
    fmt::format_to(to, "  {}  {}\n", printable(write.callee), printable(place(sources, write.span)));
    guarded = guarded || !write.guarded.empty();
    if (!write.guarded.empty()) fmt::format_to(to, "    {}\n", write.guarded);
    for (const graph::GuardedWrite* guard : write.guards) {
      guarded = true;
      fmt::format_to(to, "    ! untrusted text decides {}: {}  {}\n", printable(guard->decided),
                     printable(guard->condition), printable(place(sources, guard->decider)));
      for (const auto& step : guard->path)
        fmt::format_to(to, "        {}  {}\n", printable(step.message), printable(place(sources, step.span)));
    }
  }
  if (!guarded) text += "  no untrusted text decides about them\n";
  return text;
}

}  // namespace

std::string plan_text(const Plan& plan, const SourceMap& sources) {
  std::string text = capabilities(plan, sources) + '\n' + graph(plan);
  for (const Plan::Chain& chain : plan.chains) text += '\n' + calls(chain);
  return text + '\n' + writes(plan, sources);
}

}  // namespace chain::cli
