#include "runtime/model/openai_reply.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/http/printable.h"
#include "runtime/http/sse.h"
#include "runtime/model/json_reader.h"
#include "runtime/model/response_format.h"

namespace chain::model {

namespace {

/// The parts of a completion or chunk that matter.
struct Piece {
  std::string text;
  std::string refusal;
  bool has_choice = false;
  OpenAiError error;
};

bool read_error(JsonReader& reader, OpenAiError& error) {
  error.found = true;
  if (reader.peek() == '"') return reader.string(error.message);
  return reader.object([&](std::string_view key) {
    if (key == "message") return reader.string(error.message);
    if (key == "type") return reader.string(error.type);
    if (key == "code") return reader.string(error.code);
    return reader.skip();
  });
}

bool read_usage(JsonReader& reader, Usage& usage) {
  return reader.object([&](std::string_view key) {
    if (key == "prompt_tokens") return reader.integer(usage.input_tokens);
    if (key == "completion_tokens") return reader.integer(usage.output_tokens);
    if (key == "prompt_tokens_details") {
      return reader.object([&](std::string_view detail) {
        return detail == "cached_tokens" ? reader.integer(usage.cached_tokens) : reader.skip();
      });
    }
    if (key == "completion_tokens_details") {
      return reader.object([&](std::string_view detail) {
        return detail == "reasoning_tokens" ? reader.integer(usage.reasoning_tokens) : reader.skip();
      });
    }
    return reader.skip();
  });
}

/// A text, or (of some servers) a list of parts of which those with a text count.
bool read_content(JsonReader& reader, std::string& text) {
  if (reader.peek() != '[') return reader.string(text);
  text.clear();
  return reader.array([&] {
    return reader.object([&](std::string_view key) {
      std::string part;
      const bool fine = key == "text" ? reader.string(part) : reader.skip();
      text += part;
      return fine;
    });
  });
}

bool read_choice(JsonReader& reader, Piece& piece, std::string& finish_reason) {
  std::string reason;
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "finish_reason") return reader.string(reason);
    if (key != "message" && key != "delta") return reader.skip();
    return reader.object([&](std::string_view member) {
      if (member == "content") return read_content(reader, piece.text);
      if (member == "refusal") return reader.string(piece.refusal);
      return reader.skip();
    });
  });
  if (!reason.empty()) finish_reason = std::move(reason);
  return fine;
}

/// A whole `chat.completion` or `chat.completion.chunk`. False if it is no JSON.
bool read_piece(std::string_view json, Piece& piece, Completion& completion) {
  JsonReader reader(json);
  if (reader.peek() != '{') return false;
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "choices") {
      bool first = true;
      return reader.array([&] {
        if (!std::exchange(first, false)) return reader.skip();
        piece.has_choice = true;
        return read_choice(reader, piece, completion.finish_reason);
      });
    }
    if (key == "usage" && !reader.at_null()) return read_usage(reader, completion.usage);
    if (key == "model" && completion.model.empty()) return reader.string(completion.model);
    if (key == "error" && !reader.at_null()) return read_error(reader, piece.error);
    return reader.skip();
  });
  return fine && reader.end();
}

/// What a reply as a whole means, once its text is there.
bool judge(Completion& completion, const std::string& refusal, Problem& problem) {
  // OpenAI's word, and what Mistral says where the model's own limit is meant.
  completion.cut_off = completion.finish_reason == "length" || completion.finish_reason == "model_length";
  if (!refusal.empty()) {
    problem = {abi::ErrorKind::Refused, fmt::format("the model refused: \"{}\"", http::printable(refusal)),
               false, true};
    return false;
  }
  if (completion.finish_reason == "content_filter") {
    problem = {abi::ErrorKind::Refused, "the provider's content filter withheld the answer", false, true};
    return false;
  }
  return true;
}

class ObjectReply final : public Reply {
 public:
  explicit ObjectReply(bool wrapped) : wrapped_(wrapped) {}

  void read(std::string_view bytes, DeltaSink& /*sink*/) override { body_ += bytes; }
  [[nodiscard]] bool complete() const override { return false; }

  bool finish(Completion& completion, Problem& problem) override {
    Piece piece;
    if (!read_piece(body_, piece, completion)) {
      problem.what = fmt::format("the answer is not JSON: \"{}\"", http::printable(body_, 120));
      if (body_.empty()) problem.what = "the answer is empty";
      return false;
    }
    if (piece.error.found) {
      problem = openai_problem(200, piece.error);
      return false;
    }
    if (!piece.has_choice) {
      problem.what = fmt::format("the answer is no chat completion: \"{}\"", http::printable(body_, 120));
      return false;
    }
    if (wrapped_) {
      Unwrapper unwrapper;
      unwrapper.feed(piece.text, completion.text);
      unwrapper.finish(completion.text);
    } else {
      completion.text = std::move(piece.text);
    }
    return judge(completion, piece.refusal, problem);
  }

 private:
  bool wrapped_;
  std::string body_;
};

class StreamReply final : public Reply, http::SseSink {
 public:
  explicit StreamReply(bool wrapped) : wrapped_(wrapped) {}

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
  [[nodiscard]] bool whole() const override { return complete() || !completion_.finish_reason.empty(); }

