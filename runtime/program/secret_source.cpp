#include "runtime/program/secret_source.h"

#include <cstdlib>
#include <utility>

namespace chain::program {

namespace {

SecretSource& source() {
  static SecretSource more;
  return more;
}

}  // namespace

std::string secret_value(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value != nullptr && *value != '\0') return value;
  return source() ? source()(name) : std::string();
}

void set_secret_source(SecretSource more) {
  source() = std::move(more);
}

}  // namespace chain::program
