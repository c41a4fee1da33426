#include "runtime/documents/ranks.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <climits>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <queue>

namespace chain::documents {
namespace {

constexpr std::string_view kMagic = "chain token ranks 1\n";
constexpr uint32_t kMostTokens = 1 << 20;
constexpr size_t kMostFile = size_t{16} << 20;
/// Up to so many bytes a piece is merged by looking at all its pairs each time: quicker than a heap.
constexpr size_t kShortPiece = 64;

uint32_t read_u32(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value |= uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return value;
}

/// FNV-1a.
uint32_t checksum(std::string_view bytes) {
  uint32_t hash = 2166136261U;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 16777619U;
  return hash;
}

size_t hash_of(std::string_view bytes) {
  return std::hash<std::string_view>{}(bytes);
}

/// A piece on its way to tokens: parts in a row, each with the rank of the pair that it makes with the next.
class Merge {
 public:
  Merge(const Ranks& ranks, std::string_view piece) : ranks_(ranks), piece_(piece), parts_(piece.size() + 1) {
    for (uint32_t i = 0; i <= piece.size(); ++i) {
      parts_[i].next = i + 1;
      parts_[i].before = i - 1;
    }
    for (uint32_t i = 0; i + 1 < piece.size(); ++i) parts_[i].rank = pair_rank(i);
  }

  void run() {
    if (piece_.size() <= kShortPiece) {
      run_short();
    } else {
      run_long();
    }
  }
  template <class Each>
  void each(const Each& take) const {
    for (uint32_t i = 0; i < piece_.size(); i = parts_[i].next) take(bytes(i, parts_[i].next));
  }

 private:
  struct Part {
    uint32_t next = 0, before = 0;  // where the next part begins, and the one before
    uint32_t rank = Ranks::kNone;   // of this part and the next as one; kNone if they are no token
    bool gone = false;              // into the one before
  };

  [[nodiscard]] std::string_view bytes(uint32_t begin, uint32_t end) const {
    return piece_.substr(begin, end - begin);
  }
  [[nodiscard]] uint32_t pair_rank(uint32_t at) const {
    const uint32_t next = parts_[at].next;
    if (next >= piece_.size()) return Ranks::kNone;
    return ranks_.find(bytes(at, parts_[next].next));
  }
  /// Of the part at `at` and the next.
  void join(uint32_t at) {
    const uint32_t next = parts_[at].next;
    parts_[next].gone = true;
    parts_[at].next = parts_[next].next;
    if (parts_[at].next < parts_.size()) parts_[parts_[at].next].before = at;
    parts_[at].rank = pair_rank(at);
    if (at > 0) parts_[parts_[at].before].rank = pair_rank(parts_[at].before);
  }

  void run_short() {
    while (true) {
      uint32_t best = Ranks::kNone, where = 0;
      for (uint32_t i = 0; i < piece_.size(); i = parts_[i].next) {
        if (parts_[i].rank < best) best = parts_[i].rank, where = i;
      }
      if (best == Ranks::kNone) return;
      join(where);
    }
  }

  void run_long() {
    // Rank above, place below: the least of all is the first pair of least rank. Entries whose pair has
    // changed since are passed over.
    std::vector<uint64_t> entries;
    for (uint32_t i = 0; i + 1 < piece_.size(); ++i) {
      if (parts_[i].rank != Ranks::kNone) entries.push_back(uint64_t{parts_[i].rank} << 32 | i);
    }
    std::priority_queue<uint64_t, std::vector<uint64_t>, std::greater<>> heap(std::greater<>{},
                                                                              std::move(entries));
    const auto push = [&](uint32_t at) {
      if (parts_[at].rank != Ranks::kNone) heap.push(uint64_t{parts_[at].rank} << 32 | at);
    };
    while (!heap.empty()) {
      const auto at = static_cast<uint32_t>(heap.top());
      const auto rank = static_cast<uint32_t>(heap.top() >> 32);
      heap.pop();
      if (parts_[at].gone || parts_[at].rank != rank) continue;
      join(at);
      push(at);
      if (at > 0) push(parts_[at].before);
    }
  }

