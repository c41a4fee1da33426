// What models over HTTP have in common, whatever they speak: where they are, their key and time-outs, and
// what a response that is no answer means.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/model/abilities.h"
#include "runtime/model/dialect.h"
#include "runtime/model/http_backend.h"
#include "runtime/model/media_support.h"
#include "runtime/model/options.h"
#include "runtime/model/response_format.h"

namespace chain::program {
struct ProviderInfo;
}

namespace chain::model {

class Variables;

/// What is settled when a model is made.
struct Setup {
  std::string base_url;  // no slash at its end
  std::string key;       // empty: none is sent
  bool at_home = true;   // at the provider's own service
  std::string structured = "auto";
  bool searches = false;  // the web, by the provider
  http::Timeouts timeouts;
  CallPolicy policy;
  Abilities abilities;  // of the model, and of the endpoint as far as somebody has looked
};

/// Where the model is: what it says itself, or `variables` (which may be null: the environment), or the
/// provider's own service. No slash at its end.
[[nodiscard]] std::string base_url_of(const program::Model& model, const Options& options,
                                      const Variables* variables);

/// The variable that holds the key; empty for none.
[[nodiscard]] std::string key_variable(const program::ProviderInfo& provider, const Options& options);

/// `url` without a name and password in it.
[[nodiscard]] std::string without_user(const std::string& url);
/// Where Ollama's own API is: beside the one for clients of OpenAI's, whose URL ends in /v1.
[[nodiscard]] std::string ollama_server(std::string base_url);
/// `id` as a part of a path: what is no letter, digit, `.`, `_` or `-` is escaped. A tuned model's slash
/// stays.
[[nodiscard]] std::string in_path(std::string_view id);

/// Reads what every provider of providers.def takes that is called over HTTP. On a mistake gives nothing and
/// why in `failure`.
[[nodiscard]] std::optional<Setup> read_setup(const program::Model& model, const Options& options,
                                              const Variables* variables, Failure& failure);

/// What a service says went wrong: {"error": {"message", "type", "code", "status"}}, {"error": "..."},
/// {"message": "..."} or {"detail": "..."}.
struct ApiError {
  bool found = false;
  std::string message;
  std::string type;
  std::string code;
  std::string status;  // Gemini's name for the code
};
[[nodiscard]] ApiError read_api_error(std::string_view body);
/// The value of an `error` member.
[[nodiscard]] bool read_api_error(class JsonReader& reader, ApiError& error);

/// The problem that `error` stands for under the HTTP status `status`; 200 for an error within a stream.
[[nodiscard]] Problem status_problem(int status, const ApiError& error);

/// A dialect that posts JSON to one URL and gets JSON or a stream.
class JsonDialect : public Dialect {
 public:
  [[nodiscard]] http::Endpoint endpoint() const override;
  [[nodiscard]] std::string shown_head() const override;
  [[nodiscard]] std::string redacted(std::string text) const override;
  [[nodiscard]] std::string refuses(const Medium& medium) const override;
  [[nodiscard]] std::string refuses(const Request& request) const override;
  [[nodiscard]] Problem explain(const Head& head, std::string_view body) const override;
  [[nodiscard]] std::unique_ptr<Reply> open(const Request& request, const Form& form,
                                            const Head& head) override;
  [[nodiscard]] bool adapt(const Form& form, const Head& head, std::string_view body) override;

 protected:
  /// `media`: which media its requests can carry.
  JsonDialect(Setup setup, std::string protocol, MediaApi media);

  /// Behind the base URL: "/chat/completions".
  [[nodiscard]] virtual std::string path() const = 0;
  /// The header that carries the key, and what stands before it there.
  [[nodiscard]] virtual http::Header key_header() const = 0;
  [[nodiscard]] virtual std::vector<http::Header> more_headers() const { return {}; }
  [[nodiscard]] virtual std::string_view stream_type() const { return "text/event-stream"; }
  [[nodiscard]] virtual std::unique_ptr<Reply> read_object(const Form& form) const = 0;
  [[nodiscard]] virtual std::unique_ptr<Reply> read_stream(const Form& form) const = 0;
  /// Whether an error's text speaks of the field that carries the schema.
  [[nodiscard]] virtual bool speaks_of_schema(std::string_view body) const = 0;

  /// Whether an answer may be a medium of this kind.
  [[nodiscard]] virtual bool gives(std::string_view /*medium*/) const { return false; }

  /// How the schema of a request's result is sent; null if none is.
  [[nodiscard]] const ResponseFormat* format_of(const Request& request);

  Setup setup_;

 private:
  [[nodiscard]] Problem redirected(const Head& head) const;

  std::string protocol_;  // "chat completions"
  MediaApi media_;
  bool structured_;  // until the endpoint shows that it does not know how
  std::unordered_map<std::string, ResponseFormat> formats_;
  std::string format_key_;  // kept for its memory
};

/// Where a request says how long its answer may become, for models that say nothing of it themselves.
class AnswerLimit {
 public:
  AnswerLimit(const Options& options, std::string_view field)
      : field_(field), own_(options.integer("max_tokens").has_value()) {}
  /// Appends `,"field":N`, or nothing.
  void append(std::string& body, const Request& request) const;

 private:
  std::string_view field_;
  bool own_;
};

/// An option and the provider's own word for it.
struct Wording {
  std::string_view option, field;
};

/// The options that are numbers and that the model names, as members: `,"field":1`.
[[nodiscard]] std::string number_members(const Options& options, std::initializer_list<Wording> numbers);
/// Its `stop` as `,"field":["..."]`; empty if it has none.
[[nodiscard]] std::string stop_member(const Options& options, std::string_view field);

/// A backend that speaks the dialect that `speak` makes of what the model says.
[[nodiscard]] MadeBackend make_http_backend(
    const program::Model& model, const Services& services,
    const std::function<std::unique_ptr<Dialect>(Setup setup, const Options& options)>& speak);

}  // namespace chain::model
