// Resources, tools, agents, routes and profiles.
#include <fmt/format.h>

#include "compiler/syntax/tree_builder.h"

namespace chain::syntax {

/// `http.get(...)`: the two words are one name.
ProviderCall TreeBuilder::provider(Rules::ProviderCallContext* tree) {
  if (!tree || !tree->first) return {};
  ProviderCall result;
  result.name = name(tree->first);
  if (tree->second) {
    const Name second = name(tree->second);
    result.name.text = context_.arena.copy(fmt::format("{}.{}", result.name.text, second.text));
    result.name.span = result.name.span.to(second.span);
  }
  if (auto* list = tree->arguments()) result.arguments = arguments(list->items);
  return result;
}

std::span<const FieldInit> TreeBuilder::bounds(Rules::WithinContext* tree) {
  std::vector<FieldInit> result;
  for (auto* item : tree && tree->map() ? tree->map()->entries : std::vector<Rules::EntryContext*>()) {
    Expr* value = expression(item->value);
    if (item->key && item->key->getType() == Rules::KEY) {
      result.push_back({name(item->key), value});
    } else {
      error(span(item), "a bound is written `name: value`, like `cost: $0.05`");
    }
  }
  return context_.arena.copy(result);
}

Decl* TreeBuilder::resource_decl(Rules::ResourceDeclContext* tree, std::string_view doc) {
  auto* decl = context_.arena.make<ResourceDecl>(Decl{DeclKind::Resource, span(tree), name(tree->name), doc});
  decl->word = text(tree->start);
  if (tree->declared) decl->type = type(tree->declared);
  decl->provider = provider(tree->providerCall());
  return decl;
}

Decl* TreeBuilder::tool_decl(Rules::ToolDeclContext* tree, std::string_view doc) {
  auto* decl = context_.arena.make<ToolDecl>(Decl{DeclKind::Tool, span(tree), {}, doc});
  if (auto* head = tree->signature()) {
    decl->name = name(head->name);
    decl->version = version(head->version);
    decl->parameters = parameters(head->parameters());
    decl->result = type(head->result);
  }
  std::vector<Name> words;
  for (const antlr4::Token* word : tree->words) words.push_back(name(word));
  decl->words = context_.arena.copy(words);
  decl->provider = provider(tree->providerCall());
  return decl;
}

Decl* TreeBuilder::agent_decl(Rules::AgentDeclContext* tree, std::string_view doc) {
  auto* decl = context_.arena.make<AgentDecl>(Decl{DeclKind::Agent, span(tree), {}, doc});
  if (auto* head = tree->signature()) {
    decl->name = name(head->name);
    decl->version = version(head->version);
    decl->parameters = parameters(head->parameters());
    decl->result = type(head->result);
  }
  decl->within = bounds(tree->within());
  decl->members = prompt_members(tree->promptBody());
  return decl;
}

Decl* TreeBuilder::route_decl(Rules::RouteDeclContext* tree, std::string_view doc) {
  auto* decl = context_.arena.make<RouteDecl>(Decl{DeclKind::Route, span(tree), name(tree->name), doc});
  std::vector<RouteArm> arms;
  Rules::RouteArmContext* previous = nullptr;
  for (auto* item : tree->arms) {
    separate(previous, item, "each version", true);
    if (item->version) arms.push_back({version(item->version), expression(item->share), span(item)});
    previous = item;
  }
  decl->arms = context_.arena.copy(arms);
  if (tree->by && text(tree->by) != "by") {
    error(span(tree->by),
          fmt::format("expected `by` and what the share is chosen by, found `{}`", text(tree->by)));
  }
  decl->key = expression(tree->key);
  return decl;
}

Decl* TreeBuilder::profile_decl(Rules::ProfileDeclContext* tree, std::string_view doc) {
  auto* decl = context_.arena.make<ProfileDecl>(Decl{DeclKind::Profile, span(tree), name(tree->name), doc});
  std::vector<ProfileEntry> entries;
  Rules::ProfileEntryContext* previous = nullptr;
  for (auto* item : tree->entries) {
    separate(previous, item, "each resource", true);
    if (item->name) entries.push_back({name(item->name), provider(item->providerCall()), span(item)});
    previous = item;
  }
  decl->entries = context_.arena.copy(entries);
  return decl;
}

EvalClause TreeBuilder::eval_clause(Rules::EvalClauseContext* tree) {
  std::vector<Expr*> values;
  EvalClause result{EvalClauseKind::Member, name(tree->key ? tree->key : tree->name), {}, span(tree)};
  if (tree->REQUIRE()) {
    result.kind = EvalClauseKind::Require;
    for (auto* each : tree->conditions) values.push_back(expression(each));
  } else {
    if (tree->SCORE()) result.kind = EvalClauseKind::Score;
    values.push_back(expression(tree->value));
  }
  result.values = context_.arena.copy(values);
  return result;
}

Decl* TreeBuilder::eval_decl(Rules::EvalDeclContext* tree, std::string_view doc) {
  auto* decl = context_.arena.make<EvalDecl>(Decl{DeclKind::Eval, span(tree), name(tree->name), doc});
  decl->dataset = name(tree->dataset);
  decl->within = bounds(tree->within());
  std::vector<EvalClause> clauses;
  Rules::EvalClauseContext* previous = nullptr;
  for (auto* item : tree->clauses) {
    separate(previous, item, "each clause", false);
    if (item->key || item->name || item->REQUIRE()) clauses.push_back(eval_clause(item));
    previous = item;
  }
  decl->clauses = context_.arena.copy(clauses);
  return decl;
}

}  // namespace chain::syntax
