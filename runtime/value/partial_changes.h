// What is new in the snapshots of a reply that is still coming (reply_parser.h): values, each with its place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chain::value {

/// A value that has become known, or is another one than was told before.
struct PartialChange {
  std::string at;          // the keys and indices that lead to it, as a JSON array: ["items",2,"name"]
  std::string_view value;  // JSON; of the snapshot
};

/// Reads one snapshot after another. All changes of a reply together are about as long as the reply: scalars
/// are told once, when they are complete. What is `null`, an empty list or map is not told, for the parser
/// writes so what is missing yet. If what was told turns out otherwise, the member or element that it is in
/// is told anew, as a whole. Work is linear in what has changed between the snapshots.
class PartialChanges {
 public:
  /// `json` and `unchanged` are those of a `PartialReply`. What it gives is valid until the next call.
  const std::vector<PartialChange>& update(std::string_view json, size_t unchanged);
  /// The next snapshot is that of another reply.
  void reset();

 private:
  enum class Kind : uint8_t { Open, Close, Scalar };
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Token {
    Kind kind;
    uint32_t parent;                    // the place of the bracket around it; kNone at the top
    uint32_t index;                     // among what is within the same brackets
    size_t begin, end;                  // bytes of the snapshot
    size_t key_begin = 0, key_end = 0;  // of a member, with its quotes; empty for an element
    size_t hash = 0;                    // of a scalar that was told; 0 for others
  };

  void keep_until(size_t unchanged);
  void read(std::string_view json);
  void add(std::string_view json, Token token);
  /// Whether the token at `place` is what it was in the snapshot before.
  [[nodiscard]] bool is_as_before(size_t place) const;
  /// Tells the members and elements anew of which something that was told is no longer so.
  void tell_again(std::string_view json);
  void tell_item(std::string_view json, const Token& item);
  [[nodiscard]] size_t end_of(size_t place) const;
  void tell(std::string_view json, size_t place);
  [[nodiscard]] std::string path_of(std::string_view json, size_t place) const;

  std::vector<Token> tokens_;
  size_t kept_ = 0;             // of them, from the snapshot before
  std::vector<Token> dropped_;  // what stood behind those
  std::vector<std::pair<size_t, size_t>>
      told_;  // places, first and behind the last, of what is told as a whole
  std::vector<PartialChange> changes_;
};

}  // namespace chain::value
