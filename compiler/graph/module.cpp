#include "compiler/graph/module.h"

namespace chain::graph {

std::string_view op_text(Op op) {
  static constexpr std::string_view texts[] = {
#define OP(name, text, doc) text,
#include "compiler/graph/ops.def"
#undef OP
  };
  const auto index = static_cast<size_t>(op);
  return index < std::size(texts) ? texts[index] : "?";
}

}  // namespace chain::graph
