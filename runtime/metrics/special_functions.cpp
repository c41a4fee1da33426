#include "runtime/metrics/special_functions.h"

#include <cmath>
#include <limits>

namespace chain::metrics {
namespace {

constexpr int kMostTerms = 100'000;

double front(double a, double x) {
  int sign = 0;  // std::lgamma leaves it in a variable that all threads share
  return std::exp(a * std::log(x) - x - lgamma_r(a, &sign));
}

double lower_series(double a, double x) {
  double term = 1 / a, sum = term;
  for (int n = 1; n < kMostTerms && term > sum * 1e-17; ++n) sum += term *= x / (a + n);
  return sum * front(a, x);
}

/// Lentz's method.
double upper_fraction(double a, double x) {
  constexpr double kTiny = std::numeric_limits<double>::min() / std::numeric_limits<double>::epsilon();
  double b = x + 1 - a, c = 1 / kTiny, d = 1 / b, h = d;
  for (int i = 1; i < kMostTerms; ++i) {
    const double factor = -i * (i - a);
    b += 2;
    d = factor * d + b;
    if (std::abs(d) < kTiny) d = kTiny;
    c = b + factor / c;
    if (std::abs(c) < kTiny) c = kTiny;
    d = 1 / d;
    h *= d * c;
    if (std::abs(d * c - 1) < 1e-16) break;
  }
  return h * front(a, x);
}

}  // namespace

double upper_gamma(double a, double x) {
  if (x <= 0) return 1;
  return x < a + 1 ? 1 - lower_series(a, x) : upper_fraction(a, x);
}

}  // namespace chain::metrics
