// Provider `openai`: chat completions, of OpenAI and of every server that speaks them.
#include <fmt/format.h>

#include <cstdlib>
#include <optional>
#include <unordered_map>
#include <utility>

#include "runtime/http/printable.h"
#include "runtime/model/backend.h"
#include "runtime/model/http_backend.h"
#include "runtime/model/json_writer.h"
#include "runtime/model/openai_reply.h"
#include "runtime/model/options.h"
#include "runtime/model/response_format.h"
#include "runtime/program/providers.h"

namespace chain::model {

namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr std::string_view kHome = program::find_model_provider("openai")->home;
constexpr std::string_view kOllama = program::find_model_provider("ollama")->home;
constexpr uint64_t kMostBody = uint64_t{64} << 20;

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value != nullptr ? value : "";
}

std::string host_of(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  const size_t user = url.rfind('@');
  if (user != std::string_view::npos) url.remove_prefix(user + 1);
  return std::string(url);
}

/// `url` without a name and password in it.
std::string without_user(const std::string& url) {
  const size_t scheme = url.find("://");
  const size_t path = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  const size_t user = url.substr(0, path).rfind('@');
  if (scheme == std::string::npos || user == std::string::npos) return url;
  return url.substr(0, scheme + 3) + "[redacted]" + url.substr(user);
}

bool is_json(std::string_view content_type) {
  return content_type.find("json") != std::string_view::npos;
}

bool is_event_stream(std::string_view content_type) {
  return content_type.starts_with("text/event-stream");
}

std::string_view role_name(program::Role role) {
  switch (role) {
    case program::Role::System: return R"({"role":"system","content":)";
    case program::Role::User: return R"({"role":"user","content":)";
    case program::Role::Assistant: return R"({"role":"assistant","content":)";
  }
  return {};
}

/// What is settled when the model is made.
struct Setup {
  std::string base_url;
  std::string key;  // empty: no Authorization header
  std::string structured = "auto";
  http::Timeouts timeouts;
  std::string head;  // {"model":"...",options: the beginning of every request
};

class OpenAi final : public Dialect {
 public:
  explicit OpenAi(Setup setup) : setup_(std::move(setup)), structured_(setup_.structured != "off") {}

  http::Endpoint endpoint() const override {
    http::Endpoint endpoint;
    endpoint.url = setup_.base_url + "/chat/completions";
    endpoint.headers = {{"Content-Type", "application/json"}, {"User-Agent", "chain"}};
    if (!setup_.key.empty()) endpoint.headers.push_back({"Authorization", "Bearer " + setup_.key});
    endpoint.timeouts = setup_.timeouts;
    endpoint.max_body_bytes = kMostBody;
    return endpoint;
  }

  std::string shown_head() const override {
    std::string text = "POST " + http::printable(without_user(setup_.base_url)) + "/chat/completions";
    if (!setup_.key.empty()) text += "\nAuthorization: Bearer [redacted]";
    return text + "\nContent-Type: application/json";
  }

  std::string redacted(std::string text) const override {
    if (setup_.key.empty()) return text;
    for (size_t at = text.find(setup_.key); at != std::string::npos; at = text.find(setup_.key, at)) {
      text.replace(at, setup_.key.size(), "[redacted]");
      at += 10;
    }
    return text;
  }

  Form write(const Request& request, std::string& body) override {
    Form form;
    size_t size = setup_.head.size() + 256;
    for (const Message& message : request.messages)
      size += message.text.size() + message.text.size() / 16 + 40;
    const ResponseFormat* format = nullptr;
    if (structured_ && !request.schema.empty()) format = &response_format(request);
    if (format != nullptr && !format->json.empty()) {
      form = {true, format->wrapped};
      size += format->json.size();
    }
    body.reserve(size);
    body += setup_.head;
    if (request.stream) body += R"(,"stream":true,"stream_options":{"include_usage":true})";
    if (form.structured) body.append(R"(,"response_format":)").append(format->json);
    body += R"(,"messages":[)";
    for (const Message& message : request.messages) {
      if (body.back() != '[') body += ',';
      body += role_name(message.role);
      append_json_string(body, message.text);
      body += '}';
    }
    body += "]}";
    return form;
  }

  std::unique_ptr<Reply> open(const Request& request, const Form& form, const Head& head) override {
    if (head.status < 200 || head.status > 299) return nullptr;
    if (is_json(head.content_type)) return read_openai_object(form.wrapped);
    if (is_event_stream(head.content_type)) return read_openai_stream(form.wrapped);
    if (!head.content_type.empty()) return nullptr;
    return request.stream ? read_openai_stream(form.wrapped) : read_openai_object(form.wrapped);
  }

  Problem explain(const Head& head, std::string_view body) const override {
    if (head.status >= 300 && head.status < 400) return redirected(head);
    OpenAiError error = read_openai_error(body);
    if (head.status >= 200 && head.status < 300) {
      Problem problem;
      problem.what =
          fmt::format("{} does not answer as chat completions do ({}): \"{}\"; is `base_url` right?", where(),
                      described(head), http::printable(body, 120));
      return problem;
    }
    if (!error.found) {
      error.message = fmt::format("{}, not JSON: {}", described(head), http::printable(body, 120));
    }
    Problem problem = openai_problem(head.status, error);
    if (head.status == 401) problem.what += "; is the key right?";
    return problem;
  }

  bool adapt(const Form& form, const Head& head, std::string_view body) override {
    if (!form.structured || setup_.structured != "auto" || (head.status != 400 && head.status != 422))
      return false;
    const bool about_it = body.find("response_format") != std::string_view::npos ||
                          body.find("json_schema") != std::string_view::npos ||
                          body.find("structured output") != std::string_view::npos;
    if (about_it) structured_ = false;
    return about_it;
  }

