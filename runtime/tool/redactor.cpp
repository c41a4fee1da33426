#include "runtime/tool/redactor.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/http/printable.h"
#include "runtime/http/redact.h"

namespace chain::tool {

namespace {

constexpr size_t kMostSaid = 1200;  // bytes

}  // namespace

Redactor::Redactor(std::vector<std::string> secrets) : secrets_(std::move(secrets)) {
  for (const std::string& each : secrets_) forms_.add(each);
}

std::string Redactor::operator()(std::string text) const {
  for (const std::string& each : secrets_) http::redact(text, each);  // short ones, too
  forms_.redact(text);
  return text;
}

std::string Redactor::sentence(std::string_view tool, std::string_view what) const {
  return http::printable((*this)(fmt::format("tool `{}`: {}", tool, what)), kMostSaid);
}

}  // namespace chain::tool
