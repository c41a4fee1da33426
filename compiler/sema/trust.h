// Trust: where text that somebody else wrote may go. A label that is inferred, beside the types.
//
// Each prompt, chain, function and tool gets a summary: which parameters flow into its result, and which
// reach a place where untrusted text may not stand. Summaries are worked out over the finished graph, round
// after round until nothing changes; each step only adds. Internal to compiler/sema.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/sema/context.h"
#include "runtime/program/resources.h"

namespace chain::sema::trust {

/// One place that the text has come through, and the one before it; null at its origin.
struct Step {
  Span span;
  std::string message;
  const Step* before = nullptr;
};

/// Untrusted whatever is given; else the number of the parameter whose text it is.
inline constexpr int32_t kSource = -1;
/// Found for an untrusted question: not the words of whoever asked, but of that one's choice. It may reach no
/// sink; in a prompt it needs no fence.
inline constexpr int32_t kFound = -2;

/// Where a value's text may come from, each origin once with the way it came first. Sorted by origin.
class Taint {
 public:
  struct Item {
    int32_t origin = kSource;
    const Step* way = nullptr;
  };
  /// True if the origin is new.
  bool add(int32_t origin, const Step* way);
  bool add(const Taint& other);
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] const std::vector<Item>& items() const { return items_; }
  [[nodiscard]] bool has(int32_t origin) const;

 private:
  std::vector<Item> items_;
};

/// A place where untrusted text may not stand, seen from a parameter whose text reaches it.
struct Sink {
  Span span;
  std::string what;        // "the system part of prompt `x`"
  bool asks = false;       // an agent's call of it waits for a person where its context holds untrusted text
  std::vector<Note> path;  // from the parameter to there
};

/// What callers need to know of a prompt, chain, function, tool or agent.
struct Summary {
  std::vector<const Step*> flows;        // by parameter: how it gets into the result; null if it does not
  const Step* source = nullptr;          // untrusted text in the result, whatever is given
  const Step* found = nullptr;           // likewise, what was found for an untrusted question
  std::vector<std::vector<Sink>> sinks;  // by parameter
  std::vector<bool> given;               // by parameter: somewhere untrusted text is passed for it
  std::vector<const Step*> given_by;     // likewise: the way that it came there first; may be null
  bool asked = false;                    // of an agent: a chain passes it untrusted text, not a model alone
  bool handed = false;                   // of an agent: a conversation with untrusted text is handed to it
};

/// What types say: which are closed, and where `untrusted` stands in them.
class Marks {
 public:
  /// `choices`: what a value decides counts too, so that no type is closed.
  explicit Marks(const Context& context, bool choices = false);

  /// Whether values of the type cannot carry text of somebody's choice: enums, bools, literals, numbers with
  /// both bounds, and what is made of these.
  [[nodiscard]] bool closed(TypeId type) const { return closed(type, {}); }
  [[nodiscard]] bool closed_field(TypeId record, uint32_t field) const;
  [[nodiscard]] bool closed_parameter(const Slot& slot) const;
  /// The slot of a field that is declared untrusted, if it is.
  [[nodiscard]] const Slot* marked(TypeId record, uint32_t field) const;
  /// A field declared untrusted somewhere in the type; null if there is none.
  [[nodiscard]] const Slot* first_mark(TypeId type) const;

 private:
  [[nodiscard]] bool closed(TypeId type, const std::vector<uint32_t>& predicates) const;
  [[nodiscard]] bool closed_record(TypeId id) const;
  [[nodiscard]] bool both_bounds(const std::vector<uint32_t>& predicates) const;
  const Slot* first_mark(TypeId type, std::vector<uint32_t>& seen) const;

  const Context& context_;
  bool choices_;
  mutable std::unordered_map<uint32_t, bool> closed_records_;  // by type
  std::unordered_map<uint32_t, uint8_t> bounds_;               // by predicate: 1 a lower one, 2 an upper one
};

/// The result of the analysis: summaries, and the taint of every node.
class Flow {
 public:
  /// `choices`: follow what closed values and conditions decide as well, not text alone. Sinks mean nothing
  /// then.
  explicit Flow(Context& context, bool choices = false);

  void run();
  /// Reports what reaches a sink. To be called once, behind `run`.
  void report();
  /// Says of each agent what of its conversation may be text of others. To be called behind `run`.
  void mark_agents();
  /// The same of what agents could call, if it was asked for.
  void mark_registry();
  /// Whether the value of a node of prompt `summary` may be untrusted in some run of the program.
  [[nodiscard]] bool may_be_untrusted(NodeId node, const Summary& summary) const;
  /// The way of untrusted text into the value of a node, if there may be some.
  [[nodiscard]] std::optional<std::vector<Note>> way_into(NodeId node, const Summary& summary) const;
  [[nodiscard]] const Summary& chain(size_t index) const { return chains_[index]; }
  [[nodiscard]] const Summary& prompt(size_t index) const { return prompts_[index]; }
  [[nodiscard]] const Summary& external(size_t index) const { return externals_[index]; }

