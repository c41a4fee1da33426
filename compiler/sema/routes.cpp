// `route classify { @2.0: 90%, @2.1: 10% } by ticket.id`: a bare call means a chain that chooses a version by
// the key's hash, so that a key always goes the same way.
#include <algorithm>
#include <cmath>

#include "compiler/sema/body.h"
#include "compiler/sema/context.h"
#include "runtime/library/library.h"

namespace chain::sema {

namespace {

/// Shares are counted in hundredths of a percent.
constexpr int64_t kWhole = 10'000;

Diagnostics::Builder report(Context& context, std::string message, Span span) {
  return context.diagnostics.report(BadRoute{.message = std::move(message)}, span);
}

Symbol* routed(Context& context, uint32_t unit, const syntax::RouteDecl& declaration) {
  Symbol* symbol = context.find(unit, declaration.name.text);
  if (!symbol) {
    context.diagnostics.report(
        UnknownName{.name = std::string(declaration.name.text),
                    .hint = context.hint(declaration.name.text, context.names(unit, true))},
        declaration.name.span);
    return nullptr;
  }
  if (symbol->kind == SymbolKind::Unavailable) return nullptr;
  if ((symbol->kind != SymbolKind::Prompt && symbol->kind != SymbolKind::Chain) || symbol->versions.empty()) {
    report(context,
           "a route chooses among versions of a prompt or chain; `" + std::string(symbol->name) + "` is " +
               std::string(describe(symbol->kind)),
           declaration.name.span)
        .note(symbol->span, "it is declared here");
    return nullptr;
  }
  if (symbol->route) {
    context.diagnostics
        .report(DuplicateName{.name = "route " + std::string(symbol->name)}, declaration.name.span)
        .note(context.chains[*symbol->route].declaration->name.span, "it is declared here first");
    return nullptr;
  }
  return symbol;
}

std::vector<uint32_t> targets_of(Context& context, const Symbol& symbol,
                                 const syntax::RouteDecl& declaration) {
  std::vector<uint32_t> targets;
  std::vector<std::pair<uint32_t, Span>> seen;
  std::vector<program::Version> routed;
  for (const syntax::RouteArm& arm : declaration.arms) {
    if (arm.version.present) routed.push_back({arm.version.major, arm.version.minor});
  }
  for (const syntax::RouteArm& arm : declaration.arms) {
    if (!arm.version.present) continue;  // reported where it was read
    const std::string text = to_string(program::Version{arm.version.major, arm.version.minor});
    const std::optional<uint32_t> target = version_of(context, symbol, arm.version, routed);
    if (!target) continue;
    for (const auto& [earlier, span] : seen) {
      if (earlier != *target) continue;
      context.diagnostics.report(GivenTwice{.name = "@" + text}, arm.version.span)
          .note(span, "it is given here first");
    }
    seen.emplace_back(*target, arm.version.span);
    targets.push_back(*target);
  }
  return targets;
}

bool same_shape(const Context& context, const Signature& a, const Signature& b) {
  if (a.broken || b.broken) return true;
  const auto& left = a.parameters.items;
  const auto& right = b.parameters.items;
  if (a.result != b.result || left.size() != right.size()) return false;
  for (size_t i = 0; i < left.size(); ++i) {
    if (left[i].name != right[i].name || context.plain(left[i].type) != context.plain(right[i].type))
      return false;
  }
  return true;
}

/// What each version gets, in hundredths of a percent; empty after a report.
std::vector<int64_t> shares_of(Context& context, uint32_t unit, const syntax::RouteDecl& declaration) {
  std::vector<int64_t> shares;
  int64_t sum = 0;
  for (const syntax::RouteArm& arm : declaration.arms) {
    const auto share =
        evaluate_constant(context, unit, *arm.share, context.module.types.float_type, "a share");
    if (!share) return {};
    const double part = std::get<double>(share->value);
    if (!(part >= 0) || part > 1) {
      report(context, "a share is a part of all, from 0% to 100%", arm.share->span);
      return {};
    }
    shares.push_back(std::llround(part * static_cast<double>(kWhole)));
    sum += shares.back();
  }
  if (sum == kWhole) return shares;
  report(context, "the shares make " + std::to_string(sum / 100) + "%, not 100%", declaration.name.span);
  return {};
}

class RouteBuilder {
 public:
  RouteBuilder(Context& context, const Route& route)
      : context_(context),
        route_(route),
        signature_(context.chains[route.chain]),
        body_(context, {.unit = signature_.parameters.unit, .chain = &signature_}) {}

  RegionId build() {
    const RegionId region = body_.open();
    body_.declare_parameters(signature_.parameters);
    for (NodeId id : context_.module[region].nodes) arguments_.push_back(id);
    const std::vector<int64_t> shares = shares_of(context_, signature_.parameters.unit, *route_.declaration);
    const std::optional<NodeId> bucket = this->bucket();
    const bool right =
        bucket && shares.size() == route_.targets.size() && !shares.empty() && !signature_.broken;
    if (right) {
      const NodeId result = choose(*bucket, shares, 0, 0);
      emit().add(Op::Return, context_.module.types.void_type, span(), {.operands = {result}});
    }
    emit().close();
    return region;
  }

