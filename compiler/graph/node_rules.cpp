#include "compiler/graph/node_rules.h"

#include <algorithm>
#include <set>

#include "compiler/graph/properties.h"
#include "runtime/library/library.h"
#include "runtime/program/errors.h"

namespace chain::graph {

using program::Type;
using program::TypeId;
using program::TypeKind;
using program::TypeTable;

namespace {

bool is_number(TypeKind kind) {
  return kind == TypeKind::Int || kind == TypeKind::Float;
}
bool is_amount(TypeKind kind) {
  return kind == TypeKind::Duration || kind == TypeKind::Money;
}
bool is_scalar(TypeKind kind) {
  return kind >= TypeKind::Bool && kind <= TypeKind::Date;
}
bool same_fields(const Type& a, const Type& b) {
  return std::ranges::equal(a.fields, b.fields, [](const program::Field& x, const program::Field& y) {
    return x.name == y.name && x.type == y.type && x.offset == y.offset;
  });
}
bool same_cases(const Type& a, const Type& b) {
  return std::ranges::equal(a.cases, b.cases, [](const program::EnumCase& x, const program::EnumCase& y) {
    return x.name == y.name;
  });
}

/// The rules of one node; each function gives the sentence of the first that is broken.
class Rules {
 public:
  Rules(const Module& module, const Node& node) : module_(module), types_(module.types), node_(node) {}

  std::string check() const;

 private:
  TypeId type_of(size_t operand) const { return module_[node_.operands[operand]].type; }
  TypeKind kind_of(size_t operand) const { return types_[type_of(operand)].kind; }
  TypeKind kind() const { return types_[node_.type].kind; }
  const Type& result() const { return types_[node_.type]; }

  /// Equal, or an alias with a `where` beside the type that it narrows.
  bool same(TypeId a, TypeId b) const;
  bool is_list_of(TypeId list, TypeId element) const {
    return types_[list].kind == TypeKind::List && same(types_[list].element, element);
  }
  std::string counts(size_t operands, size_t regions) const;
  std::string region_gives(size_t region, TypeId wanted) const;
  std::string arguments(TypeId record) const;

  std::string constant() const;
  std::string arithmetic() const;
  std::string comparison() const;
  std::string aggregate() const;
  std::string access() const;
  std::string optional() const;
  std::string alternative() const;
  std::string retype() const;
  std::string check_node() const;
  std::string library() const;
  std::string emit() const;
  std::string branch() const;
  std::string cases() const;
  std::string loop() const;
  std::string ordered_loop() const;
  std::string append() const;
  std::string attempt() const;
  std::string alternatives() const;
  std::string call() const;
  std::string test() const;

