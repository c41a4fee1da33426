// Files of indexes of any bytes, with the checksum that belongs to them: refused, or an index that can be
// asked.
#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "runtime/vectors/vector_index.h"

using namespace chain::vectors;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string name = "/tmp/chain-fuzz-vectors-XXXXXX";
  const int file = mkstemp(name.data());
  const uint64_t checksum = XXH64(data, size, 0);
  const bool written = file >= 0 && write(file, data, size) == static_cast<ssize_t>(size) &&
                       write(file, &checksum, sizeof(checksum)) == sizeof(checksum);
  if (!written) abort();
  if (const auto index = load(name, "")) {
    const std::vector<float> query(index->dimensions(), 0.5F);
    if (index->search(query, 10).size() > 10) abort();
    (void)index->search_among(query, 3, std::vector<int64_t>{-1, 0, 1, 7});
  }
  close(file);
  unlink(name.c_str());
  return 0;
}
