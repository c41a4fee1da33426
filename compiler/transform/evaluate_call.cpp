#include "compiler/transform/evaluate_call.h"

#include <algorithm>
#include <array>

#include "compiler/transform/evaluate.h"
#include "runtime/library/functions.h"
#include "runtime/value/layout.h"

namespace chain::transform {

using graph::Constant;
using program::TypeId;
using program::TypeKind;
using program::TypeTable;

namespace {

/// Room for any scalar.
using Slot = std::array<std::byte, sizeof(value::Text)>;

bool is_scalar(TypeKind kind) {
  return kind >= TypeKind::Bool && kind <= TypeKind::String;
}

/// The scalar types have the same ids in every table.
TypeId scalar_id(TypeKind kind) {
  return {static_cast<uint32_t>(kind)};
}

Slot to_slot(const Constant& constant) {
  Slot slot{};
  if (const auto* flag = std::get_if<bool>(&constant)) value::store(slot.data(), static_cast<uint8_t>(*flag));
  if (const auto* number = std::get_if<int64_t>(&constant)) value::store(slot.data(), *number);
  if (const auto* number = std::get_if<double>(&constant)) value::store(slot.data(), *number);
  if (const auto* text = std::get_if<std::string>(&constant)) value::store(slot.data(), value::Text(*text));
  return slot;
}

std::optional<Constant> from_slot(const Slot& slot, TypeKind kind) {
  switch (kind) {
    case TypeKind::Bool: return value::load<uint8_t>(slot.data()) != 0;
    case TypeKind::Float: return value::load<double>(slot.data());
    case TypeKind::String: {
      const auto text = value::load<value::Text>(slot.data());
      if (text.size > kMaxFoldedText) return std::nullopt;
      return std::string(text.view());
    }
    default: return value::load<int64_t>(slot.data());
  }
}

}  // namespace

std::optional<Constant> evaluate_call(const graph::Module& module, const graph::Node& node,
                                      std::span<const Constant> operands) {
  static const program::Program scalars;  // its types are the scalars, which is all that is needed here
  static_assert(TypeKind::String == static_cast<TypeKind>(6));
  constexpr uint64_t most_bytes = 1 << 20;
  const TypeKind result = module.types[node.type].kind;
  if (!is_scalar(result)) return std::nullopt;
  std::vector<Slot> slots;
  std::vector<const void*> places;
  std::vector<uint32_t> types{scalar_id(result).index};
  for (size_t i = 0; i < operands.size(); ++i) {
    const TypeKind kind = module.types[module[node.operands[i]].type].kind;
    if (!is_scalar(kind)) return std::nullopt;
    slots.push_back(to_slot(operands[i]));
    types.push_back(scalar_id(kind).index);
  }
  for (const Slot& slot : slots) places.push_back(slot.data());
  abi::Context context(most_bytes);
  context.program = &scalars;
  Slot out{};
  if (library::address(node.index)(&context, out.data(), places.data(), types.data()) != abi::kOk)
    return std::nullopt;
  return from_slot(out, result);
}

}  // namespace chain::transform