  const Module& module_;
  const TypeTable& types_;
  const Node& node_;
};

bool Rules::same(TypeId a, TypeId b) const {
  if (a == b) return true;
  const Type& left = types_[a];
  const Type& right = types_[b];
  if (left.kind != right.kind) return false;
  if (left.kind == TypeKind::Optional || left.kind == TypeKind::List || left.kind == TypeKind::Map) {
    return same(left.element, right.element);
  }
  if (is_scalar(left.kind)) return true;
  if (left.kind == TypeKind::Literal) return left.literals == right.literals;
  const bool narrows = !left.constraints.empty() || !right.constraints.empty();
  return narrows && left.members == right.members && same_fields(left, right) && same_cases(left, right);
}

std::string Rules::counts(size_t operands, size_t regions) const {
  if (node_.operands.size() != operands) {
    return "takes " + std::to_string(operands) + " operands, has " + std::to_string(node_.operands.size());
  }
  if (node_.regions.size() != regions) {
    return "takes " + std::to_string(regions) + " regions, has " + std::to_string(node_.regions.size());
  }
  return {};
}

std::string Rules::region_gives(size_t region, TypeId wanted) const {
  const RegionId id = node_.regions[region];
  const NodeId value = module_[id].result;
  if (types_[wanted].kind == TypeKind::Void)
    return value.valid() ? "has a region with a value that nobody takes" : "";
  if (!value.valid()) return always_returns(module_, id) ? "" : "has a region that gives no value";
  if (same(module_[value].type, wanted)) return {};
  return "has a region that gives " + types_.to_string(module_[value].type) + ", wants " +
         types_.to_string(wanted);
}

std::string Rules::arguments(TypeId record) const {
  const std::vector<program::Field>& fields = types_[record].fields;
  if (std::string wrong = counts(fields.size(), 0); !wrong.empty()) return wrong;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (!same(type_of(i), fields[i].type)) {
      return "wants " + types_.to_string(fields[i].type) + " for `" + fields[i].name + "`, has " +
             types_.to_string(type_of(i));
    }
  }
  return {};
}

std::string Rules::constant() const {
  if (std::string wrong = counts(0, 0); !wrong.empty()) return wrong;
  const auto holds = [&](TypeKind kind) {
    switch (kind) {
      case TypeKind::Bool: return std::holds_alternative<bool>(node_.constant);
      case TypeKind::Float: return std::holds_alternative<double>(node_.constant);
      case TypeKind::String:
      case TypeKind::Bytes:
      case TypeKind::Media:
      case TypeKind::Json: return std::holds_alternative<std::string>(node_.constant);
      case TypeKind::Int:
      case TypeKind::Duration:
      case TypeKind::Money:
      case TypeKind::Time:
      case TypeKind::Date: return std::holds_alternative<int64_t>(node_.constant);
      case TypeKind::Enum: {
        const auto* place = std::get_if<int64_t>(&node_.constant);
        return place && *place >= 0 && static_cast<uint64_t>(*place) < result().cases.size();
      }
      default: return false;
    }
  };
  return holds(types_.base_kind(node_.type)) ? "" : "has a constant that is not of its type";
}

std::string Rules::arithmetic() const {
  const size_t wanted = node_.op == Op::Neg || node_.op == Op::ToFloat ? 1 : 2;
  if (std::string wrong = counts(wanted, 0); !wrong.empty()) return wrong;
  const TypeKind left = kind_of(0);
  const TypeKind right = wanted == 2 ? kind_of(1) : left;
  bool right_form = left == right && kind() == left;
  switch (node_.op) {
    case Op::Mul:
    case Op::Div:
      right_form = (right_form && is_number(left)) || (is_amount(left) && is_number(right) && kind() == left);
      break;
    case Op::Mod: right_form = right_form && is_number(left); break;
    case Op::Add:
    case Op::Sub: {
      const bool moved = right == TypeKind::Duration && kind() == TypeKind::Time;
      const bool apart = node_.op == Op::Sub && right == TypeKind::Time && kind() == TypeKind::Duration;
      right_form =
          left == TypeKind::Time ? moved || apart : right_form && (is_number(left) || is_amount(left));
      break;
    }
    case Op::ToFloat: right_form = left == TypeKind::Int && kind() == TypeKind::Float; break;
    default: right_form = right_form && (is_number(left) || is_amount(left));
  }
  return right_form ? "" : "has operands or a type that it does not work on";
}

std::string Rules::comparison() const {
  const bool negation = node_.op == Op::Not;
  if (std::string wrong = counts(negation ? 1 : 2, 0); !wrong.empty()) return wrong;
  if (kind() != TypeKind::Bool) return "must be a bool";
  if (negation) return kind_of(0) == TypeKind::Bool ? "" : "wants a bool";
  if (!same(type_of(0), type_of(1))) return "compares two types";
  if (node_.op == Op::Equal || node_.op == Op::NotEqual)
    return kind_of(0) == TypeKind::Void ? "compares nothing" : "";
  const TypeKind subject = types_.base_kind(type_of(0));
  return is_scalar(subject) || subject == TypeKind::Enum ? "" : "orders a type that has no order";
}

std::string Rules::aggregate() const {
  if (!node_.regions.empty()) return "takes no regions";
  if (node_.op == Op::Record) return kind() == TypeKind::Record ? arguments(node_.type) : "must be a record";
  if (node_.op == Op::Concat) {
    if (std::string wrong = counts(2, 0); !wrong.empty()) return wrong;
    const bool texts =
        kind() == TypeKind::String && kind_of(0) == TypeKind::String && kind_of(1) == TypeKind::String;
    return texts ? "" : "wants two strings";
  }
  const bool map = node_.op == Op::Map;
  if (kind() != (map ? TypeKind::Map : TypeKind::List)) return map ? "must be a map" : "must be a list";
  if (map && node_.operands.size() % 2 != 0) return "wants a value for each key";
  for (size_t i = 0; i < node_.operands.size(); ++i) {
    const bool key = map && i % 2 == 0;
    if (key ? kind_of(i) != TypeKind::String : !same(type_of(i), result().element)) {
      return "has " + types_.to_string(type_of(i)) + " in a " + types_.to_string(node_.type);
    }
  }
  return {};
}

std::string Rules::access() const {
  if (std::string wrong = counts(node_.op == Op::Field ? 1 : 2, 0); !wrong.empty()) return wrong;
  const Type& subject = types_[type_of(0)];
  if (node_.op == Op::Field) {
    if (subject.kind != TypeKind::Record || node_.index >= subject.fields.size())
      return "names no field of a record";
    return same(subject.fields[node_.index].type, node_.type) ? "" : "is not of the field's type";
  }
  if (node_.op == Op::At) {
    if (subject.kind != TypeKind::List || kind_of(1) != TypeKind::Int) return "wants a list and an int";
    return same(subject.element, node_.type) ? "" : "is not of the element's type";
  }
  if (subject.kind != TypeKind::Map || kind_of(1) != TypeKind::String) return "wants a map and a string";
  const bool nested = types_[subject.element].kind == TypeKind::Optional;
  const TypeId wanted = nested ? subject.element : result().element;
  if (kind() != TypeKind::Optional) return "must be an optional";
  return same(nested ? node_.type : wanted, subject.element) ? "" : "is not an optional of the map's values";
}

std::string Rules::optional() const {
  if (std::string wrong = counts(node_.op == Op::None ? 0 : 1, 0); !wrong.empty()) return wrong;
  switch (node_.op) {
    case Op::None: return kind() == TypeKind::Optional ? "" : "must be an optional";
    case Op::Some:
      return kind() == TypeKind::Optional && same(result().element, type_of(0))
                 ? ""
                 : "must be an optional of its operand";
    case Op::IsSome:
      return kind() == TypeKind::Bool && kind_of(0) == TypeKind::Optional
                 ? ""
                 : "wants an optional, must be a bool";
    default:
      return kind_of(0) == TypeKind::Optional && same(types_[type_of(0)].element, node_.type)
                 ? ""
                 : "wants an optional of its type";
  }
}

/// What makes and opens unions.
std::string Rules::alternative() const {
  if (std::string wrong = counts(1, 0); !wrong.empty()) return wrong;
  const Type& whole = node_.op == Op::Variant ? result() : types_[type_of(0)];
  if (whole.kind != TypeKind::Union) return node_.op == Op::Variant ? "must be a union" : "wants a union";
  if (node_.op == Op::Which) return kind() == TypeKind::Int ? "" : "must be an int";
  if (node_.index >= whole.members.size()) return "names no member of the union";
  const TypeId member = node_.op == Op::Variant ? type_of(0) : node_.type;
  return same(member, whole.members[node_.index]) ? "" : "is not of the member's type";
}

std::string Rules::retype() const {
  if (std::string wrong = counts(1, 0); !wrong.empty()) return wrong;
  const Type& from = types_[type_of(0)];
  const Type& to = result();
  if (types_.base_kind(type_of(0)) == types_.base_kind(node_.type) && from.size == to.size) return {};
  return "changes the layout of the value";
}

std::string Rules::check_node() const {
  if (std::string wrong = counts(1, 0); !wrong.empty()) return wrong;
  if (node_.index >= module_.predicates.size()) return "names no predicate";
  if (!same(type_of(0), node_.type)) return "changes the type of the value";
  return same(module_.predicates[node_.index].subject, node_.type) ? "" : "has a predicate of another type";
}

std::string Rules::library() const {
  if (node_.index >= library::functions().size()) return "names no function of the library";
  const library::Function& function = library::functions()[node_.index];
  if (std::string wrong = counts(function.parameters.size(), 0); !wrong.empty()) return wrong;
  std::optional<TypeId> variable;
  for (size_t i = 0; i < node_.operands.size(); ++i) {
    std::optional<TypeId> bound = variable;
    if (!library::match(types_, function.parameters[i].type, type_of(i), bound)) {
      std::optional<TypeId> free;
      if (!library::match(types_, function.parameters[i].type, type_of(i), free) || !free ||
          !same(*free, *variable)) {
        return "wants " + to_string(function.parameters[i].type) + " for `" + function.parameters[i].name +
               "`, has " + types_.to_string(type_of(i));
      }
    } else {
      variable = bound;
    }
  }
  if (variable && !library::admits(function.bound, types_, *variable))
    return "binds T to a type that it does not admit";
  return {};
}

std::string Rules::emit() const {
  if (std::string wrong = counts(1, 0); !wrong.empty()) return wrong;
  if (kind() != TypeKind::Void) return "gives no value";
  const TypeKind value = kind_of(0);
  return value == TypeKind::Void || value == TypeKind::Optional ? "shows a value that may be missing" : "";
}

std::string Rules::branch() const {
  if (node_.operands.size() != 1) return "takes one operand";
  if (node_.op == Op::If) {
    if (kind_of(0) != TypeKind::Bool) return "wants a bool";
    const bool half = node_.regions.size() == 1 && kind() == TypeKind::Void;
    if (!half && node_.regions.size() != 2) return "wants two regions";
  } else if (std::string wrong = cases(); !wrong.empty()) {
    return wrong;
  }
  for (size_t i = 0; i < node_.regions.size(); ++i) {
    if (std::string wrong = region_gives(i, node_.type); !wrong.empty()) return wrong;
  }
  return {};
}

std::string Rules::cases() const {
  const Type& subject = types_[type_of(0)];
  if (subject.kind != TypeKind::Enum && types_.base_kind(type_of(0)) != TypeKind::Int)
    return "wants an enum or an int";
  if (node_.cases.size() != node_.regions.size() || node_.regions.empty())
    return "wants values for each region";
  std::set<int64_t> seen;
  size_t defaults = 0;
  for (const auto& arm : node_.cases) {
    defaults += arm.empty();
    for (int64_t value : arm) {
      if (!seen.insert(value).second) return "has a value twice";
      const bool in_range = value >= 0 && static_cast<uint64_t>(value) < subject.cases.size();
      if (subject.kind == TypeKind::Enum && !in_range) return "has a value that the enum does not have";
    }
  }
  if (defaults > 1) return "has two defaults";
  return is_exhaustive(module_, node_) || kind() == TypeKind::Void ? "" : "leaves out a case";
}

std::string Rules::loop() const {
  if (std::string wrong = counts(1, 1); !wrong.empty()) return wrong;
  if (kind_of(0) != TypeKind::List) return "wants a list";
  if (node_.op == Op::Filter) {
    if (!same(type_of(0), node_.type)) return "must be of the list's type";
    return region_gives(0, types_.bool_type);
  }
  if (kind() != TypeKind::Void && kind() != TypeKind::List) return "must be a list or nothing";
  return region_gives(0, kind() == TypeKind::Void ? types_.void_type : result().element);
}

std::string Rules::ordered_loop() const {
  if (std::string wrong = counts(2, 1); !wrong.empty()) return wrong;
  if (kind_of(0) != TypeKind::List && kind_of(0) != TypeKind::Int) return "wants a list or an int";
  if (kind() != TypeKind::Record || !same(type_of(1), node_.type))
    return "must be of its state's type, a record";
  return region_gives(0, node_.type);
}

std::string Rules::append() const {
  if (std::string wrong = counts(2, 0); !wrong.empty()) return wrong;
  const bool fits = same(type_of(0), node_.type) && is_list_of(node_.type, type_of(1));
  return fits ? "" : "wants a list of its type and an element";
}

std::string Rules::attempt() const {
  if (!node_.operands.empty()) return "takes no operands";
  if (node_.regions.size() < 2 || node_.cases.size() != node_.regions.size())
    return "wants an arm and its kinds";
  std::set<int64_t> seen;
  for (size_t i = 0; i < node_.regions.size(); ++i) {
    for (int64_t kind : node_.cases[i]) {
      const bool known = kind >= 0 && static_cast<uint64_t>(kind) < program::error_words().size();
      if (!known || !seen.insert(kind).second) return "catches a kind twice, or one that there is not";
    }
    if (std::string wrong = region_gives(i, node_.type); !wrong.empty()) return wrong;
  }
  return {};
}

/// Of a race, or of a sample.
std::string Rules::alternatives() const {
  const bool sample = node_.op == Op::Sample;
  if (sample) {
    if (std::string wrong = counts(1, 1); !wrong.empty()) return wrong;
    if (kind_of(0) != TypeKind::Int || kind() != TypeKind::List) return "wants an int, must be a list";
    return region_gives(0, result().element);
  }
  if (!node_.operands.empty() || node_.regions.empty()) return "wants regions alone";
  for (size_t i = 0; i < node_.regions.size(); ++i) {
    if (std::string wrong = region_gives(i, node_.type); !wrong.empty()) return wrong;
  }
  return {};
}

std::string Rules::call() const {
  if (node_.op == Op::Include) {
    if (node_.index >= module_.templates.size()) return "names no template";
    if (kind() != TypeKind::Void) return "must give nothing";
    return arguments(module_.templates[node_.index].parameters);
  }
  if (node_.op == Op::Invoke) {
    if (node_.index >= module_.functions.size()) return "names no function";
    const Function& target = module_.functions[node_.index];
    return same(target.result, node_.type) ? arguments(target.parameters) : "is not of the function's type";
  }
  if (node_.op == Op::Chain) {
    if (node_.index >= module_.chains.size()) return "names no chain";
    const Chain& target = module_.chains[node_.index];
    return same(target.result, node_.type) ? arguments(target.parameters) : "is not of the chain's type";
  }
  if (node_.op == Op::External) {
    if (node_.index >= module_.externals.size()) return "names nothing outside";
    const External& target = module_.externals[node_.index];
    return same(target.result, node_.type) ? arguments(target.parameters) : "is not of its callee's type";
  }
  if (node_.op == Op::Given && node_.index >= module_.prompts.size()) {
    const size_t external = node_.index - module_.prompts.size();
    if (external >= module_.externals.size()) return "answers for nothing";
    if (std::string wrong = counts(1, 0); !wrong.empty()) return wrong;
    const External& target = module_.externals[external];
    return same(type_of(0), target.result) ? "" : "gives a value that is not of its callee's type";
  }
  if (node_.index >= module_.prompts.size()) return "names no prompt";
  const Prompt& target = module_.prompts[node_.index];
  if (node_.op == Op::Prompt) {
    return same(target.result, node_.type) ? arguments(target.parameters) : "is not of the prompt's type";
  }
  if (std::string wrong = counts(1, 0); !wrong.empty()) return wrong;
  return same(type_of(0), target.result) ? "" : "gives a value that is not of the prompt's type";
}

std::string Rules::test() const {
  const bool single = node_.operands.size() == 1;
  if ((!single && node_.operands.size() != 3) || !node_.regions.empty())
    return "wants a bool, and both sides or none";
  if (kind_of(0) != TypeKind::Bool) return "wants a bool";
  if (node_.index >= module_.expectations.size()) return "names no expectation";
  if (single) return {};
  const TypeId operand = module_.expectations[node_.index].operand;
  return same(type_of(1), operand) && same(type_of(2), operand)
             ? ""
             : "has sides that are not of the expectation's type";
}

std::string Rules::check() const {
  switch (node_.op) {
    case Op::Constant: return constant();
    case Op::Param: return counts(0, 0);
    case Op::Add:
    case Op::Sub:
    case Op::Mul:
    case Op::Div:
    case Op::Mod:
    case Op::Neg:
    case Op::ToFloat: return arithmetic();
    case Op::Equal:
    case Op::NotEqual:
    case Op::Less:
    case Op::LessEqual:
    case Op::Not: return comparison();
    case Op::Concat:
    case Op::Record:
    case Op::List:
    case Op::Map: return aggregate();
    case Op::Field:
    case Op::At:
    case Op::Lookup: return access();
    case Op::Some:
    case Op::None:
    case Op::IsSome:
    case Op::Unwrap: return optional();
    case Op::Variant:
    case Op::Which:
    case Op::Narrow: return alternative();
    case Op::Retype: return retype();
    case Op::Check: return check_node();
    case Op::Library: return library();
    case Op::Render: {
      if (std::string wrong = counts(0, 1); !wrong.empty()) return wrong;
      return kind() == TypeKind::String ? region_gives(0, types_.void_type) : "must be a string";
    }
    case Op::Emit: return emit();
    case Op::Include: return call();
    case Op::If:
    case Op::Switch: return branch();
    case Op::For:
    case Op::Filter: return loop();
    case Op::Invoke:
    case Op::Prompt:
    case Op::Chain:
    case Op::External:
    case Op::Given: return call();
    case Op::Trust:
      if (node_.operands.empty() || node_.operands.size() > 2 || !node_.regions.empty())
        return "takes a value, and a person's yes";
      return same(type_of(0), node_.type) ? "" : "changes the type of the value";
    case Op::Secret:
      if (std::string wrong = counts(0, 0); !wrong.empty()) return wrong;
      return kind() == TypeKind::String ? "" : "must be a string";
    case Op::History:
      if (std::string wrong = counts(0, 0); !wrong.empty()) return wrong;
      return kind() == TypeKind::List ? "" : "must be a list";
    case Op::Return:
      return node_.regions.empty() && node_.operands.size() <= 1 ? "" : "takes one operand at most";
    case Op::Expect: return test();
    case Op::Loop: return ordered_loop();
    case Op::Append: return append();
    case Op::Try: return attempt();
    case Op::Race:
    case Op::Sample: return alternatives();
    case Op::Break:
    case Op::Fail: {
      if (std::string wrong = counts(1, 0); !wrong.empty()) return wrong;
      const TypeKind wanted = node_.op == Op::Fail ? TypeKind::String : TypeKind::Record;
      return kind_of(0) == wanted ? "" : "has an operand of another type";
    }
  }
  return "is of no known kind";
}

}  // namespace

std::string broken_rule(const Module& module, const Node& node) {
  return Rules(module, node).check();
}

}  // namespace chain::graph