  bool finish(Completion& completion, Problem& problem) override {
    if (failed_) {
      problem = problem_;
      return false;
    }
    if (!whole()) {
      problem.what = fmt::format(
          "the stream ended before it was complete (neither finish_reason nor [DONE]), after {} bytes of "
          "text",
          completion_.text.size());
      problem.transient = true;
      return false;
    }
    std::string rest;
    if (wrapped_) unwrapper_.finish(rest);
    completion_.text += rest;
    completion = std::move(completion_);
    return judge(completion, refusal_, problem);
  }

  bool event(const http::SseEvent& event) override {
    if (event.data == "[DONE]") {
      done_ = true;
      return false;
    }
    piece_.text.clear();
    piece_.refusal.clear();
    piece_.error.found = false;
    if (!read_piece(event.data, piece_, completion_)) {
      problem_.what =
          fmt::format("an event of the stream is not JSON: \"{}\"", http::printable(event.data, 120));
      failed_ = true;
    } else if (piece_.error.found) {
      problem_ = openai_problem(200, piece_.error);
      failed_ = true;
    } else {
      return accept();
    }
    return false;
  }

 private:
  bool accept() {
    refusal_ += piece_.refusal;
    const size_t before = completion_.text.size();
    if (wrapped_) {
      unwrapper_.feed(piece_.text, completion_.text);
    } else {
      completion_.text += piece_.text;
    }
    if (completion_.text.size() == before) return true;
    return sink_->delta(std::string_view(completion_.text).substr(before));
  }

  bool wrapped_;
  http::SseParser parser_;
  Unwrapper unwrapper_;
  DeltaSink* sink_ = nullptr;  // during `read`
  Piece piece_;                // kept for its memory
  Completion completion_;
  std::string refusal_;
  Problem problem_;
  bool done_ = false;
  bool failed_ = false;
};

std::string_view reason_phrase(int status) {
  switch (status) {
    case 301: return " Moved Permanently";
    case 302: return " Found";
    case 303: return " See Other";
    case 307: return " Temporary Redirect";
    case 308: return " Permanent Redirect";
    case 400: return " Bad Request";
    case 401: return " Unauthorized";
    case 402: return " Payment Required";
    case 403: return " Forbidden";
    case 404: return " Not Found";
    case 408: return " Request Timeout";
    case 409: return " Conflict";
    case 413: return " Content Too Large";
    case 422: return " Unprocessable Content";
    case 429: return " Too Many Requests";
    case 500: return " Internal Server Error";
    case 502: return " Bad Gateway";
    case 503: return " Service Unavailable";
    case 504: return " Gateway Timeout";
    default: return "";
  }
}

abi::ErrorKind kind_of(int status) {
  switch (status) {
    case 401:
    case 402:
    case 403: return abi::ErrorKind::Denied;
    case 404: return abi::ErrorKind::NotFound;
    case 408: return abi::ErrorKind::Timeout;
    case 429: return abi::ErrorKind::RateLimited;
    default:
      return status >= 500 || status < 400 || status == 409 ? abi::ErrorKind::Unavailable
                                                            : abi::ErrorKind::Failed;
  }
}

}  // namespace

std::unique_ptr<Reply> read_openai_object(bool wrapped) {
  return std::make_unique<ObjectReply>(wrapped);
}
std::unique_ptr<Reply> read_openai_stream(bool wrapped) {
  return std::make_unique<StreamReply>(wrapped);
}

OpenAiError read_openai_error(std::string_view body) {
  OpenAiError error;
  JsonReader reader(body);
  if (reader.peek() != '{') return error;
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "error" && !reader.at_null()) return read_error(reader, error);
    if ((key == "message" || key == "detail") && error.message.empty()) {
      error.found = true;
      return reader.string(error.message);
    }
    return reader.skip();
  });
  return fine ? error : OpenAiError{};
}

Problem openai_problem(int status, const OpenAiError& error) {
  Problem problem;
  problem.kind = kind_of(status);
  problem.transient = status == 408 || status == 409 || status == 429 || status >= 500;
  if (status == 200) {  // within a stream, only the error itself tells
    const bool limited =
        error.code == "rate_limit_exceeded" || error.type == "rate_limit_error" || error.code == "429";
    problem.kind = limited ? abi::ErrorKind::RateLimited : abi::ErrorKind::Unavailable;
    problem.transient = true;
    problem.what = "the server broke off with an error";
  } else {
    problem.what = fmt::format("the server answered {}{}", status, reason_phrase(status));
  }
  if (!error.message.empty()) problem.what += fmt::format(": \"{}\"", http::printable(error.message));
  if (error.code == "insufficient_quota" || error.type == "insufficient_quota") {
    problem.kind = abi::ErrorKind::RateLimited;
    problem.final = true;
    problem.what += "; the account's quota is used up, see its billing";
  } else if (error.code == "content_filter" || error.code == "content_policy_violation") {
    problem.kind = abi::ErrorKind::Refused;
    problem.final = true;
  }
  problem.final |= status == 400 || status == 401 || status == 403;
  return problem;
}

}  // namespace chain::model
