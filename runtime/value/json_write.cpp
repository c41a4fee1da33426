#include <charconv>
#include <cmath>
#include <vector>

#include "runtime/program/quote.h"
#include "runtime/value/base64.h"
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

  void write(TypeId id, const void* value) {
    begin(id, value);
    while (!open_.empty()) go_on();
  }

 private:
  /// A record, list or map of which `next` of `count` items are written.
  struct Open {
    const Type* type;
    const std::byte* items;
    uint64_t count;
    uint64_t next = 0;
    bool any = false;  // is written
  };

  /// A scalar as a whole; of all else what opens it.
  void begin(TypeId id, const void* value) {
    while (types_[id].kind == TypeKind::Optional || types_[id].kind == TypeKind::Union) {
      if (types_[id].kind == TypeKind::Union) {
        id = types_[id].members[union_member(types_, id, value)];
      } else if (is_present(types_, id, value)) {
        id = types_[id].element;
      } else {
        out_ += "null";
        return;
      }
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
      case TypeKind::Record: open(type, load<const std::byte*>(value), type.fields.size()); return;
      case TypeKind::List: open(type, load<List>(value).data, load<List>(value).size); return;
      case TypeKind::Map: open(type, load<const Map*>(value)->entries, load<const Map*>(value)->size); return;
      case TypeKind::Optional:
      case TypeKind::Union:    // they are looked through
      case TypeKind::Literal:  // base_kind never gives it
        return;
    }
  }

  void open(const Type& type, const std::byte* items, uint64_t count) {
    if (open_.size() >= (style_.indent > 0 ? kMaxLaidOutDepth : kMaxJsonDepth)) {
      complete_ = false;
      out_ += "null";
      return;
    }
    out_ += type.kind == TypeKind::List ? '[' : '{';
    open_.push_back({&type, items, count});
  }

  /// The next item of what was opened last, or its end.
  void go_on() {
    Open& inner = open_.back();
    const Type& type = *inner.type;
    const uint64_t item = inner.next++;
    if (item == inner.count) {
      if (inner.any && style_.indent > 0) break_line(open_.size() - 1);
      out_ += type.kind == TypeKind::List ? ']' : '}';
      open_.pop_back();
      return;
    }
    if (style_.omit_none && type.kind == TypeKind::Record && is_none(type.fields[item], inner.items)) return;
    if (inner.any) out_ += ',';
    if (style_.indent > 0)
      break_line(open_.size());
    else if (inner.any)
      out_ += ' ';
    inner.any = true;
    if (type.kind == TypeKind::Record) {
      const program::Field& field = type.fields[item];
      write_key(style_.models_view && !field.alias.empty() ? field.alias : field.name);
      begin(field.type, inner.items + field.offset);
    } else if (type.kind == TypeKind::List) {
      begin(type.element, inner.items + item * types_.stride(type.element));
    } else {
      const std::byte* entry = inner.items + item * map_entry_stride(types_, type.element);
      write_key(load<Text>(entry).view());
      begin(type.element, entry + kMapValueOffset);
    }
  }

  bool is_none(const program::Field& field, const std::byte* record) const {
    return types_[field.type].kind == TypeKind::Optional &&
           !is_present(types_, field.type, record + field.offset);
  }

  void write_key(std::string_view key) {
    append_json_string(out_, key);
    out_ += ": ";
  }

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
      append_json(out_, *root, style_.indent, static_cast<uint32_t>(open_.size()));
    else
      out_ += json;
  }

  void write_case(const Type& type, uint32_t index) {
    const program::EnumCase& chosen = type.cases[index];
    append_json_string(out_, style_.models_view && !chosen.alias.empty() ? chosen.alias : chosen.name);
  }

  void break_line(uint64_t depth) {
    out_ += '\n';
    out_.append(uint64_t{style_.indent} * depth, ' ');
  }

  const program::TypeTable& types_;
  std::string& out_;
  JsonStyle style_;
  std::vector<Open> open_;  // outermost first
  bool complete_ = true;
};

}  // namespace

bool write_json(const program::TypeTable& types, TypeId type, const void* value, std::string& out,
                JsonStyle style) {
  Writer writer(types, out, style);
  writer.write(type, value);
  return writer.complete();
}

void append_json_string(std::string& out, std::string_view text) {
  program::append_quoted(out, text);
}

}  // namespace chain::value
