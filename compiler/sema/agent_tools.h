// What an agent may call: `tools`, `allow`, `deny`, `handoff`. Internal to compiler/sema.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/sema/context.h"

namespace chain::sema {

/// Reads the members of one agent that name what it may call; what is wrong is reported.
class AgentTools {
 public:
  AgentTools(Context& context, const Signature& agent)
      : context_(context), agent_(agent), unit_(agent.parameters.unit), result_(agent.result) {}

  void tools(const syntax::Expr& expr);
  void allow(const syntax::Expr& expr);
  void deny(const syntax::Expr& expr);
  void handoff(const syntax::Expr& expr);

  /// What all of it comes to, in the order of the text; to be called once.
  [[nodiscard]] std::vector<AgentTool> take();
  /// As written: "handbook.search", "registry.pick(5)"; the agents of `handoff`.
  [[nodiscard]] const std::vector<std::string>& written() const { return written_; }
  [[nodiscard]] const std::vector<std::string>& handed() const { return handed_; }
  /// Of `registry.pick(5)`; 0 for all.
  [[nodiscard]] uint32_t pick() const { return pick_; }

 private:
  /// The tools that one item of a list names: one, or all that a resource offers if `whole`. Empty, and a
  /// report, if it names none.
  std::vector<AgentTool> named_tools(const syntax::Expr& expr, std::string_view key, bool whole);
  std::vector<AgentTool> listed(const syntax::Expr& expr, std::string_view key, bool whole);
  std::vector<AgentTool> offers_of_all(Symbol& resource);
  std::optional<AgentTool> offered(const syntax::MemberExpr& member, const std::string& source);
  /// True if `expr` is `human.ask`, which is taken.
  std::optional<AgentTool> of_person(const syntax::MemberExpr& member);
  void registry(const syntax::Expr& expr);
  void everything();

  Context& context_;
  const Signature& agent_;
  uint32_t unit_;
  TypeId result_;
  std::vector<AgentTool> tools_, handoffs_;
  std::optional<std::vector<AgentTool>> allowed_;
  std::vector<AgentTool> denied_;
  std::vector<std::string> written_, handed_;
  uint32_t pick_ = 0;
};

/// What `expr` names for `key` of an agent: a declaration of unit `unit` or of a module. Null, and a report,
/// if nothing; `wanted` says what it should be.
[[nodiscard]] Symbol* named_by_agent(Context& context, uint32_t unit, const syntax::Expr& expr,
                                     std::string_view key, const std::string& wanted);

}  // namespace chain::sema
