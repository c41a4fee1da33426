// The providers of runtime/program/providers.def and what makes their models.
#include <string_view>

#include "runtime/model/backend.h"

namespace chain::model {

namespace {

struct Row {
  std::string_view provider;
  MakeBackend make;
};

constexpr Row kRows[] = {
    {"openai", &make_openai},     {"ollama", &make_ollama},         {"anthropic", &make_anthropic},
    {"gemini", &make_gemini},     {"compatible", &make_compatible}, {"baseline", &make_baseline},
    {"scripted", &make_scripted},
};

}  // namespace

MakeBackend find_backend(std::string_view provider) {
  for (const Row& row : kRows) {
    if (row.provider == provider) return row.make;
  }
  return nullptr;
}

}  // namespace chain::model
