// Checks expressions, blocks and templates, and emits their nodes on the way.
//
// A value that is wrong is poisoned: it has been reported, and whatever is made of it is poisoned too and
// says nothing more. The nodes of a wrong program are never looked at.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/sema/call_order.h"
#include "compiler/sema/context.h"
#include "compiler/sema/emitter.h"
#include "compiler/syntax/assigned.h"
#include "compiler/syntax/ast.h"
#include "runtime/library/higher_order.h"
#include "runtime/library/library.h"

namespace chain::sema {

/// What an expression gives.
struct Value {
  enum class State : uint8_t {
    Good,    // `type` says what; a Void one has no value
    Poison,  // wrong, and reported
    Exits,   // control never gets behind it: it always returns
  };
  NodeId node;
  TypeId type;
  State state = State::Poison;

  [[nodiscard]] bool good() const { return state == State::Good; }
  [[nodiscard]] bool poisoned() const { return state == State::Poison; }
  [[nodiscard]] bool exits() const { return state == State::Exits; }
};

/// The type that surroundings expect: a hint for literals, cases and `none`, not a demand.
using Expected = std::optional<TypeId>;

/// What a body may do, by where it stands.
struct Surroundings {
  uint32_t unit = 0;
  std::string_view pure = {};           // not empty: it may not call prompts or chains; "a template"
  const Signature* chain = nullptr;     // of which `return` gives the result: a chain, or a function
  bool returns = false;                 // `return` and `fail` may stand in it
  const Signature* prompt = nullptr;    // whose messages know `output`
  bool test = false;                    // `given` and `expect` may stand in it
  bool secrets = false;                 // `secret(...)` may stand in it
  const Signature* declared = nullptr;  // the `template` whose text this is
  bool media = false;                   // a `user` part: media may be shown
  bool includes = true;                 // templates may be called: not where values are known before they are
};

class BodyChecker {
 public:
  BodyChecker(Context& context, Surroundings surroundings);

  // ---- Regions and names -------------------------------------------------------------------

  RegionId open() { return emit_.open(); }
  void close(RegionId region, const Value& result);
  /// Params for every slot, as locals.
  void declare_parameters(Slots& slots);
  /// One local, given a value from outside (`it`).
  void declare(std::string_view name, Value value, Span span);

  // ---- What can be checked -----------------------------------------------------------------

  /// The value of `expr`, of any type.
  Value value(const syntax::Expr& expr, Expected expected = {});
  /// The value of `expr` as `type`, or a report.
  Value value_as(const syntax::Expr& expr, TypeId type);
  /// A condition: a bool, whatever `expr` is.
  Value condition(const syntax::Expr& expr);
  /// A `where` over `it`: none of an optional holds, a value inside must meet the condition.
  Value condition_on(Value it, const syntax::Expr& expr);
  /// A chain's or test's block; a chain's last value is its result.
  void body(const syntax::Block& block);
  Value text(const syntax::Template& content, Span span);
  /// The text of a `template`: its emits go to the region that is open.
  void render(const syntax::Template& content) { pieces(content.nodes); }
  /// Gives `value` as `type`, or reports at `span`.
  Value convert(Value value, TypeId type, Span span);
  /// `value` with the conditions of `slot` checked.
  Value checked(Value value, const std::vector<uint32_t>& predicates, Span span);

  /// The record of a call's arguments, for examples.
  Value arguments_record(Signature& signature, std::span<const syntax::Argument> arguments, Span span);
  /// The unit that `policies` or `std.review` stands for.
  std::optional<uint32_t> module_named(const syntax::Expr& expr);
  /// The resource that `handbook` or `lib.handbook` names; null if it is something else.
  Symbol* resource_named(const syntax::Expr& expr);

  // ---- Of evals (eval_values.cpp)

  /// What a block gives, of whatever type.
  Value inferred(const syntax::Block& block);
  /// A condition that is expected to hold, as of a test.
  void require(syntax::Expr& condition);
  /// `exact(a, b)`: whether they are equal. `sides` gets both, unless that is known without them.
  Value exact(const syntax::CallExpr& call, std::vector<Value>& sides);
  /// `value` as a score, a bool or number or an optional of one, or a report.
  Value number(Value value, Span span);
  /// Of a test: what is answered from cassettes.
  [[nodiscard]] const std::vector<program::Taped>& taped() const { return taped_; }

