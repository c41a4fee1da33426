#include "runtime/value/reply_partial.h"

#include <algorithm>

#include "runtime/value/characters.h"
#include "runtime/value/growing_text.h"
#include "runtime/value/json.h"
#include "runtime/value/layout.h"

namespace chain::value {

using program::Field;
using program::Type;
using program::TypeId;
using program::TypeKind;
using Kind = ReplyNode::Kind;

namespace {

/// Of an open container only so many members count for which member of a union it is, so that the choice
/// settles.
constexpr uint32_t kTellingMembers = 16;

}  // namespace

const std::string& PartialPrinter::print(bool growing_text, ConstraintCheck* check) {
  check_ = check;
  fit_.set_check(check);
  unchanged_ = out_.size();
  if (root_closed_ || !choose_root()) return out_;
  close_levels();
  if (levels_.empty()) {
    TypeId type;
    truncate(0);
    if (!is_open(root_)) {
      print_closed(plan_.root(), root_);
      root_closed_ = true;
      return out_;
    }
    if (!resolve(plan_.root(), root_, true, type)) return out_;
    levels_.push_back(begin_level(root_, plan_.root(), type));
  }
  advance(growing_text);
  const size_t final_size = out_.size();
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) close_text(*level);
  steps_ += out_.size() - final_size;
  return out_;
}

const std::string& PartialPrinter::print_text(std::string_view text, bool growing_text) {
  unchanged_ = out_.size();
  if (!growing_text) return out_;
  if (out_.empty()) out_ = "\"\"";
  truncate(out_.size() - 1);
  text_read_ += append_growing(out_, text.substr(text_read_), {.escapes = false, .complete = false});
  out_ += '"';
  return out_;
}

void PartialPrinter::truncate(size_t size) {
  out_.resize(std::min(out_.size(), size));
  unchanged_ = std::min(unchanged_, out_.size());
}

bool PartialPrinter::is_open(uint32_t node) const {
  const ReplyNode& value = tree_[node];
  if (!value.is_container()) return scanner_.is_open_scalar(node);
  const auto& path = scanner_.open_path();
  return std::find(path.begin(), path.end(), node) != path.end();
}

// ---- which container is what

bool PartialPrinter::promising(uint32_t node) const {
  TypeId id = plan_.root();
  if (types_[id].kind == TypeKind::Optional) id = types_[id].element;
  const Kind kind = tree_[node].kind;
  switch (types_[id].kind) {
    case TypeKind::List: return kind == Kind::List;
    case TypeKind::Map: return kind == Kind::Object && tree_[node].count > 0;
    case TypeKind::Union: return tree_[node].count > 0;
    case TypeKind::Record: break;
    default: return false;
  }
  bool exact = false;
  const uint32_t child = tree_[node].first;
  if (kind != Kind::Object || child == ReplyNode::kNone) return false;
  const std::string_view key = trimmed(tree_.slice(tree_[child].key_begin, tree_[child].key_end));
  return ReplyPlan::find_field(plan_.record(id), key, 0, exact) != ReplyPlan::kNoField;
}

/// The first piece of JSON that looks like the answer stays the one that is shown.
bool PartialPrinter::choose_root() {
  for (; root_ == ReplyNode::kNone && passed_candidates_ < tree_.candidates.size(); ++passed_candidates_) {
    const uint32_t node = tree_.candidates[passed_candidates_].node;
    if (promising(node))
      root_ = node;
    else if (is_open(node))
      return false;  // it may still become promising
  }
  return root_ != ReplyNode::kNone;
}

bool PartialPrinter::resolve(TypeId wanted, uint32_t node, bool open, TypeId& type) {
  const Type& place = types_[wanted];
  const bool list = tree_[node].kind == Kind::List;
  switch (place.kind) {
    case TypeKind::Optional: return resolve(place.element, node, open, type);
    case TypeKind::List: type = wanted; return list;
    case TypeKind::Map:
    case TypeKind::Record: type = wanted; return !list;
    case TypeKind::Union: break;
    default: return false;
  }
  if (!open) {
    const uint32_t member = fit_.best_member(place, node);
    return member < place.members.size() && resolve(place.members[member], node, false, type);
  }
  uint32_t most = 0;
  TypeId best;
  for (TypeId member : place.members) {
    TypeId candidate;
    if (!resolve(member, node, true, candidate)) continue;
    const uint32_t promised = promise(candidate, node);
    if (promised <= most) continue;
    most = promised;
    best = candidate;
  }
  type = best;
  return most > 0;
}

