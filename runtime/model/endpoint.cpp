#include "runtime/model/endpoint.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/http/percent.h"
#include "runtime/http/printable.h"
#include "runtime/http/redact.h"
#include "runtime/model/json_reader.h"
#include "runtime/model/json_writer.h"
#include "runtime/model/known_endpoints.h"
#include "runtime/model/media_answer.h"
#include "runtime/model/tool_messages.h"
#include "runtime/model/variables.h"
#include "runtime/program/providers.h"

namespace chain::model {

namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr uint64_t kMostBody = uint64_t{64} << 20;

std::string host_of(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  const size_t user = url.rfind('@');
  if (user != std::string_view::npos) url.remove_prefix(user + 1);
  return std::string(url);
}

bool is_json(std::string_view content_type) {
  return content_type.find("json") != std::string_view::npos;
}

std::string described(const Head& head) {
  const std::string type =
      head.content_type.empty() ? "no content type" : http::printable(head.content_type, 80);
  return fmt::format("HTTP {}, {}", head.status, type);
}

bool usable_in_header(std::string_view key) {
  for (const char c : key) {
    if (static_cast<uint8_t>(c) <= 0x20 || c == 0x7F) return false;
  }
  return true;
}

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
    case 529: return " Overloaded";
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

/// `invalid_prompt` is OpenAI's word for a prompt that its rules do not allow.
bool breaks_policy(std::string_view code) {
  return code == "content_filter" || code == "invalid_prompt" || code.ends_with("_policy") ||
         code.ends_with("policy_violation");
}

}  // namespace

void AnswerLimit::append(std::string& body, const Request& request) const {
  if (!own_ && request.max_tokens > 0) body += fmt::format(R"(,"{}":{})", field_, request.max_tokens);
}

std::string number_members(const Options& options, std::initializer_list<Wording> numbers) {
  std::string members;
  for (const auto& [option, field] : numbers) {
    if (const auto value = options.number(option)) members += fmt::format(R"(,"{}":{})", field, *value);
  }
  return members;
}

std::string stop_member(const Options& options, std::string_view field) {
  const std::vector<std::string> stops = options.texts("stop");
  if (stops.empty()) return {};
  std::string member = fmt::format(R"(,"{}":)", field);
  char before = '[';
  for (const std::string& stop : stops) {
    member += std::exchange(before, ',');
    append_json_string(member, stop);
  }
  return member + ']';
}

MadeBackend make_http_backend(
    const program::Model& model, const Services& services,
    const std::function<std::unique_ptr<Dialect>(Setup setup, const Options& options)>& speak) {
  MadeBackend made;
  std::string error;
  const std::optional<Options> options = Options::read(model, error);
  if (!options) {
    made.failure = {abi::ErrorKind::Failed, error};
    return made;
  }
  std::optional<Setup> setup = read_setup(model, *options, services.options.variables.get(), made.failure);
  if (!setup) return made;
  const CallPolicy policy = setup->policy;
  if (services.options.known)
    services.options.known->apply(model.provider, setup->base_url, model.id, setup->abilities);
  std::shared_ptr<RateBucket> bucket;
  if (services.limits) bucket = services.limits->bucket(setup->base_url, setup->key, model.id);
  made.backend = std::make_unique<HttpBackend>(
      http::printable(model.name), speak(std::move(*setup), *options), policy, services, std::move(bucket));
  return made;
}

// ---- Setting up ------------------------------------------------------------------------------

std::string base_url_of(const program::Model& model, const Options& options, const Variables* variables) {
  // Not of those that speak like it.
  const std::string_view variable = model.provider == "openai" ? "OPENAI_BASE_URL" : "";
  std::string url = options.text("base_url").value_or(find_address(variables, std::string(variable)));
  if (url.empty()) {
    const program::ProviderInfo* provider = program::find_model_provider(model.provider);
    if (provider != nullptr) url = provider->home;
  }
  while (url.ends_with('/')) url.pop_back();
  return url;
}

