#include "runtime/abi/history.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "runtime/abi/functions.h"
#include "runtime/program/history.h"
#include "runtime/program/program.h"
#include "runtime/value/layout.h"

namespace chain::abi {

namespace {

using program::HistoryTurn;
using program::Type;
using program::TypeId;
using program::TypeTable;

const program::Field* field(const Type& record, std::string_view name) {
  const auto found = std::ranges::find(record.fields, name, &program::Field::name);
  return found == record.fields.end() ? nullptr : &*found;
}

value::Text name_of(program::Role role) {
  switch (role) {
    case program::Role::System: return value::Text("system");
    case program::Role::Assistant: return value::Text("assistant");
    default: return value::Text("user");
  }
}

std::byte* cleared(Context& context, uint64_t size) {
  auto* memory = static_cast<std::byte*>(context.arena.allocate(size));
  if (memory) std::memset(memory, 0, size);
  return memory;
}

/// A list of one part, the text; null if there is no memory for it.
std::byte* part_of(Context& context, const TypeTable& types, TypeId part, const HistoryTurn& turn) {
  std::byte* memory = cleared(context, types.stride(part));
  const value::Text text = context.arena.copy(turn.text);
  if (!memory || text.size < turn.text.size()) return nullptr;
  value::store(memory, text);
  const auto& members = types[part].members;
  const auto place = std::ranges::find(members, types.string_type) - members.begin();
  value::store(value::at(memory, value::member_offset(types, part)), static_cast<uint32_t>(place));
  return memory;
}

}  // namespace

Status write_history(Context& context, TypeId list, value::List& out) noexcept {
  const TypeTable& types = static_cast<const program::Program*>(context.program)->types;
  const TypeId message = types[list].element;
  const program::Field* const role = field(types[message], "role");
  const program::Field* const parts = field(types[message], "parts");
  if (!role || !parts) return fail(context, ErrorKind::Failed, "the program has no `Message`");
  const uint32_t stride = types.stride(message);
  const auto& turns = *context.history;
  std::byte* const elements = cleared(context, uint64_t{stride} * turns.size());
  if (!elements) return fail_out_of_memory(context);
  for (size_t i = 0; i < turns.size(); ++i) {
    std::byte* const record = cleared(context, types[message].record_size);
    const std::byte* const part = part_of(context, types, types[parts->type].element, turns[i]);
    if (!record || !part) return fail_out_of_memory(context);
    value::store(value::at(record, role->offset), name_of(turns[i].role));
    value::store(value::at(record, parts->offset), value::List{part, 1});
    value::store(value::at(elements, i * stride), record);
  }
  out = {elements, turns.size()};
  return kOk;
}

}  // namespace chain::abi