  [[nodiscard]] Emitter& emit() { return emit_; }
  /// Of chains.
  [[nodiscard]] const std::vector<CallSite>& calls() const { return calls_; }
  /// Of templates and functions, and conditions that are checked; as places in Context::pure_calls.
  [[nodiscard]] const std::vector<CallSite>& pure_calls() const { return pure_calls_; }
  [[nodiscard]] bool mentions_format() const { return mentions_format_; }
  [[nodiscard]] bool has_steps() const { return steps_ > 0; }

 private:
  struct Local {
    std::string_view name;
    Value value;
    Span span;
    uint32_t id = 0;        // never used again, for narrowing
    Slot* slot = nullptr;   // the parameter that it is
    uint32_t shadowed = 0;  // place of the outer local of that name plus one
    uint32_t depth = 0;     // of its scope
    bool assignable = false;
    Span statement;  // of the `let` or `var` that declares it
  };

  /// A region and what it gives, before its type is settled with that of its siblings.
  struct Branch {
    RegionId region;
    Value value;
    Span span;
    std::vector<Value> assigned;  // what the variables of `Carried` are at its end
  };

  /// The variables around a block that it may assign. They are values like all others: a branch gives those
  /// that it leaves behind, a loop hands them from one iteration to the next.
  struct Carried {
    struct Before {
      uint32_t local = 0;  // place in `locals_`
      uint32_t id = 0;
      Value value;
    };
    std::vector<Before> variables;
    [[nodiscard]] bool empty() const { return variables.empty(); }
  };

  /// The loop that a `break` ends.
  struct LoopAround {
    const Carried& carried;
    TypeId state;
    bool counts_breaks = false;  // the state's first field says whether a `break` ended the loop
    NodeId values;               // what the blocks gave so far; invalid if nobody wants it
  };

  /// A loop that runs in order. `each` is null for a `repeat`, whose source is an int.
  struct OrderedLoop {
    Span span;
    Value source;
    const syntax::ForExpr* each = nullptr;
    const syntax::Block& body;
    TypeId element;
    syntax::Assigned assigned;
    Expected item;
    bool wants_values = false;
    bool counts_breaks = false;
  };

  /// Whether the last value of a block is wanted.
  enum class Want : uint8_t { Value, Nothing };

  /// Something known of a name or a path of fields: it is present, and perhaps which member of its union it
  /// is.
  struct Fact {
    std::string path;
    const syntax::Expr* expr = nullptr;
    std::optional<uint32_t> member = {};
  };
  struct Facts {
    std::vector<Fact> if_true;
    std::vector<Fact> if_false;
  };

  /// The loop around a template's body.
  struct Loop {
    Value list;
    Value index;
  };

  /// One argument of a call: an expression, or a value that is there already.
  struct Given {
    syntax::Name name;
    const syntax::Expr* expr = nullptr;
    Value value;
    Span span;
  };

  /// Slots on the way to having values.
  struct Filling {
    explicit Filling(Slots& all) : slots(all), values(all.items.size()), given(all.items.size()) {}
    Slots& slots;
    std::vector<Value> values;
    std::vector<std::optional<Span>> given;  // where
    bool good = true;
  };

  // body.cpp
  Value good(NodeId node, TypeId type) { return {node, type, Value::State::Good}; }
  Value poison() { return {}; }

  Value make(Op op, TypeId type, Span span, NodeParts parts = {});
  Value constant(TypeId type, Span span, graph::Constant value);
  Value integer(int64_t value, Span span);
  Value rebuilt(const Constant& constant, Span span);
  template <class Body>
  Branch branch(Span span, Body&& body);
  /// Runs `body` where neither a prompt nor a chain may be called.
  template <class Body>
  auto purely(std::string_view place, Body&& body);
  const program::Type& type(TypeId id) const { return context_.type(id); }
  program::TypeTable& types() { return context_.module.types; }
  std::string shown(TypeId id) const { return context_.text(id); }
  Value wanted(Value value, Span span);
  bool too_deep(Span span);

