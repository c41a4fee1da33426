#include "compiler/sema/trust.h"

#include <strings.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "compiler/graph/properties.h"
#include "runtime/library/library.h"
#include "runtime/program/resources.h"

namespace chain::sema {

namespace trust {

using graph::Node;
using graph::Op;
using program::ArgumentType;

Flow::Flow(Context& context, bool choices)
    : context_(context),
      module_(context.module),
      choices_(choices),
      marks_(context, choices),
      taints_(context.module.nodes.size()) {
  const auto prepare = [](auto& summaries, const auto& signatures) {
    summaries.resize(signatures.size());
    for (size_t i = 0; i < signatures.size(); ++i) {
      const size_t count = signatures[i].parameters.items.size();
      summaries[i].flows.resize(count);
      summaries[i].sinks.resize(count);
      summaries[i].given.resize(count);
      summaries[i].given_by.resize(count);
    }
  };
  prepare(prompts_, context.prompts);
  prepare(chains_, context.chains);
  prepare(functions_, context.functions);
  prepare(externals_, context.externals);
  for (uint32_t i = 0; i < module_.nodes.size(); ++i) {
    const Node& node = module_.nodes[i];
    for (RegionId region : node.regions) {
      for (NodeId inner : module_[region].nodes) {
        if (module_[inner].op == Op::Param) loops_.emplace(inner.index, NodeId{i});
      }
    }
  }
}

void Flow::run() {
  do {
    changed_ = false;
    found_.clear();
    round();
  } while (changed_);
}

void Flow::round() {
  for (uint32_t i = 0; i < module_.prompts.size(); ++i) prompt_round(i);
  for (uint32_t i = 0; i < module_.externals.size(); ++i) external_round(i);
  for (uint32_t i = 0; i < module_.functions.size(); ++i) function_round(i);
  for (uint32_t i = 0; i < module_.chains.size(); ++i) chain_round(i);
}

/// Adds the way of each origin into a result.
void Flow::into_result(const Taint& taint) {
  Summary& summary = *owner_.summary;
  for (const Taint::Item& item : taint.items()) {
    const Step*& way = item.origin == kSource  ? summary.source
                       : item.origin == kFound ? summary.found
                                               : summary.flows[static_cast<size_t>(item.origin)];
    if (way) continue;
    way = item.way ? item.way
                   : step(owner_.signature->parameters.items[static_cast<size_t>(item.origin)].span, "");
    changed_ = true;
  }
}

void Flow::prompt_round(uint32_t index) {
  const graph::Prompt& prompt = module_.prompts[index];
  owner_ = {&context_.prompts[index], &prompts_[index]};
  for (const graph::MessagePart& part : prompt.messages) {
    if (!part.body.valid()) continue;
    region(part.body);
    message_sinks(part, "prompt `" + prompt.name + '`');
    const NodeId text = module_[part.body].result;
    if (!marks_.closed(prompt.result) && text.valid()) into_result(read(text));
  }
  declared_result();
}

void Flow::declared_result() {
  if (!owner_.signature->untrusted || marks_.closed(owner_.signature->result)) return;
  Taint declared;
  declared.add(kSource, step(owner_.signature->declaration->name.span, "its result is declared untrusted"));
  into_result(declared);
}

void Flow::chain_round(uint32_t index) {
  const graph::Chain& chain = module_.chains[index];
  owner_ = {&context_.chains[index], &chains_[index]};
  body(chain.body, chain.result);
}

void Flow::function_round(uint32_t index) {
  const graph::Function& function = module_.functions[index];
  owner_ = {&context_.functions[index], &functions_[index]};
  body(function.body, function.result);
}

void Flow::body(RegionId id, TypeId result) {
  region(id);
  if (!marks_.closed(result) || of_bools(result)) {
    graph::for_each_node(module_, id, [&](NodeId node) {
      if (module_[node].op == Op::Return) into_result(taints_[node.index]);
    });
  }
  declared_result();
}

void Flow::external_round(uint32_t index) {
  const graph::External& external = module_.externals[index];
  owner_ = {&context_.externals[index], &externals_[index]};
  for (const graph::MessagePart& part : external.messages) {
    region(part.body);
    message_sinks(part, "agent `" + external.name + '`');
  }
  if (external.kind == program::ExternalKind::Agent) agent_tools(external, index);
  const auto* provider = program::find_resource_provider("tool", external.provider.name);
  for (const graph::ProviderArgument& argument : external.provider.arguments) {
    region(argument.body);
    for (const auto* option : program::options_of(*provider)) {
      if (option->name == argument.name)
        provider_sinks(argument, option->type, "tool `" + external.name + '`');
    }
  }
}

/// Text of others may stand in `user` parts alone.
void Flow::message_sinks(const graph::MessagePart& part, const std::string& owner) {
  if (part.role == program::Role::User) return;
  const std::string what =
      (part.role == program::Role::System ? "the system part of " : "the assistant part of ") + owner;
  const NodeId text = module_[part.body].result;
  if (!text.valid()) return;
  if (module_[text].op == Op::Render) {
    emits_reach(module_[text].regions[0], what);
  } else {
    reach(whole(text), module_[text].span, what);
  }
}

void Flow::emits_reach(RegionId id, const std::string& what) {
  for (NodeId node : module_[id].nodes) {
    if (graph::writes_text(module_[node].op)) reach(taints_[node.index], module_[node].span, what);
    if (module_[node].op == Op::Render) continue;
    for (RegionId inner : module_[node].regions) emits_reach(inner, what);
  }
}

void Flow::provider_sinks(const graph::ProviderArgument& argument, ArgumentType type,
                          const std::string& owner) {
  const NodeId value = module_[argument.body].result;
  switch (type) {
    case ArgumentType::Url: host_sink(value, "the host of a URL in " + owner); break;
    case ArgumentType::Path: reach(whole(value), module_[value].span, "a path in " + owner); break;
    case ArgumentType::Command: reach(whole(value), module_[value].span, "the command of " + owner); break;
    case ArgumentType::Texts:
      if (argument.name == "env") reach(whole(value), module_[value].span, "the environment of " + owner);
      if (argument.name == "headers") header_sinks(value, owner);
      break;
    default: break;
  }
}

/// What stands for text that is not known in what `host_ended` looks at.
constexpr char kUnknownText = '\x01';

/// Whether `text` begins with a web address whose host has ended: `https://`, a host that is not empty, and
/// then a
/// `/`, `?` or `#`. Anything else is a path, or may become one.
static bool host_ended(std::string_view text) {
  std::string scheme(text.substr(0, text.find("://")));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  if (scheme != "http" && scheme != "https") return false;
  const size_t host = scheme.size() + 3;
  const size_t end = text.find_first_of("/?#", host);
  return end != std::string_view::npos && end > host;
}

/// What stands before the end of the host says where a request goes.
void Flow::host_sink(NodeId url, const std::string& what) {
  std::string before;
  if (module_[url].op == Op::Render) return host_pieces(module_[url].regions[0], before, what);
  std::vector<NodeId> parts{url};  // of texts that are joined, the last one first
  while (!parts.empty()) {
    const NodeId part = parts.back();
    parts.pop_back();
    if (module_[part].op == Op::Concat) {
      parts.push_back(module_[part].operands[1]);
      parts.push_back(module_[part].operands[0]);
    } else if (module_[part].op == Op::Render) {
      host_pieces(module_[part].regions[0], before, what);
    } else {
      host_piece(part, whole(part), before, what);
    }
  }
}

void Flow::host_piece(NodeId value, const Taint& taint, std::string& before, const std::string& what) {
  const Node& node = module_[value];
  if (const auto* text = node.op == Op::Constant ? std::get_if<std::string>(&node.constant) : nullptr) {
    before += *text;
    return;
  }
  if (!host_ended(before)) reach(taint, node.span, what);
  before += kUnknownText;
}

void Flow::host_pieces(RegionId id, std::string& before, const std::string& what) {
  for (NodeId node : module_[id].nodes) {
    const Node& piece = module_[node];
    if (piece.op == Op::Emit) host_piece(piece.operands[0], taints_[node.index], before, what);
    if (piece.op == Op::Include) {
      if (!host_ended(before)) reach(taints_[node.index], piece.span, what);
      before += kUnknownText;
    }
    if (piece.op == Op::Render) continue;
    for (RegionId inner : piece.regions) {
      std::string branch = before;  // an `if` may end the host in one arm only
      host_pieces(inner, branch, what);
    }
    if (!piece.regions.empty()) before += kUnknownText;
  }
}

/// The names of headers, and the one that says which host is meant.
void Flow::header_sinks(NodeId headers, const std::string& owner) {
  const Node& map = module_[headers];
  const std::string names = "the name of a header in " + owner;
  if (map.op != Op::Map) return reach(whole(headers), map.span, names);
  for (size_t i = 0; i + 1 < map.operands.size(); i += 2) {
    const Node& name = module_[map.operands[i]];
    const auto* text = name.op == Op::Constant ? std::get_if<std::string>(&name.constant) : nullptr;
    if (!text) {
      reach(whole(map.operands[i]), name.span, names);
    } else if (text->size() == 4 && strncasecmp(text->c_str(), "host", 4) == 0) {
      reach(whole(map.operands[i + 1]), module_[map.operands[i + 1]].span,
            "the host of a request in " + owner);
    }
  }
}

// ---- Sinks ----------------------------------------------------------------------------------

std::vector<Note> Flow::path_of(const Step* way) {
  std::vector<Note> path;
  for (; way; way = way->before) {
    if (!way->message.empty()) path.push_back({way->span, way->message});
  }
  std::reverse(path.begin(), path.end());
  return path;
}

void Flow::add_sink(std::vector<Sink>& sinks, Sink sink) {
  const bool known = std::any_of(sinks.begin(), sinks.end(), [&](const Sink& each) {
    return each.span == sink.span && each.what == sink.what;
  });
  if (known) return;
  sinks.push_back(std::move(sink));
  changed_ = true;
}

void Flow::reach(const Taint& taint, Span span, const std::string& what, bool asks) {
  for (const Taint::Item& item : taint.items()) {
    Sink sink{span, what, asks, path_of(item.way)};
    if (item.origin < 0) {
      found_.push_back(std::move(sink));
    } else {
      add_sink(owner_.summary->sinks[static_cast<size_t>(item.origin)], std::move(sink));
    }
  }
}

/// What a callee does with its parameter.
void Flow::reach(const Taint& taint, const Sink& beyond, Span span, const std::string& message) {
  for (const Taint::Item& item : taint.items()) {
    Sink sink{beyond.span, beyond.what, beyond.asks, path_of(item.way)};
    if (!message.empty()) sink.path.push_back({span, message});
    sink.path.insert(sink.path.end(), beyond.path.begin(), beyond.path.end());
    if (item.origin < 0) {
      found_.push_back(std::move(sink));
    } else {
      add_sink(owner_.summary->sinks[static_cast<size_t>(item.origin)], std::move(sink));
    }
  }
}

void Flow::report() {
  std::set<std::tuple<uint32_t, uint32_t, std::string, uint32_t, uint32_t>> said;
  for (const Sink& sink : found_) {
    const Span origin = sink.path.empty() ? Span{} : sink.path.front().span;
    if (!said.emplace(sink.span.file.index, sink.span.begin, sink.what, origin.file.index, origin.begin)
             .second)
      continue;
    auto builder = context_.diagnostics.report(UntrustedText{.sink = sink.what}, sink.span);
    for (const Note& note : sink.path) builder.note(note.span, note.message);
  }
}

bool Flow::may_be_untrusted(NodeId node, const Summary& summary) const {
  const Taint& taint = taints_[node.index];
  return std::any_of(taint.items().begin(), taint.items().end(), [&](const Taint::Item& item) {
    return item.origin == kSource || (item.origin >= 0 && summary.given[static_cast<size_t>(item.origin)]);
  });
}

std::optional<std::vector<Note>> Flow::way_into(NodeId node, const Summary& summary) const {
  for (const Taint::Item& item : taints_[node.index].items()) {
    std::vector<Note> way = path_of(item.way);
    if (item.origin < 0) return way;
    const auto parameter = static_cast<size_t>(item.origin);
    if (!summary.given[parameter]) continue;
    std::vector<Note> whole = path_of(summary.given_by[parameter]);
    whole.insert(whole.end(), way.begin(), way.end());
    return whole;
  }
  return std::nullopt;
}

namespace {

/// Puts what may be untrusted in `user` parts between marks that it cannot leave.
class Fence {
 public:
  Fence(graph::Module& module, const Flow& flow) : module_(module), flow_(flow) {}

