#include "cli/repl_session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "cli/cache.h"
#include "cli/model_setting.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/run_observer.h"
#include "cli/session.h"
#include "cli/terminal.h"
#include "cli/variables.h"
#include "compiler/driver/compile.h"
#include "compiler/graph/print.h"
#include "runtime/library/library.h"
#include "runtime/value/json.h"

namespace chain::cli {
namespace {

constexpr std::string_view kChain = "_repl";
constexpr std::string_view kIt = "_it";
constexpr std::string_view kThenTrue = "\n)\nreturn true";  // every chain gives something

bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

/// Calls `visit` with each word of `text` and where it begins.
template <class Visit>
void for_each_word(std::string_view text, Visit&& visit) {
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && is_name(text[end])) ++end;
    if (end > at) visit(text.substr(at, end - at), at);
    at = std::max(end, at + 1);
  }
}

/// The names under which a file imports others.
std::set<std::string> imports_in(std::string_view text) {
  std::set<std::string> names;
  for (size_t at = text.find("import "); at != std::string_view::npos; at = text.find("import ", at + 1)) {
    const std::string_view line = text.substr(at, text.find('\n', at) - at);
    const size_t as = line.rfind(" as ");
    const size_t last = as != std::string_view::npos ? as + 4 : line.rfind('.') + 1;
    size_t end = last;
    while (end < line.size() && is_name(line[end])) ++end;
    if (end > last) names.emplace(line.substr(last, end - last));
  }
  return names;
}

}  // namespace

std::string ReplSession::declared(std::string_view except) const {
  std::string text = base_;
  if (!text.empty() && text.back() != '\n') text += '\n';
  for (const auto& [name, declaration] : declarations_) {
    if (name != except) text += declaration + '\n';
  }
  return text;
}

std::vector<std::string> ReplSession::words() const {
  std::vector<std::string> result;
  const std::string text = declared();
  for_each_word(text, [&](std::string_view word, size_t) {
    if (!std::isdigit(static_cast<unsigned char>(word.front()))) result.emplace_back(word);
  });
  for (const Named& named : named_) result.push_back(named.name);
  for (const std::string_view name : library::names()) result.emplace_back(name);
  return result;
}

std::vector<const ReplSession::Named*> ReplSession::mentioned(std::string_view text) const {
  std::vector<const Named*> result;
  for_each_word(text, [&](std::string_view word, size_t) {
    for (const Named& named : named_) {
      if (named.name == word && std::find(result.begin(), result.end(), &named) == result.end())
        result.push_back(&named);
    }
  });
  return result;
}

/// A chain whose parameters are the named values that `text` mentions.
ReplSession::Source ReplSession::in_chain(std::string_view result, std::string_view before,
                                          std::string_view text, std::string_view after) const {
  Source source;
  source.text = declared() + "chain " + std::string(kChain) + '(';
  const char* comma = "";
  for (const Named* named : mentioned(text)) {
    source.text += comma + named->name + ": " + named->type;
    comma = ", ";
  }
  source.text += ") -> " + std::string(result) + " {\n" + std::string(before);
  source.begin = source.text.size();
  source.text += text;
  source.end = source.text.size();
  source.text += std::string(after) + "\n}\n";
  return source;
}

std::optional<graph::Module> ReplSession::check(const Source& source, Diagnostics& diagnostics,
                                                SourceMap& sources) const {
  driver::CompileOptions options;
  options.transform = false;
  options.profile = settings_.profile;
  options.text = source.text;
  return driver::compile_graph(path(), sources, diagnostics, options);
}

/// Shows diagnostics of the user's own text as of a file called `input`, those of the file where they are.
void ReplSession::say(const Diagnostics& diagnostics, const SourceMap& sources, const Source& source) const {
  SourceMap shown;
  std::optional<uint32_t> composed;
  for (uint32_t i = 0; i < sources.size(); ++i) {
    const SourceFile& file = sources.file({i});
    if (file.path() == path() && !composed) {
      composed = i;
      shown.add(file.path(), declared());
    } else {
      shown.add(file.path(), std::string(file.text()));
    }
  }
  // What was made blank is shown as it was typed; places are the same.
  const bool same = typed_.size() == source.end - source.begin;
  const FileId input =
      shown.add("input", same ? typed_ : source.text.substr(source.begin, source.end - source.begin));
  const auto moved = [&](Span span) {
    if (!composed || span.file.index != *composed || span.begin < source.begin) return span;
    const auto begin = static_cast<uint32_t>(std::min<size_t>(span.begin, source.end) - source.begin);
    const auto end = static_cast<uint32_t>(std::min<size_t>(span.end, source.end) - source.begin);
    return Span{input, begin, std::max(begin, end)};
  };
  Diagnostics mapped;
  const size_t file_end = shown.size() > 0 && composed ? shown.file({*composed}).text().size() : 0;
  for (const Diagnostic* each : diagnostics.sorted()) {
    Diagnostic diagnostic = *each;
    const bool ours =
        composed && diagnostic.span.file.index == *composed && diagnostic.span.begin >= file_end;
    // The chain around the input is nothing that the user wrote.
    if (diagnostic.severity == Severity::Warning && (!ours || diagnostic.span.begin < source.begin)) continue;
    if (ours && diagnostic.span.begin < source.begin) diagnostic.span = {*&diagnostic.span.file, 0, 0};
    diagnostic.span = moved(diagnostic.span);
    for (Note& note : diagnostic.notes) note.span = moved(note.span);
    for (Fix& fix : diagnostic.fixes) fix.span = moved(fix.span);
    mapped.add(std::move(diagnostic));
  }
  report(mapped, shown);
}

