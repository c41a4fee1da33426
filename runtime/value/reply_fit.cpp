#include "runtime/value/reply_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "runtime/value/characters.h"
#include "runtime/value/json.h"
#include "runtime/value/layout.h"
#include "runtime/value/map.h"

namespace chain::value {

using program::Field;
using program::Type;
using program::TypeId;
using program::TypeKind;
using Kind = ReplyNode::Kind;

// ---- what happens to every type

Cost ReplyFit::fit(TypeId id, uint32_t node, std::byte* out, uint32_t wraps) {
  ++steps_;
  if (out) {
    const Cost cost = fit_kind(id, node, out, wraps);
    const Type& type = types_[id];
    if (cost == kMisfit || type.kind == TypeKind::Optional) return cost;
    return holds(type.constraints, id, out) ? cost : kMisfit;
  }
  const uint64_t pair = uint64_t{node} << 32 | id.index;
  // A type that is met again on the way to its own measure can only fit worse that way.
  const auto [known, fresh] = measured_.emplace(pair, kMisfit);
  if (!fresh) return known->second;
  const Cost cost = fit_kind(id, node, nullptr, wraps);
  measured_[pair] = cost;
  return cost;
}

Cost ReplyFit::fit_kind(TypeId id, uint32_t node, std::byte* out, uint32_t wraps) {
  switch (types_[id].kind) {
    case TypeKind::Void: {
      const bool word = tree_[node].kind == Kind::Prose && tree_.raw(tree_[node]) == "null";
      return word || is_null(tree_[node]) ? 0 : misfit(out, "null", tree_[node]);
    }
    case TypeKind::Optional: return fit_optional(id, node, out, wraps);
    case TypeKind::Record: return fit_record(id, node, out, wraps);
    case TypeKind::List: return fit_list(id, node, out, wraps);
    case TypeKind::Map: return fit_map(id, node, out, wraps);
    case TypeKind::Union: return fit_union(id, node, out, wraps);
    default: return fit_scalar(id, node, out, wraps);
  }
}

/// Text that holds JSON, where JSON is wanted.
Cost ReplyFit::fit_embedded(TypeId id, uint32_t node, std::byte* out, uint32_t wraps) {
  const ReplyNode& value = tree_[node];
  if (value.kind != Kind::Quoted || value.first == ReplyNode::kNone || wraps >= kMostWraps) return kMisfit;
  const Cost cost = fit(id, value.first, out, wraps + 1);
  if (cost != kMisfit) note(out, "read the JSON within text");
  return add_costs(cost, kUnwrapped);
}

bool ReplyFit::holds(const std::vector<program::Constraint>& constraints, TypeId id, const std::byte* out,
                     std::string_view what) {
  if (!check_) return true;
  for (const program::Constraint& constraint : constraints) {
    if (check_->holds(constraint, id, out)) continue;
    std::string json;
    write_json(types_, id, out, json, {.models_view = true});
    complain(true, fmt::format("{}{} breaks `{}`", what, shortened(json), constraint.text));
    return false;
  }
  return true;
}

Cost ReplyFit::complain(bool building, std::string what) {
  if (building && complaint_.empty()) {
    const std::string path = path_.text();
    complaint_ = path.empty() ? std::move(what) : fmt::format("field `{}`: {}", path, what);
  }
  return kMisfit;
}

Cost ReplyFit::misfit(bool building, std::string_view expected, const ReplyNode& node) {
  if (!building) return kMisfit;
  return complain(true, fmt::format("expected {}, found {}", expected, found(node)));
}

void ReplyFit::note(bool building, std::string what) {
  constexpr size_t kMost = 100;
  if (!building || notes_.size() >= kMost) return;
  const std::string path = path_.text();
  notes_.push_back(path.empty() ? std::move(what) : fmt::format("field `{}`: {}", path, what));
}

std::string ReplyFit::found(const ReplyNode& node) {
  switch (node.kind) {
    case Kind::List: return node.count == 0 ? "an empty list" : "a list";
    case Kind::Object: return "an object";
    case Kind::Bare:
      if (node.begin == node.end) return "nothing";
      return shortened(text_of(node));
    default:
      return node.begin == node.end && node.kind == Kind::Prose ? "an empty reply"
                                                                : quoted_short(text_of(node));
  }
}

bool ReplyFit::store_text(std::string_view text, std::byte* out) {
  const Text copy = arena_.copy(text);
  store(out, copy);
  return copy.data || text.empty();
}

// ---- optional and union

Cost ReplyFit::fit_null(TypeId id, std::byte* out) {
  const Type& type = types_[id];
  if (out) std::memset(out, 0, type.size);
  if (out && type.kind == TypeKind::Json) store(out, Text("null", 4));
  if (!out || type.kind != TypeKind::Union) return 0;
  for (uint32_t i = 0; i < type.members.size(); ++i) {
    if (!plan_.takes_null(type.members[i])) continue;
    store<uint32_t>(at(out, member_offset(types_, id)), i);
    return fit_null(type.members[i], out);
  }
  return 0;
}

Cost ReplyFit::fit_optional(TypeId id, uint32_t node, std::byte* out, uint32_t wraps) {
  const Type& type = types_[id];
  const ReplyNode& value = tree_[node];
  if (is_null(value)) return fit_null(id, out);
  const bool text = types_.base_kind(type.element) == TypeKind::String;
  if ((value.kind == Kind::Bare || value.kind == Kind::Prose) && !text) {
    // As other languages write it; as text, the word may be meant.
    for (std::string_view word : {"null", "None", "none", "NULL", "Null", "nil", "undefined", "N/A", "n/a"}) {
      if (tree_.raw(value) != word) continue;
      note(out, fmt::format("took {} for null", word));
      return add_costs(kOtherKey, fit_null(id, out));
    }
  }
  const Cost cost = fit(type.element, node, out, wraps);
  if (cost != kMisfit && out) store<uint8_t>(at(out, present_offset(types_, id)), 1);
  return cost;
}

uint32_t ReplyFit::best_member(const Type& type, uint32_t node, uint32_t wraps) {
  uint32_t best = static_cast<uint32_t>(type.members.size());
  Cost least = kMisfit;
  for (uint32_t i = 0; i < type.members.size(); ++i) {
    const Cost cost = fit(type.members[i], node, nullptr, wraps);
    if (cost >= least) continue;
    least = cost;
    best = i;
  }
  return best;
}

/// Which literal field of a record the object holds the value of; kNoField if of none, or if another literal
/// field holds something else.
uint32_t ReplyFit::literal_field(TypeId record, uint32_t node) {
  const Type& type = types_[record];
  std::vector<uint32_t> members(type.fields.size());
  match_members(record, node, /*building=*/false, members);
  uint32_t found = ReplyPlan::kNoField;
  for (uint32_t i = 0; i < members.size(); ++i) {
    if (types_[type.fields[i].type].kind != TypeKind::Literal || members[i] == ReplyNode::kNone) continue;
    if (fit(type.fields[i].type, members[i], nullptr, 0) == kMisfit) return ReplyPlan::kNoField;
    if (found == ReplyPlan::kNoField) found = i;
  }
  return found;
}

/// Says why nothing fits: of the one record whose literal field the reply holds, if there is one.
Cost ReplyFit::no_member(TypeId id, uint32_t node, std::byte* out, uint32_t wraps) {
  if (!out) return kMisfit;
  uint32_t meant = 0;
  uint32_t field = ReplyPlan::kNoField;
  const std::vector<TypeId>& all = types_[id].members;
  for (uint32_t i = 0; i < all.size() && tree_[node].kind == Kind::Object; ++i) {
    if (types_[all[i]].kind != TypeKind::Record) continue;
    const uint32_t one = literal_field(all[i], node);
    if (one == ReplyPlan::kNoField) continue;
    if (field != ReplyPlan::kNoField) return misfit(out, types_.to_string(id), tree_[node]);
    meant = i;
    field = one;
  }
  if (field == ReplyPlan::kNoField) return misfit(out, types_.to_string(id), tree_[node]);
  const bool first = complaint_.empty();
  std::memset(out, 0, types_[id].size);
  const Cost cost = fit(all[meant], node, out, wraps);
  if (cost != kMisfit) store(at(out, member_offset(types_, id)), meant);
  if (first && !complaint_.empty())
    complaint_ += fmt::format(" (its `{}` makes it {})", plan_.record(all[meant]).keys[field],
                              types_.to_string(all[meant]));
  return cost;
}

Cost ReplyFit::fit_union(TypeId id, uint32_t node, std::byte* out, uint32_t wraps) {
  const Type& type = types_[id];
  uint32_t best = best_member(type, node, wraps);
  if (best == type.members.size()) return no_member(id, node, out, wraps);
  const Cost least = fit(type.members[best], node, nullptr, wraps);
  if (!out) return least;
  // A member that fits may still break its `where`; then another one is tried, worst cost last.
  std::vector<bool> tried(type.members.size());
  while (true) {
    tried[best] = true;
    std::memset(out, 0, type.size);
    const size_t noted = notes_.size();
    const Cost cost = fit(type.members[best], node, out, wraps);
    if (cost != kMisfit) {
      store(at(out, member_offset(types_, id)), best);
      return cost;
    }
    uint32_t next = static_cast<uint32_t>(type.members.size());
    Cost next_cost = kMisfit;
    for (uint32_t i = 0; i < type.members.size(); ++i) {
      const Cost other = tried[i] ? kMisfit : fit(type.members[i], node, nullptr, wraps);
      if (other < next_cost) {
        next_cost = other;
        next = i;
      }
    }
    // Bounded, because each level of a recursive type could otherwise double the work.
    if (next == type.members.size() || retries_left_ == 0) return kMisfit;
    --retries_left_;
    notes_.resize(noted);
    complaint_.clear();
    best = next;
  }
}

// ---- records

Cost ReplyFit::fit_record(TypeId id, uint32_t node, std::byte* out, uint32_t wraps) {
  const ReplyNode& value = tree_[node];
  if (fit_embedded(id, node, nullptr, wraps) != kMisfit) return fit_embedded(id, node, out, wraps);
  const Type& type = types_[id];
  if (value.kind == Kind::Object) {
    bool any = value.count == 0;
    uint32_t expected = 0;
    for (uint32_t child = value.first; child != ReplyNode::kNone && !any; child = tree_[child].next) {
      bool exact = false;
      any = ReplyPlan::find_field(plan_.record(id), trimmed(key_of(tree_[child])), expected++, exact) !=
            ReplyPlan::kNoField;
    }
    if (any) return fit_members(id, node, out);
    const Cost wrapped = fit_wrapped_record(id, node, nullptr, wraps);
    const Cost only = fit_only_field(id, node, nullptr, wraps);
    if (wrapped != kMisfit && wrapped <= only) return fit_wrapped_record(id, node, out, wraps);
    if (only != kMisfit) return fit_only_field(id, node, out, wraps);
    const Cost cost = fit_members(id, node, out);
    return add_costs(cost, kSingle);
  }
  if (value.kind == Kind::List && wraps < kMostWraps && value.count > 0) {
    uint32_t child = value.first;
    const Cost inner = best_child(id, value, child);
    const Cost only = fit_only_field(id, node, nullptr, wraps);
    if (inner != kMisfit && inner <= only) {
      const Cost cost = fit(id, child, out, wraps + 1);
      note(out, "took a record out of a list");
      return add_costs(cost, kSingle);
    }
  }
  if (fit_only_field(id, node, nullptr, wraps) != kMisfit) return fit_only_field(id, node, out, wraps);
  return misfit(out, fmt::format("an object with the fields of {}", type.name), value);
}

/// A record whose reply has no key of its own, but holds an object that does: {"answer": {...}}.
Cost ReplyFit::fit_wrapped_record(TypeId id, uint32_t node, std::byte* out, uint32_t wraps) {
  if (wraps >= kMostWraps) return kMisfit;
  Cost least = kMisfit;
  uint32_t best = ReplyNode::kNone;
  for (uint32_t child = tree_[node].first; child != ReplyNode::kNone; child = tree_[child].next) {
    if (tree_[child].kind != Kind::Object) continue;
    const Cost cost = fit(id, child, nullptr, wraps + 1);
    if (cost >= least) continue;
    least = cost;
    best = child;
  }
  if (best == ReplyNode::kNone) return kMisfit;
  if (out && fit(id, best, out, wraps + 1) == kMisfit) return kMisfit;
  note(out, "took the answer out of an object around it");
  return add_costs(least, kUnwrapped + kDroppedKey);
}

/// A record of which the reply gives its only field, without its key.
Cost ReplyFit::fit_only_field(TypeId id, uint32_t node, std::byte* out, uint32_t wraps) {
  const Type& type = types_[id];
  const uint32_t only = plan_.record(id).only_field;
  if (only == ReplyPlan::kNoField || wraps >= kMostWraps) return kMisfit;
  const ReplyNode& value = tree_[node];
  const Field& field = type.fields[only];
  if (is_null(value)) return kMisfit;
  if (value.kind == Kind::Prose) {
    // Prose is no answer to a question for a record, unless it is nothing but a number.
    const TypeKind kind = types_[field.type].kind;
    const bool number = kind == TypeKind::Int || kind == TypeKind::Float;
    if (!number || !read_number(tree_.raw(value))) return kMisfit;
  }
  std::byte* record = out ? new_record(type, out) : nullptr;
  if (out && !record) return complain(true, "the value is too large");
  const auto step = path_.field(plan_.record(id).keys[only]);
  Cost cost = fit(field.type, node, record ? record + field.offset : nullptr, wraps + 1);
  if (cost == kMisfit) return kMisfit;
  if (record && !holds(field.constraints, field.type, record + field.offset)) return kMisfit;
  for (uint32_t i = 0; i < type.fields.size(); ++i) {
    if (i == only) continue;
    cost = add_costs(cost,
                     fit_missing(type.fields[i], record ? record + type.fields[i].offset : nullptr, false));
  }
  note(out, "took a value for the field that was asked for");
  return add_costs(cost, kUnwrapped);
}

/// Which member of an object gives each field, the last one of equals; and what the spelling of keys costs.
Cost ReplyFit::match_members(TypeId id, uint32_t node, bool building, std::span<uint32_t> members) {
  const ReplyPlan::Record& plan = plan_.record(id);
  Cost cost = 0;
  uint32_t expected = 0;
  std::fill(members.begin(), members.end(), ReplyNode::kNone);
  for (uint32_t child = tree_[node].first; child != ReplyNode::kNone; child = tree_[child].next) {
    ++steps_;
    bool exact = false;
    const std::string_view key = trimmed(key_of(tree_[child]));
    const uint32_t field = ReplyPlan::find_field(plan, key, expected, exact);
    if (field == ReplyPlan::kNoField) {
      cost = add_costs(cost, kDroppedKey);
      if (building) note(true, fmt::format("dropped the key {}", quoted_short(key)));
      continue;
    }
    expected = field + 1;
    if (members[field] != ReplyNode::kNone && is_null(tree_[child])) continue;
    members[field] = child;
    if (exact) continue;
    cost = add_costs(cost, kOtherKey);
    if (building)
      note(true, fmt::format("took the key {} for {}", quoted_short(key), quoted_short(plan.keys[field])));
  }
  return cost;
}

std::byte* ReplyFit::new_record(const Type& type, std::byte* out) {
  auto* record = static_cast<std::byte*>(arena_.allocate(type.record_size));
  if (!record) return nullptr;
  std::memset(record, 0, type.record_size);
  store<const std::byte*>(out, record);
  return record;
}

Cost ReplyFit::fit_members(TypeId id, uint32_t node, std::byte* out) {
  const Type& type = types_[id];
  constexpr size_t kFew = 16;
  uint32_t few[kFew];
  std::vector<uint32_t> many(type.fields.size() > kFew ? type.fields.size() : 0);
  const std::span<uint32_t> members(many.empty() ? few : many.data(), type.fields.size());
  Cost cost = match_members(id, node, out != nullptr, members);
  std::byte* record = out ? new_record(type, out) : nullptr;
  if (out && !record) return complain(true, "the value is too large");
  for (size_t i = 0; i < members.size(); ++i) {
    const auto step = path_.field(plan_.record(id).keys[i]);
    cost = add_costs(
        cost, fit_field(type.fields[i], members[i], record ? record + type.fields[i].offset : nullptr));
    if (cost == kMisfit) return kMisfit;
  }
  return cost;
}

Cost ReplyFit::fit_field(const Field& field, uint32_t member, std::byte* out) {
  if (member == ReplyNode::kNone) return fit_missing(field, out, false);
  const ReplyNode& value = tree_[member];
  const bool written = value.begin != value.end;  // `null`, not nothing at all
  const bool json = types_[field.type].kind == TypeKind::Json;
  if (is_null(value) && !(json && written)) return fit_missing(field, out, written);
  const Cost cost = fit(field.type, member, out, 0);
  if (cost == kMisfit) {
    // Where the reply was cut off there is half a value.
    const bool open = !value.complete && (partial_ || plan_.takes_null(field.type));
    if (!open) return kMisfit;
    complaint_.clear();
    return add_costs(fit_missing(field, out, false), kMissingField);
  }
  const bool absent =
      out && types_[field.type].kind == TypeKind::Optional && !is_present(types_, field.type, out);
  return !out || absent || holds(field.constraints, field.type, out) ? cost : kMisfit;
}

/// A field without a value: null, or not there at all.
Cost ReplyFit::fit_missing(const Field& field, std::byte* out, bool null) {
  if (!field.default_json.empty()) {
    if (!out) return kMissingField;
    const ReadResult read = from_json(types_, field.type, field.default_json, arena_, out, check_);
    const std::string what = "is missing, and its default ";
    if (!read.ok()) return complain(true, what + read.sentence());
    const bool none = types_[field.type].kind == TypeKind::Optional && !is_present(types_, field.type, out);
    return none || holds(field.constraints, field.type, out, what) ? kMissingField : kMisfit;
  }
  if (plan_.takes_null(field.type)) return add_costs(null ? 0 : kMissingField, fit_null(field.type, out));
  if (partial_) return kMissingField;
  return complain(out, null ? "is null, but must have a value" : "is missing");
}

// ---- lists and maps

Cost ReplyFit::best_child(TypeId id, const ReplyNode& parent, uint32_t& child) {
  Cost least = kMisfit;
  for (uint32_t one = parent.first; one != ReplyNode::kNone; one = tree_[one].next) {
    const Cost cost = fit(id, one, nullptr, 0);
    if (cost >= least) continue;
    least = cost;
    child = one;
  }
  return least;
}

Cost ReplyFit::fit_list(TypeId id, uint32_t node, std::byte* out, uint32_t wraps) {
  const ReplyNode& value = tree_[node];
  if (fit_embedded(id, node, nullptr, wraps) != kMisfit) return fit_embedded(id, node, out, wraps);
  if (value.kind == Kind::List) return fit_elements(id, value, out);
  if (is_null(value) || wraps >= kMostWraps) return misfit(out, "a list", value);
  const Cost single = fit_single(id, node, nullptr, wraps);
  // {"items": [...]} for a list.
  const bool holds_list =
      value.kind == Kind::Object && value.count == 1 && tree_[value.first].kind == Kind::List;
  const Cost inner = holds_list ? fit(id, value.first, nullptr, wraps + 1) : kMisfit;
  if (inner != kMisfit && inner < single) {
    const Cost cost = fit(id, value.first, out, wraps + 1);
    note(out, "took a list out of an object");
    return add_costs(cost, kUnwrapped);
  }
  if (single == kMisfit) return misfit(out, "a list", value);
  return fit_single(id, node, out, wraps);
}

/// One value where a list is wanted.
Cost ReplyFit::fit_single(TypeId id, uint32_t node, std::byte* out, uint32_t wraps) {
  const TypeId element = types_[id].element;
  std::byte* data = nullptr;
  if (out) {
    data = static_cast<std::byte*>(arena_.allocate(types_.stride(element)));
    if (!data) return complain(true, "the value is too large");
  }
  const Cost cost = fit(element, node, data, wraps + 1);
  if (cost == kMisfit) return kMisfit;
  if (out) store(out, List{data, 1});
  note(out, "made a list of one value");
  return add_costs(cost, tree_[node].kind == Kind::Prose ? kNumberInText : kSingle);
}

Cost ReplyFit::fit_elements(TypeId id, const ReplyNode& list, std::byte* out) {
  const TypeId element = types_[id].element;
  const uint32_t stride = types_.stride(element);
  std::byte* data = nullptr;
  if (out) {
    data = static_cast<std::byte*>(arena_.allocate(uint64_t{list.count} * stride));
    if (!data) return complain(true, "the value is too large");
  }
  Cost cost = 0;
  uint64_t size = 0;
  for (uint32_t child = list.first; child != ReplyNode::kNone; child = tree_[child].next) {
    const auto step = path_.element(size);
    const size_t noted = notes_.size();
    const Cost one = fit(element, child, data ? data + size * stride : nullptr, 0);
    if (one == kMisfit && !tree_[child].complete) {
      // Where the reply was cut off there is half an element.
      notes_.resize(noted);
      complaint_.clear();
      note(out, "left out an element that was cut off");
      cost = add_costs(cost, kMissingField);
      break;
    }
    if (one == kMisfit) return kMisfit;
    cost = add_costs(cost, one);
    ++size;
  }
  if (out) store(out, List{data, size});
  return cost;
}

Cost ReplyFit::build_list(TypeId list, const std::vector<uint32_t>& nodes, void* out) {
  const TypeId element = types_[list].element;
  const uint32_t stride = types_.stride(element);
  auto* data = static_cast<std::byte*>(arena_.allocate(nodes.size() * stride));
  if (!data) return complain(true, "the value is too large");
  for (uint64_t i = 0; i < nodes.size(); ++i) {
    const auto step = path_.element(i);
    if (build(element, nodes[i], data + i * stride) == kMisfit) return kMisfit;
  }
  store(out, List{data, nodes.size()});
  return holds(types_[list].constraints, list, static_cast<std::byte*>(out)) ? kSingle : kMisfit;
}

Cost ReplyFit::fit_map(TypeId id, uint32_t node, std::byte* out, uint32_t wraps) {
  const ReplyNode& value = tree_[node];
  if (fit_embedded(id, node, nullptr, wraps) != kMisfit) return fit_embedded(id, node, out, wraps);
  const TypeId element = types_[id].element;
  if (value.kind != Kind::Object) return misfit(out, "an object", value);
  const uint32_t stride = map_entry_stride(types_, element);
  std::vector<std::byte> entries(out ? uint64_t{value.count} * stride : 0);
  std::byte* entry = out ? entries.data() : nullptr;
  Cost cost = 0;
  uint64_t size = 0;
  for (uint32_t child = value.first; child != ReplyNode::kNone; child = tree_[child].next) {
    const std::string_view key = key_of(tree_[child]);
    const auto step = path_.key(key);
    if (entry && !store_text(key, entry)) return complain(true, "the value is too large");
    const Cost one = fit(element, child, entry ? entry + kMapValueOffset : nullptr, 0);
    if (one == kMisfit && !tree_[child].complete) {
      complaint_.clear();
      note(out, "left out an entry that was cut off");
      break;
    }
    if (one == kMisfit) return kMisfit;
    cost = add_costs(cost, one);
    if (entry) entry += stride;
    ++size;
  }
  if (!out) return cost;
  const Map* map = build_map(arena_, entries.data(), size, stride);
  if (!map) return complain(true, "the value is too large");
  store(out, map);
  return cost;
}

}  // namespace chain::value
