#include "runtime/model/ollama_reply.h"

#include "runtime/model/json_reader.h"
#include "runtime/model/text_reply.h"

namespace chain::model {

namespace {

/// What the model thought stands in `thinking`, and is no part of the answer.
bool read_message(JsonReader& reader, std::string& text) {
  return reader.object(
      [&](std::string_view key) { return key == "content" ? reader.string(text) : reader.skip(); });
}

bool read_piece(std::string_view json, Piece& piece, Completion& completion) {
  JsonReader reader(json);
  if (reader.peek() != '{') return false;
  Usage& usage = completion.usage;
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "message") {
      piece.answers = true;
      return read_message(reader, piece.text);
    }
    if (key == "done") piece.ends = reader.peek() == 't';
    if (key == "done_reason") return reader.string(completion.finish_reason);
    if (key == "model") return reader.string(completion.model);
    if (key == "prompt_eval_count") return reader.integer(usage.input_tokens);
    if (key == "prompt_eval_cached_count") return reader.integer(usage.cached_tokens);
    if (key == "eval_count") return reader.integer(usage.output_tokens);
    if (key == "error" && !reader.at_null()) return read_api_error(reader, piece.error);
    return reader.skip();
  });
  completion.cut_off = completion.finish_reason == "length";
  return fine && reader.end();
}

}  // namespace

std::unique_ptr<Reply> read_ollama_object(bool wrapped) {
  return read_object_reply(&read_piece, wrapped, "answer of Ollama's");
}
std::unique_ptr<Reply> read_ollama_stream(bool wrapped) {
  return read_lines_reply(&read_piece, wrapped, R"(no "done": true)");
}

}  // namespace chain::model