  void part(const graph::MessagePart& part, const Summary& summary) {
    if (part.role != program::Role::User || !part.body.valid()) return;
    const NodeId text = module_[part.body].result;
    if (!text.valid()) return;
    if (module_[text].op == Op::Render) return pieces(module_[text].regions[0], summary);
    if (!flow_.may_be_untrusted(text, summary) || fenced(text)) return;
    const NodeId result = add(Op::Library, text, {text});
    module_[part.body].nodes.push_back(result);
    module_[part.body].result = result;
  }

 private:
  [[nodiscard]] static uint32_t function() { return library::overloads("fence").front(); }
  [[nodiscard]] bool fenced(NodeId id) const {
    return module_[id].op == Op::Library && module_[id].index == function();
  }

  NodeId add(Op op, NodeId like, std::vector<NodeId> operands) {
    Node node;
    node.op = op;
    node.type = op == Op::Emit ? module_.types.void_type : module_.types.string_type;
    node.span = module_[like].span;
    node.site = module_[like].site;
    node.operands = std::move(operands);
    if (op == Op::Library) node.index = function();
    module_.nodes.push_back(std::move(node));
    return NodeId{static_cast<uint32_t>(module_.nodes.size() - 1)};
  }

  /// Within a fence, the text of a template that may show what is untrusted.
  NodeId fenced_include(NodeId include, std::vector<NodeId>& nodes) {
    const NodeId text = rendered(include);
    module_[module_[text].regions[0]].nodes = {include};
    const NodeId fence = add(Op::Library, text, {text});
    nodes.push_back(text);
    nodes.push_back(fence);
    return add(Op::Emit, fence, {fence});
  }

