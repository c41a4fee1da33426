#include "cli/run_observer.h"

#include <fmt/format.h>
#include <unistd.h>

#include "cli/cache.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "runtime/program/providers.h"
#include "runtime/value/json.h"

namespace chain::cli {
namespace {

/// How many bytes at the end of `text` begin a character that is not complete.
size_t unfinished_bytes(std::string_view text) {
  for (size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    const size_t whole = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return whole > back ? back : 0;
  }
  return 0;
}

/// What is said at a terminal stands on a line of its own, not behind half a line of the answer.
void leave_answer(Stream stream, std::string_view written) {
  const bool within = stream == Stream::Answer && !written.empty() && written.back() != '\n';
  if (within && is_terminal(STDOUT_FILENO) && is_terminal(STDERR_FILENO)) say("\n");
}

}  // namespace

std::string no_language_model(std::string_view name, std::string_view provider) {
  if (provider == "scripted") {
    return printable(fmt::format(
        "note: no language model was used: `{}` is scripted(), which reads its answers from a file\n", name));
  }
  return printable(
      fmt::format("note: no language model was used: `{0}` is baseline(), which compares with examples and "
                  "copies text\n      to go "
                  "live, set OPENAI_API_KEY and add --model '{0}=openai(\"gpt-5-mini\")'\n",
                  name));
}

RunObserver::RunObserver(const program::Program& program, EventLoop& loop, bool verbose, Stream stream)
    : program_(program), snapshots_(program), verbose_(verbose), stream_(stream) {
  if (!verbose && is_terminal(STDERR_FILENO)) lines_.emplace(loop);
}

void RunObserver::started(std::string_view path, const program::Prompt&, const program::Model& model) {
  if (program::is_stand_in(model.provider)) offline_.emplace(model.name, model.provider);
  asked_[std::string(path)] = &model;
  if (lines_) lines_->begin(path);
  if (verbose_) note(path, fmt::format("asks `{}`", model.name));
}

void RunObserver::ended(std::string_view path, const program::Prompt&, const model::Completion& completion) {
  const bool similar = completion.cached == model::Cached::Similar;
  const bool kept = completion.cached == model::Cached::Hit || similar;
  if (!completion.answered_by.empty() && program::is_stand_in(completion.model))
    offline_.emplace(completion.answered_by, completion.model);
  if (lines_) lines_->end(path, kept ? completion.model + ", from the cache" : completion.model);
  if (const auto asked = asked_.extract(std::string(path))) {
    if (lines_) lines_->clear();
    snapshots_.note(*asked.mapped(), completion);
  }
  for (const std::string& what : completion.dropped)
    note(path,
         fmt::format("the answer holds {} beside its text, which is dropped: no prompt can take it", what));
  if (!verbose_) return;
  if (kept) {
    note(path, fmt::format("{} answered{}, from the cache, {} old:\n{}", completion.model,
                           similar ? fmt::format(" a question alike by {:.3f}", completion.similarity) : "",
                           age_text(completion.age), completion.text));
    return;
  }
  if (completion.cached == model::Cached::Coalesced) {
    note(path,
         fmt::format("{} answered an equal call at the same time:\n{}", completion.model, completion.text));
    return;
  }
  note(path,
       fmt::format("{}{} answered, {} tokens in, {} out{}{}:\n{}", completion.model,
                   completion.answered_by.empty() ? "" : fmt::format(" as `{}`", completion.answered_by),
                   completion.usage.input_tokens, completion.usage.output_tokens,
                   completion.attempts > 1 ? fmt::format(", at attempt {}", completion.attempts) : "",
                   completion.cut_off ? ", cut off at the token limit (`max_tokens`)" : "", completion.text));
}

void RunObserver::failed(std::string_view path, const program::Prompt&, const sched::RunError& error) {
  if (lines_) lines_->end(path, "failed");
  if (verbose_) note(path, "failed: " + error.message);
}

void RunObserver::called(std::string_view path, const program::External& tool) {
  if (lines_) lines_->begin(path);
  if (verbose_) note(path, fmt::format("calls `{}`", tool.name));
}

void RunObserver::returned(std::string_view path, const program::External& tool,
                           const model::Completion& answer) {
  if (lines_) lines_->end(path, "");
  if (verbose_) note(path, fmt::format("`{}` answered:\n{}", tool.name, answer.text));
}

void RunObserver::failed(std::string_view path, const program::External& /*tool*/,
                         const sched::RunError& error) {
  if (lines_) lines_->end(path, "failed");
  if (verbose_) note(path, "failed: " + error.message);
}

void RunObserver::sent(std::string_view path, std::string_view request) {
  if (verbose_) note(path, "sends\n" + std::string(request));
}

void RunObserver::retried(std::string_view path, std::string_view why, int64_t delay_ns) {
  note(path, fmt::format("tries again in {:.1f} s: {}", static_cast<double>(delay_ns) / 1e9, why));
}

void RunObserver::waited(std::string_view path, std::string_view why, int64_t time_ns) {
  if (verbose_) note(path, fmt::format("waited {:.1f} s for {}", static_cast<double>(time_ns) / 1e9, why));
}

void RunObserver::repaired(std::string_view path, std::string_view complaint) {
  if (verbose_) note(path, "asks again: " + std::string(complaint));
}

void RunObserver::note(std::string_view path, std::string_view what) {
  if (!verbose_ && !lines_) return;
  if (lines_) lines_->clear();
  leave_answer(stream_, written_);
  say(printable(fmt::format("{}: {}", path, what)) + "\n");
}

void RunObserver::streamed(std::string_view text) {
  if (stream_ == Stream::None) return;
  if (lines_) lines_->stop();
  if (stream_ == Stream::Events) {
    std::string event = "{\"delta\":";
    value::append_json_string(event, text);
    write(event + "}\n");
    return;
  }
  unfinished_ += text;
  const std::string whole = unfinished_.substr(0, unfinished_.size() - unfinished_bytes(unfinished_));
  unfinished_.erase(0, whole.size());
  if (stream_ == Stream::Aside) {
    say(printable(whole));
  } else {
    write(whole);
  }
  written_ += whole;
}

void RunObserver::reset() {
  unfinished_.clear();
  if (stream_ == Stream::Events) {
    write("{\"reset\":true}\n");
  } else if (!written_.empty()) {
    if (stream_ == Stream::Answer) write("\n");
    say("the answer begins again:\n");
    written_.clear();
  }
}

void RunObserver::logged(std::string_view path, std::string_view text) {
  if (lines_) lines_->clear();
  leave_answer(stream_, written_);
  say(one_line(fmt::format("{}: {}", path, text)) + "\n");
}

void RunObserver::write(std::string_view text) {
  if (output_failed_) return;
  output_failed_ = !(stream_ == Stream::Events ? answer_json(text) : answer_text(text));
}

bool RunObserver::finish(bool said) {
  if (lines_) lines_->stop();
  if (stream_ == Stream::Aside && !written_.empty()) say("\n");
  if (stream_ == Stream::Answer && !written_.empty()) write("\n");
  if (offline_.empty() || said) return said;
  const auto& [name, provider] = *offline_.begin();
  say(no_language_model(name, provider));
  return true;
}

}  // namespace chain::cli