std::string without_user(const std::string& url) {
  const size_t scheme = url.find("://");
  const size_t path = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  const size_t user = url.substr(0, path).rfind('@');
  if (scheme == std::string::npos || user == std::string::npos) return url;
  return url.substr(0, scheme + 3) + "[redacted]" + url.substr(user);
}

std::string ollama_server(std::string base_url) {
  if (base_url.ends_with("/v1")) base_url.resize(base_url.size() - 3);
  while (base_url.ends_with('/')) base_url.pop_back();
  return base_url;
}

std::string in_path(std::string_view id) {
  return http::percent_encoded(id, "/");
}

std::string key_variable(const program::ProviderInfo& provider, const Options& options) {
  return options.text("api_key_env").value_or(std::string(provider.key));
}

std::optional<Setup> read_setup(const program::Model& model, const Options& options,
                                const Variables* variables, Failure& failure) {
  const std::string name = http::printable(model.name);
  const program::ProviderInfo& provider = *program::find_model_provider(model.provider);
  const auto fail = [&](abi::ErrorKind kind, std::string message) {
    failure = {kind, std::move(message)};
    return std::nullopt;
  };
  if (model.id.empty())
    return fail(abi::ErrorKind::Failed,
                fmt::format("model `{}`: `{}` needs a model id", name, model.provider));

  Setup setup;
  setup.base_url = base_url_of(model, options, variables);
  if (setup.base_url.empty()) {
    return fail(abi::ErrorKind::Failed,
                fmt::format("model `{}`: `{}` needs a `base_url`, as in \"http://localhost:8000/v1\"", name,
                            model.provider));
  }
  if (!setup.base_url.starts_with("https://") && !setup.base_url.starts_with("http://")) {
    return fail(abi::ErrorKind::Failed,
                fmt::format("model `{}`: `base_url` must begin with https:// or http://, as in "
                            "\"http://localhost:8000/v1\"; it is \"{}\"",
                            name, http::printable(setup.base_url)));
  }
  setup.at_home = host_of(setup.base_url) == host_of(provider.home);

  // A key is nobody's business but the service's that gave it.
  const std::string variable = key_variable(provider, options);
  setup.key = find_secret(variables, variable);
  const bool wanted = options.text("api_key_env") || (setup.at_home && !provider.key.empty());
  if (setup.key.empty() && wanted) {
    return fail(
        abi::ErrorKind::Denied,
        fmt::format(
            "model `{}`: no key for {}: set the environment variable {}, or `base_url` to a server that "
            "needs none, or run offline with `--model {}=baseline`",
            name, http::printable(host_of(setup.base_url)), http::printable(variable), name));
  }
  if (!usable_in_header(setup.key)) {
    return fail(abi::ErrorKind::Denied,
                fmt::format("model `{}`: the key in {} holds white space or control characters", name,
                            http::printable(variable)));
  }
  if (provider.name == "gemini" && options.text("reasoning_effort") && options.integer("reasoning_budget")) {
    return fail(
        abi::ErrorKind::Failed,
        fmt::format("model `{}`: `gemini` takes `reasoning_effort` or `reasoning_budget`, not both", name));
  }
  setup.structured = options.text("structured").value_or("auto");
  setup.searches = options.flag("web_search");
  setup.abilities = abilities_of(model.provider, model.id);
  setup.timeouts.connect = options.duration("connect_timeout", 10 * kSecond);
  setup.timeouts.first_byte = options.duration("first_token_timeout", 0);
  setup.timeouts.idle = options.duration("idle_timeout", 300 * kSecond);
  setup.timeouts.total = options.duration("timeout", 600 * kSecond);
  setup.policy.attempts = static_cast<uint32_t>(options.integer("retry").value_or(2)) + 1;
  setup.policy.concurrency = static_cast<uint32_t>(options.integer("concurrency").value_or(0));
  setup.policy.rate = {options.integer("rpm").value_or(0), options.integer("tpm").value_or(0)};
  setup.policy.answer_tokens = options.integer("max_tokens").value_or(0);
  return setup;
}

