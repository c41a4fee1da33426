#include "runtime/metrics/trec_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace chain::metrics {
namespace {

constexpr std::string_view kBlanks = " \t\v\f\r";

/// Files that were put together have byte order marks in front of any line: they are no part of a name.
std::string_view without_marks(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  while (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

/// Goes through the lines that are not empty. Stops at the first one of which `take` says what is wrong.
template <class Take>
bool each_line(std::string_view text, std::string& error, Take take) {
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = without_marks(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(kBlanks) == std::string_view::npos) continue;
    const std::string wrong =
        line.find('\0') == std::string_view::npos
            ? take(line)
            : std::string("there is a NUL byte; this is not a text file, or none in UTF-8");
    if (wrong.empty()) continue;
    error = fmt::format("line {}: {}", number, wrong);
    return false;
  }
  return true;
}

std::vector<std::string_view> columns_between_blanks(std::string_view line) {
  std::vector<std::string_view> columns;
  for (size_t at = line.find_first_not_of(kBlanks); at != std::string_view::npos;) {
    const size_t end = std::min(line.find_first_of(kBlanks, at), line.size());
    std::string_view column = line.substr(at, end - at);
    if (columns.empty()) column = without_marks(column);
    if (!column.empty()) columns.push_back(column);
    at = line.find_first_not_of(kBlanks, end);
  }
  return columns;
}

std::vector<std::string_view> columns_between_tabs(std::string_view line) {
  std::vector<std::string_view> columns;
  for (;;) {
    const size_t end = line.find('\t');
    columns.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return columns;
    line.remove_prefix(end + 1);
  }
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Also "1.0", as some tools write judgements.
std::optional<int64_t> whole_number(std::string_view text) {
  const size_t point = text.find('.');
  if (point == std::string_view::npos || point == 0) return number<int64_t>(text);
  const bool whole = text.find_first_not_of('0', point + 1) == std::string_view::npos;
  return whole ? number<int64_t>(text.substr(0, point)) : std::nullopt;
}

/// What messages show of a file's text: not too much, and nothing that a terminal would obey.
std::string shown(std::string_view text) {
  constexpr size_t kMost = 60;
  std::string result(text.substr(0, kMost));
  for (char& c : result)
    if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > '~') c = '?';
  return text.size() > kMost ? result + "..." : result;
}

/// Well-formed as Unicode's table 3-7 has it.
bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t at) {
      return i + at < text.size() ? static_cast<unsigned char>(text[i + at]) : 0U;
    };
    const auto follows = [&](size_t at) { return (byte(at) & 0xC0U) == 0x80; };
    const unsigned first = byte(0), second = byte(1);
    if (first < 0x80) {
      i += 1;
    } else if (first >= 0xC2 && first < 0xE0 && follows(1)) {
      i += 2;
    } else if (first >= 0xE0 && first < 0xF0 && follows(1) && follows(2) &&
               !(first == 0xE0 && second < 0xA0) && !(first == 0xED && second >= 0xA0)) {
      i += 3;
    } else if (first >= 0xF0 && first < 0xF5 && follows(1) && follows(2) && follows(3) &&
               !(first == 0xF0 && second < 0x90) && !(first == 0xF4 && second >= 0x90)) {
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

/// One that does not fit, perhaps.
bool looks_like_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("+-.0123456789") == std::string_view::npos;
}

/// One judgement of a file, whose form the first line has decided.
class JudgementReader {
 public:
  std::string take(std::string_view line) {
    const bool first = std::exchange(first_, false);
    if (first) by_tabs_ = is_by_tabs(line);
    const auto columns = by_tabs_ ? columns_between_tabs(line) : columns_between_blanks(line);
    if (first && (columns.size() == 3 || columns.size() == 4)) width_ = columns.size();
    if (columns.size() != width_ || width_ == 0)
      return fmt::format("expected {} columns, found {}",
                         width_ == 0
                             ? "three (query, document, judgement) or four (query, 0, document, judgement)"
                             : std::to_string(width_),
                         columns.size());
    const auto judgement = whole_number(columns[width_ - 1]);
    const std::string_view query = columns[0], document = columns[width_ - 2];
    if (!judgement && first && !looks_like_number(columns[width_ - 1])) return {};
    if (!judgement)
      return fmt::format("expected a whole number as the judgement, found `{}`", shown(columns[width_ - 1]));
    if (query.empty() || document.empty()) return "the query or the document has no name";
    const auto [known, is_new] = judgements_[std::string(query)].emplace(document, *judgement);
    if (is_new || known->second == *judgement) return {};
    return fmt::format("`{}` is judged twice for the query `{}`, as {} and as {}", shown(document),
                       shown(query), known->second, *judgement);
  }
  [[nodiscard]] Judgements take_all() { return std::move(judgements_); }

 private:
  /// Some files have tabs between some columns and blanks between others.
  static bool is_by_tabs(std::string_view line) {
    const size_t tabs = columns_between_tabs(line).size();
    return tabs == 3 || tabs == 4;
  }

