// `agent name(...) -> T within { ... } { model: ... tools: ... }`.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "compiler/sema/agent_tools.h"
#include "compiler/sema/body.h"
#include "compiler/sema/context.h"
#include "compiler/sema/externals.h"

namespace chain::sema {

namespace {

using syntax::Expr;
using syntax::ExprKind;
using syntax::PromptMember;
using syntax::PromptMemberKind;

constexpr std::array<std::string_view, 13> kMembers = {"model",     "tools",  "allow", "deny",  "handoff",
                                                       "memory",    "loop",   "role",  "goals", "constraints",
                                                       "judged_by", "system", "user"};

/// What of a profile stands in an agent's own instructions, and before whoever may call it as a tool.
struct ProfilePart {
  std::string_view key;
  std::string_view head;
};
constexpr std::array<ProfilePart, 4> kProfile = {
    {{"role", "Role"}, {"goals", "Goals"}, {"constraints", "Constraints"}, {"judged_by", "Judged by"}}};

class AgentBuilder {
 public:
  AgentBuilder(Context& context, Signature& signature, uint32_t index)
      : context_(context),
        signature_(signature),
        declaration_(signature.declaration->as<syntax::AgentDecl>()),
        unit_(signature.parameters.unit),
        index_(index),
        tools_(context, signature) {}

  graph::External build() {
    agent_ = external_of(signature_);
    agent_.kind = program::ExternalKind::Agent;
    agent_.doc = declaration_.doc;
    agent_.bounds = bounds_of(context_, unit_, declaration_.within, true);
    for (const PromptMember& item : declaration_.members) member(item);
    if (!once_.contains("model")) {
      context_.diagnostics.report(
          MissingMember{owner(), "model", "; say which `model` thinks for it: `model: smart`"},
          declaration_.name.span);
    }
    if (!once_.contains("loop")) standard_loop();
    instructions();
    agent_.tools = tools_.written();
    agent_.handoff = tools_.handed();
    agent_.pick = tools_.pick();
    context_.agent_tools[index_] = tools_.take();
    return std::move(agent_);
  }

 private:
  std::string owner() const { return "agent `" + std::string(signature_.name) + '`'; }

  void member(const PromptMember& item) {
    if (!item.value) return;
    if (item.kind == PromptMemberKind::System) return message(item, program::Role::System);
    if (item.kind == PromptMemberKind::User) return message(item, program::Role::User);
    const std::string_view key = item.key.text;
    if (std::find(kMembers.begin(), kMembers.end(), key) == kMembers.end()) return unknown(item);
    const auto [earlier, is_new] = once_.try_emplace(key, item.key.span);
    if (!is_new) {
      context_.diagnostics.report(DuplicateMember{std::string(key), owner()}, item.key.span)
          .note(earlier->second, "it stands here first");
      return;
    }
    if (key == "model") agent_.model = model_named(context_, unit_, *item.value, "model").value_or(0);
    if (key == "tools") tools_.tools(*item.value);
    if (key == "allow") tools_.allow(*item.value);
    if (key == "deny") tools_.deny(*item.value);
    if (key == "handoff") tools_.handoff(*item.value);
    if (key == "memory") memory(*item.value);
    if (key == "loop") loop(*item.value);
    const auto* part = std::ranges::find(kProfile, key, &ProfilePart::key);
    if (part != kProfile.end()) profile(*part, *item.value);
  }

  void unknown(const PromptMember& item) {
    const std::string_view key = item.key.text;
    if (key.empty()) return;
    const std::vector<std::string_view> known(kMembers.begin(), kMembers.end());
    const std::string_view best = closest(context_.diagnostics, key, known);
    const std::string hint = best.empty() ? "; it has " + list_of_names({known.begin(), known.end()})
                                          : "; did you mean `" + std::string(best) + ":`?";
    auto report =
        context_.diagnostics.report(UnknownPromptMember{"an agent", std::string(key), hint}, item.key.span);
    if (!best.empty()) report.fix(item.key.span, std::string(best), "write `" + std::string(best) + ":`");
    if (best == "model") once_.try_emplace("model", item.key.span);
  }

  void message(const PromptMember& item, program::Role role) {
    BodyChecker body(
        context_,
        {.unit = unit_, .pure = "an agent", .prompt = &signature_, .media = role == program::Role::User});
    const RegionId region = body.open();
    body.declare_parameters(signature_.parameters);
    const Value text = body.value_as(*item.value, context_.module.types.string_type);
    body.close(region, text);
    agent_.messages.push_back({role, region, -1});
  }

