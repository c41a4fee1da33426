// Names: locals, then declarations, then cases of the expected enum.
#include "compiler/sema/body.h"
#include "runtime/library/library.h"

namespace chain::sema {

using program::TypeKind;
using syntax::Expr;
using syntax::ExprKind;
using syntax::MemberExpr;
using syntax::NameExpr;

size_t BodyChecker::enter_scope() {
  ++scope_depth_;
  narrowing_marks_.push_back(narrowed_before_.size());
  return locals_.size();
}

void BodyChecker::leave_scope(size_t mark) {
  --scope_depth_;
  while (locals_.size() > mark) {
    const Local& last = locals_.back();
    if (last.shadowed > 0) {
      visible_[last.name] = last.shadowed;
    } else {
      visible_.erase(last.name);
    }
    locals_.pop_back();
  }
  while (narrowed_before_.size() > narrowing_marks_.back()) {
    auto& [path, before] = narrowed_before_.back();
    if (before) {
      narrowed_[path] = *before;
    } else {
      narrowed_.erase(path);
    }
    narrowed_before_.pop_back();
  }
  narrowing_marks_.pop_back();
}

/// Declares a local in the innermost scope; `id` is that of an earlier one that it stands for again, or 0.
uint32_t BodyChecker::declare_local(syntax::Name name, Value value, uint32_t id) {
  if (id == 0) id = ++last_id_;
  if (!name || name.text == "_") return id;  // nobody means to name it again
  uint32_t& place = visible_[name.text];
  if (place > 0 && locals_[place - 1].depth == scope_depth_) {
    context_.diagnostics.report(DuplicateName{.name = std::string(name.text)}, name.span)
        .note(locals_[place - 1].span, "it is declared here first");
    locals_[place - 1].value = poison();  // which of the two is meant is anybody's guess
    return id;
  }
  locals_.push_back({name.text, value, name.span, id, nullptr, place, scope_depth_});
  place = static_cast<uint32_t>(locals_.size());
  return id;
}

BodyChecker::Local* BodyChecker::local(std::string_view name) {
  const auto found = visible_.find(name);
  return found == visible_.end() || found->second == 0 ? nullptr : &locals_[found->second - 1];
}

Value BodyChecker::name(const NameExpr& expr, Expected expected) {
  if (expr.text.empty()) return poison();
  if (Local* found = local(expr.text)) {
    if (found->slot) found->slot->used = true;
    if (const Value* known = narrowed(expr)) return *known;
    return found->value;
  }
  if (Symbol* symbol = context_.find(surroundings_.unit, expr.text)) return symbol_value(*symbol, expr.span);
  if (const auto owner = expected_enum(expected, expr.text)) return enum_case(*owner, expr.text, expr.span);
  if (expr.text == "history" && surroundings_.prompt)
    return make(graph::Op::History, types().list_of(message_type(context_)), expr.span);
  return unknown_name(expr.text, expr.span, expected);
}

Value BodyChecker::symbol_value(Symbol& symbol, Span span) {
  if (symbol.kind == SymbolKind::Unavailable) return poison();
  if (symbol.kind == SymbolKind::Const) {
    const Constant* value = constant_of(context_, symbol);
    return value ? rebuilt(*value, span) : poison();
  }
  std::string hint;
  const bool callable = symbol.kind == SymbolKind::Template || symbol.kind == SymbolKind::Function ||
                        symbol.kind == SymbolKind::Prompt || symbol.kind == SymbolKind::Chain ||
                        symbol.kind == SymbolKind::Tool || symbol.kind == SymbolKind::Agent;
  if (callable) {
    hint = "; call it: `" + std::string(symbol.name) + "(...)`";
  } else if (symbol.kind == SymbolKind::Record) {
    hint = "; a value of it is written `" + std::string(symbol.name) + " { ... }`";
  } else {
    hint = ", not a value";
  }
  context_.diagnostics
      .report(
          WrongKind{
              .name = std::string(symbol.name), .kind = std::string(describe(symbol.kind)), .hint = hint},
          span)
      .note(symbol.span, "it is declared here");
  return poison();
}

Value BodyChecker::enum_case(TypeId type, std::string_view name, Span span) {
  const auto& cases = context_.cases.at(type.index);
  const auto found = cases.find(name);
  if (found != cases.end()) return constant(type, span, static_cast<int64_t>(found->second));
  std::vector<std::string_view> candidates;
  if (context_.diagnostics.dropped() == 0) {
    for (const program::EnumCase& item : this->type(type).cases) candidates.push_back(item.name);
  }
  const std::string_view best = closest(context_.diagnostics, name, candidates);
  std::string hint;
  if (!best.empty()) {
    hint = "; did you mean `" + std::string(best) + "`?";
  } else if (!candidates.empty()) {
    hint = "; it has " + list_of_names({candidates.begin(), candidates.end()});
  }
  auto report = context_.diagnostics.report(UnknownCase{shown(type), std::string(name), hint}, span);
  if (!best.empty()) report.fix(span, std::string(best), "write `" + std::string(best) + "`");
  return poison();
}

namespace {

/// The value that other languages call so; empty if `name` is none of their words.
std::string_view word_for(std::string_view name) {
  if (name == "null" || name == "nil" || name == "None" || name == "undefined") return "none";
  if (name == "True" || name == "TRUE") return "true";
  if (name == "False" || name == "FALSE") return "false";
  return {};
}

}  // namespace

Value BodyChecker::unknown_name(std::string_view name, Span span, Expected expected) {
  std::vector<std::string_view> candidates;
  const bool look = context_.diagnostics.dropped() == 0;
  if (look) {
    for (const Local& item : locals_) candidates.push_back(item.name);
    for (std::string_view declared : context_.names(surroundings_.unit, true)) {
      if (context_.find(surroundings_.unit, declared)->kind != SymbolKind::Unavailable)
        candidates.push_back(declared);
    }
    if (surroundings_.prompt) candidates.insert(candidates.end(), {"output", "history"});
    if (name == "output") std::erase(candidates, name);
    if (!loops_.empty() && name != "loop") candidates.push_back("loop");
    for (TypeId id : expected_types(expected)) {
      for (const program::EnumCase& item : type(id).cases) candidates.push_back(item.name);
    }
  }
  if (const auto owner = context_.case_owners.find(name); owner != context_.case_owners.end()) {
    const std::string full = std::string(owner->second->name) + '.' + std::string(name);
    if (context_.find(surroundings_.unit, owner->second->name) == owner->second) {
      context_.diagnostics
          .report(UnknownName{.name = std::string(name),
                              .hint = "; the enum's case is written `" + full + "` here"},
                  span)
          .fix(span, full, "write `" + full + "`");
      return poison();
    }
  }
  if (surroundings_.declared && (name == "output" || name == "history" || name == "loop")) {
    context_.diagnostics.report(
        UnknownName{.name = std::string(name),
                    .hint = "; a template sees its parameters alone, so what it needs is passed to it"},
        span);
    return poison();
  }
  if (name == "loop" || name == "output") {
    std::string hint =
        loops_.empty() ? "; it stands in a `{% for %}`" : "; ask it for something: `loop.index`";
    if (name == "output")
      hint = surroundings_.prompt ? "; ask it for something: `output.format`"
                                  : "; it stands in the messages of a prompt";
    context_.diagnostics.report(UnknownName{.name = std::string(name), .hint = hint}, span);
    return poison();
  }
  const std::string_view ours = word_for(name);
  const std::string_view best = ours.empty() ? closest(context_.diagnostics, name, candidates) : ours;
  std::string hint = best.empty() ? "" : "; did you mean `" + std::string(best) + "`?";
  if (best.empty() && (!library::overloads(name).empty() || library::higher_order(name)))
    hint = "; a function is called: `" + std::string(name) + "(...)`";
  auto report = context_.diagnostics.report(UnknownName{.name = std::string(name), .hint = hint}, span);
  if (!best.empty()) report.fix(span, std::string(best), "write `" + std::string(best) + "`");
  return poison();
}

std::optional<uint32_t> BodyChecker::module_named(const Expr& expr) {
  if (expr.kind == ExprKind::Name) {
    const std::string_view name = expr.as<NameExpr>().text;
    if (local(name)) return std::nullopt;
    const Symbol* symbol = context_.find(surroundings_.unit, name);
    return symbol && symbol->kind == SymbolKind::Module ? std::optional(symbol->unit) : std::nullopt;
  }
  if (expr.kind != ExprKind::Member) return std::nullopt;
  const auto& member = expr.as<MemberExpr>();
  if (member.object->kind != ExprKind::Name || member.object->as<NameExpr>().text != "std")
    return std::nullopt;
  if (local("std")) return std::nullopt;
  return context_.module_at(surroundings_.unit, "std." + std::string(member.member.text));
}

/// What `name` is in a module; null if nothing, or if it is private: both are reported.
Symbol* BodyChecker::member_of(uint32_t unit, const syntax::Name& name) {
  Symbol* symbol = context_.find(unit, name.text);
  if (symbol && symbol->kind != SymbolKind::Module) {
    if (!name.text.starts_with('_')) return symbol;
    context_.diagnostics.report(PrivateName{.name = std::string(name.text)}, name.span)
        .note(symbol->span, "it is declared here");
    return nullptr;
  }
  const std::vector<std::string_view> candidates = context_.names(unit, false);
  const std::string_view best = closest(context_.diagnostics, name.text, candidates);
  auto report = context_.diagnostics.report(
      UnknownMember{.module = context_.sources.file(context_.file(unit)).path(),
                    .name = std::string(name.text),
                    .hint = best.empty() ? "" : "; did you mean `" + std::string(best) + "`?"},
      name.span);
  if (!best.empty()) report.fix(name.span, std::string(best), "write `" + std::string(best) + "`");
  return nullptr;
}

/// A bare name that is neither a local nor declared, a case of the enum that the other side is of; or what
/// else cannot be looked at by itself.
bool BodyChecker::names_nothing_yet(const Expr& expr) {
  if (expr.kind == ExprKind::Lambda) return true;  // it is of no type by itself
  if (expr.kind != ExprKind::Name) return false;
  const std::string_view name = expr.as<NameExpr>().text;
  return !local(name) && !context_.find(surroundings_.unit, name);
}

}  // namespace chain::sema