 private:
  struct Owner {
    const Signature* signature = nullptr;
    Summary* summary = nullptr;
  };

  void round();
  void prompt_round(uint32_t index);
  void chain_round(uint32_t index);
  void function_round(uint32_t index);
  void external_round(uint32_t index);
  void body(RegionId id, TypeId result);
  void agent_tools(const graph::External& agent, uint32_t index);
  [[nodiscard]] bool hears_others(const graph::External& agent, uint32_t index) const;
  [[nodiscard]] bool begins_untrusted(const graph::External& agent, uint32_t index) const;
  [[nodiscard]] bool loop_reads_others(uint32_t chain) const;
  [[nodiscard]] bool gives_untrusted(const graph::Callable& callable) const;
  void message_sinks(const graph::MessagePart& part, const std::string& owner);
  void provider_sinks(const graph::ProviderArgument& argument, program::ArgumentType type,
                      const std::string& owner);
  void host_sink(NodeId url, const std::string& what);
  void host_piece(NodeId value, const Taint& taint, std::string& before, const std::string& what);
  void header_sinks(NodeId headers, const std::string& owner);
  void host_pieces(RegionId region, std::string& before, const std::string& what);
  void emits_reach(RegionId region, const std::string& what);
  void into_result(const Taint& taint);
  void declared_result();

  void region(RegionId id);
  Taint evaluate(NodeId id);
  Taint parameter(NodeId id, const graph::Node& node);
  Taint field(const graph::Node& node);
  Taint record(const graph::Node& node);
  [[nodiscard]] bool instructs(const graph::Node& message) const;
  Taint chosen(const graph::Node& node);
  Taint filter(const graph::Node& node);
  Taint branches(const graph::Node& node);
  Taint searched(const graph::Node& node);
  Taint ordered_loop(const graph::Node& node);
  void breaks(RegionId region, std::vector<NodeId>& states) const;
  std::vector<NodeId> states_of(const graph::Node& node) const;
  void learn_fields(NodeId id);
  [[nodiscard]] bool changes(const graph::Node& branch, uint32_t field) const;
  void ends_of(RegionId region, std::vector<NodeId>& conditions) const;
  std::vector<NodeId> alternatives(NodeId id) const;
  Taint render(const graph::Node& node);
  Taint library(const graph::Node& node);
  [[nodiscard]] Taint spelled(NodeId keys) const;
  /// What a model that searches the web answers.
  Taint searched_answer(const graph::Node& node);
  Taint call(const graph::Node& node, const Signature& callee, Summary& summary, const std::string& name);
  Taint external(const graph::Node& node);
  void gather_emits(RegionId region, Taint& all) const;

  /// What a reader of the node's value gets: nothing if its type is closed.
  [[nodiscard]] Taint read(NodeId id) const;
  /// The same for who hands the value on. A bool is closed, yet what it was made of still chooses where it
  /// selects something, so it is not forgotten on the way there.
  [[nodiscard]] Taint carried(NodeId id) const;
  [[nodiscard]] bool of_bools(TypeId type) const;
  /// Whether `trust` or a person's approval gave the value: what it is declared as counts no more.
  [[nodiscard]] bool cleared(NodeId id) const;
  /// The same, with what is declared untrusted inside of it: for places that take the whole value as text.
  Taint whole(NodeId id);
  Taint all_operands(const graph::Node& node);
  void pass(Summary& callee, size_t parameter, const Taint& argument, Span span, const std::string& message);
  Taint stepped(const Taint& taint, Span span, const std::string& message);
  const Step* step(Span span, std::string message, const Step* before = nullptr);
  const Step* mark_step(const Slot& slot, Span span, const char* message);

  void reach(const Taint& taint, Span span, const std::string& what, bool asks = false);
  void reach(const Taint& taint, const Sink& beyond, Span span, const std::string& message);
  void add_sink(std::vector<Sink>& sinks, Sink sink);
  static std::vector<Note> path_of(const Step* way);

  Context& context_;
  graph::Module& module_;
  bool choices_;
  Marks marks_;
  std::deque<Step> steps_;
  std::vector<Taint> taints_;                                // by node
  std::unordered_map<uint32_t, std::vector<Taint>> fields_;  // of records whose fields are known one by one
  std::unordered_map<uint32_t, NodeId> loops_;               // by a Param inside a node: that node
  std::vector<Summary> prompts_, chains_, functions_, externals_;
  Owner owner_;
  std::vector<Sink> found_;  // what untrusted text reaches, whatever is given
  bool changed_ = false;
};

}  // namespace chain::sema::trust
