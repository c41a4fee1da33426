// The ranks of an encoding and the merging of bytes by them. Internal to runtime/documents.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/documents/tokens.h"

namespace chain::documents {

/// The bytes of each token, and which token some bytes are.
class Ranks {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  /// Of a file that scripts/token_ranks.mjs wrote; null if it is not there or damaged.
  [[nodiscard]] static std::unique_ptr<Ranks> open(const std::string& path);

  [[nodiscard]] uint32_t find(std::string_view bytes) const;
  /// The tokens of one piece: the pair of least rank is merged until there is none (of equal ones the first).
  void encode(std::string_view piece, std::vector<uint32_t>& tokens) const;
  [[nodiscard]] size_t count(std::string_view piece) const;

 private:
  [[nodiscard]] bool read(std::string_view file);
  [[nodiscard]] std::string_view bytes_of(uint32_t rank) const {
    return std::string_view(bytes_).substr(begins_[rank], begins_[rank + 1] - begins_[rank]);
  }

  std::string bytes_;             // of all tokens, one behind the other
  std::vector<uint32_t> begins_;  // in `bytes_`, one more than there are tokens
  std::vector<uint32_t> slots_;   // a hash table with open addressing; a power of two
};

/// Null if they are not installed. Read at the first call; any thread may make it.
[[nodiscard]] const Ranks* ranks_of(Encoding encoding);

}  // namespace chain::documents
