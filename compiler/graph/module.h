// The graph of a program: effects and the pure code between them, before it is native.
//
// A region is a list of nodes in the order of their text; a node may use any node before it in its own
// region or in one that encloses it. Order among effects follows from data and from `return`
// (see transform/schedule); nothing else is implied.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "compiler/source/source.h"
#include "runtime/program/program.h"
#include "runtime/program/types.h"

namespace chain::graph {

using program::TypeId;

struct NodeId {
  uint32_t index = UINT32_MAX;
  [[nodiscard]] bool valid() const { return index != UINT32_MAX; }
  friend bool operator==(NodeId, NodeId) = default;
};

struct RegionId {
  uint32_t index = UINT32_MAX;
  [[nodiscard]] bool valid() const { return index != UINT32_MAX; }
  friend bool operator==(RegionId, RegionId) = default;
};

enum class Op : uint8_t {
#define OP(name, text, doc) name,
#include "compiler/graph/ops.def"
#undef OP
};

[[nodiscard]] std::string_view op_text(Op op);

/// Of a Constant; its node's type says how to read it. Duration, money, enums: the int64_t.
using Constant = std::variant<bool, int64_t, double, std::string>;

struct Node {
  Op op = Op::Constant;
  TypeId type;
  Span span;           // for diagnostics of the passes
  program::Site site;  // the same place once the sources are gone
  std::vector<NodeId> operands;
  std::vector<RegionId> regions;
  uint32_t index = 0;
  Constant constant;
  std::vector<std::vector<int64_t>> cases;  // Switch
  uint32_t parallel = 0;                    // For: 0 for no limit of its own
  uint32_t model = UINT32_MAX;              // Prompt: of `with`, in place of the prompt's own
  int64_t cache = -1;                       // Prompt: likewise, nanoseconds; -1 for the prompt's own
  uint32_t similar = 0;                     // Prompt: with `cache`, unless that is the prompt's own
  std::string name;                         // of the `let` that holds it, for people
};

struct Region {
  std::vector<NodeId> nodes;  // in order; Params first
  NodeId result;              // its value; invalid if Void or if it always returns
  NodeId owner;               // the node that holds it; invalid for a body
};

struct MessagePart {
  program::Role role = program::Role::User;
  RegionId body;  // over the prompt's parameters; its result is a string. Invalid for an example
  int32_t example = -1;
};

struct Prompt {
  std::string name;
  program::Version version;
  std::string doc;
  Span span;
  TypeId parameters;  // a Record
  TypeId result;
  uint32_t model = 0;
  uint32_t repair = 1;
  int64_t cache = 0;     // nanoseconds
  uint32_t similar = 0;  // how alike questions must be that share an answer, of 10,000; 0 for equal ones
  std::vector<MessagePart> messages;
  std::vector<program::Example> examples;
  program::Prefix prefix;
};

/// What a provider gets that is no constant: a URL, headers, a body.
struct ProviderArgument {
  std::string name;
  RegionId body;  // over the tool's parameters; its result is what the provider gets
};

/// A row of runtime/program/resources.def with what it is given.
struct ProviderCall {
  std::string name;                 // "http.get"
  std::string options_json = "{}";  // the constants, positional ones by their names; durations in nanoseconds
  std::vector<ProviderArgument> arguments;  // in the order of the text
  std::vector<std::string> secrets;         // environment variables that the constants name
};

/// What an agent may call.
struct Callable {
  enum class Kind : uint8_t { External, Chain, Prompt };
  Kind kind = Kind::External;
  uint32_t index = 0;
  bool handoff = false;         // an agent: the conversation goes on with it
  std::string name;             // as models say it, unlike the agent's others
  std::string source;           // as the program says it: "handbook.search", "refund@1.0"
  std::string doc;              // for models
  bool writes = false;          // it, or what it calls, may change something in the world
  bool gives_untrusted = true;  // what it gives may be text that somebody else wrote
};

/// What an agent of the file could call.
struct Registered {
  Callable callable;
  std::vector<bool>
      takes_untrusted;  // by parameter: whether text that somebody else wrote may be given for it
  /// What the lock pins it by: of its content, or of what a server says of it; empty for what has none. Only
  /// if contents were asked for.
  std::string hash;
};

/// A tool, an agent, what a resource offers, or a person.
struct External {
  program::ExternalKind kind = program::ExternalKind::Tool;
  std::string name;
  program::Version version;
  std::string doc;
  Span span;
  TypeId parameters;  // a Record
  TypeId result;
  program::Effect effect = program::Effect::Reads;
  bool approve = false;
  bool idempotent = false;

  ProviderCall provider;           // of a tool
  std::string schema_hash;         // Remote: of what the lock has of it
  uint32_t resource = UINT32_MAX;  // what offers it, or the memory of an agent: place in Module::resources

  // Agent
  uint32_t model = 0;
  std::vector<Callable> callables;    // what `tools` and `handoff` come to
  std::vector<std::string> tools;     // as written: "handbook.search", "registry.pick(5)"
  std::vector<std::string> handoff;   // agents
  std::string memory;                 // a resource; empty for none
  std::string loop;                   // a chain; empty for the one that comes with the language
  uint32_t loop_chain = UINT32_MAX;   // place in Module::chains
  uint32_t pick = 0;                  // of `registry.pick(5)`; 0 for all
  bool begins_untrusted = false;      // its first messages may hold text that somebody else wrote
  std::vector<MessagePart> messages;  // over the agent's parameters
  program::Bounds bounds;

