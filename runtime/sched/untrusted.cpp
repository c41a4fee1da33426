#include "runtime/sched/untrusted.h"

#include "runtime/value/fence.h"
#include "runtime/value/layout.h"

namespace chain::sched {

using program::TypeKind;

namespace {

/// `size` or a little less, where a character begins.
size_t whole_characters(std::string_view text, size_t size) {
  if (size >= text.size()) return text.size();
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return size;
}

}  // namespace

void fence_texts(const program::TypeTable& types, program::TypeId id, std::byte* value, value::Arena& arena) {
  const program::Type& type = types[id];
  switch (type.kind) {
    case TypeKind::String:
      value::store(value, arena.copy(value::fenced(value::load<value::Text>(value).view())));
      break;
    case TypeKind::Json:
      value::store(value, arena.copy(value::without_reserved(value::load<value::Text>(value).view())));
      break;
    case TypeKind::Record: {
      auto* const record = const_cast<std::byte*>(value::load<const std::byte*>(value));
      for (const program::Field& field : type.fields)
        fence_texts(types, field.type, record + field.offset, arena);
      break;
    }
    case TypeKind::Optional:
      if (value::is_present(types, id, value)) fence_texts(types, type.element, value, arena);
      break;
    case TypeKind::List: {
      const auto list = value::load<value::List>(value);
      for (uint64_t i = 0; i < list.size; ++i)
        fence_texts(types, type.element, const_cast<std::byte*>(list.data) + i * types.stride(type.element),
                    arena);
      break;
    }
    case TypeKind::Map: {
      const auto* const map = value::load<const value::Map*>(value);
      for (uint64_t i = 0; i < map->size; ++i)
        fence_texts(types, type.element,
                    const_cast<std::byte*>(map->entries) + i * value::map_entry_stride(types, type.element) +
                        value::kMapValueOffset,
                    arena);
      break;
    }
    case TypeKind::Union: {
      const uint32_t member = value::union_member(types, id, value);
      if (member < type.members.size()) fence_texts(types, type.members[member], value, arena);
      break;
    }
    default: break;
  }
}

std::string trimmed(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  const size_t kept = whole_characters(text, most);
  return std::string(text.substr(0, kept)) + "\n... " + with_commas(text.size() - kept) +
         " more bytes were cut";
}

std::string with_commas(size_t number) {
  std::string digits = std::to_string(number);
  for (size_t i = digits.size(); i > 3;) digits.insert(i -= 3, ",");
  return digits;
}

std::string shortened(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  return std::string(text.substr(0, whole_characters(text, most))) + "...";
}

}  // namespace chain::sched
