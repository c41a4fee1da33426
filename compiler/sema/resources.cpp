// `index`, `memory`, `dataset`, `mcp`, `a2a`: what they are given, and what they offer.
#include <algorithm>
#include <array>
#include <initializer_list>

#include "compiler/sema/context.h"
#include "compiler/sema/index_models.h"
#include "compiler/sema/schema_names.h"
#include "runtime/program/resources.h"

namespace chain::sema {

namespace {

using program::ExternalKind;
using program::TypeKind;

graph::Resource build(Context& context, const Symbol& symbol) {
  const auto& declaration = symbol.declaration->as<syntax::ResourceDecl>();
  graph::Resource resource;
  resource.kind = declaration.word;
  resource.name = symbol.name;
  resource.span = symbol.span;
  const syntax::ProviderCall* instead = profile_entry(context, symbol);
  resource.provider = provider_call(context, symbol.unit, declaration.word,
                                    instead ? *instead : declaration.provider, nullptr);
  if (declaration.word == "index" || declaration.word == "memory") complete_index(context, resource);
  return resource;
}

/// `dataset golden: Case[]` says what it holds; the others do not.
void check_type(Context& context, const Symbol& symbol) {
  const auto& declaration = symbol.declaration->as<syntax::ResourceDecl>();
  if (!declaration.type) {
    if (declaration.word != "dataset") return;
    context.diagnostics.report(
        CannotInfer{.what = "the dataset's values",
                    .hint = "say it: `dataset " + std::string(symbol.name) + ": Case[] = ...`"},
        symbol.span);
    return;
  }
  const std::optional<TypeId> type = resolve_type(context, symbol.unit, *declaration.type);
  if (!type) return;
  if (declaration.word == "dataset" && context.type(*type).kind == TypeKind::List) {
    context.module.aliases.push_back(
        {std::string(symbol.name), *type});  // by which datasets::element_of finds it
    return;
  }
  context.diagnostics.report(TypeMismatch{.expected = declaration.word == "dataset" ? "a list" : "no type",
                                          .found = context.text(*type)},
                             declaration.type->span);
}

/// What a resource of one kind offers.
struct Offer {
  std::string_view resource;
  std::string_view name;
  ExternalKind kind;
};

constexpr std::array kOffers = {
    Offer{"index", "search", ExternalKind::Search},  Offer{"memory", "remember", ExternalKind::Remember},
    Offer{"memory", "recall", ExternalKind::Recall}, Offer{"mcp", "read", ExternalKind::Remote},
    Offer{"mcp", "prompt", ExternalKind::Remote},
};

/// Puts together a signature that no source declares.
class OfferBuilder {
 public:
  OfferBuilder(Context& context, uint32_t unit) : context_(context), types_(context.module.types) {
    signature_.kind = SymbolKind::Tool;
    signature_.parameters.unit = unit;
    external_.effect = program::Effect::Reads;
  }

  void parameter(std::string_view name, TypeId type) { add(name, type, std::nullopt); }
  void parameter(std::string_view name, TypeId type, Constant fallback) {
    add(name, type, std::move(fallback));
  }

  void of(uint32_t resource) { external_.resource = resource; }

  void search() {
    external_.kind = ExternalKind::Search;
    const TypeId texts = types_.map_of(types_.string_type);
    const TypeId mode = types_.optional_of(
        types_.literal_of({std::string("bm25"), std::string("vector"), std::string("hybrid")}));
    parameter("query", types_.string_type);
    parameter("top", types_.int_type, {types_.int_type, int64_t{5}});
    parameter("where", texts, {texts, Constant::Parts{}});
    parameter("mode", mode, {mode, std::monostate{}});
    parameter("rerank", types_.bool_type, {types_.bool_type, false});
    const TypeId mmr = types_.optional_of(types_.float_type);
    parameter("mmr", mmr, {mmr, std::monostate{}});
    parameter("neighbours", types_.int_type, {types_.int_type, int64_t{0}});
    parameter("parent", types_.bool_type, {types_.bool_type, false});
    signature_.result = types_.list_of(passage_type(context_));
    external_.doc = "The passages that answer `query` best, at most `top`, best first.";
  }

  void remember() {
    external_.kind = ExternalKind::Remember;
    external_.effect = program::Effect::Writes;
    parameter("text", types_.string_type);
    signature_.result = types_.void_type;
    external_.doc = "Keeps the text.";
  }

