#include <cmath>

#include "runtime/library/call.h"

namespace chain::library {

namespace {

/// `number`, already whole, as an int; fails if it is none.
Status whole(Call& call, double number) {
  constexpr double limit = 9223372036854775808.0;  // 2^63
  if (!(number >= -limit && number < limit)) return call.fail("the number fits no int");
  return call.give(static_cast<int64_t>(number));
}

Status overflow(Call& call) {
  return call.fail("the result fits no int");
}

}  // namespace

LIBRARY(chain_lib_int_from_float) {
  return whole(call, std::trunc(call.get<double>(0)));
}
LIBRARY(chain_lib_round) {
  return whole(call, std::round(call.get<double>(0)));
}
LIBRARY(chain_lib_floor) {
  return whole(call, std::floor(call.get<double>(0)));
}
LIBRARY(chain_lib_ceil) {
  return whole(call, std::ceil(call.get<double>(0)));
}

LIBRARY(chain_lib_round_digits) {
  const auto number = call.get<double>(0);
  const auto digits = call.get<int64_t>(1);
  constexpr int64_t finest = 15;  // a double has no more decimal digits than these to speak of
  if (digits < 0 || digits > finest) return call.fail("`digits` must be from 0 to 15");
  const double scale = std::pow(10.0, static_cast<double>(digits));
  const double scaled = number * scale;
  // Beyond 2^53 there is no fraction left to round; the product may even be infinite.
  return call.give(std::abs(scaled) < 9007199254740992.0 ? std::round(scaled) / scale : number);
}

LIBRARY(chain_lib_abs_int) {
  const auto number = call.get<int64_t>(0);
  if (number == INT64_MIN) return overflow(call);
  return call.give(number < 0 ? -number : number);
}

LIBRARY(chain_lib_abs_float) {
  return call.give(std::abs(call.get<double>(0)));
}

LIBRARY(chain_lib_sqrt) {
  const auto number = call.get<double>(0);
  if (number < 0) return call.fail("a negative number has no square root");
  return call.give(std::sqrt(number));
}

LIBRARY(chain_lib_pow_int) {
  auto base = call.get<int64_t>(0);
  auto exponent = call.get<int64_t>(1);
  if (exponent < 0) return call.fail("the exponent is negative; use floats");
  int64_t result = 1;
  // By squaring; a square that overflows matters only if a bit of the exponent is left to use it.
  for (bool square_fits = true; exponent > 0; exponent >>= 1) {
    if (!square_fits) return overflow(call);
    if ((exponent & 1) && __builtin_mul_overflow(result, base, &result)) return overflow(call);
    square_fits = !__builtin_mul_overflow(base, base, &base);
  }
  return call.give(result);
}

LIBRARY(chain_lib_pow_float) {
  return call.give(std::pow(call.get<double>(0), call.get<double>(1)));
}

LIBRARY(chain_lib_exp) {
  return call.give(std::exp(call.get<double>(0)));
}

namespace {

Status logarithm(Call& call, double (*of)(double)) {
  const auto number = call.get<double>(0);
  if (number <= 0) return call.fail("only a number above 0 has a logarithm");
  return call.give(of(number));
}

}  // namespace

LIBRARY(chain_lib_ln) {
  return logarithm(call, [](double number) { return std::log(number); });
}
LIBRARY(chain_lib_log10) {
  return logarithm(call, [](double number) { return std::log10(number); });
}
LIBRARY(chain_lib_log2) {
  return logarithm(call, [](double number) { return std::log2(number); });
}

LIBRARY(chain_lib_ratio) {
  const auto divisor = call.get<int64_t>(1);
  if (divisor == 0) return call.fail("division by zero");
  return call.give(static_cast<double>(call.get<int64_t>(0)) / static_cast<double>(divisor));
}

LIBRARY(chain_lib_dollars) {
  return call.give(static_cast<double>(call.get<int64_t>(0)) / 1e9);
}

/// In 128 bits, where no list is long enough to overflow.
LIBRARY(chain_lib_mean_int) {
  const Elements list = call.elements(0);
  if (list.size == 0) return call.give_none();
  __int128 sum = 0;
  for (uint64_t i = 0; i < list.size; ++i) sum += value::load<int64_t>(list[i]);
  return call.give_some(static_cast<double>(sum) / static_cast<double>(list.size));
}

LIBRARY(chain_lib_mean_float) {
  const Elements list = call.elements(0);
  if (list.size == 0) return call.give_none();
  double sum = 0;
  for (uint64_t i = 0; i < list.size; ++i) sum += value::load<double>(list[i]);
  return call.give_some(sum / static_cast<double>(list.size));
}

LIBRARY(chain_lib_sum_int) {
  const Elements list = call.elements(0);
  int64_t sum = 0;
  for (uint64_t i = 0; i < list.size; ++i) {
    if (__builtin_add_overflow(sum, value::load<int64_t>(list[i]), &sum)) return overflow(call);
  }
  return call.give(sum);
}

LIBRARY(chain_lib_sum_float) {
  const Elements list = call.elements(0);
  double sum = 0;
  for (uint64_t i = 0; i < list.size; ++i) sum += value::load<double>(list[i]);
  return call.give(sum);
}

}  // namespace chain::library
