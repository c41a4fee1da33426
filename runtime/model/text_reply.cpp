#include "runtime/model/text_reply.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/http/lines.h"
#include "runtime/http/printable.h"
#include "runtime/http/sse.h"
#include "runtime/model/json_reader.h"
#include "runtime/model/mended_calls.h"
#include "runtime/model/response_format.h"
#include "runtime/model/tool_messages.h"

namespace chain::model {

namespace {

/// Of an event with a medium, which comes as one: no less than an answer may have (`endpoint`).
constexpr size_t kMostMedium = size_t{64} << 20;

/// What cannot be read again, being nested too deeply, is left out: the text and calls say what can be said.
void settle_state(ProviderState& state) {
  JsonReader reader(state.json);
  if (reader.peek() != '[' || !reader.skip() || !reader.end()) state = {};
}

/// Where the calls of an answer stand in its state, they stand there as the provider said them.
bool repeats_calls(const ProviderState& state) {
  return state.api == kResponsesState || state.api == kGeminiState;
}

/// Whether the answer's calls of tools are such as it was given. What is wrong with one is for whoever
/// carries them out to tell.
bool judge_calls(const Form& form, Completion& completion, Problem& problem) {
  if (!completion.state.api.empty()) settle_state(completion.state);
  std::vector<ToolCall>& calls = completion.tool_calls;
  if (calls.empty()) return true;
  if (form.tools) {
    // Anthropic's blocks are written anew, so what it thought can stay: but not calls that are left out.
    const bool as_said = mend_calls(calls, completion.cut_off);
    if (!as_said && (repeats_calls(completion.state) || calls.size() > kMostCalls)) completion.state = {};
    return true;
  }
  problem.kind = abi::ErrorKind::InvalidOutput;
  if (completion.text.empty()) {
    problem.what = fmt::format("the answer calls the tool `{}`, and it was given none",
                               http::printable(calls[0].name, 80));
    return false;
  }
  calls.clear();
  return true;
}

/// Whether the answer holds anything that can be taken.
bool judge_media(const Completion& completion, Problem& problem) {
  if (completion.dropped.empty() || !completion.text.empty() || !completion.tool_calls.empty()) return true;
  problem.kind = abi::ErrorKind::InvalidOutput;
  problem.what = fmt::format("the answer is {} and no text, which no prompt can take; ask for text",
                             http::printable(completion.dropped[0], 120));
  return false;
}

/// What a reply as a whole says besides its text.
struct Verdict {
  std::string refusal;
  bool withheld = false;
  bool bad_call = false;
};

/// What a reply as a whole means, once its text is there.
bool judge(const Form& form, const Verdict& verdict, Completion& completion, Problem& problem) {
  if (!verdict.refusal.empty()) {
    problem = {abi::ErrorKind::Refused,
               fmt::format("the model refused: \"{}\"", http::printable(verdict.refusal)), false, true};
    return false;
  }
  if (verdict.withheld) {
    problem = {abi::ErrorKind::Refused, "the provider's content filter withheld the answer", false, true};
    return false;
  }
  if (verdict.bad_call && form.tools) {
    completion.tool_calls.push_back({.id = {}, .name = {}, .arguments = completion.finish_reason});
  } else if (verdict.bad_call) {
    problem = {abi::ErrorKind::InvalidOutput,
               fmt::format("the model wrote a call of a tool that its provider could not read ({})",
                           http::printable(completion.finish_reason, 80)),
               true, false};
    return false;
  }
  return judge_calls(form, completion, problem) && judge_media(completion, problem);
}

class ObjectReply final : public Reply {
 public:
  ObjectReply(ReadPiece read_piece, const Form& form, std::string_view protocol)
      : read_piece_(std::move(read_piece)), form_(form), protocol_(protocol) {}

  void read(std::string_view bytes, DeltaSink& /*sink*/) override { body_ += bytes; }
  [[nodiscard]] bool complete() const override { return false; }

  bool finish(Completion& completion, Problem& problem) override {
    Piece piece;
    if (!read_piece_(body_, piece, completion)) {
      problem.what = fmt::format("the answer is not JSON: \"{}\"", http::printable(body_, 120));
      if (body_.empty()) problem.what = "the answer is empty";
      return false;
    }
    if (piece.error.found) {
      problem = status_problem(200, piece.error);
      return false;
    }
    if (!piece.answers) {
      problem.what = fmt::format("the answer is no {}: \"{}\"", protocol_, http::printable(body_, 120));
      return false;
    }
    if (form_.wrapped) {
      Unwrapper unwrapper;
      unwrapper.feed(piece.text, completion.text);
      unwrapper.finish(completion.text);
    } else {
      completion.text = std::move(piece.text);
    }
    return judge(form_, {std::move(piece.refusal), piece.withheld, piece.bad_call}, completion, problem);
  }

 private:
  ReadPiece read_piece_;
  Form form_;
  std::string_view protocol_;
  std::string body_;
};

/// A stream of JSON objects. What derives from it knows how they are told apart.
class StreamReply : public Reply {
 public:
  void read(std::string_view bytes, DeltaSink& sink) final {
    sink_ = &sink;
    const bool fits = take_apart(bytes);
    sink_ = nullptr;
    if (!fits) {
      problem_.what = fmt::format("the stream holds {} larger than allowed", part_);
      failed_ = true;
    }
  }

