#include "runtime/value/reply_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "runtime/value/characters.h"
#include "runtime/value/layout.h"
#include "runtime/value/reply_fit.h"
#include "runtime/value/reply_partial.h"
#include "runtime/value/reply_scanner.h"
#include "runtime/value/utf8.h"

namespace chain::value {

using program::TypeId;
using program::TypeKind;
using Kind = ReplyNode::Kind;

namespace {

constexpr Cost kUnfenced = 3;
constexpr Cost kCutOff = 8;
constexpr Cost kProse = 30;

/// One way to read the reply: a node, and what choosing it costs beyond fitting.
struct Reading {
  uint32_t node = ReplyNode::kNone;
  Cost cost = kMisfit;
  const Candidate* candidate = nullptr;
  bool fenced = false;
};

/// Chooses what in the reply is the answer, and reads it.
class Answer {
 public:
  Answer(const ReplyPlan& plan, const ReplyTree& tree, ReplyFit& fit) : plan_(plan), tree_(tree), fit_(fit) {}

  ReplyResult read(void* out) {
    const std::vector<uint32_t> gathered = gather();
    ReplyResult result;
    if (gathered.size() > 1) {
      result.ok = fit_.build_list(plan_.root(), gathered, out) != kMisfit;
      if (result.ok) result.repairs.push_back("made a list of the objects in the reply");
    } else {
      const Reading best = choose();
      result.ok = fit_.build(plan_.root(), best.node, out) != kMisfit;
      if (result.ok) report(best, result.repairs);
    }
    if (!result.ok) result.complaint = fit_.complaint();
    result.repairs.insert(result.repairs.end(), fit_.notes().begin(), fit_.notes().end());
    return result;
  }

 private:
  Reading choose() {
    const bool brackets = starts_with_bracket(tree_.whole);
    // The usual reply holds one piece of JSON, and there is nothing to compare. Text around it is no record
    // or map.
    const TypeKind kind = plan_.types()[plan_.root()].kind;
    const bool only_json = brackets || kind == TypeKind::Record || kind == TypeKind::Map;
    if (tree_.candidates.size() == 1 && only_json && tree_.whole_string == ReplyNode::kNone) {
      const Candidate& only = tree_.candidates[0];
      return {only.node, 0, &only, only.fenced};
    }
    Reading best;
    for (const Candidate& candidate : tree_.candidates) {
      Cost base = tree_.fences.empty() || candidate.fenced ? 0 : kUnfenced;
      if (!tree_[candidate.node].complete) base += kCutOff;
      consider({candidate.node, base, &candidate, candidate.fenced}, best);
    }
    for (const Fence& fence : tree_.fences) {
      if (!starts_with_bracket(fence.node)) consider({fence.node, kProse - kUnfenced, nullptr, true}, best);
    }
    if (!brackets) consider({tree_.whole, kProse, nullptr, false}, best);
    if (tree_.whole_string != ReplyNode::kNone) consider({tree_.whole_string, 0, nullptr, false}, best);
    return best.node == ReplyNode::kNone ? least_wrong() : best;
  }

  void consider(Reading reading, Reading& best) {
    reading.cost = add_costs(reading.cost, fit_.measure(plan_.root(), reading.node));
    if (reading.cost < best.cost) best = reading;
  }

  bool starts_with_bracket(uint32_t node) const {
    const std::string_view text = tree_.raw(tree_[node]);
    return !tree_.candidates.empty() && (text.starts_with('{') || text.starts_with('['));
  }

  /// Nothing fits: what the complaint is about. The longest piece of JSON, if JSON is what is wanted.
  Reading least_wrong() const {
    Reading reading{tree_.whole, 0, nullptr, false};
    if (!wants_json() && !starts_with_bracket(tree_.whole)) return reading;
    uint32_t longest = 0;
    for (const Candidate& candidate : tree_.candidates) {
      const uint32_t size = tree_[candidate.node].end - tree_[candidate.node].begin;
      if (size <= longest) continue;
      longest = size;
      reading = {candidate.node, 0, &candidate, candidate.fenced};
    }
    return reading;
  }

  bool wants_json() const {
    const TypeKind kind = plan_.types()[plan_.root()].kind;
    return kind == TypeKind::Record || kind == TypeKind::List || kind == TypeKind::Map ||
           kind == TypeKind::Union || kind == TypeKind::Optional || kind == TypeKind::Json;
  }

  /// Several objects that stand in the reply one after the other, where a list of such objects is wanted and
  /// none is there.
  std::vector<uint32_t> gather() {
    const program::Type& type = plan_.types()[plan_.root()];
    std::vector<uint32_t> nodes;
    if (type.kind != TypeKind::List || tree_.candidates.size() < 2) return nodes;
    for (const Candidate& candidate : tree_.candidates) {
      const bool list = tree_[candidate.node].kind == Kind::List;
      if (list && fit_.measure(plan_.root(), candidate.node) != kMisfit) return {};
      if (!list && fit_.measure(type.element, candidate.node) != kMisfit) nodes.push_back(candidate.node);
    }
    return nodes;
  }

