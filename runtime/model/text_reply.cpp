#include "runtime/model/text_reply.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/http/printable.h"

namespace chain::model {

namespace {

/// What a reply as a whole means, once its text is there.
bool judge(const std::string& refusal, bool withheld, Problem& problem) {
  if (!refusal.empty()) {
    problem = {abi::ErrorKind::Refused, fmt::format("the model refused: \"{}\"", http::printable(refusal)),
               false, true};
  } else if (withheld) {
    problem = {abi::ErrorKind::Refused, "the provider's content filter withheld the answer", false, true};
  }
  return refusal.empty() && !withheld;
}

class ObjectReply final : public Reply {
 public:
  ObjectReply(ReadPiece read_piece, bool wrapped, std::string_view protocol)
      : read_piece_(read_piece), wrapped_(wrapped), protocol_(protocol) {}

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
    if (wrapped_) {
      Unwrapper unwrapper;
      unwrapper.feed(piece.text, completion.text);
      unwrapper.finish(completion.text);
    } else {
      completion.text = std::move(piece.text);
    }
    return judge(piece.refusal, piece.withheld, problem);
  }

 private:
  ReadPiece read_piece_;
  bool wrapped_;
  std::string_view protocol_;
  std::string body_;
};

class StreamReply final : public Reply, http::SseSink {
 public:
  StreamReply(ReadPiece read_piece, bool wrapped, std::string_view terminal)
      : read_piece_(read_piece), wrapped_(wrapped), terminal_(terminal) {}

  void read(std::string_view bytes, DeltaSink& sink) override {
    sink_ = &sink;
    const auto status = parser_.feed(bytes, *this);
    sink_ = nullptr;
    if (status == http::SseParser::Status::LineTooLong || status == http::SseParser::Status::EventTooLarge) {
      problem_.what = "the stream holds an event larger than allowed";
      failed_ = true;
    }
  }

  [[nodiscard]] bool complete() const override { return done_ || failed_; }
  [[nodiscard]] bool whole() const override { return complete() || decided_; }

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
    if (wrapped_) unwrapper_.finish(rest);
    completion_.text += rest;
    completion = std::move(completion_);
    return judge(refusal_, withheld_, problem);
  }

  bool event(const http::SseEvent& event) override {
    piece_.text.clear();
    piece_.refusal.clear();
    piece_.error.found = piece_.ends = piece_.decided = piece_.withheld = false;
    if (!read_piece_(event.data, piece_, completion_)) {
      problem_.what =
          fmt::format("an event of the stream is not JSON: \"{}\"", http::printable(event.data, 120));
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
    refusal_ += piece_.refusal;
    done_ = piece_.ends;
    decided_ = decided_ || piece_.decided;
    withheld_ = withheld_ || piece_.withheld;
    const size_t before = completion_.text.size();
    if (wrapped_) {
      unwrapper_.feed(piece_.text, completion_.text);
    } else {
      completion_.text += piece_.text;
    }
    if (completion_.text.size() == before) return true;
    return sink_->delta(std::string_view(completion_.text).substr(before));
  }

  ReadPiece read_piece_;
  bool wrapped_;
  std::string_view terminal_;
  http::SseParser parser_;
  Unwrapper unwrapper_;
  DeltaSink* sink_ = nullptr;  // during `read`
  Piece piece_;                // kept for its memory
  Completion completion_;
  std::string refusal_;
  Problem problem_;
  bool done_ = false;
  bool decided_ = false;
  bool withheld_ = false;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<Reply> read_object_reply(ReadPiece read, bool wrapped, std::string_view protocol) {
  return std::make_unique<ObjectReply>(read, wrapped, protocol);
}
std::unique_ptr<Reply> read_stream_reply(ReadPiece read, bool wrapped, std::string_view terminal) {
  return std::make_unique<StreamReply>(read, wrapped, terminal);
}

}  // namespace chain::model
