// Templates: text with holes becomes a Render whose region emits the pieces.
#include <algorithm>

#include "compiler/sema/body.h"
#include "runtime/library/library.h"

namespace chain::sema {

using program::TypeKind;
using syntax::TemplateNodeKind;

Value BodyChecker::text(const syntax::Template& content, Span span) {
  const bool all_text = content.nodes.size() == 1 && content.nodes[0]->kind == TemplateNodeKind::Text;
  if (content.nodes.empty() || all_text) {
    const std::string_view plain = all_text ? content.nodes[0]->as<syntax::TemplateText>().text : "";
    return constant(types().string_type, span, std::string(plain));
  }
  ++texts_;
  const Branch whole = branch(span, [&] {
    return purely("a template", [&] {
      pieces(content.nodes);
      return good({}, types().void_type);
    });
  });
  --texts_;
  return make(Op::Render, types().string_type, span, {.regions = {whole.region}});
}

void BodyChecker::pieces(std::span<syntax::TemplateNode* const> nodes) {
  for (const syntax::TemplateNode* node : nodes) {
    switch (node->kind) {
      case TemplateNodeKind::Text: {
        const std::string text(node->as<syntax::TemplateText>().text);
        if (!text.empty()) emit_value(constant(types().string_type, node->span, text), node->span);
        break;
      }
      case TemplateNodeKind::Output: output(node->as<syntax::TemplateOutput>()); break;
      case TemplateNodeKind::If: choices(node->as<syntax::TemplateIf>(), 0); break;
      case TemplateNodeKind::For: repeat(node->as<syntax::TemplateFor>()); break;
      case TemplateNodeKind::Include: include(node->as<syntax::TemplateInclude>()); break;
      case TemplateNodeKind::Set: set(node->as<syntax::TemplateSet>()); break;
      case TemplateNodeKind::Error: break;
    }
  }
}

void BodyChecker::output(const syntax::TemplateOutput& node) {
  if (!node.value) return;
  emit_value(wanted(value(*node.value), node.value->span), node.value->span);
}

void BodyChecker::emit_value(Value value, Span span) {
  value = plain(value, span);
  if (!value.good()) return;
  const program::Type& shape = type(value.type);
  if (shape.kind == TypeKind::Optional) {
    const bool is_text = context_.plain(shape.element) == types().string_type;
    auto report = context_.diagnostics.report(
        OptionalInTemplate{.type = shown(value.type),
                           .hint = "write `?? \"...\"`, or open it with `{% if %}`"},
        span);
    if (is_text) report.fix({span.file, span.end, span.end}, " ?? \"\"", "show nothing for none");
    return;
  }
  if (shape.kind == TypeKind::Media && !(surroundings_.media && texts_ == 1)) {
    const char* article = shape.name == "image" || shape.name == "audio" ? "an " : "a ";
    context_.diagnostics.report(MediaAsText{.type = article + shape.name}, span);
    return;
  }
  emit_.add(Op::Emit, types().void_type, span, {.operands = {value.node}});
}

/// `{% if %}`, then `{% elif %}` and `{% else %}` from branch `first` on.
void BodyChecker::choices(const syntax::TemplateIf& node, size_t first) {
  if (first >= node.branches.size() || too_deep(node.span)) return;
  const syntax::TemplateBranch& head = node.branches[first];
  if (!head.condition) return pieces(head.body);
  ++depth_;
  Facts facts;
  const Value test = condition(*head.condition, facts);
  auto part = [&](const std::vector<Fact>& known, auto&& write) {
    return branch(head.condition->span, [&] {
      assume(known);
      write();
      return good({}, types().void_type);
    });
  };
  NodeParts parts;
  parts.regions.push_back(part(facts.if_true, [&] { pieces(head.body); }).region);
  if (first + 1 < node.branches.size()) {
    parts.regions.push_back(part(facts.if_false, [&] { choices(node, first + 1); }).region);
  }
  --depth_;
  if (!test.good()) return;
  parts.operands = {test.node};
  emit_.add(Op::If, types().void_type, head.condition->span, std::move(parts));
}

/// `{% include card(x) %}` shows what `{{ card(x) }}` does, and takes nothing but templates.
void BodyChecker::include(const syntax::TemplateInclude& node) {
  const syntax::Expr& call = *node.call;
  if (call.kind == syntax::ExprKind::Error) return;  // reported where it was read
  if (call.kind != syntax::ExprKind::Call) return without_arguments(call);
  if (template_named(*call.as<syntax::CallExpr>().callee)) emit_value(value(call), node.span);
}

/// `{% include card %}`
void BodyChecker::without_arguments(const syntax::Expr& name) {
  const Symbol* symbol = template_named(name);
  if (!symbol) return;
  const std::vector<Slot>& slots = context_.templates[symbol->place].parameters.items;
  const bool needs_none = std::all_of(slots.begin(), slots.end(), [&](const Slot& slot) {
    return slot.fallback || type(context_.unconstrained(slot.type)).kind == TypeKind::Optional;
  });
  auto report = context_.diagnostics.report(BadTag{.message = "a template is included with its arguments: `" +
                                                              std::string(symbol->name) + "(...)`"},
                                            name.span);
  if (needs_none) report.fix({name.span.file, name.span.end, name.span.end}, "()", "include it without any");
}

/// The template that is meant; null, and a report, if it is none.
const Symbol* BodyChecker::template_named(const syntax::Expr& callee) {
  const Symbol* symbol = nullptr;
  std::string name(context_.sources.text(callee.span));
  if (callee.kind == syntax::ExprKind::Name) {
    const std::string_view written = callee.as<syntax::NameExpr>().text;
    symbol = local(written) ? nullptr : context_.find(surroundings_.unit, written);
    if (!symbol && !local(written) && library::overloads(written).empty()) {
      std::vector<std::string_view> templates;
      for (std::string_view each : context_.names(surroundings_.unit, true)) {
        if (context_.find(surroundings_.unit, each)->kind == SymbolKind::Template) templates.push_back(each);
      }
      const std::string_view best = closest(context_.diagnostics, written, templates);
      auto report = context_.diagnostics.report(
          UnknownName{name, best.empty() ? "" : "; did you mean `" + std::string(best) + "`?"}, callee.span);
      if (!best.empty()) report.fix(callee.span, std::string(best), "write `" + std::string(best) + "`");
      return nullptr;
    }
  } else if (callee.kind == syntax::ExprKind::Member) {
    const auto& member = callee.as<syntax::MemberExpr>();
    if (const auto unit = module_named(*member.object)) {
      symbol = member_of(*unit, member.member);
      if (!symbol) return nullptr;
    }
  }
  if (symbol && symbol->kind == SymbolKind::Template) return symbol;
  if (symbol && symbol->kind == SymbolKind::Unavailable) return nullptr;
  auto report = context_.diagnostics.report(
      WrongKind{.name = name,
                .kind = std::string(symbol ? describe(symbol->kind) : "no template"),
                .hint = symbol ? "; `include` takes a template" : "; a value is shown by `{{ }}`"},
      callee.span);
  if (symbol) report.note(symbol->span, "it is declared here");
  return nullptr;
}

/// `{% set x = 1 %}` holds to the end of what it stands in, and for good: where Jinja would give a name
/// another value, or forget the value behind the end of a loop, nothing is left to be guessed.
void BodyChecker::set(const syntax::TemplateSet& node) {
  if (!node.value) return;
  Value value = wanted(this->value(*node.value), node.value->span);
  if (const Local* earlier = node.name ? local(node.name.text) : nullptr) {
    context_.diagnostics.report(DuplicateName{.name = std::string(node.name.text)}, node.name.span)
        .note(earlier->span,
              "it is declared here first; a name has one value, so give this one another name");
    return;
  }
  if (value.good() && emit_.module()[value.node].name.empty()) {
    emit_.module()[value.node].name = node.name.text;
  }
  declare_local(node.name, value.good() ? value : poison());
}

}  // namespace chain::sema
