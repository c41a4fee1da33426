// What the variables of OpenTelemetry ask for, and how much is sent at once.
#include "runtime/trace/settings.h"

#include <catch2/catch.hpp>

#include <map>

#include "runtime/trace/exporter.h"

using namespace chain::trace;

namespace {

struct Answer {
  std::optional<Settings> settings;
  std::string problem;
};

Answer read(const std::map<std::string, std::string>& variables) {
  Answer answer;
  answer.settings = read_settings(
      [&](const char* name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
      },
      answer.problem);
  return answer;
}

std::string resource(const Settings& settings, std::string_view name) {
  std::string found;
  for (const Attribute& each : settings.sender.resource) {
    if (each.name == name) found += std::get<std::string>(each.value);
  }
  return found;
}

constexpr const char* kEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

}  // namespace

TEST_CASE("nothing is exported unless there is somewhere to export to") {
  CHECK_FALSE(read({}).settings);
  CHECK_FALSE(read({{kEndpoint, ""}}).settings);
  CHECK_FALSE(read({{kEndpoint, "http://h"}, {"OTEL_SDK_DISABLED", "TRUE"}}).settings);
  CHECK_FALSE(read({{kEndpoint, "http://h"}, {"OTEL_TRACES_EXPORTER", "none"}}).settings);
  CHECK(read({{kEndpoint, "http://h"}, {"OTEL_SDK_DISABLED", "1"}}).settings);
}

TEST_CASE("the endpoint for traces is taken as it is, the other one gets its path") {
  CHECK(read({{kEndpoint, "http://h:4318"}}).settings->url == "http://h:4318/v1/traces");
  CHECK(read({{kEndpoint, "http://h:4318/a/"}}).settings->url == "http://h:4318/a/v1/traces");
  CHECK(
      read({{kEndpoint, "http://h"}, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://t/x"}}).settings->url ==
      "https://t/x");
}

TEST_CASE("protocol, headers, time and resource are read") {
  const Answer plain = read({{kEndpoint, "http://h"}});
  CHECK(plain.settings->encoding == Encoding::Protobuf);
  CHECK(resource(*plain.settings, "service.name") == "chain");

  const Answer answer =
      read({{kEndpoint, "http://h"},
            {"OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"},
            {"OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer%20a=b , x-team = desk"},
            {"OTEL_EXPORTER_OTLP_TIMEOUT", "250"},
            {"OTEL_RESOURCE_ATTRIBUTES", "service.name=old,deployment.environment.name=a%2Cb"},
            {"OTEL_SERVICE_NAME", "support"}});
  REQUIRE(answer.settings);
  CHECK(answer.settings->encoding == Encoding::Json);
  REQUIRE(answer.settings->headers.size() == 2);
  CHECK(answer.settings->headers[0].name == "Authorization");
  CHECK(answer.settings->headers[0].value == "Bearer a=b");
  CHECK(answer.settings->headers[1].value == "desk");
  CHECK(answer.settings->timeout == 250'000'000);
  CHECK(resource(*answer.settings, "service.name") == "support");
  CHECK(resource(*answer.settings, "deployment.environment.name") == "a,b");
}

TEST_CASE("what cannot be done is said without the values of headers") {
  const auto check = [](const char* name, const char* value, std::string_view said) {
    const Answer answer = read({{name, value}, {kEndpoint, "http://h"}});
    INFO(answer.problem);
    CHECK_FALSE(answer.settings);
    CHECK(answer.problem.find(said) != std::string::npos);
    CHECK(answer.problem.find("secret") == std::string::npos);
  };
  check(kEndpoint, "collector:4318", "no URL");
  check(kEndpoint, "collector:4318", kEndpoint);
  check("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "`grpc`");
  check("OTEL_EXPORTER_OTLP_HEADERS", "secret", "name=value");
  check("OTEL_EXPORTER_OTLP_HEADERS", "a=secret%0D%0Ab: c", "cannot be sent");
  check("OTEL_EXPORTER_OTLP_HEADERS", "a b=secret", "cannot be sent");
  check("OTEL_EXPORTER_OTLP_TIMEOUT", "soon", "milliseconds");
}

TEST_CASE("a URL is shown without what may be secret in it") {
  CHECK(shown_url("http://user:word@h:1/v1?key=k") == "http://h:1/v1");
  CHECK(shown_url("https://h/v1/traces") == "https://h/v1/traces");
}

TEST_CASE("large spans go in small batches") {
  std::vector<Span> spans(2000);
  CHECK(batch_size(spans) == 512);
  for (Span& span : spans) span.attributes.push_back({"a", std::string(400'000, 'x')});
  CHECK(batch_size(spans) == 2);
  spans[0].attributes[0].value = std::string(4'000'000, 'x');
  CHECK(batch_size(spans) == 1);
  CHECK(batch_size(std::span(spans).first(1)) == 1);
}
