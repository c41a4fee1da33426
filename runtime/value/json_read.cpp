#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <unordered_map>
#include <vector>

#include "runtime/value/base64.h"
#include "runtime/value/calendar.h"
#include "runtime/value/json.h"
#include "runtime/value/json_of_others.h"
#include "runtime/value/json_text.h"
#include "runtime/value/json_tree.h"
#include "runtime/value/layout.h"
#include "runtime/value/map.h"
#include "runtime/value/media_source.h"
#include "runtime/value/path.h"
#include "runtime/value/text.h"

namespace chain::value {

namespace {

using program::Field;
using program::Literal;
using program::Type;
using program::TypeId;
using program::TypeKind;
using Kind = JsonNode::Kind;

/// What does not fit costs this much; an exact fit costs nothing.
constexpr uint32_t kMisfit = UINT32_MAX;

uint32_t add_costs(uint32_t a, uint32_t b) {
  return a == kMisfit || b == kMisfit ? kMisfit : a + std::min(b, kMisfit - 1 - a);
}

bool parse_int(std::string_view text, int64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

bool parse_float(std::string_view text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

std::string describe_found(const JsonNode& node) {
  switch (node.kind) {
    case Kind::Null: return "null";
    case Kind::False: return "false";
    case Kind::True: return "true";
    case Kind::Number: return shortened(node.text);
    case Kind::String: return quoted_short(node.text);
    case Kind::List: return node.count == 0 ? "an empty list" : "a list";
    case Kind::Object: return "an object";
  }
  return "";
}

bool is_literal(const Literal& literal, const JsonNode& node) {
  if (const auto* text = std::get_if<std::string>(&literal))
    return node.kind == Kind::String && node.text == *text;
  if (const auto* truth = std::get_if<bool>(&literal))
    return node.kind == (*truth ? Kind::True : Kind::False);
  int64_t value = 0;
  return node.kind == Kind::Number && parse_int(node.text, value) && value == std::get<int64_t>(literal);
}

/// Index of the case called `text`, by name or else by alias; the number of cases if there is none.
size_t find_case(const Type& type, std::string_view text) {
  for (size_t i = 0; i < type.cases.size(); ++i) {
    if (type.cases[i].name == text) return i;
  }
  for (size_t i = 0; i < type.cases.size(); ++i) {
    if (!type.cases[i].alias.empty() && type.cases[i].alias == text) return i;
  }
  return type.cases.size();
}

const JsonNode* find_member(const JsonNode& object, std::string_view key) {
  const JsonNode* found = nullptr;
  for (const JsonNode* node = object.first; node; node = node->next) {
    if (node->key == key) found = node;
  }
  return found;
}

const JsonNode* find_field(const JsonNode& object, const Field& field) {
  if (const JsonNode* node = find_member(object, field.name)) return node;
  return field.alias.empty() ? nullptr : find_member(object, field.alias);
}

class Reader {
 public:
  Reader(const program::TypeTable& types, Arena& arena, ConstraintCheck* check, const JsonLimits& limits,
         bool of_others)
      : types_(types), arena_(arena), check_(check), limits_(limits), of_others_(of_others) {}

  bool read(TypeId id, const JsonNode& node, void* out) {
    const Type& type = types_[id];
    if (!read_unchecked(id, type, node, out)) return false;
    if (type.kind == TypeKind::Optional) return true;
    return constraints_hold(type.constraints, id, out);
  }

  ReadResult result;

 private:
  bool read_unchecked(TypeId id, const Type& type, const JsonNode& node, void* out) {
    switch (type.kind) {
      case TypeKind::Void: return node.kind == Kind::Null || expected("null", node);
      case TypeKind::Bool: return read_bool(node, out);
      case TypeKind::Int: return read_int(node, out);
      case TypeKind::Float: return read_float(node, out);
      case TypeKind::Duration:
      case TypeKind::Money:
      case TypeKind::Time:
      case TypeKind::Date: return read_spelled(*text_form(type.kind), node, out);
      case TypeKind::Bytes: return read_bytes(node, out);
      case TypeKind::Media: return read_media(type.name, node, out);
      case TypeKind::Json: return read_json(node, out);
      case TypeKind::String:
        return node.kind == Kind::String ? store_text(node.text, out) : expected("text", node);
      case TypeKind::Enum: return read_enum(type, node, out);
      case TypeKind::Literal: return read_literal(id, type, node, out);
      case TypeKind::Record: return read_record(type, node, out);
      case TypeKind::Optional: return read_optional(id, type, node, out);
      case TypeKind::List: return read_list(type, node, out);
      case TypeKind::Map: return read_map(type, node, out);
      case TypeKind::Union: return read_union(id, type, node, out);
    }
    return false;
  }

  bool fail(std::string message) {
    result.path = path_.text();
    result.message = std::move(message);
    return false;
  }

  bool expected(std::string_view what, const JsonNode& node) {
    return fail(fmt::format("expected {}, found {}", what, describe_found(node)));
  }

  bool constraints_hold(const std::vector<program::Constraint>& constraints, TypeId id, const void* value) {
    if (!check_) return true;
    for (const program::Constraint& constraint : constraints) {
      if (check_->holds(constraint, id, value)) continue;
      std::string json;
      write_json(types_, id, value, json);
      broken_ = true;
      return fail(fmt::format("{} breaks `{}`", shortened(json), constraint.text));
    }
    return true;
  }

  bool store_text(std::string_view text, void* out) {
    const Text copy = arena_.copy(text);
    if (!copy.data && !text.empty()) return fail("the value is too large");
    store(out, copy);
    return true;
  }

  bool read_bool(const JsonNode& node, void* out) {
    if (node.kind != Kind::True && node.kind != Kind::False) return expected("true or false", node);
    store<uint8_t>(out, node.kind == Kind::True);
    return true;
  }

  bool read_int(const JsonNode& node, void* out) {
    int64_t value = 0;
    if (node.kind != Kind::Number) return expected("a whole number", node);
    if (!parse_int(node.text, value)) {
      const bool whole = node.text.find_first_of(".eE") == std::string_view::npos;
      return whole ? fail(fmt::format("{} does not fit into 64 bits", shortened(node.text)))
                   : expected("a whole number", node);
    }
    store(out, value);
    return true;
  }

  bool read_float(const JsonNode& node, void* out) {
    double value = 0;
    if (node.kind != Kind::Number) return expected("a number", node);
    if (!parse_float(node.text, value)) return fail(fmt::format("{} is out of range", shortened(node.text)));
    store(out, value);
    return true;
  }

  bool read_spelled(const TextForm& form, const JsonNode& node, void* out) {
    const auto value = node.kind == Kind::String ? form.parse(node.text) : std::nullopt;
    if (!value && node.kind == Kind::String && form.parse == parse_time && beyond_time(node.text))
      return fail(fmt::format("{} {}", quoted_short(node.text), kBeyondTime));
    if (!value) return expected(form.what, node);
    store(out, *value);
    return true;
  }

  bool read_bytes(const JsonNode& node, void* out) {
    const auto bytes = node.kind == Kind::String ? parse_base64(node.text) : std::nullopt;
    return bytes ? store_text(*bytes, out) : expected("bytes in base64", node);
  }

  /// `"photo.jpg"`, or `{"image": "photo.jpg"}`.
  static const JsonNode* media_source(std::string_view kind, const JsonNode& node) {
    const bool named = node.kind == Kind::Object && node.count == 1 && node.first->key == kind;
    const JsonNode* source = named ? node.first : &node;
    return source->kind == Kind::String && !source->text.empty() ? source : nullptr;
  }

  bool read_media(const std::string& kind, const JsonNode& node, void* out) {
    const JsonNode* source = media_source(kind, node);
    if (of_others_ && !(source && may_name_medium(source->text)))
      return expected(medium_of_others(kind), source ? *source : node);
    return source ? store_text(source->text, out)
                  : expected((kind == "image" || kind == "audio" ? "an " : "a ") + kind +
                                 ": its path, URL or data URI",
                             node);
  }

  bool read_json(const JsonNode& node, void* out) {
    std::string text;
    append_json(text, node);
    return store_text(text, out);
  }

  bool read_enum(const Type& type, const JsonNode& node, void* out) {
    const size_t index = node.kind == Kind::String ? find_case(type, node.text) : type.cases.size();
    if (index == type.cases.size()) return expected(case_list(type, false), node);
    store(out, static_cast<uint32_t>(index));
    return true;
  }

  bool read_literal(TypeId id, const Type& type, const JsonNode& node, void* out) {
    for (const Literal& literal : type.literals) {
      if (!is_literal(literal, node)) continue;
      if (const auto* text = std::get_if<std::string>(&literal)) return store_text(*text, out);
      if (const auto* number = std::get_if<int64_t>(&literal))
        store(out, *number);
      else
        store<uint8_t>(out, std::get<bool>(literal));
      return true;
    }
    return expected(types_.to_string(id), node);
  }

  bool read_optional(TypeId id, const Type& type, const JsonNode& node, void* out) {
    const bool present = node.kind != Kind::Null;
    if (present && !read(type.element, node, out)) return false;
    if (!present) std::memset(out, 0, types_[type.element].size);
    store<uint8_t>(at(out, present_offset(types_, id)), present);
    return true;
  }

  bool read_record(const Type& type, const JsonNode& node, void* out) {
    if (node.kind != Kind::Object) return expected(fmt::format("an object ({})", type.name), node);
    auto* record = static_cast<std::byte*>(arena_.allocate(type.record_size));
    if (!record) return fail("the value is too large");
    std::memset(record, 0, type.record_size);
    for (const Field& field : type.fields) {
      const auto step = path_.field(field.name);
      if (!read_field(field, find_field(node, field), record + field.offset)) return false;
    }
    store<const std::byte*>(out, record);
    return true;
  }

  bool read_field(const Field& field, const JsonNode* node, std::byte* out) {
    const Type& type = types_[field.type];
    // In JSON null is a value; elsewhere it stands for none.
    const bool absent = !node || (node->kind == Kind::Null && type.kind != TypeKind::Json);
    if (absent && !field.default_json.empty()) return read_default(field, out);
    if (absent && type.kind == TypeKind::Optional) return true;  // the record was cleared
    if (!node) return fail("is missing");
    if (!read(field.type, *node, out)) return false;
    return constraints_hold(field.constraints, field.type, out);
  }

  bool read_default(const Field& field, std::byte* out) {
    if (default_depth_ >= limits_.depth) return fail("its default needs itself");
    ++default_depth_;
    Arena scratch;
    const JsonNode* node = parse_json(field.default_json, scratch, limits_, result.message);
    Reader nested(types_, arena_, check_, limits_, /*of_others=*/false);
    nested.default_depth_ = default_depth_;
    bool good = node && nested.read(field.type, *node, out);
    const bool none =
        good && types_[field.type].kind == TypeKind::Optional && !is_present(types_, field.type, out);
    if (good && !none) good = nested.constraints_hold(field.constraints, field.type, out);
    --default_depth_;
    if (good) return true;
    if (nested.broken_) {
      const std::string& path = nested.result.path;
      return fail("its default " + (path.empty() ? "" : '`' + path + "`: ") + nested.result.message);
    }
    return fail(fmt::format("its default {} cannot be read: {}", shortened(field.default_json),
                            node ? nested.result.message : result.message));
  }

  bool read_list(const Type& type, const JsonNode& node, void* out) {
    if (node.kind != Kind::List) return expected("a list", node);
    const uint32_t stride = types_.stride(type.element);
    auto* data = static_cast<std::byte*>(arena_.allocate(node.count * stride));
    if (!data) return fail("the value is too large");
    uint64_t i = 0;
    for (const JsonNode* item = node.first; item; item = item->next, ++i) {
      const auto step = path_.element(i);
      if (!read(type.element, *item, data + i * stride)) return false;
    }
    store(out, List{data, node.count});
    return true;
  }

  bool read_map(const Type& type, const JsonNode& node, void* out) {
    if (node.kind != Kind::Object) return expected("an object", node);
    const uint32_t stride = map_entry_stride(types_, type.element);
    // Equal keys leave fewer entries than these, which is why they are not built in the arena.
    std::vector<std::byte> entries(node.count * stride);
    std::byte* entry = entries.data();
    for (const JsonNode* item = node.first; item; item = item->next, entry += stride) {
      const auto step = path_.key(item->key);
      if (!store_text(item->key, entry) || !read(type.element, *item, entry + kMapValueOffset)) return false;
    }
    const Map* map = build_map(arena_, entries.data(), node.count, stride);
    if (!map) return fail("the value is too large");
    store(out, map);
    return true;
  }

  bool read_union(TypeId id, const Type& type, const JsonNode& node, void* out) {
    uint32_t best = kMisfit;
    size_t chosen = 0;
    for (size_t i = 0; i < type.members.size(); ++i) {
      const uint32_t cost = cost_of(type.members[i], node);
      if (cost < best) {
        best = cost;
        chosen = i;
      }
    }
    if (best == kMisfit) return expected(types_.to_string(id), node);
    std::memset(out, 0, type.size);
    if (!read(type.members[chosen], node, out)) return false;
    store(at(out, member_offset(types_, id)), static_cast<uint32_t>(chosen));
    return true;
  }

  /// How badly `node` fits: each widened number and each dropped key costs one. Remembered for each pair, so
  /// that unions within unions cost no more than nodes times types.
  uint32_t cost_of(TypeId id, const JsonNode& node) {
    const uint64_t pair = uint64_t{node.id} << 32 | id.index;
    if (const auto known = costs_.find(pair); known != costs_.end()) return known->second;
    const uint32_t cost = compute_cost(id, types_[id], node);
    costs_.emplace(pair, cost);
    return cost;
  }

  uint32_t compute_cost(TypeId id, const Type& type, const JsonNode& node) {
    const auto exact = [](bool fits) { return fits ? 0 : kMisfit; };
    int64_t number = 0;
    switch (type.kind) {
      case TypeKind::Void: return exact(node.kind == Kind::Null);
      case TypeKind::Bool: return exact(node.kind == Kind::True || node.kind == Kind::False);
      case TypeKind::Int: return exact(node.kind == Kind::Number && parse_int(node.text, number));
      case TypeKind::Float:
        if (node.kind != Kind::Number) return kMisfit;
        return parse_int(node.text, number) ? 1 : 0;
      case TypeKind::Duration:
      case TypeKind::Money:
      case TypeKind::Time:
      case TypeKind::Date: return exact(node.kind == Kind::String && text_form(type.kind)->parse(node.text));
      case TypeKind::Bytes: return exact(node.kind == Kind::String && parse_base64(node.text));
      case TypeKind::Media: {
        const JsonNode* source = media_source(type.name, node);
        if (!source || (of_others_ && !may_name_medium(source->text))) return kMisfit;
        return node.kind == Kind::String ? 1 : 0;  // it may be mere text
      }
      case TypeKind::Json: return 0;
      case TypeKind::String: return exact(node.kind == Kind::String);
      case TypeKind::Enum:
        return exact(node.kind == Kind::String && find_case(type, node.text) < type.cases.size());
      case TypeKind::Literal:
        for (const Literal& literal : type.literals) {
          if (is_literal(literal, node)) return 0;
        }
        return kMisfit;
      case TypeKind::Optional: return node.kind == Kind::Null ? 0 : cost_of(type.element, node);
      case TypeKind::Record: return record_cost(type, node);
      case TypeKind::List:
      case TypeKind::Map: return items_cost(type, node);
      case TypeKind::Union: {
        uint32_t best = kMisfit;
        for (TypeId member : types_[id].members) best = std::min(best, cost_of(member, node));
        return best;
      }
    }
    return kMisfit;
  }

  uint32_t record_cost(const Type& type, const JsonNode& node) {
    if (node.kind != Kind::Object) return kMisfit;
    uint32_t cost = 0;
    uint64_t used = 0;
    for (const Field& field : type.fields) {
      const JsonNode* member = find_field(node, field);
      if (member) ++used;
      const bool json = types_[field.type].kind == TypeKind::Json;
      if (!member || (member->kind == Kind::Null && !json)) {
        const bool may_miss = !field.default_json.empty() || types_[field.type].kind == TypeKind::Optional;
        if (!may_miss) return kMisfit;
        continue;
      }
      cost = add_costs(cost, cost_of(field.type, *member));
    }
    const uint64_t dropped = node.count > used ? node.count - used : 0;
    return add_costs(cost, static_cast<uint32_t>(std::min<uint64_t>(dropped, kMisfit - 1)));
  }

  uint32_t items_cost(const Type& type, const JsonNode& node) {
    if (node.kind != (type.kind == TypeKind::List ? Kind::List : Kind::Object)) return kMisfit;
    uint32_t cost = 0;
    for (const JsonNode* item = node.first; item && cost != kMisfit; item = item->next) {
      cost = add_costs(cost, cost_of(type.element, *item));
    }
    return cost;
  }

  const program::TypeTable& types_;
  Arena& arena_;
  ConstraintCheck* check_;
  const JsonLimits& limits_;
  const bool of_others_;  // media are no paths
  Path path_;
  std::unordered_map<uint64_t, uint32_t> costs_;
  uint32_t default_depth_ = 0;
  bool broken_ = false;  // what failed is a condition
};

ReadResult read(const program::TypeTable& types, TypeId type, std::string_view json, Arena& arena, void* out,
                ConstraintCheck* check, const JsonLimits& limits, bool of_others) {
  Arena scratch;
  Reader reader(types, arena, check, limits, of_others);
  const JsonNode* root = parse_json(json, scratch, limits, reader.result.message);
  if (root) (void)reader.read(type, *root, out);
  return std::move(reader.result);
}

}  // namespace

std::string ReadResult::sentence() const {
  return path.empty() ? message : fmt::format("`{}`: {}", path, message);
}

ReadResult from_json(const program::TypeTable& types, TypeId type, std::string_view json, Arena& arena,
                     void* out, ConstraintCheck* check, JsonLimits limits) {
  return read(types, type, json, arena, out, check, limits, /*of_others=*/false);
}

ReadResult from_json_of_others(const program::TypeTable& types, TypeId type, std::string_view json,
                               Arena& arena, void* out, ConstraintCheck* check, JsonLimits limits) {
  return read(types, type, json, arena, out, check, limits, /*of_others=*/true);
}

}  // namespace chain::value
