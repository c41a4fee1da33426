#include "runtime/model/secrets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "runtime/http/redact.h"
#include "runtime/model/endpoint.h"
#include "runtime/model/options.h"
#include "runtime/model/variables.h"
#include "runtime/program/providers.h"
#include "runtime/value/base64.h"

namespace chain::model {

namespace {

/// As in a URL (RFC 3986), with the digits of `format`.
std::string percent_encoded(std::string_view text, const char* format) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || std::string_view("-._~").find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += fmt::format(fmt::runtime(format), byte);
    }
  }
  return encoded;
}

/// As a JSON string without its quotes.
std::string json_escaped(std::string_view text, bool ascii) {
  const std::string quoted =
      nlohmann::json(text).dump(-1, ' ', ascii, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

/// What base64 makes of `text` wherever it stands behind `before` bytes more, modulo 3: the digits that hang
/// on it alone.
std::string base64_within(std::string_view text, size_t before) {
  std::string encoded;
  value::append_base64(encoded, std::string(before, '\0').append(text));
  const size_t begin = (before * 8 + 5) / 6, end = (before + text.size()) * 8 / 6;
  return encoded.substr(begin, end - begin);
}

/// "name:password", or what else stands before the host.
std::string_view user_of(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  const size_t end = url.rfind('@');
  return end == std::string_view::npos ? std::string_view() : url.substr(0, end);
}

void add_user(Secrets& secrets, std::string_view user) {
  const size_t colon = user.find(':');
  secrets.add(user.substr(0, colon));
  if (colon == std::string_view::npos) return;
  secrets.add(user.substr(colon + 1));
  secrets.add(user);
}

}  // namespace

void Secrets::add_form(std::string form) {
  if (form.size() < kShortest || std::ranges::find(forms_, form) != forms_.end()) return;
  const auto place = std::ranges::lower_bound(forms_, form.size(), std::greater(), &std::string::size);
  forms_.insert(place, std::move(form));
}

void Secrets::add(std::string_view secret) {
  if (secret.size() < kShortest) return;
  add_form(std::string(secret));
  add_form(json_escaped(secret, false));
  add_form(json_escaped(secret, true));
  add_form(percent_encoded(secret, "%{:02X}"));
  add_form(percent_encoded(secret, "%{:02x}"));
  for (const size_t before : {0, 1, 2}) {
    std::string digits = base64_within(secret, before);
    add_form(digits);
    std::ranges::replace(digits, '+', '-');
    std::ranges::replace(digits, '/', '_');
    add_form(digits);
  }
}

void Secrets::redact(std::string& text) const {
  for (const std::string& form : forms_) http::redact(text, form);
}

size_t Secrets::begun(std::string_view text) const {
  size_t longest = 0;
  for (const std::string& form : forms_) {
    for (size_t size = std::min(form.size() - 1, text.size()); size > longest; --size) {
      if (text.ends_with(std::string_view(form).substr(0, size))) longest = size;
    }
  }
  return longest;
}

Secrets secrets_of(const program::Program& program, const Variables* variables) {
  Secrets secrets;
  for (const program::Model& model : program.models) {
    std::string error;
    const std::optional<Options> options = Options::read(model, error);
    const program::ProviderInfo* provider = program::find_model_provider(model.provider);
    if (!options || provider == nullptr) continue;
    secrets.add(find_secret(variables, key_variable(*provider, *options)));
    add_user(secrets, user_of(base_url_of(model, *options, variables)));
  }
  for (const std::string& name : program.secrets) secrets.add(find_secret(variables, name));
  return secrets;
}

}  // namespace chain::model
