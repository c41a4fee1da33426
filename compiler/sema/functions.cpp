// `fn` declarations, and the rule that pure code does not call itself without end.
#include <algorithm>

#include "compiler/graph/properties.h"
#include "compiler/sema/body.h"
#include "compiler/sema/context.h"

namespace chain::sema {

namespace {

/// Calls within calls that a function may allow; each stands on the stack.
constexpr int64_t kMostDepth = 1000;

/// A function can neither cost nor wait: there is nothing but its depth to bound.
int64_t depth_of(Context& context, uint32_t unit, std::span<const syntax::FieldInit> within) {
  int64_t depth = -1;
  for (const syntax::FieldInit& item : within) {
    if (item.name.text != "depth") {
      context.diagnostics.report(
          UnknownOption{"within", std::string(item.name.text), "; of a function only `depth` is bounded"},
          item.name.span);
      continue;
    }
    if (depth >= 0) context.diagnostics.report(GivenTwice{.name = "depth"}, item.name.span);
    const auto value =
        evaluate_constant(context, unit, *item.value, context.module.types.int_type, "`depth`");
    if (!value) continue;
    depth = std::get<int64_t>(value->value);
    if (depth >= 1 && depth <= kMostDepth) continue;
    context.diagnostics.report(BadBound{"depth", "1", std::to_string(kMostDepth)}, item.value->span);
  }
  return depth;
}

/// Whether an error has been found in `span`, by the parser too: what is left of such a body may not even fit
/// together.
bool has_error_in(const Diagnostics& diagnostics, Span span) {
  if (!diagnostics.has_errors()) return false;
  const std::vector<const Diagnostic*> all = diagnostics.sorted();
  return std::any_of(all.begin(), all.end(), [&](const Diagnostic* each) {
    return each->severity == Severity::Error && each->span.file == span.file &&
           each->span.begin >= span.begin && each->span.begin < span.end;
  });
}

/// False if it is wrong, or if it is being built.
bool build(Context& context, uint32_t index) {
  if (context.built[index] != Progress::New) return context.built[index] == Progress::Done;
  context.built[index] = Progress::Running;
  Signature& signature = context.functions[index];
  const auto& declaration = signature.declaration->as<syntax::FnDecl>();
  const size_t errors = context.diagnostics.error_count();
  BodyChecker body(
      context,
      {.unit = signature.parameters.unit, .pure = "a function", .chain = &signature, .returns = true});
  const RegionId region = body.open();
  body.declare_parameters(signature.parameters);
  if (declaration.body) body.body(*declaration.body);
  body.emit().close();
  const int64_t depth = depth_of(context, signature.parameters.unit, declaration.within);
  context.module.functions[index].body = region;
  context.module.functions[index].depth = depth;
  keep_calls(context, PureCode::Kind::Function, index, body.pure_calls());
  ++context.bodies_built;
  const bool right = context.diagnostics.error_count() == errors && !signature.broken &&
                     !has_error_in(context.diagnostics, declaration.span);
  context.built[index] = right ? Progress::Done : Progress::Failed;
  for (const Slot& slot : signature.parameters.items) {
    if (!right || slot.used || slot.broken || slot.name.starts_with('_')) continue;
    context.diagnostics.report(UnusedParameter{.name = std::string(slot.name)}, slot.span);
  }
  return right;
}

std::string name_at(const Context& context, uint32_t place) {
  const PureCode code = PureCode::at(context, place);
  switch (code.kind) {
    case PureCode::Kind::Template: return std::string(context.templates[code.index].name);
    case PureCode::Kind::Function: return std::string(context.functions[code.index].name);
    case PureCode::Kind::Condition: return "where " + context.module.predicates[code.index].text;
  }
  return {};
}

void report(Context& context, const Circle& circle) {
  bool functions = false;
  for (const uint32_t place : circle.path)
    functions = functions || PureCode::at(context, place).kind == PureCode::Kind::Function;
  const auto name = [&](uint32_t place) { return name_at(context, place); };
  auto builder = context.diagnostics.report(
      FunctionCycle{.path = path_text(circle, name),
                    .hint = functions ? "bound one of them: `fn ... within { depth: 100 }`"
                                      : "a condition cannot need a value that it is to hold for"},
      circle.call.span);
  const PureCode target = PureCode::at(context, circle.call.target);
  if (target.kind == PureCode::Kind::Function)
    builder.note(context.functions[target.index].declaration->name.span, "it is declared here");
}

}  // namespace

uint32_t PureCode::place_of(const Context& context, Kind kind, uint32_t index) {
  const auto templates = static_cast<uint32_t>(context.templates.size());
  const auto functions = static_cast<uint32_t>(context.functions.size());
  return kind == Kind::Template   ? index
         : kind == Kind::Function ? templates + index
                                  : templates + functions + index;
}

PureCode PureCode::at(const Context& context, uint32_t place) {
  const auto templates = static_cast<uint32_t>(context.templates.size());
  const auto functions = static_cast<uint32_t>(context.functions.size());
  if (place < templates) return {Kind::Template, place};
  if (place < templates + functions) return {Kind::Function, place - templates};
  return {Kind::Condition, place - templates - functions};
}

void keep_calls(Context& context, PureCode::Kind kind, uint32_t index, const std::vector<CallSite>& calls) {
  const uint32_t place = PureCode::place_of(context, kind, index);
  if (context.pure_calls.size() <= place) context.pure_calls.resize(place + 1);
  context.pure_calls[place] = calls;
}

void build_functions(Context& context) {
  for (uint32_t i = 0; i < context.functions.size(); ++i) (void)build(context, i);
}

bool build_called(Context& context, RegionId region) {
  std::vector<bool> seen(context.functions.size());
  std::vector<RegionId> open{region};
  while (!open.empty()) {
    const RegionId at = open.back();
    open.pop_back();
    std::vector<NodeId> calls;
    graph::for_each_node(context.module, at, [&](NodeId id) {
      if (context.module[id].op == graph::Op::Invoke) calls.push_back(id);
    });
    for (const NodeId id : calls) {
      const uint32_t index = context.module[id].index;
      const Span span = context.module[id].span;
      if (seen[index]) continue;
      seen[index] = true;
      if (context.built[index] == Progress::Running) {
        context.diagnostics.report(ConstantCycle{.name = std::string(context.functions[index].name)}, span);
        return false;
      }
      if (!build(context, index)) return false;
      open.push_back(context.module.functions[index].body);
    }
  }
  return true;
}

/// A function with a bound ends every circle that it is on. Circles of templates alone are those of includes.
void check_pure_calls(Context& context) {
  Calls& calls = context.pure_calls;
  calls.resize(context.templates.size() + context.functions.size() + context.module.predicates.size());
  const auto bounded = [&](const CallSite& call) {
    const PureCode code = PureCode::at(context, call.target);
    return code.kind == PureCode::Kind::Function && context.module.functions[code.index].depth >= 0;
  };
  const auto is_template = [&](uint32_t place) {
    return PureCode::at(context, place).kind == PureCode::Kind::Template;
  };
  for (std::vector<CallSite>& each : calls) std::erase_if(each, bounded);
  for (const Circle& circle : order_of(calls).circles) {
    if (!std::ranges::all_of(circle.path, is_template)) report(context, circle);
  }
}

}  // namespace chain::sema
