#include "compiler/sema/emitter.h"

#include <cassert>
#include <utility>

namespace chain::sema {

namespace {

/// Code points that begin in `text`.
uint32_t code_points(std::string_view text) {
  uint32_t count = 0;
  for (char byte : text) count += (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
  return count;
}

}  // namespace

program::Site Places::at(Span span) {
  const SourceFile& file = sources_.file(span.file);
  const bool same_line = last_.line > 0 && last_.file == span.file.index &&
                         span.begin >= file.line_start(last_.line) &&
                         span.begin < file.line_start(last_.line + 1);
  if (same_line) {
    const uint32_t from = std::min(last_offset_, span.begin);
    const uint32_t to = std::max(last_offset_, span.begin);
    const uint32_t distance = code_points(file.text().substr(from, to - from));
    last_.column = span.begin >= last_offset_ ? last_.column + distance : last_.column - distance;
  } else {
    const Position position = file.position(span.begin);
    last_ = {span.file.index, position.line, position.column};
  }
  last_offset_ = span.begin;
  return last_;
}

NodeId Emitter::add(Op op, TypeId type, Span span, NodeParts parts) {
  assert(!open_.empty());
  const NodeId id{static_cast<uint32_t>(module_.nodes.size())};
  for (RegionId region : parts.regions) module_[region].owner = id;
  graph::Node& node = module_.nodes.emplace_back();
  node.op = op;
  node.type = type;
  node.span = span;
  node.site = places_.at(span);
  node.operands = std::move(parts.operands);
  node.regions = std::move(parts.regions);
  node.index = parts.index;
  module_[open_.back()].nodes.push_back(id);
  return id;
}

NodeId Emitter::constant(TypeId type, Span span, graph::Constant value) {
  const NodeId id = add(Op::Constant, type, span);
  module_[id].constant = std::move(value);
  return id;
}

NodeId Emitter::constant(const Constant& constant, Span span) {
  const program::TypeKind kind = module_.types[constant.type].kind;
  if (const auto* parts = std::get_if<Constant::Parts>(&constant.value)) {
    std::vector<NodeId> operands;
    operands.reserve(parts->size());
    for (const Constant& part : *parts) operands.push_back(this->constant(part, span));
    const Op op = kind == program::TypeKind::Record  ? Op::Record
                  : kind == program::TypeKind::List  ? Op::List
                  : kind == program::TypeKind::Map   ? Op::Map
                  : kind == program::TypeKind::Union ? Op::Variant
                                                     : Op::Some;
    const uint32_t member =
        op == Op::Variant ? member_index(module_.types, constant.type, parts->front().type) : 0;
    return add(op, constant.type, span, {.operands = std::move(operands), .index = member});
  }
  if (const auto* flag = std::get_if<bool>(&constant.value))
    return this->constant(constant.type, span, *flag);
  if (const auto* number = std::get_if<int64_t>(&constant.value))
    return this->constant(constant.type, span, *number);
  if (const auto* number = std::get_if<double>(&constant.value))
    return this->constant(constant.type, span, *number);
  if (const auto* text = std::get_if<std::string>(&constant.value))
    return this->constant(constant.type, span, *text);
  return add(Op::None, constant.type, span);
}

RegionId Emitter::open() {
  const RegionId id{static_cast<uint32_t>(module_.regions.size())};
  module_.regions.emplace_back();
  open_.push_back(id);
  return id;
}

}  // namespace chain::sema
