#include "runtime/model/baseline_answer.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include "runtime/abi/context.h"
#include "runtime/model/baseline_bounds.h"
#include "runtime/model/baseline_evidence.h"
#include "runtime/model/baseline_text.h"
#include "runtime/value/constraint.h"
#include "runtime/value/json.h"

namespace chain::model::baseline {
namespace {

using program::Constraint;
using program::Type;
using program::TypeId;
using program::TypeKind;

/// Nearness below this says nothing: a few common letters.
constexpr double kNear = 0.08;
/// A label's own words in the input count up to this much, an equal example counts 1.
constexpr double kCueWeight = 0.5;
/// Text is cut to about this many code points where no example shows how long it should be.
constexpr size_t kUsualLength = 240;
constexpr size_t kMaxItems = 3;
constexpr int kMaxDepth = 32;

/// What is wanted at one place of the result.
struct Wanted {
  TypeId type;
  std::string name;
  std::string doc;
  std::span<const Constraint> constraints;
  std::vector<const Json*> shown;  // what each example has here, null if nothing; in the examples' order
  int depth = 0;
};

/// Runs a program's own predicates; they hold where its code is not loaded.
class Predicates final : public value::ConstraintCheck {
 public:
  explicit Predicates(const program::Program& program) : program_(program), context_(uint64_t{64} << 20) {
    context_.program = &program;
  }
  bool holds(const Constraint& constraint, TypeId, const void* value) override {
    const uint32_t index = constraint.predicate.index;
    if (index >= program_.functions.size() || program_.functions[index] == nullptr) return true;
    const auto predicate = reinterpret_cast<abi::PredicateFn>(const_cast<void*>(program_.functions[index]));
    return predicate(&context_, static_cast<const std::byte*>(value)) == 1;
  }
  value::Arena& arena() { return context_.arena; }

 private:
  const program::Program& program_;
  abi::Context context_;
};

class Answer {
 public:
  Answer(const program::Program& program, const program::Prompt& prompt, const Json& inputs,
         std::vector<Shown> examples)
      : types_(program.types),
        prompt_(prompt),
        examples_(std::move(examples)),
        evidence_(inputs, examples_),
        predicates_(program) {}

  Json value() {
    Wanted wanted{prompt_.result, "", prompt_.doc, {}, {}, 0};
    for (const Shown& example : examples_)
      wanted.shown.push_back(example.result.is_null() ? nullptr : &example.result);
    return at(wanted);
  }

 private:
  [[nodiscard]] const Json* nearest(const Wanted& wanted) const {
    for (const size_t i : evidence_.by_nearness()) {
      if (wanted.shown[i] != nullptr) return wanted.shown[i];
    }
    return nullptr;
  }

  // ---- Values by kind ----

  Json at(const Wanted& wanted) {
    Json proposed = propose(wanted);
    if (holds(wanted, proposed)) return proposed;
    for (const size_t i : evidence_.by_nearness()) {
      if (wanted.shown[i] != nullptr && holds(wanted, in_models_view(*wanted.shown[i], wanted.type, 0))) {
        return in_models_view(*wanted.shown[i], wanted.type, 0);
      }
    }
    return proposed;
  }

  Json propose(const Wanted& wanted) {
    const Type& type = types_[wanted.type];
    switch (type.kind) {
      case TypeKind::Void: return nullptr;
      case TypeKind::Bool: return boolean(wanted);
      case TypeKind::Int:
      case TypeKind::Float: return number(wanted, type);
      case TypeKind::Duration:
      case TypeKind::Money: return amount(wanted, type.kind);
      case TypeKind::String: return text(wanted, type);
      case TypeKind::Time:
        return nearest(wanted) != nullptr ? *nearest(wanted) : Json("1970-01-01T00:00:00Z");
      case TypeKind::Date: return nearest(wanted) != nullptr ? *nearest(wanted) : Json("1970-01-01");
      case TypeKind::Bytes: return nearest(wanted) != nullptr ? *nearest(wanted) : Json("");
      case TypeKind::Json: return nearest(wanted) != nullptr ? *nearest(wanted) : Json();
      case TypeKind::Media: return Json("");
      case TypeKind::Enum: return enum_case(wanted, type);
      case TypeKind::Literal: return literal(wanted, type);
      case TypeKind::Record: return record(wanted, type);
      case TypeKind::Optional: return optional(wanted, type);
      case TypeKind::List: return list(wanted, type);
      case TypeKind::Map: return nearest(wanted) != nullptr ? *nearest(wanted) : Json::object();
      case TypeKind::Union: return union_member(wanted, type);
    }
    return nullptr;
  }

