#include "cli/questions.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "cli/form_dialog.h"
#include "cli/middle_cut.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "runtime/sched/ambient.h"
#include "runtime/value/characters.h"
#include "runtime/value/utf8.h"

namespace chain::cli {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using value::trimmed;

constexpr size_t kMostShown = 4000;  // bytes of a question
constexpr size_t kMostChoice = 500;  // of one of its choices

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Whether choices may be named by their numbers: not if some are numbers themselves.
bool counts(const Question& question) {
  return std::ranges::none_of(question.choices, [](const auto& each) { return is_number(trimmed(each)); });
}

std::string listed(const std::vector<std::string>& choices) {
  std::string text;
  for (const std::string& each : choices) text += (text.empty() ? "`" : ", `") + each + '`';
  return text;
}

std::optional<std::string> chosen(const Question& question, std::string_view typed, std::string& error) {
  if (std::ranges::find(question.choices, typed) != question.choices.end()) return std::string(typed);
  const std::string_view word = trimmed(typed);
  for (const std::string& each : question.choices) {
    if (lower(trimmed(each)) == lower(word)) return each;
  }
  size_t number = 0;
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), number);
  const bool whole = problem == std::errc() && end == word.data() + word.size();
  if (whole && counts(question) && number >= 1 && number <= question.choices.size())
    return question.choices[number - 1];
  error = fmt::format("`{}` is none of the choices: {}", word, listed(question.choices));
  return std::nullopt;
}

std::optional<std::string> yes_or_no(std::string_view typed, std::string& error) {
  const std::string word = lower(trimmed(typed));
  for (const char* yes : {"y", "yes", "true", "예", "네"}) {
    if (word == yes) return "true";
  }
  for (const char* no : {"n", "no", "false", "아니오", "아니요"}) {
    if (word == no) return "false";
  }
  error = fmt::format("say `yes` or `no`, not `{}`", trimmed(typed));
  return std::nullopt;
}

/// `again`, `failed`, or the answer that nobody has written down, as JSON.
std::optional<std::string> settled(std::string_view typed, std::string& error) {
  const std::string_view word = trimmed(typed);
  for (const char* known : {"again", "failed"}) {
    if (lower(word) == known) return known;
  }
  if (json::accept(word)) return std::string(word);
  error = fmt::format("say `again`, `failed`, or the call's answer as JSON; `{}` is none of these", word);
  return std::nullopt;
}

/// How a server is answered on the command line.
const char* form_word(const Question& question) {
  if (!question.url.empty()) return "done|decline";
  const size_t fields = FormDialog(question.form, {}).fields();
  return fields == 0 ? "yes|decline" : fields == 1 ? "ANSWER|decline" : "JSON|decline";
}

}  // namespace

std::optional<Question> question_of(store::Records& records, const store::RunRecord& run) {
  if (!run.waits) return std::nullopt;
  for (store::StepRecord& step : records.steps(run.number)) {
    if (step.ended != 0 || !store::is_of_person(step)) continue;
    const ordered_json request = ordered_json::parse(step.end.request, nullptr, false);
    Question question{.run = run.id, .step = std::move(step), .text = {}, .choices = {}};
    if (question.step.kind == "approve") question.kind = Question::Kind::Approve;
    if (question.step.kind == "doubt") question.kind = Question::Kind::Doubt;
    if (request.is_object()) {
      const auto text = request.find(question.kind == Question::Kind::Approve ? "what" : "question");
      if (text != request.end() && text->is_string()) question.text = text->get<std::string>();
      if (const auto form = request.find("form"); form != request.end())
        question.form = form->dump(-1, ' ', false, ordered_json::error_handler_t::replace);
      if (const auto url = request.find("url"); url != request.end() && url->is_string())
        question.url = url->get<std::string>();
      const auto choices = request.find("choices");
      if (choices != request.end() && choices->is_array()) {
        for (const ordered_json& each : *choices) {
          if (each.is_string()) question.choices.push_back(each.get<std::string>());
        }
      }
    }
    return question;
  }
  return std::nullopt;
}

std::string shown(const Question& question) {
  std::string text = question.kind == Question::Kind::Approve ? "to be approved:\n" : "";
  const std::string all =
      fmt::format("chain show {} --step '{}'", question.run, one_line(question.step.path));
  text += with_middle_cut(printable(question.text), kMostShown, all);
  if (!text.ends_with('\n')) text += '\n';
  if (question.of_server()) text += printable(FormDialog(question.form, question.url).outline());
  const bool numbered = counts(question);
  for (size_t i = 0; i < question.choices.size(); ++i)
    fmt::format_to(std::back_inserter(text), "  {}  {}\n", numbered ? std::to_string(i + 1) : "-",
                   with_middle_cut(one_line(question.choices[i]), kMostChoice, all));
  return text;
}

std::optional<std::string> answer_to(const Question& question, std::string_view typed, std::string& error) {
  if (value::find_invalid_utf8(typed) != std::string_view::npos) {
    error = "the answer is not UTF-8";
    return std::nullopt;
  }
  if (question.kind == Question::Kind::Approve) return yes_or_no(typed, error);
  if (question.kind == Question::Kind::Doubt) return settled(typed, error);
  if (question.of_server()) return FormDialog(question.form, question.url).whole(typed, error);
  if (!question.choices.empty()) return chosen(question, typed, error);
  return std::string(typed);
}

bool keep_answer(store::Records& records, const store::RunRecord& run, const Question& question,
                 std::string answer) {
  const bool kept = records.begin_transaction() &&
                    records.answer_step(run.number, question.step, sched::wall_clock(), std::move(answer)) &&
                    records.commit();
  if (kept) return true;
  say_error(records.why());
  records.roll_back();
  return false;
}

std::string to_json(const store::RunRecord& run, const Question& question) {
  json object = {{"run", run.id},
                 {"chain", run.chain},
                 {"file", run.file},
                 {"asked", question.step.started},
                 {"step", question.step.path},
                 {"kind", question.step.kind},
                 {"text", question.text}};
  if (question.kind != Question::Kind::Approve) object["choices"] = question.choices;
  if (!question.form.empty()) object["form"] = json::parse(question.form, nullptr, false);
  if (!question.url.empty()) object["url"] = question.url;
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<std::string> ask_for(
    const Question& question, const std::function<std::optional<std::string>(const char* prompt)>& next) {
  FormDialog dialog(question.form, question.url);
  const bool of_server = question.of_server();
  say(of_server ? printable(question.text) + "\n" + printable(dialog.begin()) : shown(question));
  const char* const prompt = question.kind == Question::Kind::Approve ? "yes or no> "
                             : question.kind == Question::Kind::Doubt ? "again, failed or JSON> "
                             : of_server                              ? "> "
                                                                      : "answer> ";
  while (const auto typed = next(prompt)) {
    std::string error;
    if (auto answer = of_server ? dialog.take(*typed, error) : answer_to(question, *typed, error))
      return answer;
    of_server ? say(error) : say_error(error);
  }
  return std::nullopt;
}

void say_waiting(const store::RunRecord& run, const Question& question) {
  const bool approves = question.kind == Question::Kind::Approve;
  say(fmt::format("run {0} waits for a person:\n{1}`chain answer {0} {2}` goes on with it\n", run.id,
                  shown(question),
                  approves                                 ? "yes|no"
                  : question.kind == Question::Kind::Doubt ? "again|failed|JSON"
                  : question.of_server()                   ? form_word(question)
                                                           : "ANSWER"));
}

}  // namespace chain::cli
