// The first bytes make a type, the rest is read as JSON of it. What is read is written, and reads back as the
// same text.
#include <cstdlib>
#include <string_view>
#include <vector>

#include "runtime/value/json.h"
#include "tests/unit/value/type_maker.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace chain;
  program::TypeTable types;
  const program::TypeId type = value::test::make_type(types, data, size);
  value::Arena arena;
  std::vector<std::byte> first(types[type].size + 8), second(types[type].size + 8);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const value::ReadResult read = value::from_json(types, type, text, arena, first.data());
  if (!read) {
    if (read.sentence().empty()) std::abort();
    return 0;
  }
  std::string once, twice;
  if (!value::write_json(types, type, first.data(), once, {.indent = 2})) std::abort();
  if (!value::from_json(types, type, once, arena, second.data())) std::abort();
  value::write_json(types, type, second.data(), twice, {.indent = 2});
  if (once != twice) std::abort();
  return 0;
}