  // names.cpp
  size_t enter_scope();
  void leave_scope(size_t mark);
  uint32_t declare_local(syntax::Name name, Value value, uint32_t id = 0);
  Local* local(std::string_view name);
  Value name(const syntax::NameExpr& expr, Expected expected);
  Value symbol_value(Symbol& symbol, Span span);
  Value enum_case(TypeId type, std::string_view name, Span span);
  Value unknown_name(std::string_view name, Span span, Expected expected);
  Symbol* member_of(uint32_t unit, const syntax::Name& name);
  bool names_nothing_yet(const syntax::Expr& expr);

  // narrowing.cpp
  Value condition(const syntax::Expr& expr, Facts& facts);
  Value optional_condition(const syntax::Expr& expr, Value value, Facts& facts);
  Value both(const syntax::BinaryExpr& expr, Facts& facts);
  std::string path_of(const syntax::Expr& expr);
  void assume(const std::vector<Fact>& facts);
  Value narrowed_to(Value value, std::optional<uint32_t> member, Span span);
  const Value* narrowed(const syntax::Expr& expr);
  bool comparison_with_none(const syntax::BinaryExpr& expr, Value& result, Facts& facts);

  // conversions.cpp
  bool converts(TypeId from, TypeId to) const;
  bool retypes(TypeId from, TypeId to) const;
  Value plain(Value value, Span span);
  Value unconstrained(Value value, Span span);
  std::optional<TypeId> common(TypeId a, TypeId b);
  Value mismatch(const Value& value, TypeId type, Span span);
  Value join(std::vector<Branch>& branches, Expected expected);
  Value together(const std::vector<Branch>& branches);
  Expected hint_from(const Value& value);

  // union_values.cpp
  std::vector<TypeId> expected_types(Expected expected) const;
  std::optional<TypeId> expected_literals(Expected expected, const program::Literal& literal,
                                          TypeId base) const;
  std::optional<TypeId> expected_enum(Expected expected, std::string_view name) const;
  std::optional<uint32_t> member_for(TypeId from, TypeId whole) const;
  bool converts_to_union(TypeId from, TypeId whole) const;
  Value to_union(Value value, TypeId whole, Span span);
  Value switch_over_members(Value whole, TypeId result, Span span,
                            const std::function<Value(Value, uint32_t)>& arm);
  std::optional<TypeId> shared_field(TypeId whole, std::string_view name);
  Value union_field(Value whole, const syntax::Name& name, Span object_span);

  // expressions.cpp
  Value string(const syntax::StringExpr& expr, Expected expected);
  Value literal(const syntax::Expr& expr, program::Literal literal, TypeId base, Expected expected);
  Value number(const syntax::Expr& expr, int64_t value, Expected expected);
  Value none(const syntax::Expr& expr, Expected expected);
  Value list(const syntax::ListExpr& expr, Expected expected);
  Value member(const syntax::MemberExpr& expr, Expected expected);
  bool has_fields(TypeId type) const;
  Value field(Value object, const syntax::Name& name, Span object_span);
  Value optional_member(const syntax::MemberExpr& expr, Value object);
  template <class Body>
  Value on_present(Value object, Span span, Span object_span, Body&& body);
  Value output_member(const syntax::MemberExpr& expr);
  Value index(const syntax::IndexExpr& expr);
  std::optional<TypeId> hinted(Expected expected, program::TypeKind kind) const;

  // aggregates.cpp
  struct MapPart;
  Value map(const syntax::MapExpr& expr, Expected expected);
  MapPart map_entry(const syntax::MapEntry& entry, Expected element, Expected joined);
  MapPart map_spread(const syntax::MapEntry& entry, Expected joined);
  Value joined_map(const std::vector<MapPart>& parts, TypeId element, Span span);
  Value record(const syntax::RecordExpr& expr);
  Value fill_record(const syntax::RecordExpr& expr, Slots& slots);
  void take_rest(Filling& filling, Value whole, Span span);

  // json_values.cpp
  bool is_json_literal(const syntax::Expr& expr, TypeId type) const;
  Value json_literal(const syntax::Expr& expr);
  Value json_part(Value json, Value key, Span span);

