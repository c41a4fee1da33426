// The first bytes make a type, the next one says how the rest is cut into pieces. Whatever comes: every snapshot is
// JSON, snapshots of the reply in pieces are those of the reply at once, what is read can be written and read back, and
// the work is bounded by the size.
#include <cstdlib>
#include <string_view>
#include <vector>

#include "runtime/value/json.h"
#include "runtime/value/json_tree.h"
#include "runtime/value/reply_parser.h"
#include "tests/unit/value/type_maker.h"

namespace {

using namespace chain;

void require(bool holds) {
  if (!holds) std::abort();
}

void require_json(std::string_view text) {
  value::Arena arena;
  value::JsonLimits limits;
  limits.depth = 4096;
  std::string message;
  require(value::parse_json(text, arena, limits, message) != nullptr);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  program::TypeTable types;
  const program::TypeId type = value::test::make_type(types, data, size);
  const size_t step = size == 0 ? 1 : 1 + data[0] % 32;
  const std::string_view reply(reinterpret_cast<const char*>(data), size);

  const value::ReplyPlan plan(types, type);
  value::ReplyParser parser(plan);
  for (size_t at = 0; at < reply.size(); at += step) {
    parser.feed(reply.substr(at, step));
    const value::PartialReply partial = parser.partial(true);
    if (partial.json.empty()) continue;
    if (reply.size() < 512) require_json(partial.json);
    require(partial.unchanged <= partial.json.size());
  }
  value::Arena arena;
  std::vector<std::byte> out(types[type].size + 8);
  const value::ReplyResult result = parser.finish(arena, out.data());
  require(result.ok == result.complaint.empty());
  require(parser.steps() <= 60'000 + 6'000 * size);
  if (!result.ok) return 0;
  std::string json;
  require(value::write_json(types, type, out.data(), json));
  require_json(json);
  std::vector<std::byte> again(types[type].size + 8);
  (void)value::from_json(types, type, json, arena, again.data());
  return 0;
}
