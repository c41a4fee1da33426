#include "runtime/program/recursion.h"

#include <set>

namespace chain::program {

bool holds_itself(const TypeTable& types, TypeId type) {
  std::set<TypeId> seen;
  std::vector<TypeId> open;
  const auto spread = [&](TypeId from) {
    const Type& outer = types[from];
    for (const Field& field : outer.fields) open.push_back(field.type);
    open.insert(open.end(), outer.members.begin(), outer.members.end());
    const bool wraps =
        outer.kind == TypeKind::Optional || outer.kind == TypeKind::List || outer.kind == TypeKind::Map;
    if (wraps) open.push_back(outer.element);
  };
  spread(type);
  while (!open.empty()) {
    const TypeId next = open.back();
    open.pop_back();
    if (next == type) return true;
    if (seen.insert(next).second) spread(next);
  }
  return false;
}

}  // namespace chain::program
