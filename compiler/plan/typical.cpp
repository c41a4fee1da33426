#include "compiler/plan/typical.h"

#include <algorithm>

namespace chain::plan {

namespace {

using graph::Module;
using graph::Node;
using graph::NodeId;
using graph::Op;
using graph::RegionId;
using program::TypeId;
using program::TypeKind;

constexpr uint64_t kBytesOfToken = 4;  // of English; of Korean it is about three, one letter
constexpr uint64_t kListLength = 5;    // elements
constexpr uint64_t kParagraph = 150;   // tokens
constexpr uint64_t kPhrase = 20;       // a text within a record or a list
constexpr uint64_t kScalar = 4;        // a number, a word
constexpr uint64_t kMedia = 1'000;     // an image, or a minute of sound
constexpr int kDeepest = 6;            // types within each other, after which they are words

uint64_t tokens_of(size_t bytes) {
  return (bytes + kBytesOfToken - 1) / kBytesOfToken;
}

/// A value of the type as text; `within` another one.
uint64_t typical_value(const program::TypeTable& types, TypeId id, int within = 0) {
  const program::Type& type = types[id];
  if (within > kDeepest) return kScalar;
  switch (type.kind) {
    case TypeKind::Void: return 0;
    case TypeKind::String: return within == 0 ? kParagraph : kPhrase;
    case TypeKind::Bytes:
    case TypeKind::Json: return kParagraph;
    case TypeKind::Media: return kMedia;
    case TypeKind::Optional: return typical_value(types, type.element, within);
    case TypeKind::List: return kListLength * typical_value(types, type.element, within + 1);
    case TypeKind::Map: return kListLength * (kScalar + typical_value(types, type.element, within + 1));
    case TypeKind::Union: {
      uint64_t most = 0;
      for (const TypeId member : type.members) most = std::max(most, typical_value(types, member, within));
      return most;
    }
    case TypeKind::Record: {
      uint64_t sum = 0;
      for (const program::Field& field : type.fields)
        sum = add_up(sum, tokens_of(field.name.size() + 4) + typical_value(types, field.type, within + 1));
      return sum;
    }
    default: return kScalar;
  }
}

/// What the emits of a region come to. Templates include each other in no circle.
class Text {
 public:
  explicit Text(const Module& module) : module_(module) {}

  /// A body that gives text: often the text itself, or one parameter.
  uint64_t body(RegionId id) {
    if (!id.valid()) return 0;
    const NodeId result = module_[id].result;
    return add_up(region(id), result.valid() ? emitted(module_[result]) : 0);
  }

 private:
  uint64_t region(RegionId id) {  // NOLINT(misc-no-recursion)
    uint64_t sum = 0;
    for (const NodeId node : module_[id].nodes) sum = add_up(sum, of(module_[node]));
    return sum;
  }

  uint64_t of(const Node& node) {  // NOLINT(misc-no-recursion)
    switch (node.op) {
      case Op::Emit: return emitted(module_[node.operands[0]]);
      case Op::Include: return region(module_.templates[node.index].body);
      case Op::If:
      case Op::Switch: {
        uint64_t most = 0;
        for (const RegionId arm : node.regions) most = std::max(most, region(arm));
        return most;
      }
      case Op::For:
      case Op::Loop: return multiply(kListLength, region(node.regions[0]));
      default: break;
    }
    uint64_t sum = 0;
    for (const RegionId inner : node.regions) sum = add_up(sum, region(inner));
    return sum;
  }

  uint64_t emitted(const Node& value) const {
    if (value.op == Op::Render) return 0;  // it was counted where it stands
    if (value.op != Op::Constant) return typical_value(module_.types, value.type);
    const auto* text = std::get_if<std::string>(&value.constant);
    return text ? tokens_of(text->size()) : kScalar;
  }

  const Module& module_;
};

}  // namespace

TypicalTokens typical_tokens(const Module& module, const graph::Prompt& prompt) {
  TypicalTokens result;
  Text text(module);
  for (const graph::MessagePart& part : prompt.messages) {
    if (part.example < 0) {
      result.request = add_up(result.request, text.body(part.body));
    } else {
      const program::Example& example = prompt.examples[static_cast<size_t>(part.example)];
      result.request =
          add_up(result.request, tokens_of(example.arguments_json.size() + example.result_json.size()));
    }
  }
  result.answer = typical_value(module.types, prompt.result);
  return result;
}

uint64_t typical_count(const Count& count) {
  uint64_t sum = 0;
  for (const auto& [product, times] : count.terms()) {
    uint64_t term = times;
    for (const Factor& factor : product)
      term = multiply(term, std::min(kListLength, factor.most.value_or(kListLength)));
    sum = add_up(sum, term);
  }
  return sum;
}

}  // namespace chain::plan
