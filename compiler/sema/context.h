// What the checker knows about a whole program: declarations by name, types, signatures.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/graph/module.h"
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
  Template,
  Prompt,
  Chain,
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
  std::vector<uint32_t> versions;     // Prompt, Chain: places in `prompts` or `chains`, lowest first
  uint32_t place = 0;                 // Template: in `templates`
  uint32_t model = 0;                 // Model: place in graph::Module::models

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
};

/// Slots and where their names are.
struct Slots {
  std::vector<Slot> items;
  std::unordered_map<std::string_view, uint32_t> by_name;
  uint32_t unit = 0;
  TypeId type;  // the Record type they are fields of
};

/// A prompt or chain, one version of it; or a template, which has none.
struct Signature {
  const syntax::Decl* declaration = nullptr;
  SymbolKind kind = SymbolKind::Prompt;
  std::string_view name;
  program::Version version;
  Slots parameters;
  TypeId result;
  bool broken = false;  // its result type is wrong
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
  std::vector<Signature> prompts;                                     // as graph::Module::prompts
  std::vector<Signature> chains;                                      // as graph::Module::chains
  std::unordered_map<uint32_t, Slots> records;                        // by type
  std::unordered_map<uint32_t, Constrained> constrained;              // by type
  std::unordered_map<uint32_t, std::unordered_map<std::string_view, uint32_t>> cases;  // of enums, by type
  std::unordered_map<std::string_view, const Symbol*> case_owners;  // one enum that has such a case
  std::vector<PendingPredicate> predicates;
  uint32_t constant_depth = 0;  // constants that are being worked out

  [[nodiscard]] Symbol* find(uint32_t unit, std::string_view name);
  /// The names declared in a unit, private ones only if asked: for hints, so none once diagnostics are
  /// dropped.
  [[nodiscard]] std::vector<std::string_view> names(uint32_t unit, bool with_private) const;
  /// The names of slots, for hints as well.
  [[nodiscard]] std::vector<std::string_view> names(const Slots& slots) const;
  [[nodiscard]] FileId file(uint32_t unit) const { return modules.units[unit].ast.file; }

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

/// Quoted and joined for a sentence: "`a`, `b` and `c`"; at most five, then "and 3 more".
[[nodiscard]] std::string list_of_names(const std::vector<std::string>& names);

/// "1.0".
[[nodiscard]] std::string to_string(program::Version version);
/// Reads "1.0" or "@1.0".
[[nodiscard]] std::optional<program::Version> parse_version(std::string_view text);

/// The place in `prompts` or `chains` of the version written `text` ("1.0", "@1.0"), if there is one.
[[nodiscard]] std::optional<uint32_t> version_of(const Context& context, const Symbol& symbol,
                                                 std::string_view text);
void report_version(Context& context, const Symbol& symbol, std::string_view text, Span span);

// The steps of `check`, in order.

/// Fills `scopes`, and `templates`, `prompts` and `chains` with their declarations.
void collect_declarations(Context& context);
/// Makes every declared type.
void resolve_types(Context& context);
/// The type that `expr` means in `unit`; nothing if it is wrong, which is reported.
[[nodiscard]] std::optional<TypeId> resolve_type(Context& context, uint32_t unit,
                                                 const syntax::TypeExpr& expr);
/// Makes the parameter records and result types of templates, prompts and chains.
void resolve_signatures(Context& context);
/// Builds every `where`, and writes defaults into the types.
void build_predicates(Context& context);
void resolve_defaults(Context& context);
/// Checks every `const`, used or not.
void check_constants(Context& context);
void build_models(Context& context);
void build_templates(Context& context);
void build_prompts(Context& context);
void build_chains(Context& context);
/// Tests become chains; without `keep` they are checked and dropped.
void build_tests(Context& context, bool keep);

// Worked out when first needed.

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
/// Reserves a place in graph::Module::predicates for a `where` over `subject`.
[[nodiscard]] uint32_t add_predicate(Context& context, uint32_t unit, TypeId subject,
                                     const syntax::Expr& condition);

}  // namespace chain::sema
