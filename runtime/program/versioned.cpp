#include "runtime/program/versioned.h"

namespace chain::program {

std::string versioned(std::string_view name, Version version) {
  std::string text(name);
  if (version == Version{}) return text;
  return text += '@' + std::to_string(version.major) + '.' + std::to_string(version.minor);
}

}  // namespace chain::program