 private:
  /// Redirects are not followed: the key would go along to wherever they lead.
  static Problem redirected(const Head& head) {
    Problem problem = openai_problem(head.status, {});
    problem.what +=
        head.location.empty()
            ? ": it redirects without saying where to; is `base_url` right?"
            : fmt::format(": it redirects to {}, which is not followed; set `base_url` to where the API is",
                          http::printable(without_user(head.location), 200));
    return problem;
  }

  [[nodiscard]] std::string where() const { return http::printable(host_of(setup_.base_url)); }

  static std::string described(const Head& head) {
    const std::string type =
        head.content_type.empty() ? "no content type" : http::printable(head.content_type, 80);
    return fmt::format("HTTP {}, {}", head.status, type);
  }

  /// Made once for each prompt: schemas are as constant as the program.
  const ResponseFormat& response_format(const Request& request) {
    key_.assign(request.schema_name).append(1, '\0').append(request.schema);
    const auto found = formats_.find(key_);
    if (found != formats_.end()) return found->second;
    return formats_.emplace(key_, make_response_format(request.schema_name, request.schema)).first->second;
  }

  Setup setup_;
  bool structured_;  // until the endpoint shows that it does not know response_format
  std::unordered_map<std::string, ResponseFormat> formats_;
  std::string key_;  // kept for its memory
};

/// {"model":"id" and the options that go out as they are.
std::string request_head(const program::Model& model, const Options& options, bool at_home) {
  std::string head = R"({"model":)";
  append_json_string(head, model.id);
  const auto number = [&](std::string_view option, std::string_view field) {
    if (const auto value = options.number(option)) head += fmt::format(R"(,"{}":{})", field, *value);
  };
  number("temperature", "temperature");
  number("top_p", "top_p");
  // OpenAI's newer models take only the newer name, most compatible servers only the older one.
  number("max_tokens", at_home ? "max_completion_tokens" : "max_tokens");
  number("seed", "seed");
  if (const auto effort = options.text("reasoning_effort")) {
    head += R"(,"reasoning_effort":)";
    append_json_string(head, *effort);
  }
  const std::vector<std::string> stops = options.texts("stop");
  for (size_t i = 0; i < stops.size(); ++i) {
    head += i == 0 ? R"(,"stop":[)" : ",";
    append_json_string(head, stops[i]);
  }
  if (!stops.empty()) head += ']';
  return head;
}

MadeBackend failure(abi::ErrorKind kind, std::string message) {
  MadeBackend made;
  made.failure = {kind, std::move(message)};
  return made;
}

bool usable_in_header(std::string_view key) {
  for (const char c : key) {
    if (static_cast<uint8_t>(c) <= 0x20 || c == 0x7F) return false;
  }
  return true;
}

}  // namespace

MadeBackend make_openai(const program::Program& /*program*/, const program::Model& model,
                        const Services& services) {
  std::string error;
  const std::optional<Options> options = Options::read(model, error);
  const std::string name = http::printable(model.name);
  if (!options) return failure(abi::ErrorKind::Failed, error);
  if (model.id.empty())
    return failure(abi::ErrorKind::Failed,
                   fmt::format("model `{}`: `{}` needs a model id", name, model.provider));

  Setup setup;
  const bool local = model.provider == "ollama";
  setup.base_url =
      options->text("base_url").value_or(local ? std::string(kOllama) : environment("OPENAI_BASE_URL"));
  if (setup.base_url.empty()) setup.base_url = kHome;
  while (setup.base_url.ends_with('/')) setup.base_url.pop_back();
  if (!setup.base_url.starts_with("https://") && !setup.base_url.starts_with("http://")) {
    return failure(abi::ErrorKind::Failed,
                   fmt::format("model `{}`: `base_url` must begin with https:// or http://, as in "
                               "\"http://localhost:8000/v1\"; it is \"{}\"",
                               name, http::printable(setup.base_url)));
  }
  const bool at_home = host_of(setup.base_url) == host_of(kHome);

  // A key for OpenAI is nobody else's business.
  const std::string variable = options->text("api_key_env").value_or(local ? "" : "OPENAI_API_KEY");
  if (!variable.empty()) setup.key = environment(variable);
  if (setup.key.empty() && (at_home || options->text("api_key_env"))) {
    return failure(
        abi::ErrorKind::Denied,
        fmt::format(
            "model `{}`: no key for {}: set the environment variable {}, or `base_url` to a server that "
            "needs none, or run offline with `--model {}=baseline`",
            name, http::printable(host_of(setup.base_url)), http::printable(variable), name));
  }
  if (!usable_in_header(setup.key)) {
    return failure(abi::ErrorKind::Denied,
                   fmt::format("model `{}`: the key in {} holds white space or control characters", name,
                               http::printable(variable)));
  }
  setup.structured = options->text("structured").value_or("auto");
  setup.timeouts.connect = options->duration("connect_timeout", 10 * kSecond);
  setup.timeouts.first_byte = options->duration("first_token_timeout", 0);
  setup.timeouts.idle = options->duration("idle_timeout", 300 * kSecond);
  setup.timeouts.total = options->duration("timeout", 600 * kSecond);
  setup.head = request_head(model, *options, at_home);

  CallPolicy policy;
  policy.attempts = static_cast<uint32_t>(options->integer("retry").value_or(2)) + 1;
  policy.concurrency = static_cast<uint32_t>(options->integer("concurrency").value_or(0));
  MadeBackend made;
  made.backend =
      std::make_unique<HttpBackend>(name, std::make_unique<OpenAi>(std::move(setup)), policy, services);
  return made;
}

}  // namespace chain::model
