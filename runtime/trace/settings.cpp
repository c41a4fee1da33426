#include "runtime/trace/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "runtime/http/printable.h"

namespace chain::trace {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// With %20 and the like as what they stand for. A `%` that begins no such thing stays.
std::string decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? digit_of(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : digit_of(text[i + 2]);
    out += low < 0 ? text[i] : static_cast<char>(high * 16 + low);
    if (low >= 0) i += 2;
  }
  return out;
}

/// "name=value,other=value%20two". Nothing if it is no such list.
std::optional<Pairs> read_pairs(std::string_view text) {
  Pairs pairs;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view item = trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (item.empty()) continue;
    const size_t equals = item.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = trimmed(item.substr(0, equals));
    if (name.empty()) return std::nullopt;
    pairs.emplace_back(name, decoded(trimmed(item.substr(equals + 1))));
  }
  return pairs;
}

bool is_header_name(std::string_view name) {
  return std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view value) {
  return std::ranges::none_of(value,
                              [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool is_true(const std::optional<std::string>& word) {
  return word && word->size() == 4 && std::ranges::equal(*word, std::string_view("true"), [](char a, char b) {
           return static_cast<char>(a | 0x20) == b;
         });
}

class SettingsReader {
 public:
  SettingsReader(const Environment& environment, std::string& problem)
      : environment_(environment), problem_(problem) {}

  std::optional<Settings> read() {
    if (is_true(set("OTEL_SDK_DISABLED")) || set("OTEL_TRACES_EXPORTER") == "none") return std::nullopt;
    if (!read_url()) return std::nullopt;
    if (!read_protocol() || !read_headers() || !read_timeout() || !read_resource()) return std::nullopt;
    return std::move(settings_);
  }

  std::optional<Sender> sender() {
    if (!read_resource()) return std::nullopt;
    return std::move(settings_.sender);
  }

 private:
  /// As the specification has it, an empty variable is one that is not set.
  std::optional<std::string> set(const char* name) const {
    auto value = environment_(name);
    if (value && value->empty()) value.reset();
    return value;
  }

  /// The variable for traces goes before the one for all that is exported. `name` becomes the one that
  /// counts.
  std::optional<std::string> either(const char* traces, const char* all, const char*& name) const {
    name = traces;
    auto value = set(traces);
    if (value) return value;
    name = all;
    return set(all);
  }

  bool complain(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  bool read_url() {
    const char* name = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    if (const auto url = set(name)) {
      settings_.url = *url;
    } else {
      name = "OTEL_EXPORTER_OTLP_ENDPOINT";
      const auto base = set(name);
      if (!base) return false;
      settings_.url = *base;
      while (settings_.url.ends_with('/')) settings_.url.pop_back();
      settings_.url += "/v1/traces";
    }
    if (settings_.url.starts_with("http://") || settings_.url.starts_with("https://")) return true;
    return complain(fmt::format("{} is no URL of http or https", name));
  }

  bool read_protocol() {
    const char* name = nullptr;
    const auto protocol = either("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL", name);
    if (!protocol || *protocol == "http/protobuf") return true;
    settings_.encoding = Encoding::Json;
    if (*protocol == "http/json") return true;
    return complain(fmt::format("{} is `{}`; spoken are http/protobuf and http/json", name,
                                http::printable(*protocol, 40)));
  }

  bool read_headers() {
    const char* name = nullptr;
    const auto text = either("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS", name);
    const auto pairs = read_pairs(text.value_or(""));
    if (!pairs) return complain(fmt::format("{} is no list as name=value,name=value", name));
    for (const auto& [header, value] : *pairs) {
      if (!is_header_name(header) || !is_header_value(value))
        return complain(fmt::format("{} holds a header that cannot be sent", name));
      settings_.headers.push_back({header, value});
    }
    return true;
  }

  bool read_timeout() {
    const char* name = nullptr;
    const auto text = either("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT", name);
    if (!text) return true;
    uint32_t milliseconds = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), milliseconds);
    if (error != std::errc() || end != text->data() + text->size() || milliseconds == 0)
      return complain(fmt::format("{} is no number of milliseconds", name));
    settings_.timeout = int64_t{milliseconds} * 1'000'000;
    return true;
  }

  bool read_resource() {
    const auto pairs = read_pairs(set("OTEL_RESOURCE_ATTRIBUTES").value_or(""));
    if (!pairs) return complain("OTEL_RESOURCE_ATTRIBUTES is no list as name=value,name=value");
    std::string service = set("OTEL_SERVICE_NAME").value_or("");
    std::vector<Attribute>& resource = settings_.sender.resource;
    for (const auto& [name, value] : *pairs) {
      if (name == "service.name") {
        if (service.empty()) service = value;
      } else if (name.rfind("telemetry.sdk.", 0) != 0) {
        resource.push_back({name, value});
      }
    }
    settings_.sender.version = CHAIN_VERSION;
    resource.push_back({"service.name", service.empty() ? "chain" : service});
    resource.push_back({"telemetry.sdk.name", std::string("chain")});
    resource.push_back({"telemetry.sdk.language", std::string("cpp")});
    resource.push_back({"telemetry.sdk.version", settings_.sender.version});
    return true;
  }

  const Environment& environment_;
  std::string& problem_;
  Settings settings_;
};

}  // namespace

std::optional<std::string> process_environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? std::optional<std::string>(value) : std::nullopt;
}

std::optional<Settings> read_settings(const Environment& environment, std::string& problem) {
  return SettingsReader(environment, problem).read();
}

std::optional<Sender> read_sender(const Environment& environment, std::string& problem) {
  return SettingsReader(environment, problem).sender();
}

std::string shown_url(std::string_view url) {
  const size_t host = url.find("://") + 3;  // of one that `read_settings` let pass
  const size_t path = std::min(url.find_first_of("/?#", host), url.size());
  const size_t user = url.substr(host, path - host).rfind('@');
  std::string shown(url.substr(0, host));
  shown += url.substr(user == std::string_view::npos ? host : host + user + 1);
  return http::printable(shown.substr(0, shown.find_first_of("?#")));
}

}  // namespace chain::trace
