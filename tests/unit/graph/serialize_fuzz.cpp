// Reads any bytes as a stored program. The checksum is put right first, or the fuzzer would never get behind
// it.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "runtime/program/schema.h"
#include "runtime/program/serialize.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace chain::program;
  const std::string_view payload(reinterpret_cast<const char*>(data), size);
  Program program;
  if (!deserialize(with_header(payload), program)) return 0;
  const std::string bytes = serialize(program);
  Program again;
  if (!deserialize(bytes, again) || serialize(again) != bytes) std::abort();
  for (const Prompt& prompt : program.prompts) {
    static_cast<void>(describe(program.types, prompt.result) + json_schema(program.types, prompt.result) +
                      program.types.to_string(prompt.parameters));
  }
  return 0;
}
