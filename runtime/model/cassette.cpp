#include "runtime/model/cassette.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "runtime/http/printable.h"
#include "runtime/model/cassette_difference.h"
#include "runtime/program/errors.h"
#include "runtime/value/json.h"
#include "runtime/value/json_text.h"

namespace chain::model {

using nlohmann::json;

namespace {

constexpr uint32_t kDeepest = 32;  // of a line; what is written by us is less deep than this
constexpr std::string_view kHead = R"({"cassette":1})";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Whether `a` comes before `b`, numbers in them compared as such; 0 if they are the same.
int natural_order(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (!is_digit(a[0]) || !is_digit(b[0])) {
      if (a[0] != b[0]) return static_cast<unsigned char>(a[0]) < static_cast<unsigned char>(b[0]) ? -1 : 1;
      a.remove_prefix(1);
      b.remove_prefix(1);
      continue;
    }
    const auto digits = [](std::string_view& text) {
      const size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
      const std::string_view number = text.substr(0, end);
      text.remove_prefix(end);
      return number;
    };
    const std::string_view left = digits(a), right = digits(b);
    if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
    if (const int order = left.compare(right); order != 0) return order;
  }
  return a.empty() ? (b.empty() ? 0 : -1) : 1;
}

// ---- Writing -----------------------------------------------------------------------------------

json to_json(const Usage& usage) {
  json object = json::object();
  const auto add = [&](const char* name, int64_t count) {
    if (count != 0) object[name] = count;
  };
  add("input", usage.input_tokens);
  add("output", usage.output_tokens);
  add("cached", usage.cached_tokens);
  add("reasoning", usage.reasoning_tokens);
  add("searches", usage.searches);
  return object;
}

json answer_json(const CassetteEnd& end) {
  json answer = {{"model", end.model}, {"finish_reason", end.finish_reason}};
  end.pieces.empty() ? answer["text"] = end.text : answer["pieces"] = end.pieces;
  if (end.cut_off) answer["cut_off"] = true;
  if (end.stand_in) answer["stand_in"] = true;
  for (const Source& source : end.sources)
    answer["sources"].push_back({{"title", source.title}, {"url", source.url}, {"quote", source.quote}});
  if (json usage = to_json(end.usage); !usage.empty()) answer["usage"] = std::move(usage);
  return answer;
}

std::string line_of(const CassettePlace& place, const CassetteEntry& entry) {
  json line = {{"key", place.key},
               {"step", place.step},
               {"prompt", entry.prompt},
               {"request", json::parse(entry.request, nullptr, false)}};
  if (place.row != 0) line["row"] = place.row;
  if (entry.end.ok) {
    line["answer"] = answer_json(entry.end);
  } else {
    line["failure"] = {{"kind", program::to_string(entry.end.failure.kind)},
                       {"message", entry.end.failure.message}};
  }
  return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

// ---- Reading -----------------------------------------------------------------------------------

/// Reads one line; each problem is a clause.
class LineReader {
 public:
  explicit LineReader(std::string_view text) {
    if (value::is_json(text) && value::json_depth(text) <= kDeepest)
      line_ = json::parse(text, nullptr, false);
  }

  bool read(CassettePlace& place, CassetteEntry& entry) {
    if (!line_.is_object()) return fail("it is no JSON object");
    if (!text(line_, "key", place.key) || !text(line_, "step", place.step) ||
        !text(line_, "prompt", entry.prompt))
      return false;
    if (!count(line_, "row", place.row)) return false;
    const auto request = line_.find("request");
    if (request == line_.end() || !request->is_object()) return fail("`request` is no object");
    entry.request = request->dump(-1, ' ', false, json::error_handler_t::replace);
    if (cassette_key(entry.request) != place.key)
      return fail("`request` was changed, so that `key` is no longer its hash; record it again");
    const auto answer = line_.find("answer"), failure = line_.find("failure");
    if ((answer == line_.end()) == (failure == line_.end()))
      return fail("it needs either an `answer` or a `failure`");
    return answer != line_.end() ? read_answer(*answer, entry.end) : read_failure(*failure, entry.end);
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  bool fail(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  bool text(const json& object, const char* name, std::string& out) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_string()) return fail(fmt::format("`{}` is no text", name));
    out = found->get<std::string>();
    return true;
  }

  template <typename Number>
  bool count(const json& object, const char* name, Number& out) {
    const auto found = object.find(name);
    if (found == object.end()) return true;
    if (!found->is_number_unsigned() || found->get<uint64_t>() > INT64_MAX)
      return fail(fmt::format("`{}` is no count", name));
    out = found->get<Number>();
    return true;
  }

  bool flag(const json& object, const char* name, bool& out) {
    const auto found = object.find(name);
    if (found == object.end()) return true;
    if (!found->is_boolean()) return fail(fmt::format("`{}` is neither true nor false", name));
    out = found->get<bool>();
    return true;
  }

  bool read_answer(const json& answer, CassetteEnd& end) {
    if (!answer.is_object()) return fail("`answer` is no object");
    const auto pieces = answer.find("pieces");
    if (pieces == answer.end()) {
      if (!text(answer, "text", end.text)) return false;
    } else if (!pieces->is_array() ||
               !std::ranges::all_of(*pieces, [](const json& p) { return p.is_string(); })) {
      return fail("`pieces` is no list of texts");
    } else {
      for (const json& piece : *pieces) end.text += end.pieces.emplace_back(piece.get<std::string>());
    }
    const json none = json::object();
    const auto usage = answer.find("usage");
    const json& counts = usage == answer.end() ? none : *usage;
    if (!counts.is_object()) return fail("`usage` is no object");
    return text(answer, "model", end.model) && text(answer, "finish_reason", end.finish_reason) &&
           flag(answer, "cut_off", end.cut_off) && flag(answer, "stand_in", end.stand_in) &&
           count(counts, "input", end.usage.input_tokens) &&
           count(counts, "output", end.usage.output_tokens) &&
           count(counts, "cached", end.usage.cached_tokens) &&
           count(counts, "reasoning", end.usage.reasoning_tokens) &&
           count(counts, "searches", end.usage.searches) && read_sources(answer, end.sources);
  }

  bool read_sources(const json& answer, std::vector<Source>& sources) {
    const auto list = answer.find("sources");
    if (list == answer.end()) return true;
    if (!list->is_array()) return fail("`sources` is no list");
    for (const json& each : *list) {
      if (!each.is_object()) return fail("one of its `sources` is no object");
      Source& source = sources.emplace_back();
      if (!text(each, "title", source.title) || !text(each, "url", source.url) ||
          !text(each, "quote", source.quote))
        return false;
    }
    return true;
  }

  bool read_failure(const json& failure, CassetteEnd& end) {
    if (!failure.is_object()) return fail("`failure` is no object");
    std::string kind;
    if (!text(failure, "kind", kind) || !text(failure, "message", end.failure.message)) return false;
    const auto known = program::error_kind(kind);
    if (!known) return fail("`" + http::printable(kind) + "` is no kind of error");
    end.ok = false;
    end.failure.kind = *known;
    return true;
  }

  json line_;
  std::string problem_;
};

/// However it is laid out: an editor or a formatter may have been there.
bool is_head(std::string_view line) {
  if (!value::is_json(line) || value::json_depth(line) > kDeepest) return false;
  const json head = json::parse(line, nullptr, false);
  const auto version = head.is_object() ? head.find("cassette") : head.end();
  return head.is_object() && version != head.end() && *version == 1;
}

bool says_the_same(const CassetteEnd& a, const CassetteEnd& b) {
  if (a.ok != b.ok) return false;
  if (!a.ok) return a.failure.kind == b.failure.kind && a.failure.message == b.failure.message;
  return a.text == b.text && a.model == b.model && a.finish_reason == b.finish_reason &&
         a.cut_off == b.cut_off && a.stand_in == b.stand_in;
}

}  // namespace

bool CassetteOrder::operator()(const CassettePlace& a, const CassettePlace& b) const {
  if (a.key != b.key) return a.key < b.key;
  if (a.row != b.row) return a.row < b.row;
  const int order = natural_order(a.step, b.step);
  return order != 0 ? order < 0 : a.step < b.step;
}

std::optional<Cassette> Cassette::read(std::string_view text, const std::string& name, std::string& error) {
  Cassette cassette;
  const auto fail = [&](size_t line, std::string_view problem) {
    error = fmt::format("{}:{}: {}", name, line, problem);
    return std::nullopt;
  };
  size_t number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (++number == 1 && !is_head(line))
      return fail(1, fmt::format("this is no cassette: its first line is not {}", kHead));
    if (number == 1 || line.empty()) continue;
    CassettePlace place;
    CassetteEntry entry;
    LineReader reader(line);
    if (!reader.read(place, entry)) return fail(number, reader.problem());
    entry.line = number;
    const auto [known, fresh] = cassette.entries_.try_emplace(std::move(place), std::move(entry));
    if (!fresh)
      return fail(number, fmt::format("it is the same call as line {}; remove one", known->second.line));
  }
  return cassette;
}

