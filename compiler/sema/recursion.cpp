#include "compiler/sema/recursion.h"

#include <algorithm>
#include <map>
#include <vector>

namespace chain::sema {

namespace {

using program::Type;
using program::TypeKind;

class Existence {
 public:
  explicit Existence(Context& context) : context_(context), exists_(context.module.types.types.size()) {
    for (const auto& [type, slots] : context.records) records_.push_back({type});
    std::ranges::sort(records_);
  }

  void check() {
    while (found_more()) {}
    for (TypeId record : records_) {
      if (!exists_[record.index] && !said_[record]) report(record);
    }
  }

 private:
  /// A record exists once all of its fields do. One pass does unless records reach back.
  bool found_more() {
    bool more = false;
    for (TypeId record : records_) {
      if (exists_[record.index] || missing(record)) continue;
      exists_[record.index] = more = true;
    }
    return more;
  }

  /// The first field whose value cannot exist, or null.
  const Slot* missing(TypeId record) const {
    for (const Slot& slot : context_.records.at(record.index).items) {
      if (!slot.broken && !exists(slot.type)) return &slot;
    }
    return nullptr;
  }

  bool exists(TypeId id) const {
    const TypeId base = context_.unconstrained(id);
    const Type& type = context_.type(base);
    if (type.kind == TypeKind::Union)
      return std::ranges::any_of(type.members, [&](TypeId member) { return exists(member); });
    return type.kind != TypeKind::Record || exists_[base.index];
  }

  /// The first record that keeps values of a type that cannot exist from existing.
  TypeId needed(TypeId id) const {
    const TypeId base = context_.unconstrained(id);
    const Type& type = context_.type(base);
    return type.kind == TypeKind::Union ? needed(type.members.front()) : base;
  }

  void report(TypeId record) {
    std::vector<TypeId> path;
    const auto known = [&] { return std::ranges::find(path, record); };
    for (; known() == path.end(); record = needed(missing(record)->type)) {
      if (said_[record]) return;  // it needs one that has been reported
      path.push_back(record);
    }
    path.erase(path.begin(), known());
    std::string text;
    for (TypeId step : path) {
      said_[step] = true;
      text += context_.text(step) + " -> ";
    }
    context_.diagnostics.report(RecursiveType{.name = context_.text(record),
                                              .why = "cannot exist without a value of its own",
                                              .path = text + context_.text(record),
                                              .hint = "write `?` or `[]` on the way"},
                                missing(record)->span);
  }

  Context& context_;
  std::vector<TypeId> records_;
  std::vector<bool> exists_;  // by type
  std::map<TypeId, bool> said_;
};

/// How many types lie in each record. One that is met inside itself counts as one.
class Depths {
 public:
  explicit Depths(Context& context) : context_(context) {}

  void check() {
    for (const Symbol& symbol : context_.symbols) {
      if (symbol.kind != SymbolKind::Record) continue;
      if (of(symbol.type, 0) <= kTypeDepthLimit) continue;
      context_.diagnostics.report(TooDeep{.limit = std::to_string(kTypeDepthLimit)}, symbol.span);
      return;
    }
  }

 private:
  uint32_t of(TypeId id, uint32_t above) {
    const auto [known, fresh] = depths_.try_emplace(id, 1);
    if (!fresh || above > kTypeDepthLimit) return known->second;
    const Type& type = context_.type(id);
    uint32_t deepest = 0;
    for (const program::Field& field : type.fields) deepest = std::max(deepest, of(field.type, above + 1));
    for (TypeId member : type.members) deepest = std::max(deepest, of(member, above + 1));
    const bool wraps =
        type.kind == TypeKind::Optional || type.kind == TypeKind::List || type.kind == TypeKind::Map;
    if (wraps) deepest = of(type.element, above + 1);
    return depths_[id] = 1 + deepest;
  }

  Context& context_;
  std::map<TypeId, uint32_t> depths_;
};

}  // namespace

void check_recursion(Context& context) {
  Depths(context).check();
  Existence(context).check();
}

}  // namespace chain::sema