  [[nodiscard]] bool complete() const final { return done_ || failed_; }
  [[nodiscard]] bool whole() const final { return complete() || decided_; }

  bool finish(Completion& completion, Problem& problem) override {
    if (failed_) {
      problem = problem_;
      return false;
    }
    if (!whole()) {
      problem.what = fmt::format("the stream ended before it was complete ({}), after {} bytes of text",
                                 terminal_, completion_.text.size());
      problem.transient = true;
      return false;
    }
    std::string rest;
    if (form_.wrapped) unwrapper_.finish(rest);
    completion_.text += rest;
    completion = std::move(completion_);
    return judge(form_, verdict_, completion, problem);
  }

 protected:
  /// `part`: what an object stands in, for messages: "an event".
  StreamReply(ReadPiece read_piece, const Form& form, std::string_view terminal, std::string_view part)
      : read_piece_(std::move(read_piece)), form_(form), terminal_(terminal), part_(part) {}

  /// Gives `object` what is in `bytes`. False if a part of the stream is larger than allowed.
  virtual bool take_apart(std::string_view bytes) = 0;

  /// False: no more.
  bool object(std::string_view json) {
    piece_.text.clear();
    piece_.refusal.clear();
    piece_.error.found = piece_.ends = piece_.decided = piece_.withheld = piece_.bad_call = false;
    if (!read_piece_(json, piece_, completion_)) {
      problem_.what = fmt::format("{} of the stream is not JSON: \"{}\"", part_, http::printable(json, 120));
      failed_ = true;
    } else if (piece_.error.found) {
      problem_ = status_problem(200, piece_.error);
      failed_ = true;
    } else {
      return accept() && !done_;
    }
    return false;
  }

 private:
  bool accept() {
    verdict_.refusal += piece_.refusal;
    done_ = piece_.ends;
    decided_ = decided_ || piece_.decided;
    verdict_.withheld = verdict_.withheld || piece_.withheld;
    verdict_.bad_call = verdict_.bad_call || piece_.bad_call;
    const size_t before = completion_.text.size();
    if (form_.wrapped) {
      unwrapper_.feed(piece_.text, completion_.text);
    } else {
      completion_.text += piece_.text;
    }
    if (completion_.text.size() == before || sink_ == nullptr) return true;
    return sink_->delta(std::string_view(completion_.text).substr(before));
  }

  ReadPiece read_piece_;
  Form form_;
  std::string_view terminal_;
  std::string_view part_;
  Unwrapper unwrapper_;
  DeltaSink* sink_ = nullptr;  // during `read`
  Piece piece_;                // kept for its memory
  Completion completion_;
  Verdict verdict_;
  Problem problem_;
  bool done_ = false;
  bool decided_ = false;
  bool failed_ = false;
};

class EventsReply final : public StreamReply, http::SseSink {
 public:
  EventsReply(ReadPiece read_piece, const Form& form, std::string_view terminal)
      : StreamReply(std::move(read_piece), form, terminal, "an event") {
    if (!form.medium.empty()) parser_ = http::SseParser(kMostMedium, kMostMedium);
  }

  bool event(const http::SseEvent& event) override { return object(event.data); }

 private:
  bool take_apart(std::string_view bytes) override {
    const auto status = parser_.feed(bytes, *this);
    return status == http::SseParser::Status::Open || status == http::SseParser::Status::Stopped;
  }

  http::SseParser parser_;
};

class LinesReply final : public StreamReply, http::LineSink {
 public:
  LinesReply(ReadPiece read_piece, const Form& form, std::string_view terminal)
      : StreamReply(std::move(read_piece), form, terminal, "a line") {}

  bool line(std::string_view line) override { return is_blank(line) || object(line); }

  /// The last line may lack its end. What is half a line is the mark of a lost connection, not of bad JSON.
  bool finish(Completion& completion, Problem& problem) override {
    JsonReader rest(reader_.rest());
    if (!complete() && rest.peek() != 0 && rest.skip() && rest.end()) object(reader_.rest());
    return StreamReply::finish(completion, problem);
  }

 private:
  static bool is_blank(std::string_view line) {
    return line.find_first_not_of(" \t\r") == std::string_view::npos;
  }
  bool take_apart(std::string_view bytes) override {
    return reader_.feed(bytes, *this) != http::LineReader::Status::LineTooLong;
  }

  http::LineReader reader_;
};

}  // namespace

std::unique_ptr<Reply> read_object_reply(ReadPiece read, const Form& form, std::string_view protocol) {
  return std::make_unique<ObjectReply>(std::move(read), form, protocol);
}
std::unique_ptr<Reply> read_stream_reply(ReadPiece read, const Form& form, std::string_view terminal) {
  return std::make_unique<EventsReply>(std::move(read), form, terminal);
}
std::unique_ptr<Reply> read_lines_reply(ReadPiece read, const Form& form, std::string_view terminal) {
  return std::make_unique<LinesReply>(std::move(read), form, terminal);
}

}  // namespace chain::model
