#include "runtime/model/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "runtime/http/printable.h"
#include "runtime/library/pattern.h"

namespace chain::model {

namespace {

using nlohmann::json;

constexpr const char* kMembers = "`when`, `turn`, `text`, `value` and `calls`";

/// Reads one line. Members return false, and what is wrong as a clause, if it is none.
class LineReader {
 public:
  LineReader(ScriptLine& line, std::string& error) : line_(line), error_(error) {}

  bool read(std::string_view text) {
    const json given = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!given.is_object()) return wrong("it is no JSON object such as {\"text\": \"Yes.\"}");
    for (const auto& [name, value] : given.items()) {
      if (!member(name, value)) return false;
    }
    if (given.contains("text") && given.contains("value"))
      return wrong("`text` and `value` are both the answer; leave one of them out");
    if (!given.contains("text") && !given.contains("value") && line_.calls.empty())
      return wrong("it says nothing: `text`, `value` or `calls` is missing");
    return true;
  }

 private:
  bool wrong(std::string what) {
    error_ = std::move(what);
    return false;
  }

  bool member(const std::string& name, const json& value) {
    if (name == "when") return when(value);
    if (name == "turn") return turn(value);
    if (name == "calls") return calls(value);
    if (name == "value") {
      line_.text = value.dump();
      return true;
    }
    if (name == "text" && value.is_string()) {
      line_.text = value.get<std::string>();
      return true;
    }
    if (name == "text") return wrong("`text` is no string; `value` takes any JSON");
    return wrong(fmt::format("it has no `{}`: a line has {}", http::printable(name, 60), kMembers));
  }

  bool when(const json& value) {
    if (!value.is_string() || value.get<std::string>().empty())
      return wrong("`when` is no pattern, a string");
    line_.when = value.get<std::string>();
    const std::string problem = library::pattern_problem(line_.when);
    return problem.empty() || wrong("`when` is no pattern: " + http::printable(problem, 200));
  }

  bool turn(const json& value) {
    if (!value.is_number_unsigned() || value.get<uint64_t>() > 1'000'000)
      return wrong("`turn` is no number from 0, the model's first turn");
    line_.turn = value.get<int64_t>();
    return true;
  }

  bool calls(const json& value) {
    if (!value.is_array() || value.empty() || value.size() > kMostCalls)
      return wrong(fmt::format("`calls` is no list of 1 to {} calls", kMostCalls));
    for (const json& each : value) {
      const bool good = each.is_object() && each.contains("name") && each["name"].is_string() &&
                        (!each.contains("arguments") || each["arguments"].is_object()) &&
                        each.size() == (each.contains("arguments") ? 2U : 1U);
      if (!good)
        return wrong(
            "a call is an object such as {\"name\": \"weather\", \"arguments\": {\"city\": \"Seoul\"}}");
      const json arguments = each.value("arguments", json::object());
      line_.calls.push_back(
          {.id = {}, .name = each["name"].get<std::string>(), .arguments = arguments.dump()});
    }
    return true;
  }

  ScriptLine& line_;
  std::string& error_;
};

}  // namespace

std::optional<Script> Script::read(const std::string& name, std::string_view text, std::string& error) {
  Script script;
  int64_t plain = 0;
  for (uint32_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    ScriptLine read{.number = number, .turn = -1, .when = {}, .text = {}, .calls = {}};
    std::string why;
    if (!LineReader(read, why).read(line)) {
      error = fmt::format("{}:{}: {}", http::printable(name), number, why);
      return std::nullopt;
    }
    if (read.turn < 0 && read.when.empty()) read.turn = plain++;
    script.lines_.push_back(std::move(read));
  }
  if (!script.lines_.empty()) return script;
  error = fmt::format("{}: there is no line in it; one is {{\"text\": \"Yes.\"}}", http::printable(name));
  return std::nullopt;
}

const ScriptLine* Script::find(int64_t turn, std::string_view last) const {
  const auto fits = [&](const ScriptLine& line) {
    return (line.turn < 0 || line.turn == turn) &&
           (line.when.empty() || library::pattern_found(line.when, last));
  };
  const auto found = std::ranges::find_if(lines_, fits);
  return found == lines_.end() ? nullptr : &*found;
}

}  // namespace chain::model
