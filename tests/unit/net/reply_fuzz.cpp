// Any bytes as a reply of any provider, cut anywhere: no crash, the same outcome, deltas that add up to the
// text, and messages without control characters.
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <string>

#include "runtime/model/anthropic_reply.h"
#include "runtime/model/endpoint.h"
#include "runtime/model/gemini_reply.h"
#include "runtime/model/json_reader.h"
#include "runtime/model/ollama_reply.h"
#include "runtime/model/openai_reply.h"
#include "runtime/model/openai_responses.h"
#include "tests/unit/net/reply_reader.h"

namespace {

using chain::model::Reply;

struct Reader {
  std::unique_ptr<Reply> (*object)(const chain::model::Form& form);
  std::unique_ptr<Reply> (*stream)(const chain::model::Form& form);
};

constexpr Reader kReaders[] = {
    {&chain::model::read_openai_object, &chain::model::read_openai_stream},
    {&chain::model::read_response_object, &chain::model::read_response_stream},
    {&chain::model::read_anthropic_object, &chain::model::read_anthropic_stream},
    {&chain::model::read_gemini_object, &chain::model::read_gemini_stream},
    {&chain::model::read_ollama_object, &chain::model::read_ollama_stream},
};

struct Result {
  bool ok = false;
  std::string text, streamed, what, state;
  std::vector<chain::model::ToolCall> calls;
  std::vector<chain::model::Source> sources;
  int64_t searches = 0;
};

Result read(std::unique_ptr<Reply> reply, std::string_view text, size_t step) {
  const chain::test::Read read = chain::test::read(std::move(reply), text, step);
  const Result result = {read.ok,
                         read.completion.text,
                         read.streamed,
                         read.problem.what,
                         read.completion.state.json,
                         read.completion.tool_calls,
                         read.completion.sources,
                         read.completion.usage.searches};
  for (const char c : result.what) {
    if (static_cast<uint8_t>(c) < 0x20 || c == 0x7F) std::abort();
  }
  // What is carried out is whole, and what goes back is JSON.
  for (const chain::model::ToolCall& call : result.calls) {
    chain::model::JsonReader arguments(call.arguments);
    const bool told = arguments.peek() == '"' && arguments.skip() && arguments.end();
    if (result.ok && (call.id.empty() || !(told || chain::model::is_json_object(call.arguments))))
      std::abort();
  }
  chain::model::JsonReader state(result.state);
  if (result.ok && !result.state.empty() && !(state.peek() == '[' && state.skip() && state.end()))
    std::abort();
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const bool stream = (data[0] & 1) != 0;
  const chain::model::Form form = {.structured = true,
                                   .wrapped = (data[0] & 2) != 0,
                                   .tools = (data[1] & 0x20) != 0,
                                   .searches = (data[1] & 0x40) != 0,
                                   .one_search = (data[1] & 0x80) != 0};
  const size_t step = data[1] % 32 + 1;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Reader& reader = kReaders[(data[0] >> 2U) % std::size(kReaders)];
  const auto reply = [&] { return stream ? reader.stream(form) : reader.object(form); };
  const Result whole = read(reply(), text, SIZE_MAX / 2);
  const Result pieces = read(reply(), text, step);
  if (whole.ok != pieces.ok || whole.text != pieces.text || whole.streamed != pieces.streamed) std::abort();
  if (whole.ok && (whole.calls != pieces.calls || whole.state != pieces.state)) std::abort();
  if (whole.ok && (whole.sources != pieces.sources || whole.searches != pieces.searches)) std::abort();
  if (whole.sources.size() > 64) std::abort();
  if (stream && whole.ok && !whole.text.starts_with(whole.streamed)) std::abort();
  const auto error = chain::model::read_api_error(text);
  static_cast<void>(chain::model::status_problem(400 + data[1], error));
  return 0;
}
