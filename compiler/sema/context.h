// What the checker knows about a whole program: declarations by name, types, signatures.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/graph/module.h"
#include "compiler/sema/call_order.h"
#include "compiler/sema/constants.h"
#include "compiler/sema/emitter.h"
#include "compiler/sema/modules.h"
#include "compiler/sema/suggest.h"
#include "compiler/syntax/ast.h"

namespace chain::sema {

enum class SymbolKind : uint8_t {
  Module,
  Const,
  Record,
  Alias,
  Enum,
  Model,
  Resource,
  Template,
  Function,
  Prompt,
  Chain,
  Tool,
  Agent,
  Unavailable
};

/// "a prompt", "a type".
[[nodiscard]] std::string_view describe(SymbolKind kind);

/// How far something has come that is worked out when it is first needed.
enum class Progress : uint8_t { New, Running, Done, Failed };

/// What a name means in one file.
struct Symbol {
  SymbolKind kind = SymbolKind::Unavailable;
  std::string_view name;
  Span span;          // of the name where it is declared first
  uint32_t unit = 0;  // Module: the unit it stands for; else where it is declared
  const syntax::Decl* declaration = nullptr;
  Progress progress = Progress::New;  // Const, Record, Alias, Enum
  TypeId type;                        // Record, Alias, Enum
  std::optional<Constant> value;      // Const
  std::vector<uint32_t> versions;  // Prompt, Chain, Tool, Agent: places among their signatures, lowest first
  std::optional<uint32_t> route;   // Prompt, Chain: place in `chains` of what chooses among the versions
  uint32_t place = 0;              // Template, Function: in `templates`, in `functions`
  uint32_t model = 0;              // Model: place in graph::Module::models; Resource: in `resources`
  std::unordered_map<std::string_view, uint32_t> offers;  // Resource: places in `externals`, by name

  [[nodiscard]] bool is_type() const {
    return kind == SymbolKind::Record || kind == SymbolKind::Alias || kind == SymbolKind::Enum;
  }
};

/// A field of a record or a parameter: a named place for a value.
struct Slot {
  std::string_view name;
  TypeId type;
  Span span;
  const syntax::Expr* fallback = nullptr;
  Progress progress = Progress::New;  // of `value`
  std::optional<Constant> value;      // what `fallback` is
  std::vector<uint32_t> predicates;   // places in graph::Module::predicates
  bool broken = false;                // its type is wrong: values of it are not looked at
  bool used = false;                  // a parameter: some text mentions it
  bool untrusted = false;             // declared so
};

/// Slots and where their names are.
struct Slots {
  std::vector<Slot> items;
  std::unordered_map<std::string_view, uint32_t> by_name;
  uint32_t unit = 0;
  TypeId type;  // the Record type they are fields of
};

/// A prompt, chain, tool or agent, one version of it; what a resource or a person offers; or a template or
/// function, which has none.
struct Signature {
  const syntax::Decl* declaration = nullptr;
  SymbolKind kind = SymbolKind::Prompt;
  std::string_view name;
  program::Version version;
  Slots parameters;
  TypeId result;
  bool broken = false;                  // its result type is wrong
  bool untrusted = false;               // its result is declared so
  const syntax::Decl* alike = nullptr;  // of a route: a declaration with its parameters and result
};

/// A type that is another one with conditions: `type Score = int where it >= 0`.
struct Constrained {
  TypeId base;
  std::vector<uint32_t> predicates;
};

/// A `where` whose condition is checked once every type is known.
struct PendingPredicate {
  uint32_t index = 0;
  const syntax::Expr* condition = nullptr;
  uint32_t unit = 0;
};

/// `route NAME { ... }`: a chain that calls one of the versions.
struct Route {
  const syntax::RouteDecl* declaration = nullptr;
  Symbol* symbol = nullptr;
  uint32_t chain = 0;             // place in Context::chains
  std::vector<uint32_t> targets;  // by arm: place among the signatures of the symbol's kind
};

/// What an agent may call.
struct AgentTool {
  SymbolKind kind = SymbolKind::Tool;  // Tool stands for every external
  uint32_t index = 0;
  bool handoff = false;  // an agent that the conversation may go on with
  std::string source;    // as the program says it: "handbook.search", "refund@1.0"
};

struct Holder {
  Span span;
  std::string_view name;  // empty for a statement without `let`
};

/// Shared by every part of the checker. One for each `check`.
struct Context {
  Context(const Modules& modules, const SourceMap& sources, Diagnostics& diagnostics);

  const Modules& modules;
  const SourceMap& sources;
  Diagnostics& diagnostics;
  graph::Module module;
  Places places;

