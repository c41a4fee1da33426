// Laying types over a scanned reply: what fits how well, and the value that comes of it. Internal to
// runtime/value.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/value/arena.h"
#include "runtime/value/constraint.h"
#include "runtime/value/number_text.h"
#include "runtime/value/path.h"
#include "runtime/value/reply_plan.h"
#include "runtime/value/reply_tree.h"

namespace chain::value {

/// How much has to be mended to read a node as a type; 0 if it is exact.
using Cost = uint32_t;
inline constexpr Cost kMisfit = UINT32_MAX;

/// `fit` measures if it is given no place for the value, and builds if it is. Both go the same way through
/// the tree, so what is measured as fitting can be built, but for conditions. Measures are remembered for
/// each pair of node and type, which makes unions within unions linear.
class ReplyFit {
 public:
  ReplyFit(const ReplyPlan& plan, const ReplyTree& tree, Arena& arena, ConstraintCheck* check)
      : plan_(plan), types_(plan.types()), tree_(tree), arena_(arena), check_(check) {}

  /// A reply that is still coming: records may lack fields, and what is open is not yet wrong.
  void set_partial(bool partial) { partial_ = partial; }
  void set_check(ConstraintCheck* check) { check_ = check; }

  Cost measure(program::TypeId id, uint32_t node) { return fit(id, node, nullptr, 0); }
  Cost build(program::TypeId id, uint32_t node, void* out) {
    return fit(id, node, static_cast<std::byte*>(out), 0);
  }
  /// A list of one element for each of `nodes`.
  Cost build_list(program::TypeId list, const std::vector<uint32_t>& nodes, void* out);

  [[nodiscard]] const std::string& complaint() const { return complaint_; }
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  [[nodiscard]] uint64_t steps() const { return steps_; }

  /// The text of a scalar: unescaped, a block without its indentation. Lives in the scratch arena.
  [[nodiscard]] std::string_view text_of(const ReplyNode& node);
  [[nodiscard]] std::string_view key_of(const ReplyNode& node);
  [[nodiscard]] bool is_null(const ReplyNode& node) const;
  /// The member of a union that fits best; `members.size()` if none does.
  uint32_t best_member(const program::Type& type, uint32_t node, uint32_t wraps = 0);

 private:
  Cost fit(program::TypeId id, uint32_t node, std::byte* out, uint32_t wraps);
  Cost fit_kind(program::TypeId id, uint32_t node, std::byte* out, uint32_t wraps);

  // Scalars, in reply_scalar.cpp.
  Cost fit_scalar(program::TypeId id, uint32_t node, std::byte* out, uint32_t wraps);
  Cost fit_string(const ReplyNode& node, std::byte* out);
  Cost fit_int(const ReplyNode& node, std::byte* out);
  Cost fit_float(const ReplyNode& node, std::byte* out);
  Cost fit_unit(program::TypeKind kind, const ReplyNode& node, std::byte* out);
  Cost fit_calendar(program::TypeKind kind, const ReplyNode& node, std::byte* out);
  Cost fit_bytes(const ReplyNode& node, std::byte* out);
  Cost fit_media(const std::string& kind, const ReplyNode& node, std::byte* out);
  Cost fit_json(uint32_t node, std::byte* out);
  void append_mended(std::string& json, uint32_t node);
  Cost fit_choice(program::TypeId id, const ReplyNode& node, std::byte* out);
  Cost fit_literal(program::TypeId id, const ReplyNode& node, std::byte* out);
  Cost store_literal(const program::Literal& literal, std::byte* out, Cost cost);
  Cost unwrap_scalar(program::TypeId id, uint32_t node, std::byte* out, uint32_t wraps);
  Cost number_cost(const ReplyNode& node, NumberText& number);

  // Everything that holds others, in reply_fit.cpp.
  Cost fit_optional(program::TypeId id, uint32_t node, std::byte* out, uint32_t wraps);
  Cost fit_record(program::TypeId id, uint32_t node, std::byte* out, uint32_t wraps);
  Cost fit_members(program::TypeId id, uint32_t node, std::byte* out);
  Cost match_members(program::TypeId id, uint32_t node, bool building, std::span<uint32_t> members);
  Cost fit_field(const program::Field& field, uint32_t member, std::byte* out);
  std::byte* new_record(const program::Type& type, std::byte* out);
  Cost fit_missing(const program::Field& field, std::byte* out, bool null);
  Cost fit_wrapped_record(program::TypeId id, uint32_t node, std::byte* out, uint32_t wraps);
  Cost fit_only_field(program::TypeId id, uint32_t node, std::byte* out, uint32_t wraps);
  Cost fit_list(program::TypeId id, uint32_t node, std::byte* out, uint32_t wraps);
  Cost fit_elements(program::TypeId id, const ReplyNode& list, std::byte* out);
  Cost fit_single(program::TypeId id, uint32_t node, std::byte* out, uint32_t wraps);
  Cost fit_map(program::TypeId id, uint32_t node, std::byte* out, uint32_t wraps);
  [[nodiscard]] uint32_t literal_field(program::TypeId record, uint32_t node);
  Cost no_member(program::TypeId id, uint32_t node, std::byte* out, uint32_t wraps);
  Cost fit_union(program::TypeId id, uint32_t node, std::byte* out, uint32_t wraps);
  Cost fit_embedded(program::TypeId id, uint32_t node, std::byte* out, uint32_t wraps);
  Cost fit_null(program::TypeId id, std::byte* out);
  Cost best_child(program::TypeId id, const ReplyNode& parent, uint32_t& child);

  /// `what` stands before the value in a complaint.
  bool holds(const std::vector<program::Constraint>& constraints, program::TypeId id, const std::byte* out,
             std::string_view what = {});
  Cost misfit(bool building, std::string_view expected, const ReplyNode& node);
  Cost complain(bool building, std::string what);
  void note(bool building, std::string what);
  std::string found(const ReplyNode& node);
  bool store_text(std::string_view text, std::byte* out);
  std::string_view unescape(std::string_view raw);
  std::string_view dedent(std::string_view raw);

  const ReplyPlan& plan_;
  const program::TypeTable& types_;
  const ReplyTree& tree_;
  Arena& arena_;
  ConstraintCheck* check_;
  Arena scratch_;
  Path path_;
  std::unordered_map<uint64_t, Cost> measured_;
  std::string complaint_;
  std::vector<std::string> notes_;
  uint32_t retries_left_ = 16;
  uint64_t steps_ = 0;
  bool partial_ = false;
};

[[nodiscard]] inline Cost add_costs(Cost a, Cost b) {
  if (a == kMisfit || b == kMisfit) return kMisfit;
  return b < kMisfit - 1 - a ? a + b : kMisfit - 1;
}

// What each way of mending costs. Only their order matters: a change of spelling is less than one of type,
// and that is less than one of shape.
inline constexpr Cost kDroppedKey = 1;
inline constexpr Cost kMissingField = 1;
inline constexpr Cost kFloatOfInt = 1;
inline constexpr Cost kOtherKey = 1;
inline constexpr Cost kDecoratedNumber = 5;
inline constexpr Cost kOtherType = 10;
inline constexpr Cost kRounded = 15;
inline constexpr Cost kSingle = 20;
inline constexpr Cost kUnwrapped = 25;
inline constexpr Cost kNumberInText = 40;
inline constexpr Cost kRawJson = 60;
inline constexpr uint32_t kMostWraps = 4;

}  // namespace chain::value
