// How often something happens at most: a sum of products of list lengths.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace chain::plan {

/// A number that only a run knows: `len(tickets)`.
struct Factor {
  std::string text;
  std::optional<uint64_t> most;  // where the types say so: `where len(it) <= 20`
  friend auto operator<=>(const Factor&, const Factor&) = default;
};

/// 3 + 2 x len(a) x len(b): each product of factors with how often it counts. Numbers stop at 2^64 - 1.
class Count {
 public:
  Count() = default;
  explicit Count(uint64_t number);
  explicit Count(Factor factor);

  [[nodiscard]] bool zero() const { return terms_.empty() && !too_long_; }
  Count& operator+=(const Count& other);
  [[nodiscard]] Count operator*(const Count& other) const;
  /// At least as much as either, whatever the factors are.
  [[nodiscard]] Count most(const Count& other) const;

  /// Nothing if a factor has no bound.
  [[nodiscard]] std::optional<uint64_t> bound() const;
  /// Those without a bound, each once.
  [[nodiscard]] std::vector<std::string> open_factors() const;
  /// "1 + 2 x len(tickets)".
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool is_sum() const { return terms_.size() > 1; }
  [[nodiscard]] bool is_one() const;

  using Product = std::vector<Factor>;  // sorted
  [[nodiscard]] const std::map<Product, uint64_t>& terms() const { return terms_; }
  [[nodiscard]] bool too_long() const { return too_long_; }

 private:
  void trim();

  std::map<Product, uint64_t> terms_;
  bool too_long_ = false;  // more products, or more factors in one, than anybody would read
};

/// Numbers that stop at the largest instead of wrapping.
[[nodiscard]] uint64_t add_up(uint64_t a, uint64_t b);
[[nodiscard]] uint64_t multiply(uint64_t a, uint64_t b);

}  // namespace chain::plan
