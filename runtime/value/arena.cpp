#include "runtime/value/arena.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace chain::value {

struct Arena::Chunk {
  Chunk* next;
  uint64_t size;
};

namespace {
constexpr uint64_t kFirstChunk = 1 << 10;
constexpr uint64_t kLargestChunk = 1 << 20;
}  // namespace

Arena::~Arena() {
  reset();
}

void* Arena::allocate_slow(uint64_t size) {
  if (size > max_bytes_ || total_ > max_bytes_ - size) return refuse();
  const uint64_t usual = chunks_ ? std::min(chunks_->size * 2, kLargestChunk) : kFirstChunk;
  const uint64_t bytes = std::max(usual, size + sizeof(Chunk));
  auto* chunk = static_cast<Chunk*>(std::malloc(bytes));
  if (!chunk) return refuse();
  total_ += bytes;
  char* first = reinterpret_cast<char*>(chunk) + sizeof(Chunk);
  if (bytes > usual && chunks_) {
    // An outsize block gets a chunk of its own behind the current one, whose room stays in use.
    *chunk = {chunks_->next, usual};
    chunks_->next = chunk;
    return first;
  }
  *chunk = {chunks_, std::min(bytes, kLargestChunk)};
  chunks_ = chunk;
  cursor_ = first + size;
  limit_ = reinterpret_cast<char*>(chunk) + bytes;
  return first;
}

void* Arena::refuse() {
  total_ |= kRefused;
  return nullptr;
}

Text Arena::copy(std::string_view text) {
  if (text.empty()) return {};
  void* bytes = allocate(text.size());
  if (!bytes) return {};
  std::memcpy(bytes, text.data(), text.size());
  return {static_cast<const char*>(bytes), text.size()};
}

void Arena::reset() {
  for (Chunk* chunk = chunks_; chunk;) {
    Chunk* next = chunk->next;
    std::free(chunk);
    chunk = next;
  }
  chunks_ = nullptr;
  cursor_ = limit_ = nowhere_;
  total_ = 0;
}

}  // namespace chain::value
