#include <charconv>
#include <cmath>

#include "runtime/program/quote.h"
#include "runtime/value/base64.h"
#include "runtime/value/equal.h"
#include "runtime/value/json.h"
#include "runtime/value/json_text.h"
#include "runtime/value/layout.h"
#include "runtime/value/text.h"

namespace chain::value {

namespace {

using program::Type;
using program::TypeId;
using program::TypeKind;

class Writer {
 public:
  Writer(const program::TypeTable& types, std::string& out, JsonStyle style)
      : types_(types), out_(out), style_(style) {}

  bool complete() const { return complete_; }

  void write(TypeId id, const void* value, uint32_t depth) {
    if (depth > kMaxValueDepth) {
      complete_ = false;
      out_ += "null";
      return;
    }
    const Type& type = types_[id];
    switch (types_.base_kind(id)) {
      case TypeKind::Void: out_ += "null"; return;
      case TypeKind::Bool: out_ += load<uint8_t>(value) ? "true" : "false"; return;
      case TypeKind::Int: write_int(load<int64_t>(value)); return;
      case TypeKind::Float: write_float(load<double>(value)); return;
      case TypeKind::Duration:
      case TypeKind::Money:
      case TypeKind::Time:
      case TypeKind::Date:
        write_quoted(text_form(types_.base_kind(id))->append, load<int64_t>(value));
        return;
      case TypeKind::Bytes: write_base64(load<Text>(value).view()); return;
      case TypeKind::Media: write_media(type.name, load<Text>(value).view()); return;
      case TypeKind::Json: write_kept(load<Text>(value).view()); return;
      case TypeKind::String: append_json_string(out_, load<Text>(value).view()); return;
      case TypeKind::Enum: write_case(type, load<uint32_t>(value)); return;
      case TypeKind::Record: write_record(type, load<const void*>(value), depth); return;
      case TypeKind::Optional:
        if (is_present(types_, id, value))
          write(type.element, value, depth + 1);
        else
          out_ += "null";
        return;
      case TypeKind::List: write_list(type, load<List>(value), depth); return;
      case TypeKind::Map: write_map(type, *load<const Map*>(value), depth); return;
      case TypeKind::Union: write(type.members[union_member(types_, id, value)], value, depth + 1); return;
      case TypeKind::Literal: return;  // base_kind never gives it
    }
  }

 private:
  void write_int(int64_t value) {
    char digits[24];
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }

  void write_float(double value) {
    if (std::isfinite(value))
      append_float(out_, value);
    else
      out_ += "null";
  }

  void write_quoted(void (*append)(std::string&, int64_t), int64_t value) {
    out_ += '"';
    append(out_, value);
    out_ += '"';
  }

  void write_base64(std::string_view bytes) {
    out_ += '"';
    append_base64(out_, bytes);
    out_ += '"';
  }

  /// {"image": "photo.jpg"}: in a union, text is never taken for it.
  void write_media(std::string_view kind, std::string_view source) {
    out_.append("{\"").append(kind).append("\": ");
    append_json_string(out_, source);
    out_ += '}';
  }

  /// JSON that is JSON already; laid out anew where lines are wanted.
  void write_kept(std::string_view json) {
    Arena arena;
    std::string message;
    const JsonNode* root = style_.indent > 0 ? parse_json(json, arena, {}, message) : nullptr;
    if (root)
      append_json(out_, *root, style_.indent, level_);
    else
      out_ += json;
  }

  void write_case(const Type& type, uint32_t index) {
    const program::EnumCase& chosen = type.cases[index];
    append_json_string(out_, style_.models_view && !chosen.alias.empty() ? chosen.alias : chosen.name);
  }

  void begin_item(bool first, uint32_t depth) {
    if (!first) out_ += ',';
    if (style_.indent)
      break_line(depth + 1);
    else if (!first)
      out_ += ' ';
  }

  void end_items(bool any, uint32_t depth) {
    if (any && style_.indent) break_line(depth);
  }

  void break_line(uint32_t depth) {
    out_ += '\n';
    out_.append(uint64_t{style_.indent} * depth, ' ');
  }

  void write_record(const Type& type, const void* record, uint32_t depth) {
    out_ += '{';
    const uint32_t level = level_++;
    bool first = true;
    for (const program::Field& field : type.fields) {
      begin_item(first, level);
      first = false;
      append_json_string(out_, style_.models_view && !field.alias.empty() ? field.alias : field.name);
      out_ += ": ";
      write(field.type, at(record, field.offset), depth + 1);
    }
    level_ = level;
    end_items(!first, level);
    out_ += '}';
  }

  void write_list(const Type& type, const List& list, uint32_t depth) {
    const uint32_t stride = types_.stride(type.element);
    out_ += '[';
    const uint32_t level = level_++;
    for (uint64_t i = 0; i < list.size; ++i) {
      begin_item(i == 0, level);
      write(type.element, list.data + i * stride, depth + 1);
    }
    level_ = level;
    end_items(list.size != 0, level);
    out_ += ']';
  }

  void write_map(const Type& type, const Map& map, uint32_t depth) {
    const uint32_t stride = map_entry_stride(types_, type.element);
    out_ += '{';
    const uint32_t level = level_++;
    for (uint64_t i = 0; i < map.size; ++i) {
      const std::byte* entry = map.entries + i * stride;
      begin_item(i == 0, level);
      append_json_string(out_, load<Text>(entry).view());
      out_ += ": ";
      write(type.element, entry + kMapValueOffset, depth + 1);
    }
    level_ = level;
    end_items(map.size != 0, level);
    out_ += '}';
  }

  const program::TypeTable& types_;
  std::string& out_;
  JsonStyle style_;
  uint32_t level_ = 0;
  bool complete_ = true;
};

}  // namespace

bool write_json(const program::TypeTable& types, TypeId type, const void* value, std::string& out,
                JsonStyle style) {
  Writer writer(types, out, style);
  writer.write(type, value, 0);
  return writer.complete();
}

void append_json_string(std::string& out, std::string_view text) {
  program::append_quoted(out, text);
}

}  // namespace chain::value
