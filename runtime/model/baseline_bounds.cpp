#include "runtime/model/baseline_bounds.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

namespace chain::model::baseline {
namespace {

/// Without spaces and without the outer parentheses.
std::string compact(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r' && c != '_') result += c;
  }
  return result;
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Comparison {
  std::string_view left, op, right;
};

std::optional<Comparison> split(std::string_view clause) {
  for (const std::string_view op : {"<=", ">=", "==", "<", ">"}) {
    const size_t at = clause.find(op);
    if (at != std::string_view::npos)
      return Comparison{clause.substr(0, at), op, clause.substr(at + op.size())};
  }
  return std::nullopt;
}

std::string_view mirrored(std::string_view op) {
  if (op == "<=") return ">=";
  if (op == ">=") return "<=";
  if (op == "<") return ">";
  if (op == ">") return "<";
  return op;
}

/// The least step that turns `<` into `<=`: 1 for whole bounds, which suits ints and lengths.
void tighten(double& low, double& high, std::string_view op, double limit, double step) {
  if (op == "<=" || op == "==") high = std::min(high, limit);
  if (op == ">=" || op == "==") low = std::max(low, limit);
  if (op == "<") high = std::min(high, limit - step);
  if (op == ">") low = std::max(low, limit + step);
}

void apply(std::string_view clause, Bounds& bounds) {
  const auto comparison = split(clause);
  if (!comparison) return;
  auto [left, op, right] = *comparison;
  std::optional<double> limit = number(right);
  if (!limit) {
    limit = number(left);
    left = right;
    op = mirrored(op);
  }
  if (!limit) return;
  if (left == "it") {
    const double step = std::nextafter(std::abs(*limit), INFINITY) - std::abs(*limit);
    tighten(bounds.low, bounds.high, op, *limit, step);
  } else if (left == "len(it)" || left == "it.len()" || left == "it|len") {
    double low = static_cast<double>(bounds.shortest), high = INFINITY;
    tighten(low, high, op, *limit, 1);
    bounds.shortest = static_cast<size_t>(std::clamp(low, 0.0, 1e9));
    if (std::isfinite(high))
      bounds.longest = std::min(bounds.longest, static_cast<size_t>(std::clamp(high, 0.0, 1e9)));
  }
}

}  // namespace

Bounds bounds_of(std::span<const program::Constraint> constraints) {
  Bounds bounds;
  for (const program::Constraint& constraint : constraints) {
    std::string_view rest = constraint.text;
    if (rest.find(" or ") != std::string_view::npos || rest.find("not ") != std::string_view::npos) continue;
    while (!rest.empty()) {
      const size_t end = rest.find(" and ");
      apply(compact(rest.substr(0, end)), bounds);
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 5);
    }
  }
  return bounds;
}

Bounds narrow(Bounds left, const Bounds& right) {
  return {std::max(left.low, right.low), std::min(left.high, right.high),
          std::max(left.shortest, right.shortest), std::min(left.longest, right.longest)};
}

}  // namespace chain::model::baseline
