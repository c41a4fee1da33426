// Finds a text in another, again and again, in linear time. Internal to runtime/library.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace chain::library {

/// Knuth, Morris and Pratt (SIAM J. Comput. 6:2, 1977). `part` must not be empty when `next` is called.
class Finder {
 public:
  Finder(std::string_view text, std::string_view part);

  /// The offset of the next occurrence that does not overlap the one before; npos once there is none.
  [[nodiscard]] size_t next();

 private:
  std::string_view text_;
  std::string_view part_;
  std::vector<size_t> borders_;  // borders_[i]: length of the longest proper border of part_[0..i]
  size_t place_ = 0;
};

}  // namespace chain::library