  void recall() {
    external_.kind = ExternalKind::Recall;
    parameter("query", types_.string_type);
    parameter("top", types_.int_type, {types_.int_type, int64_t{5}});
    signature_.result = types_.list_of(types_.string_type);
    external_.doc = "What was remembered and answers `query` best, at most `top`, best first.";
  }

  void ask() {
    external_.kind = ExternalKind::Ask;
    const TypeId choices = types_.list_of(types_.string_type);
    parameter("question", types_.string_type);
    parameter("choices", choices, {choices, Constant::Parts{}});
    signature_.result = types_.string_type;
    external_.doc = "What a person answers.";
  }

  void approve() {
    external_.kind = ExternalKind::Approve;
    parameter("what", types_.string_type);
    signature_.result = types_.bool_type;
    external_.doc = "Goes on if a person says yes.";
  }

  void step() {
    external_.kind = ExternalKind::Step;
    const TypeId tools = types_.list_of(tool_type(context_));
    parameter("messages", types_.list_of(message_type(context_)));
    parameter("tools", tools, {tools, Constant::Parts{}});
    signature_.result = message_type(context_);
    external_.doc = "The next turn of the agent's model: what it says, and what it wants done.";
  }

  void act() {
    external_.kind = ExternalKind::Act;
    external_.effect = program::Effect::Writes;  // it may: what the calls are is known when they are made
    parameter("turn", message_type(context_));
    signature_.result = message_type(context_);
    external_.doc = "Carries out what the turn wants done, and gives what came of it.";
  }

  void now() {
    signature_.result = types_.time_type;
    external_.doc = "The time.";
  }

  void random() {
    signature_.result = types_.float_type;
    external_.doc = "A number from 0 below 1, at random.";
  }

  void draw() {
    parameter("low", types_.int_type);
    parameter("high", types_.int_type);
    signature_.result = types_.int_type;
    external_.doc = "A whole number from `low` to `high`, both included, at random.";
  }

  void log() {
    parameter("text", types_.string_type);
    signature_.result = types_.void_type;
    external_.doc = "Writes a line to the log of the run.";
  }

  void of_kind(ExternalKind kind) { external_.kind = kind; }

  /// What a server offers, by the types that its schemas were made into.
  void remote(const RemoteTool& tool) {
    external_.kind = ExternalKind::Remote;
    external_.effect = tool.reads_only ? program::Effect::Reads : program::Effect::Writes;
    external_.doc = tool.description;
    external_.schema_hash = tool.hash;
    external_.provider.name = "tools/call";
    external_.provider.options_json = "{\"name\": " + in_quotes(tool.wire_name) + '}';
    signature_.result = types_.string_type;
    if (tool.output) {
      const Symbol* output = context_.find(*tool.output, tool.output_type);
      if (output && output->is_type()) signature_.result = output->type;
    }
    if (tool.input_type.empty()) return;
    const Symbol* input = context_.find(tool.input, tool.input_type);
    const auto slots = input ? context_.records.find(input->type.index) : context_.records.end();
    if (slots == context_.records.end()) return;
    signature_.parameters = slots->second;
    has_record_ = true;
  }

  /// A resource of a server's. Text that somebody else wrote may say which, as with any tool that only reads.
  void read() {
    external_.kind = ExternalKind::Remote;
    external_.provider.name = "resources/read";
    parameter("uri", types_.string_type);
    signature_.parameters.items.back().untrusted = false;
    signature_.result = types_.string_type;
    external_.doc = "What the server has under `uri`, as text.";
  }

  /// A prompt of a server's, filled in.
  void prompt() {
    external_.kind = ExternalKind::Remote;
    external_.provider.name = "prompts/get";
    const TypeId texts = types_.map_of(types_.string_type);
    parameter("name", types_.string_type);
    parameter("arguments", texts, {texts, Constant::Parts{}});
    signature_.result = types_.string_type;
    external_.doc = "The messages of the server's prompt `name`, as text.";
  }

