#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstring>

#include "runtime/value/base64.h"
#include "runtime/value/calendar.h"
#include "runtime/value/characters.h"
#include "runtime/value/json.h"
#include "runtime/value/layout.h"
#include "runtime/value/media_source.h"
#include "runtime/value/reply_fit.h"
#include "runtime/value/spelled_unit.h"
#include "runtime/value/text.h"

namespace chain::value {

using program::Literal;
using program::Type;
using program::TypeId;
using program::TypeKind;
using Kind = ReplyNode::Kind;

Cost ReplyFit::fit_scalar(TypeId id, uint32_t node, std::byte* out, uint32_t wraps) {
  const ReplyNode& found = tree_[node];
  const TypeKind kind = types_[id].kind;
  if (kind == TypeKind::String) return fit_string(found, out);
  if (kind == TypeKind::Json) return fit_json(node, out);
  if (found.is_container()) return unwrap_scalar(id, node, out, wraps);
  switch (kind) {
    case TypeKind::Int: return fit_int(found, out);
    case TypeKind::Float: return fit_float(found, out);
    case TypeKind::Duration:
    case TypeKind::Money: return fit_unit(kind, found, out);
    case TypeKind::Time:
    case TypeKind::Date: return fit_calendar(kind, found, out);
    case TypeKind::Bytes: return fit_bytes(found, out);
    case TypeKind::Media: return fit_media(types_[id].name, found, out);
    case TypeKind::Literal: return fit_literal(id, found, out);
    default: return fit_choice(id, found, out);
  }
}

/// The best element of a list; the only member of an object, if that is a scalar.
Cost ReplyFit::unwrap_scalar(TypeId id, uint32_t node, std::byte* out, uint32_t wraps) {
  const ReplyNode& parent = tree_[node];
  const bool list = parent.kind == Kind::List;
  uint32_t child = parent.first;
  if (wraps >= kMostWraps || parent.count == 0) return misfit(out, types_.to_string(id), parent);
  if (!list && (parent.count > 1 || tree_[child].is_container()))
    return misfit(out, types_.to_string(id), parent);
  if (list && best_child(id, parent, child) == kMisfit) return misfit(out, types_.to_string(id), parent);
  const Cost cost = fit(id, child, out, wraps + 1);
  if (cost == kMisfit) return kMisfit;
  note(out, list ? "took a value out of a list" : "took a value out of an object");
  return add_costs(cost, (list ? kSingle : kUnwrapped) + (parent.count > 1 ? kDecoratedNumber : 0));
}

Cost ReplyFit::fit_string(const ReplyNode& node, std::byte* out) {
  Cost cost = 0;
  std::string_view text;
  if (node.is_container()) {
    text = tree_.raw(node);
    cost = kRawJson;
    note(out, "took JSON for text");
  } else {
    text = text_of(node);
    if (node.kind == Kind::Bare) {
      if (is_null(node)) return misfit(out, "text", node);
      const bool literal = text == "true" || text == "false" || read_number(text).has_value();
      if (literal) {
        cost = kOtherType;
        note(out, fmt::format("took {} for text", shortened(text)));
      }
    }
  }
  if (out && !store_text(text, out)) return complain(true, "the value is too large");
  return cost;
}

/// Finds the number in `node` and what that takes; a misfit if there is none.
Cost ReplyFit::number_cost(const ReplyNode& node, NumberText& number) {
  const std::string_view text = text_of(node);
  const bool quoted = node.kind == Kind::Quoted || node.kind == Kind::Block;
  if (const auto whole = read_number(text)) {
    number = *whole;
    return (quoted ? kOtherType : 0) + (number.plain ? 0 : kDecoratedNumber);
  }
  const auto only = find_only_number(text);
  if (!only) return kMisfit;
  number = *only;
  return kNumberInText;
}

Cost ReplyFit::fit_int(const ReplyNode& node, std::byte* out) {
  if (node.kind == Kind::Bare) {
    const std::string_view raw = tree_.raw(node);
    int64_t value = 0;
    const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
    if (error == std::errc{} && end == raw.data() + raw.size()) {
      if (out) store(out, value);
      return 0;
    }
  }
  NumberText number;
  Cost cost = number_cost(node, number);
  if (cost == kMisfit) return misfit(out, "a whole number", node);
  if (!number.is_whole) {
    const double rounded = std::round(number.value);
    if (!(std::fabs(rounded) < 9.2e18)) return misfit(out, "a whole number of at most 64 bits", node);
    number.whole = static_cast<int64_t>(rounded);
    cost += kRounded;
  }
  if (out) store(out, number.whole);
  if (cost > 0) note(out, fmt::format("took {} for {}", found(node), number.whole));
  return cost;
}

Cost ReplyFit::fit_float(const ReplyNode& node, std::byte* out) {
  NumberText number;
  Cost cost = number_cost(node, number);
  if (cost == kMisfit) return misfit(out, "a number", node);
  const double value = number.percent ? number.value / 100 : number.value;
  if (out) store(out, value);
  if (cost > 0 && out) {
    std::string text;
    append_float(text, value);
    note(true, fmt::format("took {} for {}", found(node), text));
  }
  return cost + (number.is_whole ? kFloatOfInt : 0);
}

Cost ReplyFit::fit_unit(TypeKind kind, const ReplyNode& node, std::byte* out) {
  const bool duration = kind == TypeKind::Duration;
  const std::string_view text = trimmed(text_of(node));
  auto value = duration ? parse_duration(text) : parse_money(text);
  Cost cost = node.kind == Kind::Bare ? kOtherKey : 0;
  if (!value) {
    value = duration ? spelled_duration(text) : spelled_money(text);
    if (value) cost = kOtherType;
    NumberText number;
    if (!value) cost = number_cost(node, number);
    // A number alone counts seconds or dollars; beside any other word it may count something else.
    const char* alone = duration ? "0123456789.+-" : "0123456789.,+-$";
    if (!value && text.find_first_not_of(alone) != std::string_view::npos) cost = kMisfit;
    const double nanos = number.value * 1e9;
    if (cost == kMisfit || !(std::fabs(nanos) < 9.2e18)) {
      return misfit(out, duration ? "a duration such as \"20s\"" : "an amount such as \"$0.05\"", node);
    }
    if (!value) value = static_cast<int64_t>(std::llround(nanos));
    cost += kOtherType;
    if (out) {
      std::string shown;
      duration ? append_duration(shown, *value) : append_money(shown, *value);
      note(true, fmt::format("took {} for {}", found(node), shown));
    }
  }
  if (out) store(out, *value);
  return cost;
}

/// Times and days.
Cost ReplyFit::fit_calendar(TypeKind kind, const ReplyNode& node, std::byte* out) {
  const TextForm& form = *text_form(kind);
  const std::string_view text = trimmed(text_of(node));
  auto value = form.parse(text);
  Cost cost = node.kind == Kind::Bare ? kOtherKey : 0;
  if (!value) {
    value = kind == TypeKind::Time ? spelled_time(text) : spelled_date(text);
    if (!value && kind == TypeKind::Date) {  // a time says its day as well
      if (const auto time = spelled_time(text)) value = day_of_time(*time);
    }
    if (!value) return misfit(out, form.what, node);
    cost = kOtherType;
    if (out) {
      std::string shown;
      form.append(shown, *value);
      note(true, fmt::format("took {} for {}", found(node), shown));
    }
  }
  if (out) store(out, *value);
  return cost;
}

Cost ReplyFit::fit_bytes(const ReplyNode& node, std::byte* out) {
  const auto bytes = parse_base64(text_of(node));
  if (!bytes) return misfit(out, "bytes in base64", node);
  if (out && !store_text(*bytes, out)) return complain(true, "the value is too large");
  return node.kind == Kind::Bare ? kOtherKey : 0;
}

/// Only where it is: `{"image": "data:..."}` is unwrapped before.
Cost ReplyFit::fit_media(const std::string& kind, const ReplyNode& node, std::byte* out) {
  const std::string_view source = text_of(node);
  if (!may_name_medium(source)) return misfit(out, medium_of_others(kind), node);
  if (out && !store_text(source, out)) return complain(true, "the value is too large");
  return node.kind == Kind::Bare ? kOtherKey : 0;
}

/// Any value, mended to be JSON.
Cost ReplyFit::fit_json(uint32_t node, std::byte* out) {
  const bool text = tree_[node].kind == Kind::Prose;
  if (out) {
    std::string json;
    append_mended(json, node);
    if (!store_text(json, out)) return complain(true, "the value is too large");
    if (text) note(true, "took text for JSON");
  }
  return text ? kNumberInText : 0;
}

/// What a bare word of Python is in JSON; null for every other.
static const char* word_of_python(std::string_view word) {
  if (word == "True") return "true";
  if (word == "False") return "false";
  return word == "None" ? "null" : nullptr;
}

void ReplyFit::append_mended(std::string& json, uint32_t node) {
  const ReplyNode& value = tree_[node];
  if (!value.is_container()) {
    const std::string_view text = text_of(value);
    const bool bare = value.kind == Kind::Bare;
    const bool literal = bare && is_json(text);
    if (const char* word = bare ? word_of_python(text) : nullptr) {
      note(true, fmt::format("took {} for {}", text, word));
      json += word;
    } else if (is_null(value)) {
      json += "null";
    } else if (literal) {
      json += text;
    } else {
      append_json_string(json, text);
    }
    return;
  }
  const bool list = value.kind == Kind::List;
  json += list ? '[' : '{';
  for (uint32_t child = value.first; child != ReplyNode::kNone; child = tree_[child].next) {
    ++steps_;
    if (child != value.first) json += ", ";
    if (!list) {
      append_json_string(json, key_of(tree_[child]));
      json += ": ";
    }
    append_mended(json, child);
  }
  json += list ? ']' : '}';
}

/// Enums and booleans.
Cost ReplyFit::fit_choice(TypeId id, const ReplyNode& node, std::byte* out) {
  const Type& type = types_[id];
  const bool truth = type.kind == TypeKind::Bool;
  const std::string_view text = text_of(node);
  const TextChoices::Match match = plan_.choices(id).find(text);
  steps_ += text.size();
  if (match.kind != TextChoices::Match::Kind::Found) {
    const std::string expected = truth ? "true or false" : case_list(type, true);
    if (match.kind == TextChoices::Match::Kind::None) return misfit(out, expected, node);
    return complain(
        out, fmt::format("expected one of {}, found more than one of them in {}", expected, found(node)));
  }
  const bool quoted = node.kind == Kind::Quoted || node.kind == Kind::Block;
  const Cost cost = match.cost + (truth && quoted ? kOtherType : 0);
  if (out && truth) store<uint8_t>(out, static_cast<uint8_t>(match.value));
  if (out && !truth) store<uint32_t>(out, match.value);
  if (out && cost > 0) {
    const std::string shown =
        truth ? (match.value ? "true" : "false") : "`" + type.cases[match.value].name + "`";
    note(true, fmt::format("took {} for {}", found(node), shown));
  }
  return cost;
}

Cost ReplyFit::fit_literal(TypeId id, const ReplyNode& node, std::byte* out) {
  const Type& type = types_[id];
  const TypeKind base = types_.base_kind(id);
  if (base == TypeKind::Int) {
    NumberText number;
    const Cost cost = number_cost(node, number);
    for (const Literal& literal : type.literals) {
      if (cost == kMisfit || !number.is_whole || std::get<int64_t>(literal) != number.whole) continue;
      if (cost > 0) note(out, fmt::format("took {} for {}", found(node), number.whole));
      return store_literal(literal, out, cost);
    }
    return misfit(out, types_.to_string(id), node);
  }
  const TextChoices::Match match = plan_.choices(id).find(text_of(node));
  steps_ += node.end - node.begin;
  if (match.kind != TextChoices::Match::Kind::Found) return misfit(out, types_.to_string(id), node);
  const bool quoted = node.kind == Kind::Quoted || node.kind == Kind::Block;
  const Cost cost = match.cost + (quoted && base == TypeKind::Bool ? kOtherType : 0);
  if (cost > 0 && out) note(true, fmt::format("took {} for {}", found(node), types_.to_string(id)));
  return store_literal(type.literals[match.value], out, cost);
}

Cost ReplyFit::store_literal(const Literal& literal, std::byte* out, Cost cost) {
  if (!out) return cost;
  if (const auto* number = std::get_if<int64_t>(&literal))
    store(out, *number);
  else if (const auto* truth = std::get_if<bool>(&literal))
    store<uint8_t>(out, *truth ? 1 : 0);
  else if (!store_text(std::get<std::string>(literal), out))
    return complain(true, "the value is too large");
  return cost;
}

}  // namespace chain::value