  /// The label with the nearest example, its own words in the input counting too.
  template <class Labels, class Matches>
  size_t label(const Wanted& wanted, const Labels& cues, Matches matches) {
    std::vector<double> scores(cues.size());
    double best_nearness = 0;
    for (size_t i = 0; i < cues.size(); ++i) {
      for (size_t e = 0; e < wanted.shown.size(); ++e) {
        if (wanted.shown[e] == nullptr || !matches(i, *wanted.shown[e])) continue;
        scores[i] = std::max(scores[i], evidence_.nearness(e));
        best_nearness = std::max(best_nearness, evidence_.nearness(e));
      }
      scores[i] += kCueWeight * evidence_.cue(cues[i]);
    }
    const size_t best = static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
    if (scores[best] >= kNear) return best;
    if (const Json* example =
            nearest(wanted)) {  // nothing speaks for any label: what the nearest example says
      for (size_t i = 0; i < cues.size(); ++i) {
        if (matches(i, *example)) return i;
      }
    }
    return best;
  }

  Json boolean(const Wanted& wanted) {
    const std::vector<std::string> cues = {
        "", wanted.name.empty() ? prompt_.name + " " + prompt_.doc : wanted.name + " " + wanted.doc};
    return label(wanted, cues, [](size_t i, const Json& shown) { return shown == Json(i == 1); }) == 1;
  }

  Json enum_case(const Wanted& wanted, const Type& type) {
    std::vector<std::string> cues;
    for (const program::EnumCase& c : type.cases)
      cues.push_back(c.name + " " + c.alias + " " + c.description);
    if (cues.empty()) return nullptr;
    const size_t best =
        label(wanted, cues, [&](size_t i, const Json& shown) { return shown == type.cases[i].name; });
    const program::EnumCase& chosen = type.cases[best];
    return chosen.alias.empty() ? chosen.name : chosen.alias;
  }

  static Json of(const program::Literal& literal) {
    return std::visit([](const auto& value) { return Json(value); }, literal);
  }

  Json literal(const Wanted& wanted, const Type& type) {
    std::vector<std::string> cues;
    for (const program::Literal& literal : type.literals) {
      const auto* word = std::get_if<std::string>(&literal);
      cues.push_back(word != nullptr ? *word : of(literal).dump());
    }
    if (cues.empty()) return nullptr;
    return of(type.literals[label(
        wanted, cues, [&](size_t i, const Json& shown) { return shown == of(type.literals[i]); })]);
  }

  /// Without examples to fall back on, any number will do.
  [[nodiscard]] std::optional<Number> near_number(const Wanted& wanted,
                                                  const std::function<bool(const Number&)>& suits) const {
    const std::string about = wanted.name.empty() ? prompt_.name : wanted.name + " " + wanted.doc;
    return evidence_.near_number(about, nearest(wanted) == nullptr, suits);
  }

  [[nodiscard]] std::vector<Sentence> ranked_sentences(const Wanted& wanted) const {
    return evidence_.ranked_sentences(wanted.name + " " + wanted.doc + " " + prompt_.doc);
  }

  [[nodiscard]] Bounds bounds(const Wanted& wanted, const Type& type) const {
    return narrow(bounds_of(wanted.constraints), bounds_of(type.constraints));
  }

