// Bytes as a dataset in any form: no crash, and each record is either a value of its type or says what is
// wrong.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "runtime/access/project_files.h"
#include "runtime/datasets/dataset.h"
#include "runtime/value/json.h"

using namespace chain;

/// The first byte chooses the form and the type.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  static const std::string folder =
      std::filesystem::temp_directory_path() / ("fuzz" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/cases", std::ios::binary)
      .write(reinterpret_cast<const char*>(data) + 1, static_cast<std::streamsize>(size - 1));
  const access::ProjectFiles files(folder);
  program::TypeTable types;
  const program::TypeId elements[] = {types.json_type, types.string_type, types.map_of(types.int_type),
                                      types.list_of(types.optional_of(types.float_type))};
  const datasets::FromFile from{static_cast<documents::Records>(data[0] % 3), "cases"};
  std::string error;
  const auto reader = datasets::open(from, types, elements[data[0] / 3 % 4], {.files = &files}, error);
  datasets::Record record;
  while (reader && reader->next(record, error))
    if (record.problem.empty() != value::is_json(record.json)) std::abort();
  return 0;
}
