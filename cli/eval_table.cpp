#include "cli/eval_table.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

namespace chain::cli {
namespace {

using nlohmann::json;
using program::ScoreKind;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double number_in(const json& value) {
  if (value.is_boolean()) return value.get<bool>() ? 1 : 0;
  return value.is_number() ? value.get<double>() : kNone;
}

std::string label_in(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() ? "none" : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

uint32_t Labels::number_of(std::string_view label) {
  if (const auto known = numbers_.find(label); known != numbers_.end()) return known->second;
  const auto number = static_cast<uint32_t>(names_.size());
  names_.emplace_back(label);
  numbers_.emplace(label, number);
  return number;
}

EvalColumn::EvalColumn(const program::Eval& eval, std::string name, uint32_t repeats)
    : eval_(&eval), name_(std::move(name)), repeats_(repeats), running_(eval.scores.size()) {
  for (const program::EvalScore& score : eval.scores) {
    pair_at_.push_back(pair_count_);
    vote_at_.push_back(votes_.size());
    if (score.kind == ScoreKind::Exact) ++pair_count_;
    if (score.kind == ScoreKind::Judge || score.kind == ScoreKind::Pairwise) votes_.emplace_back();
  }
}

void EvalColumn::grow(size_t slots) {
  if (slots <= outcomes_.size()) return;
  outcomes_.resize(slots);
  scores_.resize(slots * eval_->scores.size(), kNone);
  groups_.resize(slots * eval_->groups.size(), labels_.number_of("none"));
  pairs_.resize(slots * pair_count_);
  for (auto& each : votes_) each.resize(slots);
}

bool EvalColumn::put(uint64_t number, uint32_t repeat, const Outcome& outcome, std::string_view scores_json) {
  if (number == 0 || repeat == 0 || repeat > repeats_) return false;
  const size_t slot = (number - 1) * repeats_ + repeat - 1;
  const bool done = outcome.state == Outcome::State::Done;
  const json scores = done ? json::parse(scores_json, nullptr, false) : json::object();
  if (!scores.is_object()) return false;
  grow(number * repeats_);
  if (outcomes_[slot].state == Outcome::State::Failed) --failed_;  // it is tried again
  outcomes_[slot] = outcome;
  ++(done ? done_ : failed_);
  cost_ += outcome.cost;
  if (!done) return true;
  const auto member = [&](const std::string& name) {
    const auto found = scores.find(name);
    return found == scores.end() ? json() : *found;
  };
  for (size_t i = 0; i < eval_->scores.size(); ++i) {
    const program::EvalScore& score = eval_->scores[i];
    const double value = number_in(member(score.name));
    scores_[slot * eval_->scores.size() + i] = value;
    if (!std::isnan(value)) {
      ++running_[i].count;
      running_[i].sum += value;
      running_[i].squares += value * value;
    }
    if (score.kind == ScoreKind::Exact) {
      pairs_[slot * pair_count_ + pair_at_[i]] = {labels_.number_of(label_in(member(score.name + ".wanted"))),
                                                  labels_.number_of(label_in(member(score.name + ".got")))};
    } else if (score.kind != ScoreKind::Plain) {
      for (const json& vote : member(score.name + ".votes"))
        votes_[vote_at_[i]][slot].push_back(number_in(vote));
    }
  }
  for (size_t i = 0; i < eval_->groups.size(); ++i)
    groups_[slot * eval_->groups.size() + i] = labels_.number_of(label_in(member("by." + std::to_string(i))));
  return true;
}

}  // namespace chain::cli
