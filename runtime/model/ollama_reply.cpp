#include "runtime/model/ollama_reply.h"

#include <utility>

#include "runtime/model/json_reader.h"
#include "runtime/model/json_writer.h"
#include "runtime/model/text_reply.h"
#include "runtime/model/tool_messages.h"

namespace chain::model {

namespace {

/// Reads the objects of one answer: it, or the lines of its stream.
class OllamaReader {
 public:
  explicit OllamaReader(const Form& form) : tools_(form.tools) {}

  bool operator()(std::string_view json, Piece& piece, Completion& completion);

 private:
  bool read_message(JsonReader& reader, Piece& piece, Completion& completion);

  bool tools_;
  std::string thoughts_;
};

bool read_calls(JsonReader& reader, std::vector<ToolCall>& calls) {
  return reader.array([&] {
    ToolCall call;
    const bool fine = reader.object([&](std::string_view key) {
      if (key == "id") return reader.string(call.id);
      if (key != "function") return reader.skip();
      return reader.object([&](std::string_view member) {
        if (member == "name") return reader.string(call.name);
        return member == "arguments" ? read_arguments(reader, call.arguments) : reader.skip();
      });
    });
    if (calls.size() <= kMostCalls) calls.push_back(std::move(call));
    return fine;
  });
}

/// What the model thought stands in `thinking`, and is no part of the answer. It goes back with the calls
/// that it led to.
bool OllamaReader::read_message(JsonReader& reader, Piece& piece, Completion& completion) {
  return reader.object([&](std::string_view key) {
    if (key == "content") return reader.string(piece.text);
    if (key == "tool_calls") return read_calls(reader, completion.tool_calls);
    if (key != "thinking" || !tools_) return reader.skip();
    std::string thought;
    const bool fine = reader.string(thought);
    thoughts_ += thought;
    return fine;
  });
}

bool OllamaReader::operator()(std::string_view json, Piece& piece, Completion& completion) {
  JsonReader reader(json);
  if (reader.peek() != '{') return false;
  Usage& usage = completion.usage;
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "message") {
      piece.answers = true;
      return read_message(reader, piece, completion);
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
  if (piece.ends && !thoughts_.empty()) {
    completion.state = {std::string(kOllamaState), "["};
    append_json_string(completion.state.json, std::exchange(thoughts_, {}));
    completion.state.json += ']';
  }
  return fine && reader.end();
}

}  // namespace

std::unique_ptr<Reply> read_ollama_object(const Form& form) {
  return read_object_reply(OllamaReader(form), form, "answer of Ollama's");
}
std::unique_ptr<Reply> read_ollama_stream(const Form& form) {
  return read_lines_reply(OllamaReader(form), form, R"(no "done": true)");
}

}  // namespace chain::model