bool ReplSession::checks(const Source& source) const {
  SourceMap sources;
  Diagnostics diagnostics;
  return check(source, diagnostics, sources).has_value();
}

/// The type of an expression, as the compiler names it. Nothing, and everything said, if it is wrong;
/// `gives_nothing` if it is right but has no value.
std::optional<std::string> ReplSession::type_of(const std::string& text, const std::string& annotation,
                                                bool& gives_nothing) const {
  const std::string type = annotation.empty() ? "" : ": " + annotation;
  const Source source = in_chain("bool", "let " + std::string(kIt) + type + " = (\n", text, kThenTrue);
  SourceMap sources;
  Diagnostics diagnostics;
  const auto module = check(source, diagnostics, sources);
  if (!module) {
    const auto all = diagnostics.sorted();
    gives_nothing = std::all_of(all.begin(), all.end(), [](const Diagnostic* each) {
      return each->severity == Severity::Warning || each->code == NoValue::code;
    });
    if (!gives_nothing) say(diagnostics, sources, source);
    return std::nullopt;
  }
  say(diagnostics, sources, source);
  std::optional<program::TypeId> found;
  for (const graph::Node& node : module->nodes) {
    if (node.name == kIt) found = node.type;
  }
  if (!found) {  // a parameter or a constant has no node of its own: it is what a second name shows
    const Source pair = in_chain("bool", "let " + std::string(kIt) + " = [(\n", text, "\n)]\nreturn true");
    SourceMap again;
    Diagnostics ignored;
    const auto list = check(pair, ignored, again);
    for (const graph::Node& node : list ? list->nodes : std::vector<graph::Node>()) {
      if (node.name == kIt) return list->types.to_string(list->types[node.type].element);
    }
    return "";
  }
  return module->types.to_string(*found);
}

/// A type as the file would write it: names of other files under their module. Empty if there is no way.
std::string ReplSession::written_type(const std::string& type, const std::string& text) const {
  const auto fits = [&](const std::string& written) {
    return !written.empty() && checks(in_chain(written, "return (\n", text, "\n)"));
  };
  if (fits(type)) return type;
  for (const std::string& module : imports_in(declared())) {
    std::string qualified;
    size_t done = 0;
    for_each_word(type, [&](std::string_view word, size_t at) {
      qualified += type.substr(done, at - done);
      const bool own =
          std::isupper(static_cast<unsigned char>(word.front())) != 0 && (at == 0 || type[at - 1] != '"');
      qualified += (own ? module + '.' : "") + std::string(word);
      done = at + word.size();
    });
    qualified += type.substr(done);
    if (fits(qualified)) return qualified;
  }
  return "";
}

/// Compiles and runs the chain around an input.
std::optional<ReplSession::Value> ReplSession::evaluate(const Source& source) {
  SourceMap sources;
  Diagnostics diagnostics;
  driver::CompileOptions options;
  options.profile = settings_.profile;
  options.text = source.text;
  auto compiled = driver::compile(path(), sources, diagnostics, options);
  if (!compiled) {
    say(diagnostics, sources, source);
    return std::nullopt;
  }
  auto program = std::make_shared<program::Program>(*compiled);
  if (!set_models(*program, settings_.models)) return std::nullopt;
  uint32_t chain = 0;
  while (chain < program->chains.size() && program->chains[chain].name != kChain) ++chain;
  std::string error;
  const auto policy = policy_for(path(), settings_.profile, settings_.permissions, error);
  if (chain == program->chains.size() || !policy) return std::nullopt;
  if (!permitted(*program, chain, path(), *policy, models_named(settings_.models), sources))
    return std::nullopt;

  std::string arguments = "{";
  for (const Named* named : mentioned(source.text.substr(source.begin, source.end - source.begin))) {
    if (arguments.size() > 1) arguments += ',';
    value::append_json_string(arguments, named->name);
    arguments += ':' + named->json;
  }
  if (!variables_) variables_ = load_variables(path(), settings_.env_files, error);
  if (!variables_) {
    say_error(error);
    return std::nullopt;
  }
  Session session(program,
                  {.verbose = settings_.verbose,
                   .access = std::make_shared<const access::Policy>(*policy),
                   .variables = variables_},
                  answer_file());
  RunObserver observer(*program, session.loop(), settings_.verbose, Stream::None);
  const auto result = session.run(chain, arguments + '}', {.observer = &observer});
  offline_said_ = observer.finish(offline_said_);
  if (!result) {
    cli::say("interrupted\n");
    return std::nullopt;
  }
  if (!result->ok) {
    sched::RunError failed = result->error;
    const auto lines = static_cast<uint32_t>(std::count(base_.begin(), base_.end(), '\n')) + 1;
    if (failed.file < program->files.size() && program->files[failed.file] == path() && failed.line > lines)
      failed.line = 0;  // of the input, which is on the screen
    report(failed, *program);
    return std::nullopt;
  }
  return Value{"", "", program->types.base_kind(program->chains[chain].result), result->value_json,
               result->text};
}