  std::deque<Symbol> symbols;
  std::vector<std::unordered_map<std::string_view, Symbol*>> scopes;  // by unit
  std::vector<Signature> templates;                                   // as graph::Module::templates
  std::vector<Signature> functions;                                   // as graph::Module::functions
  std::vector<Progress> built;      // by function: how far its body has come; constants may need it early
  size_t bodies_built = 0;          // of functions
  Calls pure_calls;                 // see PureCode
  std::vector<Signature> prompts;   // as graph::Module::prompts
  std::deque<Signature> externals;  // as graph::Module::externals; grows while bodies are checked
  std::unordered_map<uint32_t, std::vector<AgentTool>> agent_tools;  // by external
  std::vector<AgentTool> registry;                                   // if it was asked for
  std::vector<Route> routes;
  std::unordered_map<std::string_view, uint32_t> human;         // places in `externals`: "ask", "approve"
  std::optional<TypeId> message, tool, tool_call, tool_result;  // once something mentions them
  std::map<program::ExternalKind, uint32_t> effects;            // likewise: Now, Random, Draw, Log
  std::optional<TypeId> passage;                                // once something mentions it
  std::string profile;                                          // of `--profile`; empty for none
  std::vector<Signature> chains;                                // as graph::Module::chains
  std::unordered_map<uint32_t, Slots> records;                  // by type
  std::unordered_map<uint32_t, Constrained> constrained;        // by type
  std::unordered_map<uint32_t, std::unordered_map<std::string_view, uint32_t>> cases;  // of enums, by type
  std::unordered_map<std::string_view, const Symbol*> case_owners;  // one enum that has such a case
  std::vector<PendingPredicate> predicates;
  std::vector<const Symbol*>
      model_symbols;  // by graph::Module::models; null for those of a `with` and of indexes
  /// By node, of values that a statement holds: the name of its `let`, or all of it if it has none.
  std::unordered_map<uint32_t, Holder> holders;
  std::map<std::pair<uint32_t, std::string>, uint32_t> derived_models;  // by provider's options and id
  std::optional<TypeId> error;                                          // see error_type
  size_t constant_budget = kConstantBudget;                             // what is left of it
  uint32_t constant_depth = 0;                                          // constants that are being worked out
  std::vector<CheckedConstant> checks;  // what constants are to meet, once every `where` is built
  std::deque<std::string> texts;        // names that no source holds

  [[nodiscard]] std::string_view keep(std::string text) { return texts.emplace_back(std::move(text)); }
  std::vector<std::pair<TypeId, Span>> unions;  // of declared types, whose members are to be looked at
  bool types_known = false;                     // every declared type is made

  [[nodiscard]] Symbol* find(uint32_t unit, std::string_view name);
  /// The module that a path names, `policies` or `std.review`; nothing if it is none.
  [[nodiscard]] std::optional<uint32_t> module_at(uint32_t unit, std::string_view path);
  /// The names declared in a unit, private ones only if asked: for hints, so none once diagnostics are
  /// dropped.
  [[nodiscard]] std::vector<std::string_view> names(uint32_t unit, bool with_private) const;
  /// The names of slots, for hints as well.
  [[nodiscard]] std::vector<std::string_view> names(const Slots& slots) const;
  [[nodiscard]] FileId file(uint32_t unit) const { return modules.units[unit].ast.file; }

  /// `Error`, what a `catch` binds: `kind` and `message`. Made when it is first needed.
  [[nodiscard]] TypeId error_type();

  [[nodiscard]] const program::Type& type(TypeId id) const { return module.types[id]; }
  [[nodiscard]] std::string text(TypeId id) const { return module.types.to_string(id); }
  /// The type without its conditions, and the base of a literal type.
  [[nodiscard]] TypeId unconstrained(TypeId id) const;
  [[nodiscard]] TypeId plain(TypeId id) const;
  [[nodiscard]] std::string hint(std::string_view name,
                                 const std::vector<std::string_view>& candidates) const {
    return hint_among(diagnostics, name, candidates);
  }
};

/// What calls what among templates, functions and conditions: their places in `Context::pure_calls`.
struct PureCode {
  enum class Kind : uint8_t { Template, Function, Condition };
  Kind kind;
  uint32_t index;  // among those of its kind