  Json number(const Wanted& wanted, const Type& type) {
    const bool whole = type.kind == TypeKind::Int;
    const Bounds limits = bounds(wanted, type);
    if (const Json* same = evidence_.same_name(wanted.name, [](const Json& v) { return v.is_number(); })) {
      if (limits.allow(same->get<double>()) && (!whole || same->is_number_integer())) return *same;
    }
    if (const auto found = near_number(wanted, [&](const Number& n) {
          return (!whole || n.integral) && limits.allow(n.value) && std::abs(n.value) < 9e15;
        })) {
      return whole ? Json(static_cast<int64_t>(found->value)) : Json(found->value);
    }
    if (const Json* example = nearest(wanted)) return *example;
    double value = std::clamp(0.0, std::min(limits.low, limits.high), limits.high);
    if (!whole) return value;
    value = value < 0 ? std::floor(value) : std::ceil(value);
    return std::abs(value) < 9e15 ? Json(static_cast<int64_t>(value)) : Json(0);
  }

  Json amount(const Wanted& wanted, TypeKind kind) {
    const bool money = kind == TypeKind::Money;
    const auto found = near_number(wanted, [&](const Number& n) {
      static constexpr std::string_view kUnits[] = {"ms", "s", "m", "h", "d"};
      if (money) return n.money && n.value < 9e9;
      return n.value >= 0 && n.value < 1e6 &&
             std::find(std::begin(kUnits), std::end(kUnits), n.unit) != std::end(kUnits);
    });
    if (found) return (money ? "$" : "") + std::string(found->text);
    if (const Json* example = nearest(wanted)) return *example;
    return money ? "$0.0" : "0s";
  }

  Json text(const Wanted& wanted, const Type& type) {
    const Bounds limits = bounds(wanted, type);
    if (const Json* same = evidence_.same_name(wanted.name, [](const Json& v) { return v.is_string(); })) {
      const auto& whole = same->get_ref<const std::string&>();
      if (length(whole) >= limits.shortest) return std::string(shorten(whole, limits.longest));
    }
    const Json* example = nearest(wanted);
    const size_t shown = example != nullptr && example->is_string() ? length(example->get<std::string>()) : 0;
    const size_t usual = shown > 0 ? shown + shown / 2 : kUsualLength;
    const std::vector<Sentence> ranked = ranked_sentences(wanted);
    const std::string extracted =
        evidence_.extract(ranked, std::max(limits.shortest, std::min(limits.longest, usual)));
    std::string result(shorten(extracted, limits.longest));
    if (result.empty() || length(result) < limits.shortest) {
      if (example != nullptr) return *example;
      result = std::string(shorten(result.empty() ? prompt_.name : result, limits.longest));
    }
    return result;
  }

  // ---- Values made of values ----

  /// What the examples have one step further in.
  template <class Step>
  static std::vector<const Json*> step_into(const Wanted& wanted, Step step) {
    std::vector<const Json*> result;
    for (const Json* shown : wanted.shown) result.push_back(shown == nullptr ? nullptr : step(*shown));
    return result;
  }

  Json record(const Wanted& wanted, const Type& type) {
    Json result = Json::object();
    if (wanted.depth > kMaxDepth) return result;
    for (const program::Field& field : type.fields) {
      Wanted inner{field.type, field.name, field.doc, field.constraints, {}, wanted.depth + 1};
      inner.shown = step_into(wanted, [&](const Json& shown) -> const Json* {
        const auto found = shown.is_object() ? shown.find(field.name) : shown.end();
        return shown.is_object() && found != shown.end() && !found->is_null() ? &*found : nullptr;
      });
      result[field.alias.empty() ? field.name : field.alias] = at(inner);
    }
    return result;
  }

  /// Present if the nearest example has it.
  Json optional(const Wanted& wanted, const Type& type) {
    if (evidence_.by_nearness().empty() || wanted.shown[evidence_.by_nearness().front()] == nullptr ||
        wanted.depth > kMaxDepth) {
      return nullptr;
    }
    Wanted inner = wanted;
    inner.type = type.element;
    ++inner.depth;
    return at(inner);
  }

