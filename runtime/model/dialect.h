// What differs from provider to provider that is called over HTTP: how a request is written and a reply read.
// Queueing, time-outs, retries and cancellation are the same for all (http_backend.h).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "runtime/http/client.h"
#include "runtime/model/client.h"

namespace chain::model {

struct Medium;

/// What a response says before its body.
struct Head {
  int status = 0;
  std::string content_type;
  std::string request_id;
  std::string retry_after;
  std::string retry_after_ms;
  std::string should_retry;
  std::string date;
  std::string location;
  // What is left of OpenAI's limits, and when ("1s", "6m0s") they are whole again; Anthropic's have a time.
  std::string requests_left, requests_reset;
  std::string tokens_left, tokens_reset;
};

/// Why a call failed, in terms that decide what happens next.
struct Problem {
  abi::ErrorKind kind = abi::ErrorKind::Unavailable;
  std::string what;        // a clause: "the server closed the connection before the answer was complete"
  bool transient = false;  // worth another attempt
  bool final = false;      // never worth one, whatever the server's headers say
};

/// How a request was written, for reading the reply to it.
struct Form {
  bool structured = false;       // carries the result's schema
  bool wrapped = false;          // ... inside {"value": ...}
  bool tools = false;            // that the model may call
  bool searches = false;         // the web, by the provider
  bool one_search = false;       // which counts as one for an answer, whatever it looks for
  std::string_view medium = {};  // that the answer is: "image"; empty for text
};

class DeltaSink {
 public:
  virtual ~DeltaSink() = default;
  /// False: nobody listens any more.
  virtual bool delta(std::string_view text) = 0;
};

/// Reads the body of one successful response.
class Reply {
 public:
  virtual ~Reply() = default;
  virtual void read(std::string_view bytes, DeltaSink& sink) = 0;
  /// The terminal event of the stream was read: what the connection does afterwards is of no account.
  [[nodiscard]] virtual bool complete() const = 0;
  /// All of the answer's text was read, though its terminal event may be missing: some servers send none. An
  /// end of the connection, however it came, then loses nothing but a count of tokens.
  [[nodiscard]] virtual bool whole() const { return complete(); }
  /// After the last `read`. Gives the problem, or nothing and the completion.
  [[nodiscard]] virtual bool finish(Completion& completion, Problem& problem) = 0;
};

class Dialect {
 public:
  virtual ~Dialect() = default;
  [[nodiscard]] virtual http::Endpoint endpoint() const = 0;
  /// "POST URL" and the headers, without secrets.
  [[nodiscard]] virtual std::string shown_head() const = 0;
  /// `text` without the provider's secrets.
  [[nodiscard]] virtual std::string redacted(std::string text) const = 0;
  /// Why `medium` cannot be sent, as a clause with the way out; empty if it can.
  [[nodiscard]] virtual std::string refuses(const Medium& medium) const = 0;
  /// Why `request` cannot be sent, as a clause with the way out; empty if it can.
  [[nodiscard]] virtual std::string refuses(const Request& request) const = 0;
  /// Appends the body of the request. `media`: what its messages show, in their order.
  virtual Form write(const Request& request, std::span<const Medium> media, std::string& body) = 0;
  /// A reader for the response, or null if the head tells that it is no answer.
  [[nodiscard]] virtual std::unique_ptr<Reply> open(const Request& request, const Form& form,
                                                    const Head& head) = 0;
  /// What a response that `open` did not want means; `body` may be cut.
  [[nodiscard]] virtual Problem explain(const Head& head, std::string_view body) const = 0;
  /// Whether `completion` is the beginning of an answer that its provider has paused: asked again with it, it
  /// goes on.
  [[nodiscard]] virtual bool is_paused(const Form& /*form*/, const Completion& /*completion*/) const {
    return false;
  }
  /// Whether the endpoint did not understand the form of the request and another one is tried from now on.
  [[nodiscard]] virtual bool adapt(const Form& form, const Head& head, std::string_view body) = 0;
};

}  // namespace chain::model
