#include "compiler/sema/capabilities.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <tuple>

#include "compiler/graph/properties.h"
#include "compiler/graph/reach.h"
#include "compiler/sema/index_models.h"
#include "runtime/access/command_line.h"
#include "runtime/access/host.h"
#include "runtime/program/model_links.h"
#include "runtime/program/providers.h"
#include "runtime/program/resources.h"
#include "runtime/program/web_search.h"
#include "runtime/value/json.h"

namespace chain::sema {

namespace {

using graph::Module;
using graph::Node;
using graph::NodeId;
using graph::Op;
using graph::RegionId;
using program::ArgumentType;
using program::Capability;
using program::CapabilityKind;

/// Text of which some is made at run time: a `*` stands there. `literal` says of each byte whether the source
/// has it.
struct Pattern {
  std::string text;
  std::vector<bool> literal;

  void add(std::string_view piece) {
    text += piece;
    literal.resize(text.size(), true);
  }
  void hole() {
    if (!text.empty() && text.back() == '*' && !literal.back()) return;
    text += '*';
    literal.push_back(false);
  }
  [[nodiscard]] bool made() const {
    return std::find(literal.begin(), literal.end(), false) != literal.end();
  }
};

class PatternReader {
 public:
  explicit PatternReader(const Module& module) : module_(module) {}

  Pattern read(RegionId body) {
    const NodeId result = module_[body].result;
    if (result.valid()) value(result);
    return std::move(pattern_);
  }

 private:
  void value(NodeId id) {
    const Node& node = module_[id];
    const auto* text = node.op == Op::Constant ? std::get_if<std::string>(&node.constant) : nullptr;
    if (text) return pattern_.add(*text);
    if (node.op == Op::Retype || node.op == Op::Trust) return value(node.operands[0]);
    if (node.op == Op::Concat) {
      value(node.operands[0]);
      return value(node.operands[1]);
    }
    if (node.op == Op::Render) return emits(node.regions[0]);
    pattern_.hole();
  }

  void emits(RegionId region) {
    for (NodeId id : module_[region].nodes) {
      const Node& node = module_[id];
      if (node.op == Op::Emit) {
        value(node.operands[0]);
      } else if (node.op == Op::Include || !node.regions.empty()) {
        if (node.op != Op::Render) pattern_.hole();  // a branch or loop that may write anything
      }
    }
  }

  const Module& module_;
  Pattern pattern_;
};

/// The options of a provider that are constants, decoded.
class Options {
 public:
  explicit Options(std::string_view json) {
    std::string ignored;
    if (auto members = value::json_members(json, ignored)) members_ = std::move(*members);
  }

  [[nodiscard]] std::optional<std::string> text(std::string_view name) const {
    const std::optional<std::string_view> json = raw(name);
    return json ? value::json_string(*json) : std::nullopt;
  }

  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const {
    std::string ignored;
    std::vector<std::string> result;
    const std::optional<std::string_view> json = raw(name);
    const auto items = json ? value::json_items(*json, ignored) : std::nullopt;
    for (const std::string_view item : items.value_or(std::vector<std::string_view>())) {
      if (const auto text = value::json_string(item)) result.push_back(*text);
    }
    return result;
  }

  [[nodiscard]] std::optional<std::string_view> raw(std::string_view name) const {
    for (const value::JsonMember& member : members_) {
      if (member.key == name) return member.value;
    }
    return std::nullopt;
  }

  [[nodiscard]] const std::vector<value::JsonMember>& all() const { return members_; }

