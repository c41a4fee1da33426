#include "cli/eval_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "cli/terminal.h"
#include "runtime/value/json.h"

namespace chain::cli {
namespace {

using program::ScoreKind;

std::string padded(std::string text, size_t width) {
  const size_t shown = display_width(text);
  if (shown < width) text.append(width - shown, ' ');
  return text;
}

std::string cases_text(const std::vector<uint64_t>& cases) {
  std::string text;
  for (const uint64_t each : cases) text += fmt::format("{}{}", text.empty() ? "" : ", ", each);
  return text;
}

std::string dollars(double amount) {
  return amount == 0 ? "$0" : fmt::format("${:.6g}", amount);
}

std::string seconds(double time) {
  return time < 1 ? fmt::format("{:.0f}ms", time * 1e3) : fmt::format("{:.2f}s", time);
}

/// A table of cells, in columns.
class Table {
 public:
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  [[nodiscard]] std::string text() const {
    std::vector<size_t> widths;
    for (const auto& row : rows_) {
      widths.resize(std::max(widths.size(), row.size()));
      for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
    }
    std::string out;
    for (const auto& row : rows_) {
      std::string line = " ";
      for (size_t i = 0; i < row.size(); ++i) line += ' ' + padded(row[i], widths[i]) + ' ';
      line.erase(line.find_last_not_of(' ') + 1);
      out += line + '\n';
    }
    return out;
  }