/// How much the members that have come speak for `type`; 0 if they speak against it.
uint32_t PartialPrinter::promise(TypeId id, uint32_t node) {
  const Type& type = types_[id];
  if (type.kind != TypeKind::Record) return 1;
  uint32_t promised = 0;
  uint32_t left = kTellingMembers;
  for (uint32_t child = tree_[node].first; child != ReplyNode::kNone && left > 0;
       child = tree_[child].next, --left) {
    bool exact = false;
    const uint32_t field =
        ReplyPlan::find_field(plan_.record(id), trimmed(fit_.key_of(tree_[child])), 0, exact);
    if (field == ReplyPlan::kNoField) continue;
    if (!literals_agree(type.fields[field], child)) return 0;
    promised += 2;
  }
  return promised;
}

bool PartialPrinter::literals_agree(const Field& field, uint32_t node) {
  if (types_[field.type].kind != TypeKind::Literal || is_open(node)) return true;
  return fit_.measure(field.type, node) != kMisfit;
}

// ---- levels

PartialPrinter::Level PartialPrinter::begin_level(uint32_t node, TypeId wanted, TypeId type) {
  Level level{node, wanted, type, out_.size(), 0};
  if (types_[type].kind == TypeKind::Record) {
    level.record = &plan_.record(type);
    level.seen.resize(types_[type].fields.size());
  }
  out_ += types_[type].kind == TypeKind::List ? '[' : '{';
  level.done = out_.size();
  return level;
}

/// Finishes the levels whose containers have been closed since, and drops those that turn out to be something
/// else.
void PartialPrinter::close_levels() {
  const auto& path = scanner_.open_path();
  while (!levels_.empty()) {
    const size_t last = levels_.size() - 1;
    if (last < path.size() && path[last] == levels_[last].node) break;
    close_level();
  }
  for (size_t i = 0; i < levels_.size(); ++i) {
    TypeId type;
    if (resolve(levels_[i].wanted, levels_[i].node, true, type) && type == levels_[i].type) continue;
    levels_.resize(i);
    text_node_ = ReplyNode::kNone;
    truncate(i > 0 ? levels_[i - 1].done : 0);
    return;
  }
}

void PartialPrinter::close_level() {
  Level level = std::move(levels_.back());
  levels_.pop_back();
  TypeId type;
  text_node_ = ReplyNode::kNone;
  if (resolve(level.wanted, level.node, false, type) && type == level.type) {
    levels_.push_back(std::move(level));
    advance(false);
    close_text(levels_.back());
    levels_.pop_back();
  } else {
    truncate(level.begin);
    print_closed(level.wanted, level.node);
  }
  if (levels_.empty()) {
    root_closed_ = true;
    return;
  }
  Level& parent = levels_.back();
  const uint32_t child =
      parent.child == ReplyNode::kNone ? tree_[parent.node].first : tree_[parent.child].next;
  commit_item(parent, child, {true, {}, parent.open_field}, out_.size());
}

/// Prints what has come within the deepest level, and goes down into what is open.
void PartialPrinter::advance(bool growing_text) {
  while (true) {
    const size_t depth = levels_.size();
    const Level& level = levels_.back();
    if (text_node_ == ReplyNode::kNone) truncate(level.done);
    uint32_t child = level.child == ReplyNode::kNone ? tree_[level.node].first : tree_[level.child].next;
    bool going_on = true;
    while (child != ReplyNode::kNone && going_on) {
      ++steps_;
      const uint32_t next = tree_[child].next;
      going_on = visit(levels_[depth - 1], child, growing_text);
      child = next;
    }
    if (levels_.size() == depth) return;
  }
}

/// One member or element; false if it is open, and so the last.
bool PartialPrinter::visit(Level& level, uint32_t child, bool growing_text) {
  const bool open = is_open(child);
  if (text_node_ == child && open && tree_[child].kind == Kind::Quoted) {
    truncate(text_done_);
    print_open({true, types_.string_type}, nullptr, child, growing_text);
    return false;
  }
  text_node_ = ReplyNode::kNone;  // finished text is printed once more, as the parser reads it
  truncate(level.done);
  level.open = false;
  level.open_field = ReplyPlan::kNoField;
  const Item item = begin_item(level, child);
  if (!item.has_place) {
    if (!open) level.child = child;
    return !open;
  }
  if (!open) {
    print_closed(item.type, child, field_of(level, item));
    commit_item(level, child, item, out_.size());
    return true;
  }
  level.open = true;
  level.open_field = item.field;
  TypeId type;
  if (tree_[child].is_container() && resolve(item.type, child, true, type)) {
    levels_.push_back(begin_level(child, item.type, type));
  } else if (!print_open(item, field_of(level, item), child, growing_text)) {
    // A record shows its field as null; a list or a map has no element yet.
    if (item.field != ReplyPlan::kNoField)
      out_ += "null";
    else
      truncate(level.done);
    level.open = item.field != ReplyPlan::kNoField;
  }
  return false;
}

