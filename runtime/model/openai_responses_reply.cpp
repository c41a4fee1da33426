// Reads what the Responses API answers.
#include <algorithm>
#include <utility>

#include "runtime/model/json_reader.h"
#include "runtime/model/media_answer.h"
#include "runtime/model/openai_reply.h"
#include "runtime/model/openai_responses.h"
#include "runtime/model/text_reply.h"
#include "runtime/model/tool_messages.h"

namespace chain::model {

namespace {

constexpr size_t kMostSources = 64;

/// A part of a message's content. Of another type is what the model thought.
bool read_part(JsonReader& reader, Piece& piece, std::vector<Source>& sources) {
  std::string type, text, refusal;
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "type") return reader.string(type);
    if (key == "text") return reader.string(text);
    if (key == "refusal") return reader.string(refusal);
    if (key == "annotations") return read_citations(reader, sources);
    return reader.skip();
  });
  if (type == "output_text") piece.text += text;
  if (type == "refusal") piece.refusal += refusal;
  return fine;
}

/// An element of the output: a message, a call of a tool, what the model thought.
struct Item {
  std::string type, id, name, arguments;
  std::string format, picture;    // of an image that it made: "png", base64
  std::string action = "search";  // of a search of the web: others look at a page that it found
  Piece message;
  std::vector<Source> sources;  // that it cites
};

bool read_item(JsonReader& reader, Item& item) {
  return reader.object([&](std::string_view key) {
    if (key == "type") return reader.string(item.type);
    if (key == "call_id") return reader.string(item.id);
    if (key == "name") return reader.string(item.name);
    if (key == "arguments") return read_arguments(reader, item.arguments);
    if (key == "action" && reader.peek() == '{') {
      return reader.object([&](std::string_view member) {
        return member == "type" ? reader.string(item.action) : reader.skip();
      });
    }
    if (key == "output_format") return reader.string(item.format);
    if (key == "result" && reader.peek() == '"') return reader.string(item.picture);
    if (key == "content") return reader.array([&] { return read_part(reader, item.message, item.sources); });
    return reader.skip();
  });
}

/// Reads the objects of one answer: the response, or the events of its stream.
class ResponseReader {
 public:
  explicit ResponseReader(const Form& form) : tools_(form.tools), medium_(form.medium) {}

  bool read_whole(std::string_view json, Piece& piece, Completion& completion);
  bool read_event(std::string_view json, Piece& piece, Completion& completion);

 private:
  /// Of an event: what stands beside its type.
  struct Event {
    std::string type, delta, arguments;
    int64_t output_index = 0;
    Item item;
    std::string_view item_json;
  };

  bool read_response(JsonReader& reader, bool is_event, Piece& piece, Completion& completion);
  bool read_output(std::string_view output, Piece& piece, Completion& completion);
  void take(Item item, int64_t index, Piece& piece, Completion& completion);
  void take_event(Event& event, Piece& piece, Completion& completion);
  void keep(std::string_view item, Completion& completion) const;

  bool tools_;
  std::string_view medium_;  // that the answer is: words beside it do not count
  bool has_medium_ = false;
  CallPieces calls_;
};

/// What a whole item says of calls and of what no prompt can take.
void ResponseReader::take(Item item, int64_t index, Piece& piece, Completion& completion) {
  for (Source& source : item.sources) {
    const bool known = std::ranges::find(completion.sources, source) != completion.sources.end();
    if (!known && completion.sources.size() < kMostSources) completion.sources.push_back(std::move(source));
  }
  if (item.type == "web_search_call" && item.action == "search") ++completion.usage.searches;
  if (item.type == "image_generation_call") {
    const std::string mime = item.format.empty() ? std::string() : "image/" + item.format;
    std::string uri = medium_.empty() ? std::string() : media_answer(medium_, mime, item.picture);
    if (uri.empty())
      completion.dropped.emplace_back("an image");
    else if (!std::exchange(has_medium_, true))
      piece.text = std::move(uri);
  }
  if (item.type != "function_call") return;
  ToolCall& call = calls_.at(completion.tool_calls, index, item.id);
  call = {std::move(item.id), std::move(item.name), std::move(item.arguments)};
}

/// Adds an item to what goes back to the API with the results of calls.
void ResponseReader::keep(std::string_view item, Completion& completion) const {
  if (!tools_ || item.empty()) return;
  std::string& json = completion.state.json;
  completion.state.api = kResponsesState;
  if (json.empty()) json = "[]";
  json.pop_back();
  if (json.size() > 1) json += ',';
  json.append(item) += ']';
}

