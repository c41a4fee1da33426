#include "runtime/model/anthropic_reply.h"

#include <algorithm>
#include <utility>

#include "runtime/model/anthropic_content.h"
#include "runtime/model/json_reader.h"
#include "runtime/model/text_reply.h"

namespace chain::model {

namespace {

/// Input tokens are those that were neither read from the provider's cache nor written to it: the three add
/// up.
struct Counts {
  int64_t input = -1, cache_written = -1, cache_read = -1, output = -1, thought = -1,
          searches = -1;  // -1: not told
};

bool read_counts(JsonReader& reader, Counts& counts) {
  const auto number = [&](int64_t& out) { return reader.at_null() ? reader.skip() : reader.integer(out); };
  return reader.object([&](std::string_view key) {
    if (key == "input_tokens") return number(counts.input);
    if (key == "cache_creation_input_tokens") return number(counts.cache_written);
    if (key == "cache_read_input_tokens") return number(counts.cache_read);
    if (key == "output_tokens") return number(counts.output);
    if (key == "server_tool_use" && reader.peek() == '{') {
      return reader.object([&](std::string_view tool) {
        return tool == "web_search_requests" ? number(counts.searches) : reader.skip();
      });
    }
    if (key == "output_tokens_details") {
      return reader.object([&](std::string_view detail) {
        return detail == "thinking_tokens" ? number(counts.thought) : reader.skip();
      });
    }
    return reader.skip();
  });
}

/// Later events of a stream tell the totals anew.
void take(const Counts& counts, Usage& usage) {
  const auto told = [](int64_t count) { return std::max<int64_t>(count, 0); };
  if (counts.input >= 0)
    usage.input_tokens = counts.input + told(counts.cache_written) + told(counts.cache_read);
  if (counts.cache_read >= 0) usage.cached_tokens = counts.cache_read;
  if (counts.cache_written >= 0) usage.written_tokens = counts.cache_written;
  if (counts.output >= 0) usage.output_tokens = counts.output;
  if (counts.searches >= 0) usage.searches = counts.searches;
  if (counts.thought >= 0) usage.reasoning_tokens = counts.thought;
}

/// Reads the objects of one answer: the message, or the events of its stream.
class MessageReader {
 public:
  explicit MessageReader(const Form& form) : content_(form.tools || form.searches) {}

  bool read_whole(std::string_view json, Piece& piece, Completion& completion);
  bool read_event(std::string_view json, Piece& piece, Completion& completion);

 private:
  bool read_message(JsonReader& reader, Piece& piece, Completion& completion);

  AnthropicContent content_;
};

/// The `message` object that a reply is, or that a stream begins with.
bool MessageReader::read_message(JsonReader& reader, Piece& piece, Completion& completion) {
  return reader.object([&](std::string_view key) {
    if (key == "content") {
      piece.answers = true;
      int64_t index = 0;
      return reader.array([&] { return content_.read_block(reader, index++, piece.text, completion); });
    }
    if (key == "model") return reader.string(completion.model);
    if (key == "stop_reason")
      return reader.at_null() ? reader.skip() : reader.string(completion.finish_reason);
    if (key == "error" && !reader.at_null()) return read_api_error(reader, piece.error);
    if (key != "usage") return reader.skip();
    Counts counts;
    const bool fine = read_counts(reader, counts);
    take(counts, completion.usage);
    return fine;
  });
}

void judge(Piece& piece, Completion& completion) {
  const std::string& reason = completion.finish_reason;
  completion.cut_off = reason == "max_tokens" || reason == "model_context_window_exceeded";
  piece.withheld = reason == "refusal";
}

bool MessageReader::read_whole(std::string_view json, Piece& piece, Completion& completion) {
  JsonReader reader(json);
  if (reader.peek() != '{' || !read_message(reader, piece, completion) || !reader.end()) return false;
  judge(piece, completion);
  content_.finish(completion);
  return true;
}

/// An event of a stream. Its type stands in the data, too.
bool MessageReader::read_event(std::string_view json, Piece& piece, Completion& completion) {
  JsonReader reader(json);
  if (reader.peek() != '{') return false;
  std::string type;
  int64_t index = 0;
  std::string_view block, delta;  // read once their number is known, which may stand behind them
  Counts counts;
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "type") return reader.string(type);
    if (key == "index") return reader.integer(index);
    if (key == "message") return read_message(reader, piece, completion);
    if (key == "content_block") return reader.raw(block);
    if (key == "delta") return reader.raw(delta);
    if (key == "usage") return read_counts(reader, counts);
    if (key == "error" && !reader.at_null()) return read_api_error(reader, piece.error);
    return reader.skip();
  });
  if (!fine || !reader.end()) return false;
  JsonReader begun(block), more(delta);
  if (!block.empty() && !content_.read_block(begun, index, piece.text, completion)) return false;
  if (!delta.empty() && !content_.read_delta(more, index, piece.text, completion)) return false;
  take(counts, completion.usage);
  piece.ends = type == "message_stop";
  if (piece.ends) content_.finish(completion);
  judge(piece, completion);
  return true;
}

}  // namespace

std::unique_ptr<Reply> read_anthropic_object(const Form& form) {
  return read_object_reply(read_by(MessageReader(form), &MessageReader::read_whole), form, "message");
}
std::unique_ptr<Reply> read_anthropic_stream(const Form& form) {
  return read_stream_reply(read_by(MessageReader(form), &MessageReader::read_event), form, "no message_stop");
}

}  // namespace chain::model
