#include "runtime/access/host.h"

#include <arpa/inet.h>
#include <unicode/uidna.h>

#include <algorithm>
#include <cctype>

namespace chain::access {

namespace {

bool is_host_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("-._*").find(c) != std::string_view::npos;
}

/// 192.0.2.7, however it was written: 3221225991, 0xC0.2.7, ... As inet_aton(3) and libcurl read it.
std::optional<std::string> address(const std::string& name) {
  in_addr value{};
  const bool numeric = std::all_of(name.begin(), name.end(), [](char c) {
    return std::isxdigit(static_cast<unsigned char>(c)) || c == 'x' || c == '.';
  });
  if (!numeric || inet_aton(name.c_str(), &value) == 0) return std::nullopt;
  char text[INET_ADDRSTRLEN];
  return inet_ntop(AF_INET, &value, text, sizeof text);
}

/// `[::1]`, however it was written; an address of version 4 within one as that.
std::optional<std::string> address6(const std::string& bracketed) {
  in6_addr value{};
  if (inet_pton(AF_INET6, bracketed.substr(1, bracketed.size() - 2).c_str(), &value) != 1)
    return std::nullopt;
  char text[INET6_ADDRSTRLEN];
  if (IN6_IS_ADDR_V4MAPPED(&value)) return inet_ntop(AF_INET, &value.s6_addr[12], text, sizeof text);
  return '[' + std::string(inet_ntop(AF_INET6, &value, text, sizeof text)) + ']';
}

/// A name of other scripts as the network has it (`xn--...`), and letters that only look like others as
/// those.
std::optional<std::string> ascii_name(const std::string& name) {
  if (std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
    return name;
  UErrorCode error = U_ZERO_ERROR;
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  UIDNA* idna = uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_ASCII, &error);
  char text[256];
  const int32_t size = uidna_nameToASCII_UTF8(idna, name.data(), static_cast<int32_t>(name.size()), text,
                                              sizeof text, &info, &error);
  uidna_close(idna);
  if (U_FAILURE(error) || info.errors != 0 || size <= 0) return std::nullopt;
  return std::string(text, static_cast<size_t>(size));
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string_view authority_of(std::string_view behind_scheme) {
  return behind_scheme.substr(0, behind_scheme.find_first_of("/?#"));
}

/// Programs differ in where such an authority has its host; nothing that differs is guessed.
bool is_ambiguous(std::string_view authority) {
  return authority.find('\\') != std::string_view::npos ||
         std::any_of(authority.begin(), authority.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; }) ||
         std::count(authority.begin(), authority.end(), '@') > 1;
}

/// The name or address of a host as it is compared; nothing if it may come to anything.
std::optional<std::string> plain_name(std::string name) {
  name = lower_case(name);
  if (name.starts_with('[')) return name.ends_with(']') ? address6(name) : std::nullopt;
  const std::optional<std::string> ascii = ascii_name(name);
  if (!ascii || ascii->empty() || !std::all_of(ascii->begin(), ascii->end(), is_host_character))
    return std::nullopt;
  name = *ascii;
  if (name.ends_with('.')) name.pop_back();
  if (const auto number = address(name)) return number;
  // What is filled in could make an address of it, which has many forms.
  const bool could_be_number = name.find('*') != std::string::npos &&
                               name.find_first_not_of("0123456789abcdefx.*") == std::string::npos;
  return name.empty() || could_be_number ? std::nullopt : std::optional(name);
}

}  // namespace

std::string host_of_url(std::string_view url) {
  constexpr const char* kAny = "*";
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return kAny;
  const std::string word = lower_case(url.substr(0, scheme));
  const bool plain = word == "http";
  if (!plain && word != "https") return kAny;
  std::string_view authority = authority_of(url.substr(scheme + 3));
  if (is_ambiguous(authority)) return kAny;
  if (const size_t user = authority.find('@'); user != std::string_view::npos)
    authority.remove_prefix(user + 1);
  const size_t name_end = authority.starts_with('[') ? authority.find(']') : 0;
  if (name_end == std::string_view::npos) return kAny;
  const size_t colon = authority.find(':', name_end);
  const std::optional<std::string> name = plain_name(std::string(authority.substr(0, colon)));
  if (!name) return kAny;
  if (colon == std::string_view::npos) return plain && !name->ends_with('*') ? *name + ":80" : *name;
  const std::string_view port = authority.substr(colon + 1);
  const bool good =
      std::all_of(port.begin(), port.end(), [](char c) { return (c >= '0' && c <= '9') || c == '*'; });
  if (!good) return kAny;
  if (port.empty()) return plain ? *name + ":80" : *name;
  return !plain && port == "443" ? *name : *name + ':' + std::string(port);
}

namespace {

/// The value of `name` in "host=a port=b"; empty if it is not there.
std::string_view word_in(std::string_view words, std::string_view name) {
  for (size_t begin = 0; begin < words.size();) {
    const size_t end = std::min(words.find(' ', begin), words.size());
    const std::string_view word = words.substr(begin, end - begin);
    if (word.starts_with(name) && word.substr(name.size()).starts_with('='))
      return word.substr(name.size() + 1);
    begin = end + 1;
  }
  return {};
}

}  // namespace

std::string host_of_database(std::string_view connection) {
  const auto says = [&](std::string_view text) { return connection.find(text) != std::string_view::npos; };
  // What could hide a host: quotes, blanks around `=`, parameters of a URL, files that name services.
  if (says("'") || says("\\") || says(" =") || says("= ") || says("hostaddr") || says("service")) return "*";
  std::string host;
  std::string port(word_in(connection, "port"));
  if (const size_t scheme = connection.find("://"); scheme != std::string_view::npos) {
    if (says("host=") || says("%")) return "*";
    const std::string_view authority = authority_of(connection.substr(scheme + 3));
    host = authority.substr(authority.find('@') + 1);  // npos + 1 is 0
    const size_t colon = host.rfind(':');
    if (colon != std::string::npos && host.find(']', colon) == std::string::npos) {
      port = host.substr(colon + 1);
      host.resize(colon);
    }
  } else {
    host = word_in(connection, "host");
  }
  if (host.empty() || host.starts_with('/')) host = "localhost";
  return host_of_url("https://" + host + ':' + (port.empty() ? "5432" : port));
}

std::optional<std::string> url_mistake(std::string_view url, bool whole) {
  const std::string begins = "a URL begins with `https://` or `http://`";
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return whole ? std::optional(begins) : std::nullopt;
  const std::string word = lower_case(url.substr(0, scheme));
  if (word != "http" && word != "https") return begins;
  const std::string_view authority = authority_of(url.substr(scheme + 3));
  if (whole && authority.empty()) return "this URL names no host";
  if (is_ambiguous(authority)) return "programs differ in which host this URL means; write the host alone";
  return std::nullopt;
}

}  // namespace chain::access
