#include "runtime/value/pinned_hash.h"

#include "runtime/value/digest.h"

namespace chain::value {

std::string pinned_hash(const DescribedTool& tool) {
  std::string all = "remote 1";
  for (const std::string_view part : {tool.kind, tool.description, tool.input, tool.output, tool.annotations})
    all.append("\n" + std::to_string(part.size()) + ':').append(part);
  return hex(sha256(all));
}

}  // namespace chain::value