  // operators.cpp
  Value unary(const syntax::UnaryExpr& expr, Expected expected);
  Value binary(const syntax::BinaryExpr& expr, Expected expected);
  Value arithmetic(const syntax::BinaryExpr& expr, Value left, Value right);
  Value scaled(const syntax::BinaryExpr& expr, Value amount, Value factor);
  std::optional<Value> calendar(const syntax::BinaryExpr& expr, Value left, Value right);
  Value comparison(const syntax::BinaryExpr& expr);
  Value compared(const syntax::BinaryExpr& expr, Value left, Value right);
  Value contained(const syntax::BinaryExpr& expr);
  Value coalesce(const syntax::BinaryExpr& expr, Expected expected);
  Value bad_operands(const syntax::BinaryExpr& expr, const Value& left, const Value& right,
                     std::string hint = {});
  std::pair<Value, Value> operands(const syntax::BinaryExpr& expr);

  // calls.cpp
  Value call(const syntax::CallExpr& expr, Expected expected);
  Value method(const syntax::CallExpr& expr, const syntax::MemberExpr& callee,
               const syntax::Version& version);
  Value versioned(const syntax::VersionedExpr& expr);
  Value call_named(const syntax::Expr& expr, const syntax::Name& callee, const syntax::Version& version,
                   std::vector<Given> arguments);
  Value unknown_function(const syntax::Name& callee, std::vector<Given>& arguments);
  Value call_symbol(const syntax::Expr& expr, Symbol& symbol, const syntax::Version& version, Span name_span,
                    std::vector<Given> arguments);
  Value call_step(const syntax::Expr& expr, Signature& signature, uint32_t index, Span name_span,
                  std::vector<Given> arguments);
  Value call_function(const syntax::Expr& expr, uint32_t index, const syntax::Version& version,
                      Span name_span, std::vector<Given> arguments);
  void report_version(std::string_view name, const syntax::Version& version, std::string_view kind);
  Value call_template(const syntax::Expr& expr, uint32_t index, const syntax::Version& version,
                      Span name_span, std::vector<Given> arguments);
  bool step_allowed(const Signature& signature, Span span);
  static void declared_here(Diagnostics::Builder report, const Signature& signature);

  // outside_calls.cpp
  std::optional<Value> outside_call(const syntax::CallExpr& expr, const syntax::MemberExpr& callee,
                                    std::vector<Given>& arguments);
  Value resource_call(const syntax::CallExpr& expr, const syntax::MemberExpr& callee, Symbol& resource,
                      std::vector<Given>& arguments);
  void check_search(const Signature& search, NodeId call, const graph::Resource& index);
  Value human_call(const syntax::CallExpr& expr, const syntax::MemberExpr& callee,
                   std::vector<Given>& arguments);
  Value model_call(const syntax::CallExpr& expr, const syntax::MemberExpr& callee,
                   std::vector<Given>& arguments);
  Value approve(const syntax::Expr& expr, uint32_t index, Span name_span, std::vector<Given>& arguments);
  Value trust(Span name_span, Span span, std::vector<Given>& arguments);
  Value secret(Span name_span, Span span, std::vector<Given>& arguments);
  std::optional<Value> effect(const syntax::Expr& expr, const syntax::Name& callee,
                              std::vector<Given>& arguments);
  Value log(const syntax::Expr& expr, uint32_t index, Span name_span, std::vector<Given>& arguments);
  void log_value(Value value, Span span);
  Value argument_value(const Given& argument, Expected expected = {});
  std::optional<uint32_t> place_of(const Signature& signature, const Given& argument, size_t count,
                                   uint32_t& position);
  std::optional<std::vector<NodeId>> bind(Signature& signature, const std::vector<Given>& arguments,
                                          Span call);
  void ignore(std::vector<Given>& arguments);

  // slots.cpp
  void put(Filling& filling, uint32_t index, const Given& given, Span name);
  std::vector<std::string> fill_rest(Filling& filling, Span span);
  std::optional<std::vector<NodeId>> operands_of(const Filling& filling);