// ---- What goes wrong -------------------------------------------------------------------------

namespace {

/// A word, or (of gateways) the HTTP status that the error would have had.
bool read_code(JsonReader& reader, std::string& code) {
  if (reader.peek() < '0' || reader.peek() > '9') return reader.string(code);
  int64_t number = 0;
  const bool fine = reader.integer(number);
  code = std::to_string(number);
  return fine;
}

}  // namespace

bool read_api_error(JsonReader& reader, ApiError& error) {
  error.found = true;
  if (reader.peek() == '"') return reader.string(error.message);
  return reader.object([&](std::string_view key) {
    if (key == "message") return reader.string(error.message);
    if (key == "type") return reader.string(error.type);
    if (key == "code") return read_code(reader, error.code);
    if (key == "status") return reader.string(error.status);
    return reader.skip();
  });
}

ApiError read_api_error(std::string_view body) {
  ApiError error;
  JsonReader reader(body);
  // Gemini sends a list of one where a stream was asked for.
  if (reader.peek() == '[') {
    bool first = true;
    const bool fine = reader.array([&] {
      return reader.object([&](std::string_view key) {
        return key == "error" && std::exchange(first, false) ? read_api_error(reader, error) : reader.skip();
      });
    });
    return fine ? error : ApiError{};
  }
  if (reader.peek() != '{') return error;
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "error" && !reader.at_null()) return read_api_error(reader, error);
    if ((key == "message" || key == "detail") && error.message.empty()) {
      error.found = true;
      return reader.string(error.message);
    }
    return reader.skip();
  });
  return fine ? error : ApiError{};
}

Problem status_problem(int status, const ApiError& error) {
  Problem problem;
  problem.kind = kind_of(status);
  problem.transient = status == 408 || status == 409 || status == 429 || status >= 500;
  if (status == 200) {  // within a stream, only the error itself tells
    const bool limited = error.code == "rate_limit_exceeded" || error.type == "rate_limit_error" ||
                         error.code == "429" || error.status == "RESOURCE_EXHAUSTED";
    problem.kind = limited ? abi::ErrorKind::RateLimited : abi::ErrorKind::Unavailable;
    problem.transient = true;
    problem.what = "the server broke off with an error";
  } else {
    problem.what = fmt::format("the server answered {}{}", status, reason_phrase(status));
  }
  if (!error.message.empty()) problem.what += fmt::format(": \"{}\"", http::printable(error.message));
  if (error.code == "insufficient_quota" || error.type == "insufficient_quota" ||
      error.type == "billing_error") {
    problem.kind = abi::ErrorKind::RateLimited;
    problem.final = true;
    problem.what += "; the account's quota is used up, see its billing";
  } else if (breaks_policy(error.code)) {
    problem.kind = abi::ErrorKind::Refused;
    problem.final = true;
  }
  problem.final |= status == 400 || status == 401 || status == 403;
  return problem;
}

// ---- The dialects' common part ---------------------------------------------------------------

JsonDialect::JsonDialect(Setup setup, std::string protocol, MediaApi media)
    : setup_(std::move(setup)),
      protocol_(std::move(protocol)),
      media_(media),
      structured_(setup_.structured == "on" ||
                  (setup_.structured == "auto" && setup_.abilities.structured != Does::No)) {}

std::string JsonDialect::refuses(const Medium& medium) const {
  const std::string_view kinds = setup_.abilities.media;
  const std::string_view kind = to_string(medium.kind);
  if (!kinds.empty() && !program::listed(kinds, kind))
    return fmt::format("this model reads no {}; a model that does is named with `model:`", kind);
  return media_refusal(media_, medium);
}