  [[nodiscard]] static uint32_t place_of(const Context& context, Kind kind, uint32_t index);
  [[nodiscard]] static PureCode at(const Context& context, uint32_t place);
};
/// Keeps the calls that stand in a piece of pure code.
void keep_calls(Context& context, PureCode::Kind kind, uint32_t index, const std::vector<CallSite>& calls);

/// Quoted and joined for a sentence: "`a`, `b` and `c`"; at most `most`, then "and 3 more".
[[nodiscard]] std::string list_of_names(const std::vector<std::string>& names, size_t most = 5);

/// "1.0".
[[nodiscard]] std::string to_string(program::Version version);

/// Version `index` of a prompt, chain, tool or agent.
[[nodiscard]] Signature& signature_of(Context& context, SymbolKind kind, uint32_t index);

/// The place among the signatures of its kind of the version that is asked for; of the highest if none is.
/// Nothing if there is no such version, which is reported. `routed` are the versions in the arms of a route,
/// of which it is one: none of them is suggested.
[[nodiscard]] std::optional<uint32_t> version_of(Context& context, const Symbol& symbol,
                                                 const syntax::Version& version,
                                                 std::span<const program::Version> routed = {});
/// "support.chain:classify@2.0", as the lock names a version.
[[nodiscard]] std::string key_of(const Context& context, const Signature& signature);
/// What a bare name means in `caller` (null for what is never released): the version that the lock pins, if
/// the caller is released; else the highest.
[[nodiscard]] uint32_t bare_version(Context& context, const Symbol& symbol, const Signature* caller);
/// The version that the lock pins, if it does and there is one.
[[nodiscard]] std::optional<uint32_t> pinned_version(Context& context, const Symbol& symbol,
                                                     const Signature* caller);
/// The name of a prompt or chain, with its version if there are several.
[[nodiscard]] std::string name_among_versions(Context& context, const Signature& signature);

// The steps of `check`, in order.

/// Fills `scopes`, and `templates`, `functions`, `prompts` and `chains` with their declarations.
void collect_declarations(Context& context);
/// Enters the `route`s among the chains.
void collect_routes(Context& context);
/// Makes every declared type.
void resolve_types(Context& context);
/// Gives records with a condition, which are copies, the fields that their base has by now.
void finish_constrained(Context& context);
/// The type that `expr` means in `unit`; nothing if it is wrong, which is reported.
[[nodiscard]] std::optional<TypeId> resolve_type(Context& context, uint32_t unit,
                                                 const syntax::TypeExpr& expr);
/// Makes the parameter records and result types of templates, functions, prompts and chains.
void resolve_signatures(Context& context);
/// Builds every `where`, and writes defaults into the types.
void build_predicates(Context& context);
void resolve_defaults(Context& context);
/// Checks every `const`, used or not.
void check_constants(Context& context);
void build_models(Context& context);
void build_resources(Context& context);
/// Tools and agents.
void build_externals(Context& context);
/// Finds what agents of the file that was named could call.
void collect_registry(Context& context);
/// Which agents and chains write.
void infer_effects(Context& context);
/// Follows untrusted text through the graph, reports where it goes too far, and fences it in prompts.
void check_trust(Context& context);
/// Fills `graph::Module::contents` and the `artifact` of every chain.
void find_contents(Context& context);
/// What callers see of a version, as compiler/versions/interface.h reads it. `kind` is "prompt"; `external`
/// of a tool or an agent, `writes` of a chain.
[[nodiscard]] std::string interface_of(const Context& context, const Signature& signature,
                                       std::string_view kind, const graph::External* external, bool writes);
/// Holds the contents to what the lock says is released, and reports what is no longer so.
void check_released(Context& context);
/// Fills `graph::Module::guarded_writes`.
void find_guarded_writes(Context& context);
void build_templates(Context& context);
/// Checks the bodies of all functions.
void build_functions(Context& context);
/// Reports templates, functions and conditions that call each other without end.
void check_pure_calls(Context& context);
void build_prompts(Context& context);
void build_chains(Context& context);
/// Warns of calls whose value nothing needs.
void check_needs(Context& context);
/// Tests become chains.
void build_tests(Context& context);
/// So do the parts of evals.
void build_evals(Context& context, std::vector<program::Eval>& evals);

/// A module as it is before its tests are built.
class Untested {
 public:
  explicit Untested(const graph::Module& module);
  /// Drops what came later.
  void restore(graph::Module& module) const;