  void report(const Reading& reading, std::vector<std::string>& repairs) const {
    if (!reading.candidate) {
      if (reading.fenced) repairs = fence_mends(Mend::Fence);
      return;
    }
    Mends mends = reading.candidate->mends;
    const ReplyNode& node = tree_[reading.node];
    const ReplyNode& whole = tree_[tree_.whole];
    if (reading.fenced)
      mends.add(Mend::Fence);
    else if (node.begin != whole.begin || node.end < whole.end)
      mends.add(Mend::Prose);
    repairs = mends.phrases();
  }

  static std::vector<std::string> fence_mends(Mend mend) {
    Mends mends;
    mends.add(mend);
    return mends.phrases();
  }

  const ReplyPlan& plan_;
  const ReplyTree& tree_;
  ReplyFit& fit_;
};

/// A reply that is wanted as text is taken as it is; only optional text may be null.
ReplyResult take_text(const ReplyPlan& plan, std::string_view text, Arena& arena, void* out,
                      ConstraintCheck* check) {
  const program::TypeTable& types = plan.types();
  TypeId id = plan.root();
  ReplyResult result;
  result.ok = true;
  if (types[id].kind == TypeKind::Optional) {
    const bool present = trimmed(text) != "null";
    store<uint8_t>(at(out, present_offset(types, id)), present);
    store(out, Text{});
    if (!present) return result;
    id = types[id].element;
  }
  const Text copy = arena.copy(text);
  store(out, copy);
  if (!copy.data && !text.empty()) return {false, "the reply is too large", {}};
  for (const program::Constraint& constraint : types[id].constraints) {
    if (check && !check->holds(constraint, id, out)) {
      return {false, fmt::format("{} breaks `{}`", quoted_short(text), constraint.text), {}};
    }
  }
  return result;
}

}  // namespace

struct ReplyParser::State {
  State(const ReplyPlan& the_plan, ReplyLimits the_limits)
      : plan(the_plan), limits(the_limits), scanner(std::max<uint32_t>(the_limits.depth, 1)) {}

  const ReplyPlan& plan;
  ReplyLimits limits;
  ReplyScanner scanner;
  uint64_t received = 0;
  uint64_t fit_steps = 0;
  std::string text;  // of a reply that is taken as it is
  std::optional<PartialPrinter> printer;

  size_t checked = 0;   // bytes that are UTF-8
  bool broken = false;  // the byte behind them is not

  bool too_large() const { return received > limits.bytes; }
  const std::string& all() const { return plan.is_text() ? text : scanner.tree().text; }

  /// Checks what has come since, but for a character whose last bytes may still come.
  void check_utf8(bool ended) {
    const std::string_view rest = std::string_view(all()).substr(checked);
    const size_t bad = broken ? 0 : find_invalid_utf8(rest);
    checked += bad == std::string_view::npos ? rest.size() : bad;
    broken = broken || (bad != std::string_view::npos && (ended || !may_become_utf8(rest.substr(bad))));
  }
};

ReplyParser::ReplyParser(const ReplyPlan& plan, ReplyLimits limits)
    : state_(std::make_unique<State>(plan, limits)) {
  state_->limits.bytes = std::min<uint64_t>(limits.bytes, UINT32_MAX / 2);
}

ReplyParser::~ReplyParser() = default;

void ReplyParser::reset() {
  state_->scanner.reset();
  state_->received = state_->fit_steps = 0;
  state_->checked = 0;
  state_->broken = false;
  state_->text.clear();
  state_->printer.reset();
}

void ReplyParser::feed(std::string_view piece) {
  state_->received += piece.size();
  if (state_->too_large() || state_->broken) return;
  if (state_->plan.is_text())
    state_->text += piece;
  else
    state_->scanner.feed(piece);
  state_->check_utf8(false);
}

uint64_t ReplyParser::steps() const {
  return state_->scanner.steps() + state_->fit_steps + (state_->printer ? state_->printer->steps() : 0);
}

PartialReply ReplyParser::partial(bool growing_text, ConstraintCheck* check) {
  State& state = *state_;
  if (state.too_large() || state.broken) return {};
  if (!state.printer) state.printer.emplace(state.plan, state.scanner);
  PartialPrinter& printer = *state.printer;
  const std::string& json = state.plan.is_text() ? printer.print_text(state.text, growing_text)
                                                 : printer.print(growing_text, check);
  return {json, printer.unchanged()};
}

ReplyResult ReplyParser::finish(Arena& arena, void* out, ConstraintCheck* check) {
  State& state = *state_;
  ReplyResult result;
  if (state.too_large()) {
    result.complaint = fmt::format("the reply has more than {} bytes", state.limits.bytes);
    return result;
  }
  state.check_utf8(true);
  if (state.broken) {
    result.complaint = fmt::format("byte {} of the reply is not UTF-8", state.checked);
    return result;
  }
  if (state.plan.is_text()) return take_text(state.plan, state.text, arena, out, check);
  state.scanner.finish();
  ReplyFit fit(state.plan, state.scanner.tree(), arena, check);
  result = Answer(state.plan, state.scanner.tree(), fit).read(out);
  state.fit_steps += fit.steps();
  return result;
}

ReplyResult parse_reply(const program::TypeTable& types, TypeId type, std::string_view reply, Arena& arena,
                        void* out, ConstraintCheck* check) {
  const ReplyPlan plan(types, type);
  ReplyParser parser(plan);
  parser.feed(reply);
  return parser.finish(arena, out, check);
}

}  // namespace chain::value
