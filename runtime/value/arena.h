// The memory of one run: bump allocation, freed all at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "runtime/value/value.h"

namespace chain::value {

/// Allocates from chunks that double from 1 KiB up to 1 MiB. `cursor` and `limit` come first because native
/// code bumps them itself (runtime/abi/context.h). Returns null beyond `max_bytes`.
class Arena {
 public:
  explicit Arena(uint64_t max_bytes = uint64_t{1} << 30) : max_bytes_(max_bytes) {}
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// `size` bytes aligned to 8, not cleared; null if the limit is passed or memory is out.
  [[nodiscard]] void* allocate(uint64_t size) {
    size = size == 0 ? 8 : (size + 7) & ~uint64_t{7};  // null is for failure alone
    if (static_cast<uint64_t>(limit_ - cursor_) >= size) {
      void* result = cursor_;
      cursor_ += size;
      return result;
    }
    return allocate_slow(size);
  }
  [[nodiscard]] Text copy(std::string_view text);
  [[nodiscard]] uint64_t used() const { return total_ & ~kRefused; }
  /// Something was refused; then all is that needs a new chunk.
  [[nodiscard]] bool exhausted() const { return (total_ & kRefused) != 0; }
  /// Frees everything.
  void reset();

 private:
  static constexpr uint64_t kRefused = uint64_t{1} << 63;

  void* allocate_slow(uint64_t size);
  void* refuse();

  // Somewhere, so that nothing can be allocated and is not null either.
  inline static char nowhere_[8];
  char* cursor_ = nowhere_;
  char* limit_ = nowhere_;
  struct Chunk;
  Chunk* chunks_ = nullptr;
  uint64_t total_ = 0;  // bytes of all chunks, and kRefused
  uint64_t max_bytes_;
};

}  // namespace chain::value