  bool first_ = true;
  bool by_tabs_ = false;
  size_t width_ = 0;
  Judgements judgements_;
};

/// The first of these members that is a text, or a whole number.
std::string text_of(const nlohmann::json& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto member = object.find(name);
    if (member == object.end()) continue;
    if (member->is_string()) return member->get<std::string>();
    if (member->is_number_integer()) return member->dump();
  }
  return {};
}

std::string take_json(std::string_view line, QueryText& query) {
  const nlohmann::json object = nlohmann::json::parse(line, nullptr, false);
  if (!object.is_object()) return R"(expected a JSON object: {"id": "...", "text": "..."})";
  query.id = text_of(object, {"id", "_id", "qid", "query_id", "query-id"});
  if (query.id.empty()) return "the query has no `id` that is a text or a whole number";
  constexpr std::array<const char*, 3> kTexts = {"text", "query", "question"};
  const auto is_text = [&](const char* name) { return object.contains(name) && object[name].is_string(); };
  if (std::ranges::none_of(kTexts, is_text)) return "the query has no `text`";
  query.text = object[*std::ranges::find_if(kTexts, is_text)].get<std::string>();
  return {};
}

std::string take_tabs(std::string_view line, QueryText& query) {
  if (line.starts_with('['))
    return "this is a JSON list, and queries stand one a line: `jq -c '.[]'` makes lines of it";
  const size_t tab = line.find('\t');
  if (tab == 0 || tab == std::string_view::npos)
    return R"(expected the query's id, a tab and its text, or {"id": "...", "text": "..."})";
  query.id = line.substr(0, std::min(tab, line.find_last_not_of(kBlanks, tab) + 1));
  query.text = line.substr(tab + 1);
  return is_utf8(line) ? std::string() : std::string("the text is not UTF-8");
}

bool is_head(std::string id) {
  for (char& c : id)
    c = c == '-' || c == ' ' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return id == "id" || id == "_id" || id == "qid" || id == "query_id" || id == "queryid";
}

bool fits_a_column(std::string_view name) {
  return !name.empty() && name.find_first_of(" \t\v\f\r\n") == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

}  // namespace

std::optional<Run> read_run(std::string_view text, std::string& error) {
  Run run;
  std::map<std::string, std::set<std::string>, std::less<>> seen;
  const auto take = [&](std::string_view line) -> std::string {
    const auto columns = columns_between_blanks(line);
    if (columns.size() != 6)
      return fmt::format("expected six columns (query, Q0, document, rank, score, run), found {}",
                         columns.size());
    const auto score = number<double>(columns[4]);
    if (!score || !std::isfinite(*score))
      return fmt::format("expected a number as the score, found `{}`", shown(columns[4]));
    const std::string query(columns[0]), document(columns[2]);
    if (!seen[query].insert(document).second)
      return fmt::format("`{}` stands twice among the results of the query `{}`", shown(document),
                         shown(query));
    run[query].push_back({document, *score});
    return {};
  };
  if (!each_line(text, error, take)) return std::nullopt;
  return run;
}

std::optional<Judgements> read_judgements(std::string_view text, std::string& error) {
  JudgementReader reader;
  if (!each_line(text, error, [&](std::string_view line) { return reader.take(line); })) return std::nullopt;
  return reader.take_all();
}

std::optional<std::vector<QueryText>> read_queries(std::string_view text, std::string& error) {
  std::vector<QueryText> queries;
  std::set<std::string> seen;
  bool first = true;
  const auto take = [&](std::string_view line) -> std::string {
    QueryText query;
    const bool json = line[line.find_first_not_of(kBlanks)] == '{';
    if (std::string wrong = json ? take_json(line, query) : take_tabs(line, query); !wrong.empty())
      return wrong;
    if (std::exchange(first, false) && !json && is_head(query.id)) return {};
    if (!seen.insert(query.id).second) return fmt::format("there is a query `{}` already", shown(query.id));
    queries.push_back(std::move(query));
    return {};
  };
  if (!each_line(text, error, take)) return std::nullopt;
  return queries;
}

std::optional<std::string> write_run(const Run& run, std::string_view name, std::string& error) {
  const auto refuse = [&](std::string_view what, std::string_view name_of_it) {
    error = fmt::format(
        "the {} `{}` is empty, has blanks or begins with a byte order mark, which a TREC run file cannot "
        "hold; give it another name",
        what, shown(name_of_it));
    return std::nullopt;
  };
  if (!fits_a_column(name)) return refuse("run", name);
  std::string text;
  for (const auto& [query, results] : run) {
    // In front of a line a mark would be none of the name.
    if (!fits_a_column(query) || without_marks(query).size() != query.size()) return refuse("query", query);
    std::vector<Ranked> order = results;
    std::stable_sort(order.begin(), order.end(),
                     [](const Ranked& a, const Ranked& b) { return a.score > b.score; });
    size_t rank = 0;
    for (const Ranked& result : order) {
      if (!fits_a_column(result.document)) return refuse("document", result.document);
      if (!std::isfinite(result.score)) {
        error = fmt::format("the score of `{}` is not a number", shown(result.document));
        return std::nullopt;
      }
      // fmt's shortest form: read back, it is the same number.
      text += fmt::format("{} Q0 {} {} {} {}\n", query, result.document, ++rank, result.score, name);
    }
  }
  return text;
}

}  // namespace chain::metrics
