#include "runtime/model/openai_reply.h"

#include <algorithm>
#include <utility>

#include "runtime/model/json_reader.h"
#include "runtime/model/json_writer.h"
#include "runtime/model/text_reply.h"
#include "runtime/model/tool_messages.h"

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

/// Reads the objects of one answer: whole, or those of its stream.
class ChatReader {
 public:
  explicit ChatReader(const Form& form) : tools_(form.tools), searches_(form.searches) {}

  bool operator()(std::string_view json, Piece& piece, Completion& completion);

 private:
  bool read_piece(std::string_view json, Piece& piece, Completion& completion);
  bool read_choice(JsonReader& reader, Piece& piece, Completion& completion);
  bool read_calls(JsonReader& reader, std::vector<ToolCall>& calls);

  bool tools_;
  bool searches_;  // once for each question
  CallPieces pieces_;
  std::string thoughts_;  // of servers that want to see them again
};

/// A call, or a piece of one: what is in it adds to what came before. Whole ones have no `index`.
bool ChatReader::read_calls(JsonReader& reader, std::vector<ToolCall>& calls) {
  int64_t place = 0;
  return reader.array([&] {
    int64_t index = place++;
    std::string id, name, arguments;
    const bool fine = reader.object([&](std::string_view key) {
      if (key == "index") return reader.integer(index);
      if (key == "id") return reader.string(id);
      if (key != "function") return reader.skip();
      return reader.object([&](std::string_view member) {
        if (member == "name") return reader.string(name);
        return member == "arguments" ? read_arguments(reader, arguments) : reader.skip();
      });
    });
    ToolCall& call = pieces_.at(calls, index, id);
    if (!id.empty()) call.id = std::move(id);
    if (!name.empty()) call.name = std::move(name);
    call.arguments += arguments;
    return fine;
  });
}

bool ChatReader::read_choice(JsonReader& reader, Piece& piece, Completion& completion) {
  std::string reason;
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "finish_reason") return reader.string(reason);
    if (key != "message" && key != "delta") return reader.skip();
    return reader.object([&](std::string_view member) {
      if (member == "content") return read_content(reader, piece.text);
      if (member == "refusal") return reader.string(piece.refusal);
      if (member == "annotations") return read_citations(reader, completion.sources);
      if (member == "tool_calls") return read_calls(reader, completion.tool_calls);
      if (member == "reasoning_content" && tools_) {
        std::string thought;
        const bool read = reader.string(thought);
        thoughts_ += thought;
        return read;
      }
      return reader.skip();
    });
  });
  if (!reason.empty()) completion.finish_reason = std::move(reason);
  return fine;
}

/// A whole `chat.completion` or `chat.completion.chunk`. False if it is no JSON.
bool ChatReader::read_piece(std::string_view json, Piece& piece, Completion& completion) {
  JsonReader reader(json);
  if (reader.peek() != '{') return false;
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "choices") {
      bool first = true;
      return reader.array([&] {
        if (!std::exchange(first, false)) return reader.skip();
        piece.answers = true;
        return read_choice(reader, piece, completion);
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
bool ChatReader::operator()(std::string_view json, Piece& piece, Completion& completion) {
  if (json == "[DONE]") {
    piece.ends = true;
    return true;
  }
  if (!read_piece(json, piece, completion)) return false;
  if (searches_) completion.usage.searches = 1;
  const std::string& reason = completion.finish_reason;
  completion.cut_off = reason == "length" || reason == "model_length";
  piece.withheld = reason == "content_filter";
  piece.decided = !reason.empty();
  if (piece.decided && !thoughts_.empty()) {
    completion.state = {std::string(kChatState), "["};
    append_json_string(completion.state.json, std::exchange(thoughts_, {}));
    completion.state.json += ']';
  }
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

bool read_citations(JsonReader& reader, std::vector<Source>& sources) {
  constexpr size_t kMostSources = 64;
  return reader.array([&] {
    std::string type;
    Source source;
    const auto member = [&](std::string_view key) {
      if (key == "url") return reader.string(source.url);
      return key == "title" ? reader.string(source.title) : reader.skip();
    };
    const bool fine = reader.object([&](std::string_view key) {
      if (key == "type") return reader.string(type);
      return key == "url_citation" ? reader.object(member) : member(key);
    });
    const bool known = std::ranges::find(sources, source) != sources.end();
    if (type == "url_citation" && !known && sources.size() < kMostSources)
      sources.push_back(std::move(source));
    return fine;
  });
}

std::unique_ptr<Reply> read_openai_object(const Form& form) {
  return read_object_reply(ChatReader(form), form, "chat completion");
}
std::unique_ptr<Reply> read_openai_stream(const Form& form) {
  return read_stream_reply(ChatReader(form), form, "neither finish_reason nor [DONE]");
}

}  // namespace chain::model