bool ReplSession::expression(const Input& input) {
  bool gives_nothing = false;
  const bool names = input.kind != InputKind::Expression;
  std::string annotation = input.type;
  if (input.kind == InputKind::Assign) {
    const auto known =
        std::find_if(named_.begin(), named_.end(), [&](const Named& n) { return n.name == input.name; });
    if (known == named_.end()) {
      say_error("there is no `" + input.name + "` yet; `let " + input.name + " = ...` makes one");
      return false;
    }
    annotation = known->type;
  }
  const std::optional<std::string> type = type_of(input.text, annotation, gives_nothing);
  if (!type) return gives_nothing && !names ? statement(input.text) : false;
  const std::string written = annotation.empty() ? written_type(*type, input.text) : annotation;
  if (written.empty() && names) {
    say_error("`" + input.name + "` is " + *type +
              ", which this file has no name for; import the file that declares it");
    return false;
  }
  const auto value = evaluate(written.empty() ? in_chain("json", "return to_json(\n", input.text, "\n)")
                                              : in_chain(written, "return (\n", input.text, "\n)"));
  if (!value) return false;
  if (!names) {
    return value->kind == program::TypeKind::String ? answer_text(value->text + "\n")
                                                    : answer_json(pretty_json(value->json) + "\n");
  }
  std::erase_if(named_, [&](const Named& named) { return named.name == input.name; });
  named_.push_back({input.name, written, value->json});
  return true;
}

bool ReplSession::statement(const std::string& text) {
  return evaluate(in_chain("bool", "", text, "\nreturn true")).has_value();
}

bool ReplSession::declare(const Input& input) {
  Source source;
  source.text = declared(input.name);
  source.begin = source.text.size();
  source.text += input.text;
  source.end = source.text.size();
  source.text += '\n';
  SourceMap sources;
  Diagnostics diagnostics;
  const bool right = check(source, diagnostics, sources).has_value();
  say(diagnostics, sources, source);
  if (!right) return false;
  const bool named = std::isalpha(static_cast<unsigned char>(input.name.empty() ? '"' : input.name[0])) != 0;
  if (named) std::erase_if(declarations_, [&](const auto& each) { return each.first == input.name; });
  declarations_.emplace_back(named ? input.name : "", input.text);
  return true;
}

bool ReplSession::enter(const Input& input) {
  typed_ = input.whole;
  switch (input.kind) {
    case InputKind::Declaration: return declare(input);
    case InputKind::Statement: return statement(input.text);
    case InputKind::Let:
    case InputKind::Assign:
    case InputKind::Expression: return expression(input);
    case InputKind::Nothing:
    case InputKind::Command: break;
  }
  return true;
}

bool ReplSession::show_type(std::string_view expression) {
  typed_.clear();
  bool gives_nothing = false;
  const auto type = type_of(std::string(expression), "", gives_nothing);
  if (type) return answer_text(*type + "\n");
  if (gives_nothing) return answer_text("nothing\n");
  return false;
}

bool ReplSession::show_graph() {
  SourceMap sources;
  Diagnostics diagnostics;
  Source source{declared(), 0, 0};
  source.begin = source.end = source.text.size();
  const auto module = check(source, diagnostics, sources);
  return module && answer_text(graph::print(*module));
}

bool ReplSession::load(const std::string& file) {
  std::string error;
  const auto text = read_file(file, error, size_t{16} << 20);
  if (!text) {
    say_error(error);
    return false;
  }
  SourceMap sources;
  Diagnostics diagnostics;
  driver::CompileOptions options;
  options.transform = false;
  options.profile = settings_.profile;
  const auto module = driver::compile_graph(file, sources, diagnostics, options);
  report(diagnostics, sources);
  if (!module) return false;
  settings_.file = file;
  variables_ = nullptr;
  base_ = *text;
  if (base_.starts_with("\xEF\xBB\xBF")) base_.erase(0, 3);
  declarations_.clear();
  named_.clear();
  return true;
}

}  // namespace chain::cli