std::string JsonDialect::refuses(const Request& request) const {
  if (setup_.searches && setup_.abilities.web_search == Does::No)
    return "this model does not search the web; leave `web_search` out, or name one that does";
  if (const std::string_view medium = answer_medium(request); !medium.empty() && !gives(medium))
    return fmt::format(
        "this API answers with text alone; an {} comes from models of `gemini`, and of `openai` "
        "with `api: \"responses\"`",
        medium);
  return tools_mistake(request);
}

http::Endpoint JsonDialect::endpoint() const {
  http::Endpoint endpoint;
  endpoint.url = setup_.base_url + path();
  endpoint.headers = {{"Content-Type", "application/json"}, {"User-Agent", "chain"}};
  for (http::Header& header : more_headers()) endpoint.headers.push_back(std::move(header));
  if (!setup_.key.empty()) {
    http::Header key = key_header();
    key.value += setup_.key;
    endpoint.headers.push_back(std::move(key));
  }
  endpoint.timeouts = setup_.timeouts;
  endpoint.max_body_bytes = kMostBody;
  return endpoint;
}

std::string JsonDialect::shown_head() const {
  std::string text = "POST " + http::printable(without_user(setup_.base_url)) + http::printable(path());
  if (!setup_.key.empty()) {
    const http::Header key = key_header();
    text += '\n' + key.name + ": " + key.value + "[redacted]";
  }
  for (const http::Header& header : more_headers()) text += '\n' + header.name + ": " + header.value;
  return text + "\nContent-Type: application/json";
}

std::string JsonDialect::redacted(std::string text) const {
  http::redact(text, setup_.key);
  return text;
}

std::unique_ptr<Reply> JsonDialect::open(const Request& request, const Form& form, const Head& head) {
  if (head.status < 200 || head.status > 299) return nullptr;
  if (head.content_type.starts_with(stream_type())) return read_stream(form);
  if (is_json(head.content_type)) return read_object(form);
  if (!head.content_type.empty()) return nullptr;
  return request.stream ? read_stream(form) : read_object(form);
}

Problem JsonDialect::explain(const Head& head, std::string_view body) const {
  if (head.status >= 300 && head.status < 400) return redirected(head);
  ApiError error = read_api_error(body);
  if (head.status >= 200 && head.status < 300) {
    Problem problem;
    problem.what = fmt::format("{} does not answer as {} do ({}): \"{}\"; is `base_url` right?",
                               http::printable(host_of(setup_.base_url)), protocol_, described(head),
                               http::printable(body, 120));
    return problem;
  }
  if (!error.found) {
    error.message = fmt::format("{}, not JSON: {}", described(head), http::printable(body, 120));
  }
  Problem problem = status_problem(head.status, error);
  if (head.status == 401) problem.what += "; is the key right?";
  return problem;
}

/// Redirects are not followed: the key would go along to wherever they lead.
Problem JsonDialect::redirected(const Head& head) const {
  Problem problem = status_problem(head.status, {});
  problem.what +=
      head.location.empty()
          ? ": it redirects without saying where to; is `base_url` right?"
          : fmt::format(": it redirects to {}, which is not followed; set `base_url` to where the API is",
                        http::printable(without_user(head.location), 200));
  return problem;
}

bool JsonDialect::adapt(const Form& form, const Head& head, std::string_view body) {
  if (!form.structured || setup_.structured != "auto" || (head.status != 400 && head.status != 422))
    return false;
  const bool about_it = speaks_of_schema(body);
  if (about_it) structured_ = false;
  return about_it;
}

/// Made once for each prompt: schemas are as constant as the program.
const ResponseFormat* JsonDialect::format_of(const Request& request) {
  if (!structured_ || request.schema.empty()) return nullptr;
  format_key_.assign(request.schema_name).append(1, '\0').append(request.schema);
  auto found = formats_.find(format_key_);
  if (found == formats_.end())
    found = formats_.emplace(format_key_, make_response_format(request.schema_name, request.schema)).first;
  return found->second.members.empty() ? nullptr : &found->second;
}

}  // namespace chain::model