  uint32_t finish(std::string_view name, const syntax::Decl* declaration, Span span) {
    external_.name = name;
    external_.span = span;
    signature_.name = name;
    signature_.declaration = declaration;
    if (!has_record_) {
      record_.kind = TypeKind::Record;
      record_.name = name;
      signature_.parameters.type = types_.add(std::move(record_));
      types_.layout_record(signature_.parameters.type);
    }
    external_.parameters = signature_.parameters.type;
    external_.result = signature_.result;
    const auto place = static_cast<uint32_t>(context_.externals.size());
    context_.externals.push_back(std::move(signature_));
    context_.module.externals.push_back(std::move(external_));
    return place;
  }

 private:
  void add(std::string_view name, TypeId type, std::optional<Constant> fallback) {
    Slot slot{name, type, {}};
    program::Field field{.name = std::string(name), .type = type};
    if (fallback) field.default_json = to_json(types_, *fallback);
    slot.value = std::move(fallback);
    slot.untrusted = true;  // searching, remembering and showing take any text
    signature_.parameters.by_name.emplace(name, static_cast<uint32_t>(signature_.parameters.items.size()));
    signature_.parameters.items.push_back(std::move(slot));
    record_.fields.push_back(std::move(field));
  }

  Context& context_;
  program::TypeTable& types_;
  Signature signature_;
  graph::External external_;
  program::Type record_;
  bool has_record_ = false;  // the parameters are those of a type that is there already
};

bool is_server(const Symbol& resource) {
  const std::string_view word = resource.declaration->as<syntax::ResourceDecl>().word;
  return word == "mcp" || word == "a2a";
}

std::string key_of(const Context& context, const Symbol& resource) {
  return context.modules.units[resource.unit].key + ':' + std::string(resource.name);
}

}  // namespace

void build_resources(Context& context) {
  std::vector<Symbol*> symbols;
  for (Symbol& symbol : context.symbols) {
    if (symbol.kind != SymbolKind::Resource) continue;
    check_type(context, symbol);
    symbol.model = static_cast<uint32_t>(symbols.size());
    symbols.push_back(&symbol);
  }
  context.module.resources.resize(symbols.size());
  const auto build_those = [&](bool datasets) {
    for (const Symbol* symbol : symbols) {
      if ((symbol->declaration->as<syntax::ResourceDecl>().word == "dataset") == datasets)
        context.module.resources[symbol->model] = build(context, *symbol);
    }
  };
  build_those(true);  // indexes read them
  build_those(false);
}

std::vector<std::string_view> offers_of(const Context& context, const Symbol& resource) {
  std::vector<std::string_view> names;
  if (is_server(resource)) {
    const std::string key = key_of(context, resource);
    for (const RemoteTool& tool : context.modules.remote) {
      if (tool.resource == key && tool.problem.empty()) names.push_back(tool.name);
    }
  }
  for (const Offer& offer : kOffers) {
    if (offer.resource == resource.declaration->as<syntax::ResourceDecl>().word &&
        std::ranges::find(names, offer.name) == names.end())
      names.push_back(offer.name);
  }
  return names;
}

std::vector<uint32_t> schema_units(const Context& context, const Symbol& server) {
  std::vector<uint32_t> units;
  const std::string key = key_of(context, server);
  for (const RemoteTool& tool : context.modules.remote) {
    if (tool.resource != key || !tool.problem.empty()) continue;
    if (!tool.input_type.empty()) units.push_back(tool.input);
    if (tool.output) units.push_back(*tool.output);
  }
  return units;
}

namespace {

/// Why a program calls no tool of the server by this name; false if there is nothing to say but that.
bool report_server(Context& context, const Symbol& server, const syntax::Name& member) {
  if (context.modules.lock_damaged) return true;  // it may stand there
  const std::string key = key_of(context, server);
  bool known = false;
  for (const RemoteTool& tool : context.modules.remote) {
    if (tool.resource != key) continue;
    known = true;
    if (tool.problem.empty() || (tool.name != member.text && tool.wire_name != member.text)) continue;
    context.diagnostics.report(SchemaNotTaken{.path = tool.place, .why = tool.problem}, member.span)
        .note(server.span,
              "`" + tool.wire_name + "` of this server is in the lock, but cannot be called by types");
    return true;
  }
  if (known) return false;
  const std::string& file = context.sources.file(server.span.file).path();
  context.diagnostics
      .report(
          NotInLock{.name = std::string(server.name),
                    .hint = ", which records what servers offer, so that calls are checked without asking "
                            "them; write it down with `chain mcp pin " +
                            file + '`'},
          member.span)
      .note(server.span, "it is declared here");
  return true;
}

}  // namespace

void report_unknown_offer(Context& context, const Symbol& resource, const syntax::Name& member) {
  const std::vector<std::string_view> names = offers_of(context, resource);
  if (is_server(resource) && report_server(context, resource, member)) return;
  const std::string_view best = closest(context.diagnostics, member.text, names);
  std::string hint = best.empty() ? "" : "; did you mean `" + std::string(best) + "`?";
  if (best.empty() && !names.empty()) hint = "; it has " + list_of_names({names.begin(), names.end()});
  auto report = context.diagnostics.report(
      UnknownOffer{.name = std::string(resource.name), .member = std::string(member.text), .hint = hint},
      member.span);
  if (!best.empty()) report.fix(member.span, std::string(best), "write `" + std::string(best) + "`");
}

namespace {

/// Fills `builder` with what the resource offers under the name; false if there is none.
bool build_offer(const Context& context, const Symbol& resource, std::string_view name,
                 OfferBuilder& builder) {
  if (is_server(resource)) {  // its tools go before what all servers have
    const std::string key = key_of(context, resource);
    for (const RemoteTool& tool : context.modules.remote) {
      if (tool.resource != key || tool.name != name) continue;
      if (tool.problem.empty()) builder.remote(tool);
      return tool.problem.empty();
    }
  }
  for (const Offer& offer : kOffers) {
    if (offer.resource != resource.declaration->as<syntax::ResourceDecl>().word || offer.name != name)
      continue;
    if (offer.kind == ExternalKind::Search) builder.search();
    if (offer.kind == ExternalKind::Remember) builder.remember();
    if (offer.kind == ExternalKind::Recall) builder.recall();
    if (offer.name == "read") builder.read();
    if (offer.name == "prompt") builder.prompt();
    return true;
  }
  return false;
}

}  // namespace

std::optional<uint32_t> offer_of(Context& context, Symbol& resource, std::string_view name) {
  if (const auto known = resource.offers.find(name); known != resource.offers.end()) return known->second;
  OfferBuilder builder(context, resource.unit);
  if (!build_offer(context, resource, name, builder)) return std::nullopt;
  builder.of(resource.model);
  const std::string_view kept = context.keep(std::string(resource.name) + '.' + std::string(name));
  const uint32_t place = builder.finish(kept, resource.declaration, resource.span);
  resource.offers.emplace(kept.substr(resource.name.size() + 1), place);
  return place;
}

uint32_t effect_of(Context& context, ExternalKind kind) {
  if (const auto known = context.effects.find(kind); known != context.effects.end()) return known->second;
  OfferBuilder builder(context, 0);
  builder.of_kind(kind);
  std::string_view name = "random";
  switch (kind) {
    case ExternalKind::Now: builder.now(), name = "now"; break;
    case ExternalKind::Log: builder.log(), name = "log"; break;
    case ExternalKind::Draw: builder.draw(); break;
    default: builder.random();
  }
  return context.effects[kind] = builder.finish(name, nullptr, {});
}

std::optional<uint32_t> human_offer(Context& context, std::string_view name) {
  if (name != "ask" && name != "approve") return std::nullopt;
  if (const auto known = context.human.find(name); known != context.human.end()) return known->second;
  OfferBuilder builder(context, 0);
  if (name == "ask") {
    builder.ask();
  } else {
    builder.approve();
  }
  const std::string_view full = name == "ask" ? "human.ask" : "human.approve";
  const uint32_t place = builder.finish(full, nullptr, {});
  context.human.emplace(full.substr(6), place);
  return place;
}

std::optional<uint32_t> model_offer(Context& context, std::string_view name) {
  if (name != "step" && name != "act") return std::nullopt;
  const ExternalKind kind = name == "step" ? ExternalKind::Step : ExternalKind::Act;
  if (const auto known = context.effects.find(kind); known != context.effects.end()) return known->second;
  OfferBuilder builder(context, 0);
  kind == ExternalKind::Step ? builder.step() : builder.act();
  const uint32_t place = builder.finish(kind == ExternalKind::Step ? "model.step" : "model.act", nullptr, {});
  context.effects.emplace(kind, place);
  return place;
}

}  // namespace chain::sema