  const Ranks& ranks_;
  std::string_view piece_;
  std::vector<Part> parts_;
};

std::string own_folder() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  if (size <= 0) return ".";
  const std::string_view whole(path, static_cast<size_t>(size));
  return std::string(whole.substr(0, whole.rfind('/')));
}

/// Where the build and the installation put them (runtime/documents/CMakeLists.txt).
std::unique_ptr<Ranks> open_installed(std::string_view name) {
  for (const char* folder : {"/../lib/", "/../lib/chain/"}) {
    if (auto ranks = Ranks::open(own_folder() + folder + std::string(name))) return ranks;
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<Ranks> Ranks::open(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) return nullptr;
  const std::streamoff size = in.tellg();
  if (size < 0 || static_cast<size_t>(size) > kMostFile) return nullptr;
  std::string file(static_cast<size_t>(size), '\0');
  in.seekg(0);
  if (!in.read(file.data(), size)) return nullptr;
  std::unique_ptr<Ranks> ranks(new Ranks);
  return ranks->read(file) ? std::move(ranks) : nullptr;
}

/// The magic line, the number of tokens, the length of each (a byte), the bytes of all, a checksum.
bool Ranks::read(std::string_view file) {
  if (!file.starts_with(kMagic) || file.size() < kMagic.size() + 8) return false;
  const std::string_view content = file.substr(0, file.size() - 4);
  if (read_u32(file.substr(content.size())) != checksum(content)) return false;
  std::string_view rest = content.substr(kMagic.size());
  const uint32_t count = read_u32(rest);
  rest.remove_prefix(4);
  if (count > kMostTokens || rest.size() < count) return false;
  const std::string_view lengths = rest.substr(0, count);
  bytes_ = rest.substr(count);
  begins_.reserve(count + 1);
  uint32_t at = 0;
  for (const char length : lengths) {
    begins_.push_back(at);
    at += static_cast<unsigned char>(length);
  }
  begins_.push_back(at);
  if (at != bytes_.size()) return false;
  slots_.assign(std::bit_ceil(size_t{count} * 2 + 1), kNone);
  for (uint32_t rank = 0; rank < count; ++rank) {
    if (begins_[rank] == begins_[rank + 1]) continue;  // a rank that no bytes have
    size_t slot = hash_of(bytes_of(rank)) & (slots_.size() - 1);
    while (slots_[slot] != kNone) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = rank;
  }
  // Every text can be written with single bytes.
  for (int byte = 0; byte < 256; ++byte) {
    const char one = static_cast<char>(byte);
    if (find({&one, 1}) == kNone) return false;
  }
  return true;
}

uint32_t Ranks::find(std::string_view bytes) const {
  size_t slot = hash_of(bytes) & (slots_.size() - 1);
  while (slots_[slot] != kNone) {
    if (bytes_of(slots_[slot]) == bytes) return slots_[slot];
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return kNone;
}

void Ranks::encode(std::string_view piece, std::vector<uint32_t>& tokens) const {
  if (const uint32_t whole = find(piece); whole != kNone) return tokens.push_back(whole);
  Merge merge(*this, piece);
  merge.run();
  merge.each([&](std::string_view part) { tokens.push_back(find(part)); });
}

size_t Ranks::count(std::string_view piece) const {
  if (find(piece) != kNone) return 1;
  Merge merge(*this, piece);
  merge.run();
  size_t count = 0;
  merge.each([&](std::string_view) { ++count; });
  return count;
}

const Ranks* ranks_of(Encoding encoding) {
  if (encoding == Encoding::Cl100k) {
    static const std::unique_ptr<Ranks> cl100k = open_installed("cl100k_base.ranks");
    return cl100k.get();
  }
  static const std::unique_ptr<Ranks> o200k = open_installed("o200k_base.ranks");
  return o200k.get();
}

}  // namespace chain::documents
