#include "compiler/plan/count.h"

#include <algorithm>

namespace chain::plan {

namespace {

constexpr size_t kMostTerms = 32;
constexpr size_t kMostFactors = 8;

}  // namespace

uint64_t add_up(uint64_t a, uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

uint64_t multiply(uint64_t a, uint64_t b) {
  return a != 0 && b > UINT64_MAX / a ? UINT64_MAX : a * b;
}

Count::Count(uint64_t number) {
  if (number > 0) terms_[{}] = number;
}

Count::Count(Factor factor) {
  terms_[{std::move(factor)}] = 1;
}

void Count::trim() {
  const bool long_product = std::any_of(terms_.begin(), terms_.end(),
                                        [](const auto& term) { return term.first.size() > kMostFactors; });
  if (terms_.size() <= kMostTerms && !long_product) return;
  too_long_ = true;
  terms_.clear();
}

Count& Count::operator+=(const Count& other) {
  too_long_ = too_long_ || other.too_long_;
  for (const auto& [product, times] : other.terms_) {
    uint64_t& own = terms_[product];
    own = add_up(own, times);
  }
  trim();
  return *this;
}

Count Count::operator*(const Count& other) const {
  Count result;
  if (zero() || other.zero()) return result;
  result.too_long_ = too_long_ || other.too_long_;
  if (result.too_long_) return result;
  for (const auto& [left, times] : terms_) {
    for (const auto& [right, more] : other.terms_) {
      Product product = left;
      product.insert(product.end(), right.begin(), right.end());
      std::sort(product.begin(), product.end());
      uint64_t& sum = result.terms_[std::move(product)];
      sum = add_up(sum, multiply(times, more));
    }
  }
  result.trim();
  return result;
}

Count Count::most(const Count& other) const {
  Count result = *this;
  result.too_long_ = too_long_ || other.too_long_;
  for (const auto& [product, times] : other.terms_) {
    uint64_t& own = result.terms_[product];
    own = std::max(own, times);
  }
  result.trim();
  return result;
}

std::optional<uint64_t> Count::bound() const {
  if (too_long_) return std::nullopt;
  uint64_t sum = 0;
  for (const auto& [product, times] : terms_) {
    uint64_t value = times;
    for (const Factor& factor : product) {
      if (!factor.most) return std::nullopt;
      value = multiply(value, *factor.most);
    }
    sum = add_up(sum, value);
  }
  return sum;
}

std::vector<std::string> Count::open_factors() const {
  std::vector<std::string> open;
  for (const auto& [product, times] : terms_) {
    for (const Factor& factor : product) {
      if (!factor.most && std::find(open.begin(), open.end(), factor.text) == open.end())
        open.push_back(factor.text);
    }
  }
  return open;
}

bool Count::is_one() const {
  return !too_long_ && terms_.size() == 1 && terms_.begin()->first.empty() && terms_.begin()->second == 1;
}

std::string Count::text() const {
  if (too_long_) return "more than can be written here";
  std::string text;
  for (const auto& [product, times] : terms_) {
    std::string term = times == 1 && !product.empty() ? "" : std::to_string(times);
    for (const Factor& factor : product) term += (term.empty() ? "" : " x ") + factor.text;
    text += (text.empty() ? "" : " + ") + term;
  }
  return text.empty() ? "0" : text;
}

}  // namespace chain::plan