  // library_calls.cpp
  Value call_library(std::string_view name, Span name_span, Span span, std::vector<Given> arguments);
  class Overloads;
  static Span place_of(const Given& argument);
  bool fits(Overloads& rows, size_t argument, TypeId type);
  bool report_may_be_none(Overloads& rows, size_t index, const Given& argument);
  Value library_node(const Overloads& rows, const std::vector<Given>& arguments, Span span);
  std::optional<Value> written_constant(const library::Function& function, const NodeParts& parts,
                                        TypeId result, Span span);
  bool check_written_pattern(const library::Function& function, const NodeParts& parts);
  Value report_shape(std::string_view name, Span name_span, std::vector<Given>& arguments);

  // higher_order.cpp
  struct Taking;
  Value lambda(const syntax::LambdaExpr& expr);
  bool is_function(const Given& argument);
  const library::HigherOrder* higher_order(std::string_view name, std::span<const Given> arguments);
  Value call_higher_order(const library::HigherOrder& row, Span name_span, Span span,
                          std::vector<Given> arguments);
  bool take_arguments(Taking& call, std::vector<Given>& arguments);
  bool takes_function(const Taking& call);
  bool take_list(Taking& call);
  Value list_argument(const Taking& call, size_t place, program::TypeKind kind);
  Value apply(const Taking& call, const std::vector<Value>& values, size_t least, Expected expected);
  bool bind_parameters(const Taking& call, const std::vector<Value>& values, size_t least);
  Value apply_condition(const Taking& call, const std::vector<Value>& values);
  Value library_of(std::string_view name, const Taking& call, const std::vector<Value>& values);
  template <class Body>
  Value each_of(Op op, const Taking& call, Value list, Body&& body);
  Value mapped(const Taking& call);
  Value kept(const Taking& call);
  Value picked(const Taking& call, Value places);
  Value picked_one(const Taking& call, Value place);
  Value first_place(const Taking& call, bool wanted_outcome);
  Value searched(const Taking& call);
  Value by_key(const Taking& call);
  Value reduced(const Taking& call);
  Value folded(const Taking& call, Value list, Value initial);
  Value zipped(const Taking& call);

  // variables.cpp
  Carried carry(const syntax::Assigned& assigned);
  void restore(const Carried& carried);
  template <class Body>
  Branch branch(Span span, const Carried& carried, Body&& body);
  TypeId add_state(const Carried& carried, bool counts_breaks);
  void add_field(TypeId record, std::string_view name, TypeId type);
  std::vector<NodeId> current(const Carried& carried);
  TypeId seal(std::vector<Branch>& branches, const Carried& carried, const Value& result);
  void adopt(const Carried& carried, NodeId state, uint32_t first, Span span);
  Value merged(const Carried& carried, NodeId node, const Value& result, Span span);
  Value assign(const syntax::AssignStmt& stmt);

  // loops.cpp
  Value repeat(const syntax::RepeatStmt& stmt);
  void run_out(const syntax::RepeatStmt& stmt, NodeId loop);
  Value leave_loop(const syntax::Stmt& stmt);
  Value in_order(const OrderedLoop& loop, NodeId& node);
  Value iteration(const OrderedLoop& loop, const LoopAround& around, Value& last);

  // failures.cpp
  struct Catching;
  Value attempt(const syntax::TryExpr& expr, Expected expected);
  Value attempt_or_none(const syntax::TryExpr& expr, Branch body, const Carried& carried);
  bool plan_catch(Catching& plan, const syntax::MatchArm& arm);
  Value fail(Span name_span, Span span, std::vector<Given> arguments);
  bool in_steps(std::string_view word, Span span);

  // alternatives.cpp
  template <class Body>
  Branch alternative(std::string_view word, Span span, Body&& body);
  void leaves_alternative(std::string_view word, Span span);
  Value race(const syntax::RaceExpr& expr, Expected expected);
  Value sample(const syntax::SampleExpr& expr, Expected expected);
  Value with_options(const syntax::WithExpr& expr, Expected expected);