 private:
  std::vector<value::JsonMember> members_;
};

/// `host` as `host_of_url` gives it.
bool is_loopback(std::string_view host) {
  std::string_view name = host.substr(0, host.starts_with('[') ? host.find(']') + 1 : host.find(':'));
  if (name == "localhost" || name == "[::1]") return true;
  // 127.0.0.0/8, but not a name that only begins like it.
  return name.starts_with("127.") &&
         std::all_of(name.begin(), name.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

class Finder {
 public:
  explicit Finder(Module& module) : module_(module) {}

  void run() {
    const auto count = static_cast<uint32_t>(module_.chains.size());
    std::vector<std::vector<uint32_t>> callers(count);
    for (uint32_t chain = 0; chain < count; ++chain) {
      const graph::Reach reach = graph::own_reach_of_chain(module_, chain);
      of_chain(reach);
      needs_.push_back(std::move(current_));
      current_.clear();
      for (const uint32_t callee : reach.chains) callers[callee].push_back(chain);
    }
    // An index is built for itself, too, whoever searches it, and a server asked what it offers.
    for (uint32_t i = 0; i < module_.resources.size(); ++i) {
      if (module_.resources[i].kind == "index" || module_.resources[i].kind == "mcp")
        once({'r', i}, [&] { resource(module_.resources[i]); });
    }
    sort();
    pass_on(callers);
  }

 private:
  using Key = std::pair<char, uint32_t>;  // of a table, and the place in it

  /// What one declaration needs is worked out once.
  template <class Find>
  void once(Key key, Find&& find) {
    const auto [known, is_new] = found_.try_emplace(key);
    if (is_new) {
      owner_ = &known->second;
      find();
    }
    current_.insert(current_.end(), known->second.begin(), known->second.end());
  }

  void of_chain(const graph::Reach& reach) {
    for (const uint32_t each : reach.models) once({'m', each}, [&] { model(each); });
    for (const uint32_t each : reach.externals) once({'e', each}, [&] { external(module_.externals[each]); });
    for (const uint32_t each : reach.resources) once({'r', each}, [&] { resource(module_.resources[each]); });
    for (uint32_t i = 0; i < module_.imports.size(); ++i) once({'i', i}, [&] { import(module_.imports[i]); });
  }

  void add(CapabilityKind kind, std::string value, const std::string& user, Span span,
           const std::string& model = {}, bool usual = false) {
    owner_->push_back(static_cast<uint32_t>(all_.size()));
    all_.push_back({kind, std::move(value), user, model, usual, span.file.index, span.begin, span.end});
  }

  void import(const graph::Imported& file) { add(CapabilityKind::Read, file.path, "this import", file.span); }

  /// A model, or what an index calls. `name` is empty for the latter. `home` and `key_env` are what its
  /// provider has unless the options say otherwise.
  void model_at(std::string_view home, std::string_view key_env, const Options& options,
                const std::string& user, const std::string& name, Span span) {
    const std::optional<std::string> base = options.text("base_url");
    if (home.empty() && !base) return;
    const std::string host = access::host_of_url(base ? *base : home);
    const bool usual = host == access::host_of_url(home) || is_loopback(host);
    add(CapabilityKind::Host, host, user, span, name, usual);
    const std::string key = options.text("api_key_env").value_or(std::string(key_env));
    if (!key.empty()) add(CapabilityKind::Env, key, user, span, name, usual && key == key_env);
  }

  void provider_of_models(std::string_view provider, const Options& options, const std::string& user,
                          const std::string& name, Span span) {
    if (const program::ProviderInfo* info = program::find_model_provider(provider))
      model_at(info->home, info->key, options, user, name, span);
  }

  void model(uint32_t index) {
    const program::Model& model = module_.models[index];
    const Span span = index < module_.model_spans.size() ? module_.model_spans[index] : Span{};
    const Options options(model.options_json);
    const std::string user = "model `" + model.name + '`';
    provider_of_models(model.provider, options, user, model.name, span);
    if (model.provider == "scripted") add(CapabilityKind::Read, model.id, user, span, model.name);
    if (!program::searches_web(model)) return;
    std::vector<std::string> domains = options.texts("search_domains");
    if (const auto domain = options.text("search_domains")) domains.push_back(*domain);
    if (domains.empty()) domains.emplace_back("*");
    for (std::string& domain : domains)
      add(CapabilityKind::Search, std::move(domain), user, span, model.name);
  }

  void external(const graph::External& external) {
    if (external.kind == program::ExternalKind::Tool)
      provider("tool", external.provider, "tool `" + external.name + '`', external.span);
  }

  void resource(const graph::Resource& resource) {
    const std::string user = resource.kind + " `" + resource.name + '`';
    const Options options(resource.provider.options_json);
    for (const char* name : {"files", "file"}) {
      std::vector<std::string> paths = options.texts(name);
      if (const auto path = options.text(name)) paths.push_back(*path);
      for (std::string& path : paths) add(CapabilityKind::Read, std::move(path), user, resource.span);
    }
    sources(options, user, resource.span);
    if (const auto summary = options.text("summary")) {
      for (uint32_t i = 0; i < module_.models.size(); ++i) {
        if (module_.models[i].name != *summary) continue;
        for (const uint32_t each : program::answering_models(module_.models, i)) model(each);
      }
    }
    provider(resource.kind, resource.provider, user, resource.span);
  }

  /// What an index is made of, and the models behind an index or a memory.
  void sources(const Options& options, const std::string& user, Span span) {
    for (const std::string& url : options.texts("urls"))
      add(CapabilityKind::Host, access::host_of_url(url), user, span);
    if (const auto connection = options.text("connection")) {
      const std::string host = access::host_of_database(*connection);
      add(CapabilityKind::Host, host, user, span, {}, is_loopback(host));
    }
    for (const value::JsonMember& embedder : inside(options, "embed"))
      provider_of_models(embedder.key, Options(embedder.value), user, "", span);
    for (const value::JsonMember& ranker : inside(options, "rerank")) {
      const RerankService* service = find_rerank_service(ranker.key);
      model_at(service ? service->home : "", service ? service->key : "", Options(ranker.value), user, "",
               span);
    }
  }

  /// {"openai": {"model": "text-embedding-3-small"}}
  static std::vector<value::JsonMember> inside(const Options& options, std::string_view name) {
    const std::optional<std::string_view> nested = options.raw(name);
    std::string ignored;
    return nested ? value::json_members(*nested, ignored).value_or(std::vector<value::JsonMember>())
                  : std::vector<value::JsonMember>();
  }

  void provider(std::string_view kind, const graph::ProviderCall& call, const std::string& user, Span span) {
    const program::ResourceProvider* provider = program::find_resource_provider(kind, call.name);
    if (!provider) return;
    for (const std::string& name : call.secrets) add(CapabilityKind::Env, name, user, span);
    const Options options(call.options_json);
    std::string command;
    for (const program::ResourceOption* option : program::options_of(*provider)) {
      if (option->type == ArgumentType::String &&
          (option->name == "program" || option->name == "arguments")) {
        std::vector<std::string> words = options.texts(option->name);
        if (const auto word = options.text(option->name)) words.push_back(*word);
        for (const std::string& word : words) append_word(command, literal(word));
      }
      for (const graph::ProviderArgument& argument : call.arguments) {
        if (argument.name == option->name) made(*option, argument, user, command);
      }
    }
    if (command.empty()) return;
    Span place = span;
    for (const graph::ProviderArgument& argument : call.arguments) {
      if (argument.name == "program") place = module_[module_[argument.body].result].span;
    }
    add(CapabilityKind::Command, command, user, place);
  }

  static Pattern literal(const std::string& text) {
    Pattern pattern;
    pattern.add(text);
    return pattern;
  }

  static void append_word(std::string& command, const Pattern& word) {
    command += (command.empty() ? "" : " ") + access::quoted_word(word.text, word.literal);
  }

  void made(const program::ResourceOption& option, const graph::ProviderArgument& argument,
            const std::string& user, std::string& command) {
    secrets(argument.body, user);
    const NodeId result = module_[argument.body].result;
    if (!result.valid()) return;
    const Span span = module_[result].span;
    switch (option.type) {
      case ArgumentType::Url: {
        const Pattern url = PatternReader(module_).read(argument.body);
        return add(CapabilityKind::Host, access::host_of_url(url.text), user, span);
      }
      case ArgumentType::Path:
        return add(CapabilityKind::Read, PatternReader(module_).read(argument.body).text, user, span);
      case ArgumentType::Command: return append_word(command, PatternReader(module_).read(argument.body));
      default: return;
    }
  }

  void secrets(RegionId body, const std::string& user) {
    graph::for_each_node(module_, body, [&](NodeId id) {
      const Node& node = module_[id];
      if (node.op == Op::Secret)
        add(CapabilityKind::Env, std::get<std::string>(node.constant), user, node.span);
    });
  }

  /// What a chain needs, its callers need.
  void pass_on(const std::vector<std::vector<uint32_t>>& callers) {
    std::vector<uint32_t> open(module_.chains.size());
    for (uint32_t i = 0; i < open.size(); ++i) open[i] = i;
    while (!open.empty()) {
      const std::vector<uint32_t>& needs = module_.chains[open.back()].needs;
      const std::vector<uint32_t>& all = callers[open.back()];
      open.pop_back();
      for (const uint32_t caller : all) {
        std::vector<uint32_t>& own = module_.chains[caller].needs;
        std::vector<uint32_t> joined;
        std::set_union(own.begin(), own.end(), needs.begin(), needs.end(), std::back_inserter(joined));
        if (joined.size() == own.size()) continue;
        own = std::move(joined);
        open.push_back(caller);
      }
    }
  }

  /// By kind and value, then by place, so that what is shown and stored does not hang on the order of the
  /// search.
  void sort() {
    const auto key = [&](uint32_t i) {
      const Capability& c = all_[i];
      return std::tie(c.kind, c.value, c.user, c.file, c.begin, c.end, c.usual);
    };
    std::vector<uint32_t> order(all_.size());
    for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return key(a) < key(b); });
    std::vector<uint32_t> place(all_.size());
    for (const uint32_t i : order) {
      const bool known = !module_.capabilities.empty() && [&] {
        const Capability& last = module_.capabilities.back();
        return std::tie(last.kind, last.value, last.user, last.file, last.begin, last.end, last.usual) ==
               key(i);
      }();
      if (!known) module_.capabilities.push_back(all_[i]);
      place[i] = static_cast<uint32_t>(module_.capabilities.size() - 1);
    }
    for (size_t i = 0; i < needs_.size(); ++i) {
      for (uint32_t& need : needs_[i]) need = place[need];
      std::sort(needs_[i].begin(), needs_[i].end());
      needs_[i].erase(std::unique(needs_[i].begin(), needs_[i].end()), needs_[i].end());
      module_.chains[i].needs = std::move(needs_[i]);
    }
  }

  Module& module_;
  std::vector<Capability> all_;
  std::map<Key, std::vector<uint32_t>> found_;
  std::vector<uint32_t>* owner_ = nullptr;
  std::vector<uint32_t> current_;
  std::vector<std::vector<uint32_t>> needs_;  // by chain
};

}  // namespace

void find_capabilities(graph::Module& module) {
  Finder(module).run();
}

}  // namespace chain::sema