std::string Cassette::text() const {
  std::string text = std::string(kHead) + "\n";
  for (const auto& [place, entry] : entries_) text += line_of(place, entry) + "\n";
  return text;
}

void Cassette::put(const CassettePlace& place, const CassetteQuestion& question, CassetteEnd end) {
  CassetteEntry& entry = entries_[place];
  if (!entry.request.empty() && says_the_same(entry.end, end)) return;
  entry = {question.request, question.prompt, std::move(end), 0};
}

void Cassette::add(const Cassette& other) {
  entries_.insert(other.entries_.begin(), other.entries_.end());
}

const CassetteEntry* Cassette::take(const CassettePlace& place) {
  auto found = entries_.find(place);
  if (found != entries_.end() && taken_.contains(place)) return nullptr;  // another call took it
  if (found == entries_.end()) {
    found = entries_.lower_bound({place.key, 0, {}});
    while (found != entries_.end() && found->first.key == place.key && taken_.contains(found->first)) ++found;
    if (found == entries_.end() || found->first.key != place.key) return nullptr;
  }
  taken_.insert(found->first);
  return &found->second;
}

Cassette::Entries::const_iterator Cassette::nearest(const CassetteQuestion& question) const {
  std::vector<std::string_view> requests;
  std::vector<Entries::const_iterator> places;
  const auto gather = [&](bool same_prompt) {
    for (auto each = entries_.begin(); each != entries_.end(); ++each) {
      if (same_prompt && each->second.prompt != question.prompt) continue;
      requests.push_back(each->second.request);
      places.push_back(each);
    }
  };
  gather(true);
  if (places.empty()) gather(false);
  return places.empty() ? entries_.end() : places[nearest_text(question.request, requests)];
}

std::string Cassette::explain(const CassetteQuestion& question) const {
  const auto same = entries_.lower_bound({question.key, 0, {}});
  if (same != entries_.end() && same->first.key == question.key)
    return "it holds this question, but it is asked more often than it was recorded\n";
  const auto found = nearest(question);
  if (found == entries_.end()) return "it holds no calls\n";
  std::string text =
      found->second.line != 0
          ? fmt::format("the nearest call, in line {}, differs (-) from this (+):\n", found->second.line)
          : std::string("the nearest call differs (-) from this (+):\n");
  return text + difference(readable_lines(found->second.request), readable_lines(question.request));
}

}  // namespace chain::model