  [[nodiscard]] std::string markdown() const {
    std::string out;
    for (size_t r = 0; r < rows_.size(); ++r) {
      out += '|';
      for (std::string cell : rows_[r]) {
        for (size_t at = 0; (at = cell.find_first_of("|\n", at)) != std::string::npos; at += 2)
          cell.replace(at, 1, cell[at] == '|' ? "\\|" : "  ");
        out += ' ' + cell + " |";
      }
      out += '\n';
      if (r > 0) continue;
      out += '|';
      for (size_t i = 0; i < rows_[0].size(); ++i) out += " --- |";
      out += '\n';
    }
    return out;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
};

Table scores_table(const EvalReport& report, const EvalColumnReport& column) {
  Table table;
  table.row({"score", "mean", "95%", "answers"});
  for (size_t i = 0; i < report.eval->scores.size(); ++i) {
    const ScoreSummary& score = column.summary.scores[i];
    std::string interval =
        fmt::format("{:.3f} to {:.3f}", score.spread.interval.low, score.spread.interval.high);
    table.row({report.eval->scores[i].name, fmt::format("{:.3f}", score.spread.mean), std::move(interval),
               std::to_string(score.spread.count)});
  }
  return table;
}

/// What a score has to say beyond its mean, a line each.
std::vector<std::string> remarks(const EvalReport& report, const EvalColumnReport& column) {
  std::vector<std::string> lines;
  const Summary& summary = column.summary;
  for (size_t i = 0; i < report.eval->scores.size(); ++i) {
    const ScoreSummary& score = summary.scores[i];
    const std::string& name = report.eval->scores[i].name;
    if (column.column->repeats() > 1)
      lines.push_back(
          fmt::format("{}: of {} repeats, one at least is right in {:.3f} of the cases, all in {:.3f}", name,
                      column.column->repeats(), score.any, score.all));
    if (score.classes) lines.push_back(fmt::format("{}: macro F1 {:.3f}", name, score.classes->macro.f1));
    if (score.agreement != 1)
      lines.push_back(fmt::format("{}: the judges agree with alpha {:.3f}", name, score.agreement));
    if (score.wins)
      lines.push_back(fmt::format("{}: {} won, {} tied, {} lost (p {:.3f}); the order decided {:.1f}%", name,
                                  score.wins->wins, score.wins->ties, score.wins->losses, score.wins->p,
                                  score.flips * 100));
  }
  if (summary.cost.sum > 0)
    lines.push_back(
        fmt::format("cost: {} in all, {} a case", dollars(summary.cost.sum), dollars(summary.cost.mean)));
  if (summary.latency.sum > 0)
    lines.push_back(fmt::format("latency: half within {}, 95% within {}", seconds(summary.latency.p50),
                                seconds(summary.latency.p95)));
  if (summary.failed > 0) lines.push_back(fmt::format("{} answers failed", summary.failed));
  return lines;
}

Table confusion_table(const metrics::Classification& classes) {
  Table table;
  std::vector<std::string> head = {"wanted \\ got"};
  for (const std::string& name : classes.confusion.names) head.push_back(name);
  for (const char* name : {"precision", "recall", "F1"}) head.emplace_back(name);
  table.row(std::move(head));
  for (uint32_t wanted = 0; wanted < classes.confusion.names.size(); ++wanted) {
    std::vector<std::string> row = {classes.confusion.names[wanted]};
    for (uint32_t got = 0; got < classes.confusion.names.size(); ++got)
      row.push_back(std::to_string(classes.confusion.count(wanted, got)));
    const metrics::ClassScore& score = classes.classes[wanted];
    for (const double figure : {score.precision, score.recall, score.f1})
      row.push_back(fmt::format("{:.3f}", figure));
    table.row(std::move(row));
  }
  return table;
}

Table group_table(const EvalReport& report, const EvalColumnReport& column, size_t place) {
  Table table;
  table.row({report.eval->groups[place], "score", "mean", "answers"});
  for (size_t i = 0; i < report.eval->scores.size(); ++i) {
    for (const GroupFigure& figure : column.summary.scores[i].groups[place])
      table.row({figure.label, report.eval->scores[i].name, fmt::format("{:.3f}", figure.mean),
                 std::to_string(figure.count)});
  }
  return table;
}

std::string verdict_of(const ScoreDifference& difference) {
  if (difference.paired.difference == 0) return "the same";
  if (difference.p >= 0.05) return "may be noise";
  return difference.paired.difference > 0 ? "better" : "WORSE";
}

Table difference_table(const EvalReport& report, const EvalColumnReport& column) {
  Table table;
  table.row({"score", "change", "95%", "p", "", "worse in"});
  for (const ScoreDifference& each : column.against) {
    table.row({report.eval->scores[each.score].name, fmt::format("{:+.3f}", each.paired.difference),
               fmt::format("{:+.3f} to {:+.3f}", each.paired.interval.low, each.paired.interval.high),
               fmt::format("{:.3f}", each.p), verdict_of(each),
               each.worse.empty() ? "" : "cases " + cases_text(each.worse)});
  }
  return table;
}

/// A number of JSON with as many digits as a table has; anything else as it is.
std::string short_number(const std::string& json) {
  double number = 0;
  const char* const end = json.data() + json.size();
  const bool whole = json.find('.') == std::string::npos;
  if (whole || std::from_chars(json.data(), end, number).ptr != end) return json;
  return fmt::format("{:.4g}", number);
}

std::string requirement_line(const Requirement& each) {
  std::string line = each.text;
  if (each.holds) return line;
  if (!each.left.empty())
    line += fmt::format(": it is {}, against {}", short_number(each.left), short_number(each.right));
  if (!each.cases.empty()) line += fmt::format("; cases {}", cases_text(each.cases));
  return line;
}

bool has_groups(const EvalColumnReport& column, size_t place) {
  return std::ranges::any_of(column.summary.scores,
                             [&](const ScoreSummary& score) { return score.groups[place].size() > 1; });
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

void add(std::string& out, std::string_view name, double value) {
  fmt::format_to(std::back_inserter(out), ",\"{}\":{}", name, std::isfinite(value) ? value : 0.0);
}

void add_spread(std::string& out, const Spread& spread) {
  out += fmt::format("\"answers\":{}", spread.count);
  add(out, "mean", spread.mean);
  add(out, "low", spread.interval.low);
  add(out, "high", spread.interval.high);
  add(out, "min", spread.min);
  add(out, "max", spread.max);
  add(out, "p50", spread.p50);
  add(out, "p90", spread.p90);
  add(out, "p95", spread.p95);
  add(out, "p99", spread.p99);
  add(out, "sum", spread.sum);
}

void add_classes(std::string& out, const metrics::Classification& classes) {
  out += ",\"classes\":[";
  for (size_t i = 0; i < classes.classes.size(); ++i) {
    const metrics::ClassScore& each = classes.classes[i];
    out += i > 0 ? ",{\"name\":" : "{\"name\":";
    value::append_json_string(out, each.name);
    out +=
        fmt::format(",\"support\":{},\"answered\":{},\"right\":{}", each.support, each.answered, each.right);
    add(out, "precision", each.precision);
    add(out, "recall", each.recall);
    add(out, "f1", each.f1);
    out += ",\"got\":{";
    const char* comma = "";
    for (uint32_t got = 0; got < classes.confusion.names.size(); ++got) {
      const uint64_t count = classes.confusion.count(static_cast<uint32_t>(i), got);
      if (count == 0) continue;
      out += comma;
      value::append_json_string(out, classes.confusion.names[got]);
      out += fmt::format(":{}", count);
      comma = ",";
    }
    out += "}}";
  }
  out += ']';
  add(out, "macro_f1", classes.macro.f1);
  add(out, "micro_f1", classes.micro.f1);
}

void add_score(std::string& out, const EvalReport& report, const EvalColumnReport& column, size_t i) {
  const ScoreSummary& score = column.summary.scores[i];
  value::append_json_string(out, report.eval->scores[i].name);
  out += ":{";
  add_spread(out, score.spread);
  add(out, "any", score.any);
  add(out, "all", score.all);
  add(out, "gap", score.gap);
  if (!report.eval->groups.empty()) out += ",\"by\":{";
  for (size_t place = 0; place < report.eval->groups.size(); ++place) {
    if (place > 0) out += ',';
    value::append_json_string(out, report.eval->groups[place]);
    out += ":{";
    const char* comma = "";
    for (const GroupFigure& figure : score.groups[place]) {
      out += comma;
      value::append_json_string(out, figure.label);
      out += fmt::format(":{{\"answers\":{}", figure.count);
      add(out, "mean", figure.mean);
      out += '}';
      comma = ",";
    }
    out += '}';
  }
  if (!report.eval->groups.empty()) out += '}';
  if (score.classes) add_classes(out, *score.classes);
  if (report.eval->scores[i].kind == ScoreKind::Judge) add(out, "agreement", score.agreement);
  if (score.wins) {
    out += fmt::format(",\"wins\":{},\"ties\":{},\"losses\":{}", score.wins->wins, score.wins->ties,
                       score.wins->losses);
    add(out, "win_rate", score.wins->rate);
    add(out, "p", score.wins->p);
    add(out, "flips", score.flips);
  }
  out += '}';
}

void add_cases(std::string& out, const std::vector<uint64_t>& cases) {
  out += "[";
  for (size_t i = 0; i < cases.size(); ++i) out += fmt::format("{}{}", i > 0 ? "," : "", cases[i]);
  out += "]";
}

void add_requirement(std::string& out, const Requirement& each) {
  out += "{\"text\":";
  value::append_json_string(out, each.text);
  out += ",\"place\":";
  value::append_json_string(out, each.place);
  out += fmt::format(",\"holds\":{}", each.holds);
  if (!each.left.empty()) out += ",\"left\":" + each.left + ",\"right\":" + each.right;
  out += ",\"cases\":";
  add_cases(out, each.cases);
  out += '}';
}

void add_difference(std::string& out, const EvalReport& report, const ScoreDifference& each) {
  value::append_json_string(out, report.eval->scores[each.score].name);
  out += fmt::format(":{{\"cases\":{}", each.cases);
  add(out, "change", each.paired.difference);
  add(out, "low", each.paired.interval.low);
  add(out, "high", each.paired.interval.high);
  add(out, "p", each.p);
  out += ",\"verdict\":";
  value::append_json_string(out, verdict_of(each));
  out += ",\"worse\":";
  add_cases(out, each.worse);
  out += '}';
}

void add_column(std::string& out, const EvalReport& report, const EvalColumnReport& column) {
  out += "{\"name\":";
  value::append_json_string(out, column.column->name());
  out += fmt::format(",\"cases\":{},\"answers\":{},\"failed\":{},\"scores\":{{", column.summary.cases,
                     column.summary.answers, column.summary.failed);
  for (size_t i = 0; i < report.eval->scores.size(); ++i) {
    if (i > 0) out += ',';
    add_score(out, report, column, i);
  }
  out += "},\"cost\":{";
  add_spread(out, column.summary.cost);
  out += "},\"latency\":{";
  add_spread(out, column.summary.latency);
  out += "},\"require\":[";
  for (size_t i = 0; i < column.requirements.size(); ++i) {
    if (i > 0) out += ',';
    add_requirement(out, column.requirements[i]);
  }
  out += "],\"against\":{";
  for (size_t i = 0; i < column.against.size(); ++i) {
    if (i > 0) out += ',';
    add_difference(out, report, column.against[i]);
  }
  out += "}}";
}

}  // namespace

bool EvalReport::passed() const {
  if (!stopped.empty()) return false;
  return std::ranges::all_of(columns, [](const EvalColumnReport& column) {
    const auto says_failed = [](const Requirement& each) {
      return each.text.find("failed") != std::string::npos;
    };
    const bool expected = std::ranges::any_of(column.requirements, says_failed);
    return column.requirements_error.empty() && (column.summary.failed == 0 || expected) &&
           std::ranges::all_of(column.requirements, &Requirement::holds);
  });
}

std::string eval_text(const EvalReport& report) {
  std::string out;
  for (const EvalColumnReport& column : report.columns) {
    out += fmt::format("{} over {}: {} cases\n", column.column->name(), report.dataset, column.summary.cases);
    out += scores_table(report, column).text();
    for (const std::string& line : remarks(report, column)) out += "  " + line + '\n';
    for (size_t place = 0; place < report.eval->groups.size(); ++place) {
      if (has_groups(column, place)) out += group_table(report, column, place).text();
    }
    for (size_t i = 0; i < report.eval->scores.size(); ++i) {
      const ScoreSummary& score = column.summary.scores[i];
      if (score.classes && score.spread.mean < 1)
        out += fmt::format("  {}\n", report.eval->scores[i].name) + confusion_table(*score.classes).text();
    }
    if (!column.against.empty())
      out += fmt::format("  against {}\n", report.against) + difference_table(report, column).text();
    for (const Requirement& each : column.requirements)
      out += fmt::format("  {} {}\n", each.holds ? "ok  " : "FAIL", requirement_line(each));
    if (!column.requirements_error.empty())
      out += fmt::format("  FAIL what is required cannot be worked out: {}\n", column.requirements_error);
  }
  if (!report.stopped.empty()) out += report.stopped + '\n';
  return out;
}

std::string eval_markdown(const EvalReport& report) {
  std::string out = fmt::format("## {} `{}` {}\n", report.passed() ? "✅" : "❌", report.eval->name,
                                report.passed() ? "passed" : "failed");
  for (const EvalColumnReport& column : report.columns) {
    out += fmt::format("\n### {} over {}: {} cases\n\n", column.column->name(), report.dataset,
                       column.summary.cases);
    out += scores_table(report, column).markdown() + '\n';
    for (const std::string& line : remarks(report, column)) out += "- " + line + '\n';
    for (size_t place = 0; place < report.eval->groups.size(); ++place) {
      if (has_groups(column, place)) out += '\n' + group_table(report, column, place).markdown();
    }
    if (!column.against.empty())
      out += fmt::format("\nAgainst {}:\n\n", report.against) + difference_table(report, column).markdown();
    if (!column.requirements.empty()) out += '\n';
    for (const Requirement& each : column.requirements)
      out += fmt::format("- {} `{}`{}\n", each.holds ? "✅" : "❌", each.text,
                         requirement_line(each).substr(each.text.size()));
  }
  if (!report.stopped.empty()) out += '\n' + report.stopped + '\n';
  return out;
}

std::string eval_junit(const EvalReport& report) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const EvalColumnReport& column : report.columns) {
    std::string tests;
    size_t count = 1, failures = 0;
    const std::string suite = escaped(report.eval->name);
    const bool failed = column.summary.failed > 0;
    failures += failed ? 1 : 0;
    tests += fmt::format(
        "    <testcase classname=\"{}\" name=\"every case is answered\">{}</testcase>\n", suite,
        failed ? fmt::format("<failure message=\"{} answers failed\"/>", column.summary.failed) : "");
    for (const Requirement& each : column.requirements) {
      ++count;
      failures += each.holds ? 0 : 1;
      tests +=
          fmt::format("    <testcase classname=\"{}\" name=\"{}\">{}</testcase>\n", suite, escaped(each.text),
                      each.holds ? "" : "<failure message=\"" + escaped(requirement_line(each)) + "\"/>");
    }
    out += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">\n{}  </testsuite>\n",
                       escaped(column.column->name()), count, failures, tests);
  }
  return out + "</testsuites>\n";
}

std::string eval_json(const EvalReport& report) {
  std::string out = "{\"eval\":";
  value::append_json_string(out, report.eval->name);
  out += ",\"dataset\":";
  value::append_json_string(out, report.dataset);
  out += fmt::format(",\"passed\":{},\"cases\":{},\"seed\":{}", report.passed(), report.cases, report.seed);
  if (!report.stopped.empty()) {
    out += ",\"stopped\":";
    value::append_json_string(out, report.stopped);
  }
  out += ",\"columns\":[";
  for (size_t i = 0; i < report.columns.size(); ++i) {
    if (i > 0) out += ',';
    add_column(out, report, report.columns[i]);
  }
  return out + "],\"rows\":[";
}

}  // namespace chain::cli