  /// Whether nothing may run beside a call of it.
  [[nodiscard]] bool is_barrier() const {
    return approve || effect == program::Effect::Writes || kind == program::ExternalKind::Ask ||
           kind == program::ExternalKind::Approve;
  }
  /// Whether a call of it comes when all that is written before it in its block has ended, though it holds up
  /// nothing behind it: a line of a log, and what the clock says.
  [[nodiscard]] bool is_in_place() const {
    return kind == program::ExternalKind::Now || kind == program::ExternalKind::Log;
  }
};

/// `index handbook = documents("docs/**", search: hybrid)`.
struct Resource {
  std::string kind;  // "index"
  std::string name;
  ProviderCall provider;
  Span span;
  uint32_t embed_model = UINT32_MAX;   // of an index: places in Module::models, if models do that
  uint32_t rerank_model = UINT32_MAX;  // likewise
};

struct Chain {
  std::string name;
  program::Version version;
  std::string doc;
  Span span;
  TypeId parameters;  // a Record
  TypeId result;
  RegionId body;
  program::Bounds bounds;
  bool writes = false;          // it, or what it calls, is a barrier: nothing may run beside it
  std::vector<uint32_t> needs;  // places in Module::capabilities
  std::string artifact;         // the hash over everything that it can reach
};

/// Text with holes under a name. Templates include each other in no circle.
struct Template {
  std::string name;
  std::string doc;
  Span span;
  TypeId parameters;  // a Record
  RegionId body;      // over the parameters; its emits make the text
};

/// Pure code under a name. Functions that call each other in a circle have a `depth` among them.
struct Function {
  std::string name;
  std::string doc;
  Span span;
  TypeId parameters;  // a Record
  TypeId result;
  RegionId body;       // over the parameters; always returns
  int64_t depth = -1;  // how many calls of bounded functions may stand inside this one; -1 for no bound
};

/// A `where`, over one Param `it`; its result is a bool. `program::Constraint::predicate` and
/// `Node::index` of a Check are its place in `Module::predicates`.
struct Predicate {
  TypeId subject;
  RegionId body;
  std::string text;
};

/// A file that the program imports.
struct Imported {
  std::string path;  // as it was opened
  Span span;         // of the `import`
};

/// A call that writes and that a value parsed from untrusted text decides about.
struct GuardedWrite {
  uint32_t chain = 0;
  NodeId call;
  Span span;              // of the call
  std::string callee;     // "tool `page`"
  std::string decided;    // "whether it is called", "argument `urgency`"
  std::string condition;  // as the source has it, much
  Span decider;           // where the value decides
  struct Step {
    Span span;
    std::string message;
  };
  std::vector<Step> path;  // how the text came to decide
};

/// A declaration that a content takes in.
struct ContentPart {
  std::string label;  // "type `Ticket`"; of the version itself "its own text"
  std::string hash;   // the beginning of the SHA-256 of its tree, in hexadecimal
  Span span;
};

/// What the lock has of a version of a prompt, chain, tool or agent.
struct Content {
  std::string kind;                  // "prompt"
  std::string key;                   // "support.chain:classify@2.0"
  std::string content;               // SHA-256, in hexadecimal, of its text and all it reaches but calls
  std::string signature;             // of `interface`
  std::vector<std::string> callees;  // keys; sorted
  std::string interface;             // what callers see, as compiler/versions/interface.h reads it
  std::vector<ContentPart> parts;    // by label; its own text first
  std::string name;                  // "classify"
  program::Version version;
  Span span;          // of the name
  Span version_span;  // of `@2.0`; empty if it has none
};

struct Module {
  program::TypeTable types;
  std::vector<std::string> files;  // by FileId
  std::vector<Node> nodes;
  std::vector<Region> regions;
  std::vector<program::Model> models;
  std::vector<Span> model_spans;    // by model; where it is declared
  std::vector<uint32_t> fallbacks;  // by model: the one that is asked when it fails; UINT32_MAX for none
  std::vector<Imported> imports;
  std::vector<GuardedWrite> guarded_writes;  // only if they were asked for
  std::vector<Content> contents;             // likewise; prompts, externals that are declared, chains
  std::vector<Registered> registry;          // likewise; in the order of the text, the file's own first
  std::vector<Resource> resources;
  std::vector<Prompt> prompts;
  std::vector<External> externals;
  std::vector<Chain> chains;
  std::vector<Predicate> predicates;
  std::vector<Template> templates;
  std::vector<Function> functions;
  std::vector<program::Test> tests;
  std::vector<program::Expectation> expectations;
  std::vector<program::Alias> aliases;
  std::vector<uint32_t> entries;  // public chains of the file that was named
  std::vector<program::Capability> capabilities;

  [[nodiscard]] const Node& operator[](NodeId id) const { return nodes[id.index]; }
  [[nodiscard]] Node& operator[](NodeId id) { return nodes[id.index]; }
  [[nodiscard]] const Region& operator[](RegionId id) const { return regions[id.index]; }
  [[nodiscard]] Region& operator[](RegionId id) { return regions[id.index]; }
};

}  // namespace chain::graph