  // match_plan.cpp
  struct MatchTarget;
  struct MatchPlan;
  MatchPlan plan_match(const syntax::MatchExpr& expr, Expected expected, Want want);
  void add_targets(MatchPlan& plan);
  bool plan_pattern(MatchPlan& plan, uint32_t arm, const syntax::Pattern& pattern);
  bool plan_none(MatchPlan& plan, uint32_t arm, const syntax::Pattern& pattern);
  bool plan_case(MatchPlan& plan, uint32_t arm, const syntax::Pattern& pattern);
  bool plan_literal(MatchPlan& plan, uint32_t arm, const syntax::Pattern& pattern);
  bool plan_type(MatchPlan& plan, uint32_t arm, const syntax::Pattern& pattern);
  bool plan_else(MatchPlan& plan, uint32_t arm, const syntax::Pattern& pattern);
  bool bad_pattern(const MatchPlan& plan, const syntax::Pattern& pattern, std::string hint = {});
  bool claim_value(MatchTarget& target, uint32_t arm, const program::Literal& literal, Span span);
  void report_missing(const MatchPlan& plan, const syntax::MatchExpr& expr, Expected expected, Want want);
  std::string placeholder(TypeId type) const;

  // match.cpp
  Value match(const syntax::MatchExpr& expr, Expected expected, Want want);
  Value selector(const MatchPlan& plan);
  Value member_selector(const MatchPlan& plan, Value subject);
  Value target_selector(const MatchTarget& target, Value subject, Span span);
  Value bool_selector(const MatchTarget& target, Value subject, Span span);
  Value switch_selector(const MatchTarget& target, Value subject, Span span);
  Value text_selector(const MatchTarget& target, Value subject, Span span, size_t begin, size_t end);
  Value match_arms(const MatchPlan& plan, const syntax::MatchExpr& expr, Expected expected, Want want);
  Branch match_arm(const MatchPlan& plan, const syntax::MatchArm& arm, uint32_t index, const Carried& carried,
                   Expected expected, Want want);
  void bind_subject(const MatchPlan& plan, const syntax::MatchArm& arm, uint32_t index);

  // control.cpp
  static Span last_span(const syntax::Block& block);
  Value block(const syntax::Block& block, Expected expected, Want want);
  Value statement(const syntax::Stmt& stmt, bool last, Expected expected, Want want,
                  std::vector<Fact>& after);
  Value let(const syntax::LetStmt& stmt);
  Value give_back(const syntax::ReturnStmt& stmt);
  Value given(const syntax::GivenStmt& stmt);
  Value given_random(const syntax::GivenStmt& stmt);
  Value given_from(const syntax::GivenStmt& stmt);
  void answer_once(const syntax::GivenStmt& stmt, const std::vector<uint32_t>& callees);
  std::vector<uint32_t> answerers(const syntax::GivenStmt& stmt);
  std::vector<uint32_t> answerers_of(Symbol& symbol, const syntax::GivenStmt& stmt);
  void unknown_answerer(const syntax::GivenStmt& stmt);
  Value expect(const syntax::ExpectStmt& stmt);
  Value discarded(const syntax::Expr& expr, std::vector<Fact>& after);
  Value if_else(const syntax::IfExpr& expr, Expected expected, Want want, std::vector<Fact>* after);
  Value for_each(const syntax::ForExpr& expr, Expected expected, Want want);
  Value filtered(const syntax::ForExpr& expr, Value list, TypeId element, uint32_t id, Facts& facts);
  uint32_t parallel(const syntax::ForExpr& expr);
  std::optional<int64_t> bound(const syntax::Expr& expr, std::string_view word, int64_t most);
  void report_not_list(TypeId found, Span span);
  void finish(const Signature& signature, Value value, const syntax::Block& block);

  // templates.cpp
  void pieces(std::span<syntax::TemplateNode* const> nodes);
  void output(const syntax::TemplateOutput& node);
  void choices(const syntax::TemplateIf& node, size_t first);
  void repeat(const syntax::TemplateFor& node);
  void include(const syntax::TemplateInclude& node);
  void without_arguments(const syntax::Expr& name);
  const Symbol* template_named(const syntax::Expr& callee);
  void set(const syntax::TemplateSet& node);
  struct Series;
  Series series(const syntax::TemplateFor& node);
  Value map_series(const syntax::TemplateFor& node, Value map, std::string_view part);
  void when_empty(const syntax::TemplateFor& node, Value list);
  Value loop_member(const syntax::MemberExpr& expr);
  Value loop_cycle(const syntax::CallExpr& expr);
  void emit_value(Value value, Span span);