 private:
  Emitter& emit() { return body_.emit(); }
  [[nodiscard]] Span span() const { return route_.declaration->name.span; }

  /// `bucket("classify/" + key, 10000)`; the name keeps two routes by one key apart.
  std::optional<NodeId> bucket() {
    program::TypeTable& types = context_.module.types;
    const syntax::Expr& key = *route_.declaration->key;
    Value value = body_.value(key);
    if (!value.good()) return std::nullopt;
    const program::TypeKind kind = types.base_kind(value.type);
    if (kind != program::TypeKind::String && kind != program::TypeKind::Int &&
        kind != program::TypeKind::Enum) {
      report(context_, "a route goes by a string, an int or an enum; this is " + context_.text(value.type),
             key.span);
      return std::nullopt;
    }
    const RegionId pieces = emit().open();
    const NodeId name = emit().constant(types.string_type, key.span, std::string(signature_.name) + '/');
    emit().add(Op::Emit, types.void_type, key.span, {.operands = {name}});
    emit().add(Op::Emit, types.void_type, key.span, {.operands = {value.node}});
    emit().close();
    const NodeId text = emit().add(Op::Render, types.string_type, key.span, {.regions = {pieces}});
    const NodeId count = emit().constant(types.int_type, key.span, kWhole);
    return emit().add(Op::Library, types.int_type, key.span,
                      {.operands = {text, count}, .index = library::overloads("bucket").front()});
  }

  NodeId call(size_t arm) {
    const Op op = route_.symbol->kind == SymbolKind::Prompt ? Op::Prompt : Op::Chain;
    return emit().add(op, signature_.result, route_.declaration->arms[arm].span,
                      {.operands = arguments_, .index = route_.targets[arm]});
  }

  /// The version whose part of the buckets, from `begin` on, holds the key's.
  NodeId choose(NodeId bucket, const std::vector<int64_t>& shares, size_t arm, int64_t begin) {
    if (arm + 1 == shares.size()) return call(arm);
    program::TypeTable& types = context_.module.types;
    const int64_t end = begin + shares[arm];
    const NodeId bound = emit().constant(types.int_type, span(), end);
    const NodeId below = emit().add(Op::Less, types.bool_type, span(), {.operands = {bucket, bound}});
    const auto branch = [&](auto&& make) {
      const RegionId region = emit().open();
      const NodeId result = make();
      emit().close();
      emit().set_result(region, result);
      return region;
    };
    const RegionId taken = branch([&] { return call(arm); });
    const RegionId rest = branch([&] { return choose(bucket, shares, arm + 1, end); });
    return emit().add(Op::If, signature_.result, span(), {.operands = {below}, .regions = {taken, rest}});
  }

  Context& context_;
  const Route& route_;
  Signature& signature_;
  BodyChecker body_;
  std::vector<NodeId> arguments_;
};

}  // namespace

void collect_routes(Context& context) {
  for (uint32_t unit = 0; unit < context.modules.units.size(); ++unit) {
    for (const syntax::Decl* item : context.modules.units[unit].ast.declarations) {
      if (item->kind != syntax::DeclKind::Route || !item->name) continue;
      const auto& declaration = item->as<syntax::RouteDecl>();
      Symbol* symbol = routed(context, unit, declaration);
      if (!symbol) continue;
      std::vector<uint32_t> targets = targets_of(context, *symbol, declaration);
      if (targets.empty()) {
        if (declaration.arms.empty())
          report(context, "a route names versions: `{ @1.0: 90%, @1.1: 10% }`", item->name.span);
        continue;
      }
      Signature signature;
      signature.declaration = item;
      signature.kind = SymbolKind::Chain;
      signature.name = symbol->name;
      signature.parameters.unit = unit;
      signature.alike = signature_of(context, symbol->kind, targets.front()).declaration;
      const auto chain = static_cast<uint32_t>(context.chains.size());
      symbol->route = chain;
      context.chains.push_back(std::move(signature));
      context.routes.push_back({&declaration, symbol, chain, std::move(targets)});
    }
  }
}

graph::Chain build_route(Context& context, Signature& signature) {
  const auto found = std::find_if(context.routes.begin(), context.routes.end(), [&](const Route& route) {
    return route.declaration == signature.declaration;
  });
  const Route& route = *found;
  for (size_t i = 1; i < route.targets.size(); ++i) {
    const Signature& first = signature_of(context, route.symbol->kind, route.targets[0]);
    const Signature& other = signature_of(context, route.symbol->kind, route.targets[i]);
    if (same_shape(context, first, other)) continue;
    report(context,
           "the versions of a route take and give the same; @" + to_string(other.version) +
               " differs from @" + to_string(first.version),
           route.declaration->name.span)
        .note(other.declaration->name.span, "it is declared here");
    signature.broken = true;
  }
  graph::Chain chain;
  chain.name = signature.name;
  chain.doc = route.declaration->doc;
  chain.span = route.declaration->name.span;
  chain.parameters = signature.parameters.type;
  chain.result = signature.result;
  chain.body = RouteBuilder(context, route).build();
  return chain;
}

}  // namespace chain::sema