 private:
  size_t nodes_, regions_, chains_, externals_, types_;
};

/// Reports constants that break a `where`. Only of a program that is right so far.
void check_conditions(Context& context);

// Worked out when first needed.

/// The record type `Message`: a turn of a conversation; `Tool`: what a model may call.
[[nodiscard]] TypeId message_type(Context& context);
[[nodiscard]] TypeId tool_type(Context& context);
/// A type that the language itself has, by its name.
[[nodiscard]] std::optional<TypeId> built_type(Context& context, std::string_view name);

/// Builds every function that the nodes of `region` call, and those that these call. False if one of them is
/// wrong or needs to be known to be built, which is reported.
[[nodiscard]] bool build_called(Context& context, RegionId region);

/// The record type `Passage`, which searches give.
[[nodiscard]] TypeId passage_type(Context& context);
/// The place in `externals` of what a resource offers by that name, or a person (`ask`, `approve`).
[[nodiscard]] std::optional<uint32_t> offer_of(Context& context, Symbol& resource, std::string_view name);
[[nodiscard]] std::optional<uint32_t> human_offer(Context& context, std::string_view name);
/// The place in `externals` of what the model of an agent offers its loop: `step`, `act`.
[[nodiscard]] std::optional<uint32_t> model_offer(Context& context, std::string_view name);
/// The place in `externals` of an effect of the language: Now, Random, Draw or Log.
[[nodiscard]] uint32_t effect_of(Context& context, program::ExternalKind kind);
/// What a resource offers, for hints; empty if that is not known here.
[[nodiscard]] std::vector<std::string_view> offers_of(const Context& context, const Symbol& resource);
/// The units of the types that the lock has of a server's tools.
[[nodiscard]] std::vector<uint32_t> schema_units(const Context& context, const Symbol& server);
/// Says that a resource offers no `member`, and what it does offer.
void report_unknown_offer(Context& context, const Symbol& resource, const syntax::Name& member);

/// Whether a value of `type` shows media, other than in the fields of a record.
[[nodiscard]] bool holds_media(const Context& context, TypeId type);

/// Whether a value of `type` can show media, in the fields of its records too.
[[nodiscard]] bool reaches_media(const Context& context, TypeId type);

/// Whether `untrusted` stands in the type, or in an alias that it names.
[[nodiscard]] bool says_untrusted(Context& context, uint32_t unit, const syntax::TypeExpr& expr);

/// The model that `expr` names in `unit`; nothing, and a report, if there is none. `member` is the key before
/// it.
[[nodiscard]] std::optional<uint32_t> model_named(Context& context, uint32_t unit, const syntax::Expr& expr,
                                                  std::string_view member);
[[nodiscard]] std::vector<std::string_view> model_names(const Context& context, uint32_t unit, bool own);

/// Reads `provider(...)` of a tool or resource of `kind`. `parameters` are a tool's; null for none.
[[nodiscard]] graph::ProviderCall provider_call(Context& context, uint32_t unit, std::string_view kind,
                                                const syntax::ProviderCall& call, Slots* parameters);
/// Reads `within { ... }`.
[[nodiscard]] program::Bounds bounds_of(Context& context, uint32_t unit,
                                        std::span<const syntax::FieldInit> bounds, bool agent);
/// Builds the body of a route: see compiler/sema/routes.cpp.
[[nodiscard]] graph::Chain build_route(Context& context, Signature& signature);
/// The profile's entry for a resource, if `--profile` names one that has it.
[[nodiscard]] const syntax::ProviderCall* profile_entry(Context& context, const Symbol& symbol);
/// Checks a model that no declaration of the program becomes.
void check_model(Context& context, uint32_t unit, std::string_view name, const syntax::ProviderCall& call);
/// Checks the entries of all profiles, used or not.
void check_profiles(Context& context);

/// The value of a `const`; null if it is wrong, which has been reported.
[[nodiscard]] const Constant* constant_of(Context& context, Symbol& symbol);
/// The default of a slot; null if it has none or a wrong one.
[[nodiscard]] const Constant* default_of(Context& context, Slots& slots, Slot& slot);
/// Checks that `expr` is a constant of `type` (any type if there is none). `what` names it in messages:
/// "a default".
[[nodiscard]] std::optional<Constant> evaluate_constant(Context& context, uint32_t unit,
                                                        const syntax::Expr& expr, std::optional<TypeId> type,
                                                        std::string_view what);
void report_not_known(Context& context, const NotKnown& problem, std::string_view what);
/// What `cache:` says.
struct Caching {
  int64_t keep = 0;      // nanoseconds for which an answer may be used again
  uint32_t similar = 0;  // how alike questions must be that share one, of 10,000; 0 for equal ones
};
/// Reads it: a duration of `least` nanoseconds or more, or `similar(0.97, 1d)`. Nothing if it is wrong, which
/// is reported.
[[nodiscard]] std::optional<Caching> caching_of(Context& context, uint32_t unit, const syntax::Expr& expr,
                                                int64_t least);
/// The options of a `with`.
struct CallOptions {
  uint32_t model = 0;    // place in graph::Module::models
  Caching cache{-1, 0};  // -1 for the prompt's own
};
/// Reads them for the call of a prompt whose own model is `base`; nothing if they are wrong, which is
/// reported.
[[nodiscard]] std::optional<CallOptions> call_options(Context& context, uint32_t unit, uint32_t base,
                                                      std::span<const syntax::FieldInit> options);
/// Reserves a place in graph::Module::predicates for a `where` over `subject`.
[[nodiscard]] uint32_t add_predicate(Context& context, uint32_t unit, TypeId subject,
                                     const syntax::Expr& condition);

}  // namespace chain::sema