  Json list(const Wanted& wanted, const Type& type) {
    const Bounds limits = bounds(wanted, type);
    const Json* example = nearest(wanted);
    const size_t usual = example != nullptr && example->is_array() ? example->size() : kMaxItems;
    const size_t most = std::min(limits.longest, std::max(usual, limits.shortest));
    Json items = Json::array();
    if (most > 0) items = elements(wanted, type, most);
    if (items.size() < limits.shortest && example != nullptr) return in_models_view(*example, wanted.type, 0);
    return items;
  }

  Json elements(const Wanted& wanted, const Type& type, size_t most) {
    Json items = Json::array();
    auto add = [&](Json item) {
      if (items.size() < most && std::find(items.begin(), items.end(), item) == items.end())
        items.push_back(std::move(item));
    };
    const Type& element = types_[type.element];
    if (element.kind == TypeKind::String) {
      for (const Sentence& sentence : ranked_sentences(wanted)) add(std::string(sentence.text));
    } else if (element.kind == TypeKind::Enum) {
      const Json* example = nearest(wanted);
      for (const program::EnumCase& c : element.cases) {
        const bool shown =
            example != nullptr && std::find(example->begin(), example->end(), c.name) != example->end();
        if (shown || evidence_.cue(c.name + " " + c.alias + " " + c.description) > 0)
          add(c.alias.empty() ? c.name : c.alias);
      }
    } else if (wanted.depth <= kMaxDepth) {
      Wanted inner{type.element, wanted.name, wanted.doc, {}, {}, wanted.depth + 1};
      inner.shown = step_into(wanted, [](const Json& shown) -> const Json* {
        return shown.is_array() && !shown.empty() ? &shown.front() : nullptr;
      });
      add(at(inner));
    }
    return items;
  }

  /// The nearest example as it is, else the first member.
  Json union_member(const Wanted& wanted, const Type& type) {
    if (const Json* example = nearest(wanted)) return *example;
    if (type.members.empty() || wanted.depth > kMaxDepth) return nullptr;
    Wanted inner = wanted;
    inner.type = type.members.front();
    ++inner.depth;
    return at(inner);
  }

  /// An example's value with aliases in place of names.
  [[nodiscard]] Json in_models_view(const Json& value, TypeId id, int depth) const {
    const Type& type = types_[id];
    if (depth > kMaxDepth || value.is_null()) return value;
    if (type.kind == TypeKind::Enum) {
      for (const program::EnumCase& c : type.cases) {
        if (value == c.name && !c.alias.empty()) return c.alias;
      }
    } else if (type.kind == TypeKind::Optional) {
      return in_models_view(value, type.element, depth + 1);
    } else if (type.kind == TypeKind::List && value.is_array()) {
      Json result = Json::array();
      for (const Json& item : value) result.push_back(in_models_view(item, type.element, depth + 1));
      return result;
    } else if (type.kind == TypeKind::Record && value.is_object()) {
      Json result = Json::object();
      for (const program::Field& field : type.fields) {
        const auto found = value.find(field.name);
        if (found == value.end()) continue;
        result[field.alias.empty() ? field.name : field.alias] =
            in_models_view(*found, field.type, depth + 1);
      }
      return result;
    }
    return value;
  }

  /// Whether `value` reads as the wanted type and keeps every `where`.
  bool holds(const Wanted& wanted, const Json& value) {
    const Type& type = types_[wanted.type];
    std::vector<std::max_align_t> place(type.size / sizeof(std::max_align_t) + 1);
    const std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
    const auto read =
        value::from_json(types_, wanted.type, text, predicates_.arena(), place.data(), &predicates_);
    if (!read.ok()) return false;
    return std::all_of(wanted.constraints.begin(), wanted.constraints.end(),
                       [&](const Constraint& constraint) {
                         return predicates_.holds(constraint, wanted.type, place.data());
                       });
  }

  const program::TypeTable& types_;
  const program::Prompt& prompt_;
  std::vector<Shown> examples_;
  Evidence evidence_;
  Predicates predicates_;
};

}  // namespace

Json answer(const program::Program& program, const program::Prompt& prompt, const Json& inputs,
            std::vector<Shown> examples) {
  return Answer(program, prompt, inputs, std::move(examples)).value();
}

}  // namespace chain::model::baseline