bool ResponseReader::read_output(std::string_view output, Piece& piece, Completion& completion) {
  JsonReader reader(output);
  int64_t index = 0;
  return reader.array([&] {
    std::string_view json;
    if (!reader.raw(json)) return false;
    Item item;
    JsonReader inner(json);
    if (!read_item(inner, item)) return false;
    keep(json, completion);
    if (item.type.empty() || item.type == "message") {  // of some servers without a type
      if (medium_.empty()) piece.text += item.message.text;
      piece.refusal += item.message.refusal;
    }
    take(std::move(item), index++, piece, completion);
    return true;
  });
}

/// A `response`: the whole answer, or what an event of a stream says of it. Its output is not looked at in
/// the latter, for the stream has told it in pieces.
bool ResponseReader::read_response(JsonReader& reader, bool is_event, Piece& piece, Completion& completion) {
  std::string status, reason;
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "output") {
      piece.answers = true;
      std::string_view output;
      return reader.raw(output) && (is_event || read_output(output, piece, completion));
    }
    if (key == "status") return reader.string(status);
    if (key == "incomplete_details" && !reader.at_null()) {
      return reader.object([&](std::string_view detail) {
        return detail == "reason" ? reader.string(reason) : reader.skip();
      });
    }
    if (key == "model") return reader.string(completion.model);
    if (key == "usage" && !reader.at_null()) return read_openai_usage(reader, completion.usage);
    if (key == "error" && !reader.at_null()) return read_api_error(reader, piece.error);
    return reader.skip();
  });
  piece.withheld = reason == "content_filter";
  // All other reasons end an answer before the model would have.
  completion.cut_off = status == "incomplete" && !piece.withheld;
  piece.error.found = piece.error.found || status == "failed" || status == "cancelled";
  completion.finish_reason = reason.empty() ? std::move(status) : std::move(reason);
  return fine;
}

bool ResponseReader::read_whole(std::string_view json, Piece& piece, Completion& completion) {
  JsonReader reader(json);
  if (reader.peek() != '{') return false;
  return read_response(reader, /*is_event=*/false, piece, completion) && reader.end();
}

bool ResponseReader::read_event(std::string_view json, Piece& piece, Completion& completion) {
  JsonReader reader(json);
  if (reader.peek() != '{') return false;
  Event event;
  ApiError error;  // its members stand in the event itself, of some servers in one of its own
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "type") return reader.string(event.type);
    if (key == "delta") return reader.string(event.delta);
    if (key == "arguments") return reader.string(event.arguments);
    if (key == "output_index") return reader.integer(event.output_index);
    if (key == "item") return reader.raw(event.item_json);
    if (key == "response") return read_response(reader, /*is_event=*/true, piece, completion);
    if (key == "message") return reader.string(error.message);
    if (key == "code") return reader.string(error.code);
    if (key == "error" && !reader.at_null()) return read_api_error(reader, piece.error);
    return reader.skip();
  });
  if (!fine || !reader.end()) return false;
  if (event.type == "error" && !piece.error.found) {
    piece.error = std::move(error);
    piece.error.found = true;
  } else if (event.type == "response.failed") {
    piece.error.found = true;
  }
  if (!event.item_json.empty()) {
    JsonReader item(event.item_json);
    if (!read_item(item, event.item)) return false;
  }
  take_event(event, piece, completion);
  piece.ends = event.type == "response.completed" || event.type == "response.incomplete";
  return true;
}

/// A call is announced, comes in pieces, and is told as a whole when it is done: that counts.
void ResponseReader::take_event(Event& event, Piece& piece, Completion& completion) {
  const int64_t index = event.output_index;
  std::vector<ToolCall>& calls = completion.tool_calls;
  if (event.type == "response.output_text.delta") {
    if (medium_.empty()) piece.text = std::move(event.delta);
  } else if (event.type == "response.refusal.delta") {
    piece.refusal = std::move(event.delta);
  } else if (event.type == "response.output_item.added" && event.item.type == "function_call") {
    take(std::move(event.item), index, piece, completion);
  } else if (event.type == "response.function_call_arguments.delta") {
    calls_.at(calls, index, {}).arguments += event.delta;
  } else if (event.type == "response.function_call_arguments.done" && !event.arguments.empty()) {
    calls_.at(calls, index, {}).arguments = std::move(event.arguments);
  } else if (event.type == "response.output_item.done") {
    keep(event.item_json, completion);
    take(std::move(event.item), index, piece, completion);
  }
}

}  // namespace

std::unique_ptr<Reply> read_response_object(const Form& form) {
  return read_object_reply(read_by(ResponseReader(form), &ResponseReader::read_whole), form, "response");
}
std::unique_ptr<Reply> read_response_stream(const Form& form) {
  return read_stream_reply(read_by(ResponseReader(form), &ResponseReader::read_event), form,
                           "no response.completed");
}

}  // namespace chain::model
