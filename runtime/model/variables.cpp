#include "runtime/model/variables.h"

#include <cstdlib>

namespace chain::model {

namespace {

std::string environment(const std::string& name) {
  const char* value = name.empty() ? nullptr : std::getenv(name.c_str());
  return value != nullptr ? value : "";
}

std::string value_in(const Variables::Values& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? std::string() : found->second;
}

}  // namespace

std::string Variables::address(const std::string& name) const {
  std::string value = environment(name);
  return value.empty() ? value_in(named_, name) : value;
}

std::string Variables::secret(const std::string& name) const {
  std::string value = address(name);
  return value.empty() ? value_in(project_, name) : value;
}

std::string find_secret(const Variables* variables, const std::string& name) {
  return variables != nullptr ? variables->secret(name) : environment(name);
}

std::string find_address(const Variables* variables, const std::string& name) {
  return variables != nullptr ? variables->address(name) : environment(name);
}

}  // namespace chain::model