  /// The text of a value that is none yet.
  NodeId rendered(NodeId value) {
    const RegionId region{static_cast<uint32_t>(module_.regions.size())};
    module_.regions.emplace_back();
    const NodeId emit = add(Op::Emit, value, {value});
    const NodeId result = add(Op::Render, value, {});
    module_[result].regions = {region};
    module_[region].nodes = {emit};
    module_[region].owner = result;
    return result;
  }

  void pieces(RegionId id, const Summary& summary) {
    std::vector<NodeId> nodes;
    for (NodeId node : std::vector<NodeId>(module_[id].nodes)) {
      // What media show cannot be fenced, nor does it become part of the text.
      const bool is_emit =
          module_[node].op == Op::Emit &&
          module_.types[module_[module_[node].operands[0]].type].kind != program::TypeKind::Media;
      if (is_emit && flow_.may_be_untrusted(node, summary) && !fenced(module_[node].operands[0])) {
        NodeId value = module_[node].operands[0];
        if (module_.types.base_kind(module_[value].type) != program::TypeKind::String) {
          value = rendered(value);
          nodes.push_back(value);
        }
        const NodeId fence = add(Op::Library, value, {value});
        nodes.push_back(fence);
        module_[node].operands = {fence};
      }
      const bool includes = module_[node].op == Op::Include && flow_.may_be_untrusted(node, summary);
      nodes.push_back(includes ? fenced_include(node, nodes) : node);
      if (module_[node].op == Op::Render) continue;
      for (size_t i = 0; i < module_[node].regions.size(); ++i) pieces(module_[node].regions[i], summary);
    }
    module_[id].nodes = std::move(nodes);
  }

  graph::Module& module_;
  const Flow& flow_;
};

}  // namespace

}  // namespace trust

void check_trust(Context& context) {
  if (context.diagnostics.has_errors()) return;  // the nodes of a wrong program are never looked at
  trust::Flow flow(context);
  flow.run();
  flow.report();
  if (context.diagnostics.has_errors()) return;
  flow.mark_agents();
  flow.mark_registry();
  trust::Fence fence(context.module, flow);
  for (size_t i = 0; i < context.module.prompts.size(); ++i) {
    for (const graph::MessagePart& part : std::vector(context.module.prompts[i].messages))
      fence.part(part, flow.prompt(i));
  }
  for (size_t i = 0; i < context.module.externals.size(); ++i) {
    for (const graph::MessagePart& part : std::vector(context.module.externals[i].messages))
      fence.part(part, flow.external(i));
  }
}

}  // namespace chain::sema