  /// A constant text, or a list of them.
  void profile(const ProfilePart& part, const Expr& expr) {
    const bool is_list = expr.kind == ExprKind::List;
    const TypeId text = context_.module.types.string_type;
    const auto value =
        evaluate_constant(context_, unit_, expr, is_list ? context_.module.types.list_of(text) : text,
                          '`' + std::string(part.key) + ":`");
    if (!value) return;
    std::string& lines = profile_[static_cast<size_t>(&part - kProfile.data())];
    if (!is_list) return void(lines = std::get<std::string>(value->value));
    for (const Constant& each : std::get<Constant::Parts>(value->value))
      lines += "\n- " + std::get<std::string>(each.value);
  }

  /// The profile stands before the agent's own messages, and behind what it is for.
  void instructions() {
    std::string profile;
    for (size_t i = 0; i < kProfile.size(); ++i) {
      if (profile_[i].empty()) continue;
      profile += (profile.empty() ? "" : "\n") + std::string(kProfile[i].head) + ':' +
                 (profile_[i].starts_with('\n') ? "" : " ") + profile_[i];
    }
    if (!profile.empty()) {
      agent_.messages.insert(agent_.messages.begin(), fixed(profile));
      agent_.doc += (agent_.doc.empty() ? "" : "\n") + profile + "\nThe answer is a " +
                    context_.text(signature_.result) + '.';
    }
  }

  /// A system message that says `text`.
  graph::MessagePart fixed(const std::string& text) {
    BodyChecker body(context_, {.unit = unit_, .pure = "an agent", .prompt = &signature_});
    const RegionId region = body.open();
    body.declare_parameters(signature_.parameters);
    const TypeId string = context_.module.types.string_type;
    const NodeId value = body.emit().constant(string, agent_.span, text);
    body.emit().set_result(region, value);
    body.emit().close();
    return {program::Role::System, region, -1};
  }

  Diagnostics::Builder bad(std::string_view key, std::string wanted, Span span) {
    return context_.diagnostics.report(BadMember{std::string(key), std::move(wanted)}, span);
  }

  void memory(const Expr& expr) {
    static const std::string wanted = "the name of a `memory` declaration";
    const Symbol* symbol = named_by_agent(context_, unit_, expr, "memory", wanted);
    if (!symbol) return;
    const bool fits = symbol->kind == SymbolKind::Resource &&
                      symbol->declaration->as<syntax::ResourceDecl>().word == "memory";
    if (!fits) return void(bad("memory", wanted, expr.span).note(symbol->span, "it is declared here"));
    agent_.memory = symbol->name;
    agent_.resource = symbol->model;
  }

  void loop(const Expr& expr) {
    static const std::string wanted = "the name of a chain `(messages: messages, tools: Tool[]) -> Message`";
    const Symbol* symbol = named_by_agent(context_, unit_, expr, "loop", wanted);
    if (!symbol) return;
    if (symbol->kind != SymbolKind::Chain || symbol->versions.empty())
      return void(bad("loop", wanted, expr.span).note(symbol->span, "it is declared here"));
    const uint32_t place = bare_version(context_, *symbol, &signature_);
    const Signature& chain = context_.chains[place];
    if (chain.broken || is_loop(chain)) {
      agent_.loop = context_.sources.text(expr.span);
      agent_.loop_chain = place;
    } else {
      bad("loop", wanted, expr.span).note(symbol->span, "it is declared here");
    }
  }

  bool is_loop(const Signature& chain) {
    program::TypeTable& types = context_.module.types;
    const TypeId messages = types.list_of(message_type(context_));
    const TypeId tools = types.list_of(tool_type(context_));
    const std::vector<Slot>& slots = chain.parameters.items;
    return slots.size() == 2 && slots[0].type == messages && slots[1].type == tools &&
           chain.result == message_type(context_);
  }

  /// What `std.agent` has.
  void standard_loop() {
    for (const Import& import : context_.modules.units[unit_].imports) {
      if (import.declaration) continue;
      const Symbol* symbol = context_.find(import.unit, "loop");
      if (symbol && symbol->kind == SymbolKind::Chain) agent_.loop_chain = symbol->versions.back();
    }
  }

  Context& context_;
  Signature& signature_;
  const syntax::AgentDecl& declaration_;
  uint32_t unit_;
  uint32_t index_;
  AgentTools tools_;
  graph::External agent_;
  std::array<std::string, kProfile.size()> profile_;
  std::unordered_map<std::string_view, Span> once_;
};

}  // namespace

graph::External build_agent(Context& context, Signature& signature, uint32_t index) {
  return AgentBuilder(context, signature, index).build();
}

}  // namespace chain::sema