/// Writes what stands before a value.
PartialPrinter::Item PartialPrinter::begin_item(Level& level, uint32_t child) {
  const Type& container = types_[level.type];
  Item item{true, container.element, ReplyPlan::kNoField};
  if (level.record) {
    bool exact = false;
    const std::string_view written = trimmed(fit_.key_of(tree_[child]));
    item.field = ReplyPlan::find_field(*level.record, written, level.expected, exact);
    if (item.field == ReplyPlan::kNoField || level.seen[item.field]) return {};
    item.type = container.fields[item.field].type;
  }
  if (level.any) out_ += ", ";
  if (level.record) {
    out_ += level.record->labels[item.field];
  } else if (container.kind == TypeKind::Map) {
    append_json_string(out_, fit_.key_of(tree_[child]));
    out_ += ": ";
  }
  return item;
}

/// `child` is printed for good, up to `done`.
void PartialPrinter::commit_item(Level& level, uint32_t child, const Item& item, size_t done) {
  level.child = child;
  level.done = done;
  level.any = true;
  level.open = false;
  level.open_field = ReplyPlan::kNoField;
  if (item.field == ReplyPlan::kNoField) return;
  level.seen[item.field] = true;
  level.expected = item.field + 1;
}

void PartialPrinter::close_text(Level& level) {
  bool any = level.any || level.open;
  for (size_t i = 0; i < level.seen.size(); ++i) {
    if (level.seen[i] || i == level.open_field) continue;
    if (any) out_ += ", ";
    any = true;
    out_ += level.record->missing[i];
  }
  out_ += types_[level.type].kind == TypeKind::List ? ']' : '}';
}

// ---- values

void PartialPrinter::print_closed(TypeId wanted, uint32_t node, const Field* field) {
  TypeId type;
  if (!tree_[node].is_container() || !resolve(wanted, node, false, type)) {
    print_scalar(wanted, node, field);
    return;
  }
  Level level = begin_level(node, wanted, type);
  for (uint32_t child = tree_[node].first; child != ReplyNode::kNone; child = tree_[child].next) {
    ++steps_;
    const Item item = begin_item(level, child);
    if (!item.has_place) continue;
    print_closed(item.type, child, field_of(level, item));
    commit_item(level, child, item, out_.size());
  }
  close_text(level);
}

/// A finished value as the parser itself reads it; null if it cannot.
void PartialPrinter::print_scalar(TypeId wanted, uint32_t node, const Field* field) {
  place_.assign(types_[wanted].size + 8, std::byte{0});
  const bool built = types_[wanted].kind != TypeKind::Record && build(wanted, node);
  if (built && (!field || holds(*field, place_.data())))
    write_json(types_, wanted, place_.data(), out_);
  else
    out_ += "null";
}

/// A value of its own, into `place_`.
bool PartialPrinter::build(TypeId wanted, uint32_t node) {
  if (!tree_[node].is_container()) return fit_.build(wanted, node, place_.data()) != kMisfit;
  // What is measured as partial may lack fields; there is no value to print then.
  ReplyFit strict(plan_, tree_, arena_, check_);
  return strict.build(wanted, node, place_.data()) != kMisfit;
}

bool PartialPrinter::holds(const Field& field, const std::byte* value) {
  if (!check_) return true;
  if (types_[field.type].kind == TypeKind::Optional && !is_present(types_, field.type, value)) return true;
  return std::all_of(
      field.constraints.begin(), field.constraints.end(),
      [&](const program::Constraint& constraint) { return check_->holds(constraint, field.type, value); });
}

const Field* PartialPrinter::field_of(const Level& level, const Item& item) const {
  return item.field == ReplyPlan::kNoField ? nullptr : &types_[level.type].fields[item.field];
}

/// Text that is still coming. False if nothing of the value can be shown.
bool PartialPrinter::print_open(const Item& item, const Field* field, uint32_t node, bool growing_text) {
  const ReplyNode& value = tree_[node];
  if (value.kind == Kind::Bare && scanner_.awaits_separator()) {
    print_scalar(item.type, node, field);
    return true;
  }
  TypeId type = item.type;
  if (types_[type].kind == TypeKind::Optional) type = types_[type].element;
  const bool text = types_[type].kind == TypeKind::String && value.kind == Kind::Quoted;
  if (!growing_text || !text) return false;
  if (text_node_ != node) {
    text_node_ = node;
    text_read_ = 0;
    out_ += '"';
  }
  text_read_ +=
      append_growing(out_, tree_.raw(value).substr(text_read_), {.escapes = true, .complete = false});
  text_done_ = out_.size();
  out_ += '"';
  return true;
}

}  // namespace chain::value
