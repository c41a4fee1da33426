#include "options.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>

namespace mock {

namespace {

constexpr const char* kUsage = R"(usage: mock_openai [switches]
Speaks chat completions on a loopback port, which it prints as one line.
  --port N              0 (the default) lets the system choose
  --latency MS          before every reply
  --chunk N             bytes of text in an SSE event, and bytes in a TCP write
  --error STATUS[:N]    answer with this status; N times, else for ever
  --error-code CODE     the `code` of that error
  --retry-after S       header of that error
  --location URL        header of that error, for a redirect
  --finish-reason WHY   of every reply; "stop" unless said
  --malformed KIND[:N]  html truncated-json close-mid-stream no-done (a stream without [DONE]) no-finish (and without
                        finish_reason) garbage-sse huge-line huge-header empty stall
  --silent              never answer
  --hold N              withhold every reply until N requests are pending; then all go out, and later ones at once
  --key KEY             answer 401 to any other key
  --repeat-key          repeat the authorization of each request in the answer, its model, and in errors
  --no-response-format  answer 400 to a request that carries response_format
  --arguments TEXT      of every call of a tool; requests with tools are answered with calls of them
  --obey                call `NAME` with `{...}` for each `DO NAME {...}` of any message but its own, once
  --reply TEXT          the text of every reply
  --replies FILE        JSON object: substring of the last message -> text of the reply
GET /stats, GET /last (the last request as it came), POST /reset.
)";

[[noreturn]] void fail(const std::string& message) {
  std::fprintf(stderr, "mock_openai: %s\n%s", message.c_str(), kUsage);
  std::exit(2);
}

int64_t number(std::string_view text) {
  char* end = nullptr;
  const std::string copy(text);
  const long long value = std::strtoll(copy.c_str(), &end, 10);
  if (copy.empty() || *end != '\0' || value < 0) fail("not a number: " + copy);
  return value;
}

/// Splits `WHAT[:COUNT]`.
std::string_view counted(std::string_view text, int64_t& count) {
  const size_t colon = text.find(':');
  count = colon == std::string_view::npos ? -1 : number(text.substr(colon + 1));
  return text.substr(0, colon);
}

Malformed malformed_kind(std::string_view name) {
  constexpr std::pair<std::string_view, Malformed> kKinds[] = {
      {"html", Malformed::Html},          {"truncated-json", Malformed::TruncatedJson},
      {"no-done", Malformed::NoDone},     {"close-mid-stream", Malformed::CloseMidStream},
      {"huge-line", Malformed::HugeLine}, {"garbage-sse", Malformed::GarbageSse},
      {"empty", Malformed::Empty},        {"huge-header", Malformed::HugeHeader},
      {"stall", Malformed::Stall},        {"no-finish", Malformed::NoFinish},
  };
  for (const auto& [kind_name, kind] : kKinds) {
    if (kind_name == name) return kind;
  }
  fail("no such kind of malformed reply: " + std::string(name));
}

void read_replies(const std::string& path, Options& options) {
  std::ifstream file(path);
  const auto json = nlohmann::ordered_json::parse(file, nullptr, false);
  if (!json.is_object()) fail("not a JSON object: " + path);
  for (const auto& [key, value] : json.items()) {
    options.replies.emplace_back(key, value.is_string() ? value.get<std::string>() : value.dump());
  }
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    const auto value = [&]() -> std::string_view {
      if (++i >= argc) fail("missing value of " + std::string(name));
      return argv[i];
    };
    if (name == "--port")
      options.port = static_cast<uint16_t>(number(value()));
    else if (name == "--latency")
      options.latency_ms = number(value());
    else if (name == "--chunk")
      options.chunk = static_cast<size_t>(number(value()));
    else if (name == "--error")
      options.error_status = static_cast<int>(number(counted(value(), options.error_count)));
    else if (name == "--error-code")
      options.error_code = value();
    else if (name == "--retry-after")
      options.retry_after = value();
    else if (name == "--location")
      options.location = value();
    else if (name == "--finish-reason")
      options.finish_reason = value();
    else if (name == "--malformed")
      options.malformed = malformed_kind(counted(value(), options.malformed_count));
    else if (name == "--silent")
      options.silent = true;
    else if (name == "--hold")
      options.hold = static_cast<size_t>(number(value()));
    else if (name == "--key")
      options.key = value();
    else if (name == "--repeat-key")
      options.repeats_key = true;
    else if (name == "--no-response-format")
      options.knows_response_format = false;
    else if (name == "--arguments")
      options.has_arguments = true, options.arguments = value();
    else if (name == "--obey")
      options.obeys = true;
    else if (name == "--reply")
      options.has_reply = true, options.reply = value();
    else if (name == "--replies")
      read_replies(std::string(value()), options);
    else
      fail("unknown switch " + std::string(name));
  }
  return options;
}

}  // namespace mock
