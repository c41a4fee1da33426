#include "compiler/sema/library_values.h"

#include <cstddef>
#include <vector>

#include "runtime/library/functions.h"
#include "runtime/program/program.h"
#include "runtime/value/json.h"
#include "runtime/value/layout.h"

namespace chain::sema {

namespace {

using program::TypeId;
using program::TypeKind;
using program::TypeTable;
using Parts = Constant::Parts;

constexpr uint64_t kMostBytes = 4 << 20;  // of one call, arguments and result

/// Room for a value, aligned for any.
using Place = std::vector<std::max_align_t>;

Place place_for(const TypeTable& types, TypeId type) {
  return Place(types[type].size / sizeof(std::max_align_t) + 1);
}

std::optional<Constant> constant_at(const TypeTable& types, TypeId type, const void* place);

std::optional<Constant> optional_at(const TypeTable& types, TypeId type, const void* place) {
  Constant result{type, std::monostate()};
  if (!value::is_present(types, type, place)) return result;
  std::optional<Constant> inner = constant_at(types, types[type].element, place);
  if (!inner) return std::nullopt;
  result.value = Parts{*std::move(inner)};
  return result;
}

std::optional<Constant> list_at(const TypeTable& types, TypeId type, const void* place) {
  const auto list = value::load<value::List>(place);
  const TypeId element = types[type].element;
  if (list.size > kConstantLimit) return std::nullopt;
  Parts parts;
  for (uint64_t i = 0; i < list.size; ++i) {
    std::optional<Constant> part = constant_at(types, element, list.data + i * types.stride(element));
    if (!part) return std::nullopt;
    parts.push_back(*std::move(part));
  }
  return Constant{type, std::move(parts)};
}

std::optional<Constant> constant_at(const TypeTable& types, TypeId type, const void* place) {
  switch (types.base_kind(type)) {
    case TypeKind::Bool: return Constant{type, value::load<uint8_t>(place) != 0};
    case TypeKind::Int:
    case TypeKind::Duration:
    case TypeKind::Money:
    case TypeKind::Time:
    case TypeKind::Date: return Constant{type, value::load<int64_t>(place)};
    case TypeKind::Float: return Constant{type, value::load<double>(place)};
    case TypeKind::String:
    case TypeKind::Bytes:
    case TypeKind::Media:
    case TypeKind::Json: return Constant{type, std::string(value::load<value::Text>(place).view())};
    case TypeKind::Optional: return optional_at(types, type, place);
    case TypeKind::List: return list_at(types, type, place);
    default: return std::nullopt;
  }
}

}  // namespace

LibraryValues::LibraryValues(const TypeTable& types) : types_(types) {}
LibraryValues::~LibraryValues() = default;

std::optional<Constant> LibraryValues::call(uint32_t function, TypeId result,
                                            std::span<const Constant> arguments) {
  if (!program_) {
    program_ = std::make_unique<program::Program>();
    program_->types = types_;
  }
  abi::Context context(kMostBytes);
  context.program = program_.get();
  std::vector<Place> values;
  std::vector<uint32_t> types{result.index};
  for (const Constant& argument : arguments) {
    values.push_back(place_for(types_, argument.type));
    types.push_back(argument.type.index);
    const std::string json = to_json(types_, argument);
    if (!value::from_json(types_, argument.type, json, context.arena, values.back().data()))
      return std::nullopt;
  }
  std::vector<const void*> places;
  for (const Place& value : values) places.push_back(value.data());
  Place out = place_for(types_, result);
  if (library::address(function)(&context, out.data(), places.data(), types.data()) != abi::kOk) {
    problem_ = context.error_message.view();
    return std::nullopt;
  }
  return constant_at(types_, result, out.data());
}

}  // namespace chain::sema
