#include "runtime/metrics/drift_vectors.h"

#include <algorithm>
#include <cmath>

#include "runtime/metrics/drift.h"

namespace chain::metrics {
namespace {

constexpr size_t kMostVectors = 4000;
constexpr double kDrifted = 0.1;

using Vector = std::vector<double>;

double squared_distance(const Vector& a, const Vector& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

bool usable(Vectors vectors, size_t dimensions) {
  return vectors.size() >= 2 && dimensions > 0 && std::ranges::all_of(vectors, [&](const Vector& vector) {
           return vector.size() == dimensions &&
                  std::ranges::all_of(vector, [](double value) { return std::isfinite(value); });
         });
}

double median(Vector values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

Vector centroid(Vectors vectors) {
  Vector mean(vectors[0].size());
  for (const Vector& vector : vectors)
    for (size_t i = 0; i < mean.size(); ++i) mean[i] += vector[i];
  for (double& value : mean) value /= static_cast<double>(vectors.size());
  return mean;
}

double cosine_distance(const Vector& a, const Vector& b) {
  double product = 0, of_a = 0, of_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    product += a[i] * b[i];
    of_a += a[i] * a[i];
    of_b += b[i] * b[i];
  }
  return of_a == 0 || of_b == 0 ? 1 : 1 - product / std::sqrt(of_a * of_b);
}

/// The kernel's mean over all pairs of different vectors.
double alike(Vectors vectors, double gamma) {
  double sum = 0;
  for (size_t i = 0; i < vectors.size(); ++i)
    for (size_t j = 0; j < i; ++j) sum += 2 * std::exp(-gamma * squared_distance(vectors[i], vectors[j]));
  const auto n = static_cast<double>(vectors.size());
  return sum / (n * (n - 1));
}

double drifted(Vectors reference, Vectors current) {
  const size_t dimensions = reference[0].size();
  double count = 0;
  for (size_t i = 0; i < dimensions; ++i) {
    Vector before, now;
    for (const Vector& vector : reference) before.push_back(vector[i]);
    for (const Vector& vector : current) now.push_back(vector[i]);
    if (wasserstein_norm(before, now).value_or(0) >= kDrifted) ++count;
  }
  return count / static_cast<double>(dimensions);
}

}  // namespace

std::optional<VectorDrift> vector_drift(Vectors reference, Vectors current) {
  const size_t dimensions = reference.empty() ? 0 : reference[0].size();
  if (reference.size() + current.size() > kMostVectors || !usable(reference, dimensions) ||
      !usable(current, dimensions))
    return std::nullopt;
  Vector distances;
  for (const Vector& a : reference)
    for (const Vector& b : current) distances.push_back(std::sqrt(squared_distance(a, b)));
  VectorDrift result;
  const double middle = median(distances);
  result.gamma = middle > 0 ? 1 / (middle * middle) : 1;
  double across = 0;
  for (const double distance : distances) across += std::exp(-result.gamma * distance * distance);
  result.mmd = alike(reference, result.gamma) + alike(current, result.gamma) -
               2 * across / static_cast<double>(distances.size());
  const Vector before = centroid(reference), now = centroid(current);
  result.centroid_euclidean = std::sqrt(squared_distance(before, now));
  result.centroid_cosine = cosine_distance(before, now);
  result.drifted_components = drifted(reference, current);
  return result;
}

}  // namespace chain::metrics
