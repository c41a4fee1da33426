// `template` declarations, and the rule that they do not include each other in a circle.
#include "compiler/sema/body.h"
#include "compiler/sema/context.h"

namespace chain::sema {

namespace {

/// Includes within includes: each stands on the stack of the one before while it renders.
constexpr uint32_t kDepthLimit = 100;

std::vector<CallSite> build_template(Context& context, uint32_t index) {
  Signature& signature = context.templates[index];
  const auto& declaration = signature.declaration->as<syntax::TemplateDecl>();
  BodyChecker body(context,
                   {.unit = signature.parameters.unit, .pure = "a template", .declared = &signature});
  const RegionId region = body.open();
  body.declare_parameters(signature.parameters);
  if (declaration.content && declaration.content->content) body.render(*declaration.content->content);
  body.emit().close();
  graph::Template made;
  made.name = signature.name;
  made.doc = declaration.doc;
  made.span = declaration.name.span;
  made.parameters = signature.parameters.type;
  made.body = region;
  context.module.templates.push_back(std::move(made));
  const bool right = !context.diagnostics.has_errors();  // else the use may be what is wrong
  for (const Slot& slot : signature.parameters.items) {
    if (!right || slot.used || slot.broken || slot.name.starts_with('_')) continue;
    context.diagnostics.report(UnusedParameter{.name = std::string(slot.name)}, slot.span);
  }
  keep_calls(context, PureCode::Kind::Template, index, body.pure_calls());
  std::vector<CallSite> includes = body.pure_calls();
  std::erase_if(includes, [&](const CallSite& call) {
    return PureCode::at(context, call.target).kind != PureCode::Kind::Template;
  });
  return includes;
}

void report_deep(Context& context, const Calls& calls, const CallOrder& order) {
  for (uint32_t caller = 0; caller < calls.size(); ++caller) {
    if (order.depth[caller] != kDepthLimit + 1) continue;
    for (const CallSite& call : calls[caller]) {
      if (order.depth[call.target] + 1 != order.depth[caller]) continue;
      context.diagnostics.report(TooDeep{.limit = std::to_string(kDepthLimit),
                                         .hint = "; a template includes one that includes one, and so on"},
                                 call.span);
      break;
    }
  }
}

}  // namespace

void build_templates(Context& context) {
  Calls calls;
  for (uint32_t i = 0; i < context.templates.size(); ++i) calls.push_back(build_template(context, i));
  const CallOrder order = order_of(calls);
  for (const Circle& circle : order.circles) {
    const auto name = [&](uint32_t index) { return std::string(context.templates[index].name); };
    context.diagnostics.report(IncludeCycle{.path = path_text(circle, name)}, circle.call.span)
        .note(context.templates[circle.call.target].declaration->name.span, "it is declared here");
  }
  if (order.circles.empty()) report_deep(context, calls, order);
}

}  // namespace chain::sema
