#include "tests/unit/graph/answers.h"

#include <random>

#include "runtime/value/json.h"
#include "runtime/value/map.h"

namespace chain::oracle {

using program::Type;
using program::TypeId;
using program::TypeKind;
using program::TypeTable;

namespace {

class RandomValue {
 public:
  RandomValue(const TypeTable& types, uint64_t seed) : types_(types), random_(seed) {}

  void append(TypeId id) {
    const Type& type = types_[id];
    switch (type.kind) {
      case TypeKind::Void: out_ += "null"; return;
      case TypeKind::Bool: out_ += below(2) ? "true" : "false"; return;
      case TypeKind::Int: out_ += std::to_string(static_cast<int64_t>(below(40)) - 10); return;
      case TypeKind::Float: out_ += std::to_string(below(100)) + (below(2) ? ".5" : ".25"); return;
      case TypeKind::Duration: out_ += "\"" + std::to_string(1 + below(50)) + "s\""; return;
      case TypeKind::Money: out_ += "\"$1." + std::to_string(10 + below(80)) + "\""; return;
      case TypeKind::Time: out_ += "\"2026-02-28T23:59:5" + std::to_string(below(10)) + ".25Z\""; return;
      case TypeKind::Date: out_ += "\"2024-02-" + std::to_string(10 + below(20)) + "\""; return;
      case TypeKind::Bytes: out_ += below(2) ? "\"aGk=\"" : "\"\""; return;
      case TypeKind::Media: out_ += below(2) ? "\"a.png\"" : R"({")" + type.name + R"(": "data:,x"})"; return;
      case TypeKind::Json: out_ += below(2) ? R"({"a": [1, null, "x"]})" : "0.5"; return;
      case TypeKind::String: value::append_json_string(out_, text()); return;
      case TypeKind::Enum: value::append_json_string(out_, type.cases[below(type.cases.size())].name); return;
      case TypeKind::Literal: literal(type); return;
      case TypeKind::Optional: below(3) ? append(type.element) : void(out_ += "null"); return;
      case TypeKind::Union: append(type.members[below(type.members.size())]); return;
      case TypeKind::Record: record(type); return;
      case TypeKind::List: list(type); return;
      case TypeKind::Map: map(type); return;
    }
  }
  std::string take() { return std::move(out_); }

 private:
  uint64_t below(uint64_t bound) { return random_() % bound; }

  std::string text() {
    static constexpr const char* texts[] = {"fine", "a, b",       "답변입니다", "two\nlines",
                                            "x",    "say \"so\"", "42"};
    return texts[below(std::size(texts))];
  }

  void literal(const Type& type) {
    const program::Literal& chosen = type.literals[below(type.literals.size())];
    if (const auto* word = std::get_if<std::string>(&chosen))
      value::append_json_string(out_, *word);
    else if (const auto* number = std::get_if<int64_t>(&chosen))
      out_ += std::to_string(*number);
    else
      out_ += std::get<bool>(chosen) ? "true" : "false";
  }

  void record(const Type& type) {
    out_ += '{';
    for (size_t i = 0; i < type.fields.size(); ++i) {
      if (i > 0) out_ += ", ";
      value::append_json_string(out_, type.fields[i].name);
      out_ += ": ";
      append(type.fields[i].type);
    }
    out_ += '}';
  }

  void list(const Type& type) {
    out_ += '[';
    // A list may hold what holds it: the deeper, the shorter.
    const uint64_t size = depth_ < 3 ? below(4) : 0;
    ++depth_;
    for (uint64_t i = 0; i < size; ++i) {
      if (i > 0) out_ += ", ";
      append(type.element);
    }
    --depth_;
    out_ += ']';
  }

  void map(const Type& type) {
    out_ += "{\"k\": ";
    append(type.element);
    out_ += '}';
  }

  const TypeTable& types_;
  std::mt19937_64 random_;
  std::string out_;
  uint32_t depth_ = 0;  // lists around what is written
};

}  // namespace

std::string random_json(const TypeTable& types, TypeId type, uint64_t seed) {
  RandomValue value(types, seed);
  value.append(type);
  return value.take();
}

Answer answer(const TypeTable& types, uint32_t prompt, TypeId result, std::string_view arguments_json,
              uint64_t seed) {
  static constexpr abi::ErrorKind kinds[] = {abi::ErrorKind::Timeout, abi::ErrorKind::RateLimited,
                                             abi::ErrorKind::Unavailable, abi::ErrorKind::Refused};
  const uint64_t chance =
      (value::hash_key(arguments_json) ^ seed * 104729 ^ uint64_t{prompt} << 32) * 0x9e3779b97f4a7c15 >> 16;
  const bool failing_seed = seed % 4 == 0;
  if (failing_seed && chance % 5 == 0) return {{}, kinds[chance / 5 % std::size(kinds)]};
  return {random_json(types, result, chance), {}};
}

}  // namespace chain::oracle
