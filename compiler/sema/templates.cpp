// Templates: text with holes becomes a Render whose region emits the pieces.
#include "compiler/sema/body.h"

namespace chain::sema {

using program::TypeKind;
using syntax::TemplateNodeKind;

Value BodyChecker::text(const syntax::Template& content, Span span) {
  const bool all_text = content.nodes.size() == 1 && content.nodes[0]->kind == TemplateNodeKind::Text;
  if (content.nodes.empty() || all_text) {
    const std::string_view plain = all_text ? content.nodes[0]->as<syntax::TemplateText>().text : "";
    return constant(types().string_type, span, std::string(plain));
  }
  const Branch whole = branch(span, [&] {
    return purely("a template", [&] {
      pieces(content.nodes);
      return good({}, types().void_type);
    });
  });
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

void BodyChecker::repeat(const syntax::TemplateFor& node) {
  if (!node.list || too_deep(node.span)) return;
  Value list = unconstrained(wanted(value(*node.list), node.list->span), node.list->span);
  if (list.good() && type(list.type).kind != TypeKind::List) {
    report_not_list(list.type, node.list->span);
    list = poison();
  }
  ++depth_;
  const TypeId element = list.good() ? type(list.type).element : types().void_type;
  const Branch body = branch(node.span, [&] {
    const Value item = make(Op::Param, element, node.variable.span);
    emit_.module()[item.node].name = node.variable.text;
    const Value index = make(Op::Param, types().int_type, node.variable.span, {.index = 1});
    declare_local(node.variable, list.good() ? item : poison());
    loops_.push_back({list, index});
    pieces(node.body);
    loops_.pop_back();
    return good({}, types().void_type);
  });
  --depth_;
  if (list.good()) {
    emit_.add(Op::For, types().void_type, node.span, {.operands = {list.node}, .regions = {body.region}});
  }
}

}  // namespace chain::sema
