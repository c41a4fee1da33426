#include "runtime/model/openai_reply.h"

#include <utility>

#include "runtime/model/json_reader.h"
#include "runtime/model/text_reply.h"

namespace chain::model {

namespace {

/// A text, or (of some servers) a list of parts of which those with a text count.
bool read_content(JsonReader& reader, std::string& text) {
  if (reader.peek() != '[') return reader.string(text);
  text.clear();
  return reader.array([&] {
    return reader.object([&](std::string_view key) {
      std::string part;
      const bool fine = key == "text" ? reader.string(part) : reader.skip();
      text += part;
      return fine;
    });
  });
}

bool read_choice(JsonReader& reader, Piece& piece, std::string& finish_reason) {
  std::string reason;
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "finish_reason") return reader.string(reason);
    if (key != "message" && key != "delta") return reader.skip();
    return reader.object([&](std::string_view member) {
      if (member == "content") return read_content(reader, piece.text);
      if (member == "refusal") return reader.string(piece.refusal);
      return reader.skip();
    });
  });
  if (!reason.empty()) finish_reason = std::move(reason);
  return fine;
}

/// A whole `chat.completion` or `chat.completion.chunk`. False if it is no JSON.
bool read_piece(std::string_view json, Piece& piece, Completion& completion) {
  JsonReader reader(json);
  if (reader.peek() != '{') return false;
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "choices") {
      bool first = true;
      return reader.array([&] {
        if (!std::exchange(first, false)) return reader.skip();
        piece.answers = true;
        return read_choice(reader, piece, completion.finish_reason);
      });
    }
    if (key == "usage" && !reader.at_null()) return read_openai_usage(reader, completion.usage);
    if (key == "model" && completion.model.empty()) return reader.string(completion.model);
    if (key == "error" && !reader.at_null()) return read_api_error(reader, piece.error);
    return reader.skip();
  });
  return fine && reader.end();
}

/// The length that `finish_reason` speaks of is OpenAI's word; Mistral has one more, for the model's own
/// limit.
bool read_openai_piece(std::string_view json, Piece& piece, Completion& completion) {
  if (json == "[DONE]") {
    piece.ends = true;
    return true;
  }
  if (!read_piece(json, piece, completion)) return false;
  const std::string& reason = completion.finish_reason;
  completion.cut_off = reason == "length" || reason == "model_length";
  piece.withheld = reason == "content_filter";
  piece.decided = !reason.empty();
  return true;
}

}  // namespace

bool read_openai_usage(JsonReader& reader, Usage& usage) {
  const auto detail = [&](std::string_view name, int64_t& count) {
    return reader.object(
        [&, name](std::string_view key) { return key == name ? reader.integer(count) : reader.skip(); });
  };
  return reader.object([&](std::string_view key) {
    if (key == "prompt_tokens" || key == "input_tokens") return reader.integer(usage.input_tokens);
    if (key == "completion_tokens" || key == "output_tokens") return reader.integer(usage.output_tokens);
    if (key == "prompt_tokens_details" || key == "input_tokens_details")
      return detail("cached_tokens", usage.cached_tokens);
    if (key == "completion_tokens_details" || key == "output_tokens_details")
      return detail("reasoning_tokens", usage.reasoning_tokens);
    return reader.skip();
  });
}

std::unique_ptr<Reply> read_openai_object(bool wrapped) {
  return read_object_reply(&read_openai_piece, wrapped, "chat completion");
}
std::unique_ptr<Reply> read_openai_stream(bool wrapped) {
  return read_stream_reply(&read_openai_piece, wrapped, "neither finish_reason nor [DONE]");
}

}  // namespace chain::model