  Context& context_;
  Surroundings surroundings_;
  Emitter emit_;
  std::vector<Local> locals_;
  std::unordered_map<std::string_view, uint32_t> visible_;  // place in `locals_` plus one
  std::unordered_map<std::string, Value> narrowed_;
  std::vector<std::pair<std::string, std::optional<Value>>> narrowed_before_;  // to undo
  std::vector<size_t> narrowing_marks_;
  std::vector<Loop> loops_;
  LoopAround* around_ = nullptr;
  /// What a test answers for, and where: by the block that it stands in and whose calls it answers.
  std::map<std::pair<uint32_t, std::vector<uint32_t>>, Span> answered_;
  std::string_view alternative_;  // "race" or "sample": no way leads out of its arms
  size_t fixed_below_ = 0;        // locals before this one cannot be assigned here
  size_t never_below_ = 0;        // nor could those before this one if they were variables
  std::vector<CallSite> calls_;
  std::vector<CallSite> pure_calls_;
  uint32_t last_id_ = 0;
  uint32_t scope_depth_ = 0;
  uint32_t depth_ = 0;
  uint32_t texts_ = 0;       // texts around what is checked, within each other
  uint32_t json_depth_ = 0;  // literals of JSON around what is checked
  bool in_braces_ = false;   // the statement stands in a block of its own lines, where another could
  size_t steps_ = 0;         // prompt and chain calls and returns emitted
  size_t lambdas_ = 0;       // functions without a name around what is checked
  bool mentions_format_ = false;
  std::vector<program::Taped> taped_;
};

/// Runs `body` in a region of its own and in a scope of its own.
template <class Body>
BodyChecker::Branch BodyChecker::branch(Span span, Body&& body) {
  const size_t mark = enter_scope();
  const size_t fixed = std::exchange(fixed_below_, locals_.size());
  const size_t never = std::exchange(never_below_, locals_.size());
  const RegionId region = emit_.open();
  const Value value = body();
  emit_.close();
  fixed_below_ = fixed;
  never_below_ = never;
  leave_scope(mark);
  return {region, value, span, {}};
}

/// Likewise; `body` may assign what is carried.
template <class Body>
BodyChecker::Branch BodyChecker::branch(Span span, const Carried& carried, Body&& body) {
  const size_t mark = enter_scope();
  const RegionId region = emit_.open();
  const Value value = body();
  emit_.close();
  leave_scope(mark);
  Branch result{region, value, span, {}};
  for (const Carried::Before& variable : carried.variables)
    result.assigned.push_back(locals_[variable.local].value);
  restore(carried);
  return result;
}

/// What `body` makes of the value inside `object`, as an optional; none if there is none.
template <class Body>
Value BodyChecker::on_present(Value object, Span span, Span object_span, Body&& body) {
  const Value present = make(Op::IsSome, types().bool_type, object_span, {.operands = {object.node}});
  const TypeId element = type(object.type).element;
  const Branch some = branch(span, [&] {
    const Value result =
        wanted(body(make(Op::Unwrap, element, object_span, {.operands = {object.node}})), span);
    return result.good() ? convert(result, types().optional_of(result.type), span) : result;
  });
  if (!some.value.good()) return some.value;
  const TypeId result = some.value.type;
  emit_.set_result(some.region, some.value.node);
  const Branch none = branch(span, [&] { return make(Op::None, result, span); });
  emit_.set_result(none.region, none.value.node);
  return make(Op::If, result, span, {.operands = {present.node}, .regions = {some.region, none.region}});
}

template <class Body>
auto BodyChecker::purely(std::string_view place, Body&& body) {
  const std::string_view outer = surroundings_.pure;
  if (outer.empty() || surroundings_.returns) surroundings_.pure = place;
  const bool returns = std::exchange(surroundings_.returns, false);
  auto result = body();
  surroundings_.pure = outer;
  surroundings_.returns = returns;
  return result;
}

}  // namespace chain::sema
