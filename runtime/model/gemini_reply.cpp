#include "runtime/model/gemini_reply.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/model/json_reader.h"
#include "runtime/model/json_writer.h"
#include "runtime/model/media_answer.h"
#include "runtime/model/text_reply.h"
#include "runtime/model/tool_messages.h"

namespace chain::model {

namespace {

constexpr size_t kMostSources = 64;
constexpr size_t kMostDropped = 16;  // that an answer tells of

bool read_usage(JsonReader& reader, Usage& usage) {
  int64_t answered = 0, thought = 0;
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "promptTokenCount") return reader.integer(usage.input_tokens);
    if (key == "cachedContentTokenCount") return reader.integer(usage.cached_tokens);
    if (key == "candidatesTokenCount") return reader.integer(answered);
    if (key == "thoughtsTokenCount") return reader.integer(thought);
    return reader.skip();
  });
  usage.output_tokens = answered + thought;  // thoughts are paid for as output
  usage.reasoning_tokens = thought;
  return fine;
}

/// A part of the content: a text, a call, a medium, or what the model thought.
struct Part {
  std::string text, id, name, arguments, mime, data;
  bool thought = false, signed_ = false, calls = false;
};

bool read_part(JsonReader& reader, Part& part) {
  return reader.object([&](std::string_view key) {
    if (key == "text") return reader.string(part.text);
    if (key == "thought") part.thought = reader.peek() == 't';
    if (key == "thoughtSignature") part.signed_ = true;
    if (key == "inlineData" || key == "fileData") {
      part.mime = "a file";
      return reader.object([&](std::string_view member) {
        if (member == "data") return reader.string(part.data);
        return member == "mimeType" ? reader.string(part.mime) : reader.skip();
      });
    }
    if (key != "functionCall") return reader.skip();
    part.calls = true;
    return reader.object([&](std::string_view member) {
      if (member == "id") return reader.string(part.id);
      if (member == "name") return reader.string(part.name);
      return member == "args" ? read_arguments(reader, part.arguments) : reader.skip();
    });
  });
}

/// "an image (image/png)".
std::string described(std::string_view mime) {
  const std::string_view kind = mime.substr(0, mime.find('/'));
  if (kind == "image") return "an image (" + std::string(mime) + ')';
  if (kind == "audio" || kind == "video") return std::string(kind) + " (" + std::string(mime) + ')';
  return mime == "a file" ? std::string(mime) : "a file (" + std::string(mime) + ')';
}

/// Reads the objects of one answer: it, or those of its stream, whose parts follow one another.
class GeminiReader {
 public:
  explicit GeminiReader(const Form& form)
      : tools_(form.tools), one_search_(form.one_search), medium_(form.medium) {}

  bool operator()(std::string_view json, Piece& piece, Completion& completion);

 private:
  bool take_part(JsonReader& reader, Piece& piece, Completion& completion);
  bool read_grounding(JsonReader& reader, Completion& completion) const;
  bool read_candidate(JsonReader& reader, Piece& piece, Completion& completion);
  void keep(std::string_view json, const Part& part);
  void keep_text();

  bool tools_;
  bool one_search_;          // all searches for a question count as one
  std::string_view medium_;  // that the answer is
  bool has_medium_ = false;
  std::string kept_;  // parts that go back, as they came
  std::string text_;  // of parts that are nothing but text, which a stream has many of
};

/// Signed parts go back as they were and where they stood.
void GeminiReader::keep(std::string_view json, const Part& part) {
  if (!tools_ || (part.thought && !part.signed_)) return;
  const bool plain = !part.thought && !part.signed_ && !part.calls && part.mime.empty();
  if (plain) {
    text_ += part.text;
    return;
  }
  keep_text();
  kept_.append(kept_.empty() ? "[" : ",").append(json);
}

void GeminiReader::keep_text() {
  if (text_.empty()) return;
  kept_ += kept_.empty() ? R"([{"text":)" : R"(,{"text":)";
  append_json_string(kept_, std::exchange(text_, {}));
  kept_ += '}';
}

/// What the model thought is no part of the answer.
bool GeminiReader::take_part(JsonReader& reader, Piece& piece, Completion& completion) {
  std::string_view json;
  if (!reader.raw(json)) return false;
  JsonReader inner(json);
  Part part;
  if (!read_part(inner, part)) return false;
  keep(json, part);
  if (part.thought) return true;
  if (medium_.empty()) {
    piece.text += part.text;
  } else if (std::string uri = media_answer(medium_, part.mime, part.data); !uri.empty()) {
    if (!std::exchange(has_medium_, true))
      piece.text = std::move(uri);  // the first one; words beside it do not count
    return true;
  }
  if (!part.mime.empty() && completion.dropped.size() < kMostDropped)
    completion.dropped.push_back(described(part.mime));
  // Calls come whole, each in a part of its own.
  if (part.calls && completion.tool_calls.size() <= kMostCalls)
    completion.tool_calls.push_back({std::move(part.id), std::move(part.name), std::move(part.arguments)});
  return true;
}

/// {"web":{"uri":"...","title":"..."}}.
bool read_chunk(JsonReader& reader, std::vector<Source>& sources) {
  Source source;
  const bool fine = reader.object([&](std::string_view key) {
    if (key != "web") return reader.skip();
    return reader.object([&](std::string_view member) {
      if (member == "uri") return reader.string(source.url);
      return member == "title" ? reader.string(source.title) : reader.skip();
    });
  });
  const bool known = std::ranges::find(sources, source) != sources.end();
  if (!source.url.empty() && !known && sources.size() < kMostSources) sources.push_back(std::move(source));
  return fine;
}

/// What was searched for and found. A stream may tell it more than once.
bool GeminiReader::read_grounding(JsonReader& reader, Completion& completion) const {
  return reader.object([&](std::string_view key) {
    if (key == "groundingChunks") return reader.array([&] { return read_chunk(reader, completion.sources); });
    if (key != "webSearchQueries") return reader.skip();
    int64_t searches = 0;
    const bool fine = reader.array([&] { return ++searches, reader.skip(); });
    if (one_search_) searches = std::min<int64_t>(searches, 1);
    completion.usage.searches = std::max(completion.usage.searches, searches);
    return fine;
  });
}

bool GeminiReader::read_candidate(JsonReader& reader, Piece& piece, Completion& completion) {
  return reader.object([&](std::string_view key) {
    if (key == "finishReason") return reader.string(completion.finish_reason);
    if (key == "groundingMetadata") return read_grounding(reader, completion);
    if (key != "content") return reader.skip();
    return reader.object([&](std::string_view member) {
      if (member != "parts") return reader.skip();
      return reader.array([&] { return take_part(reader, piece, completion); });
    });
  });
}

/// A call that the model wrote wrongly, which the API withholds; another answer may be better.
bool is_bad_call(std::string_view reason) {
  return reason == "MALFORMED_FUNCTION_CALL" || reason == "UNEXPECTED_TOOL_CALL";
}

bool is_withheld(std::string_view reason) {
  constexpr std::array<std::string_view, 8> kReasons = {
      "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "IMAGE_SAFETY", "OTHER"};
  return std::find(kReasons.begin(), kReasons.end(), reason) != kReasons.end();
}

bool GeminiReader::operator()(std::string_view json, Piece& piece, Completion& completion) {
  JsonReader reader(json);
  if (reader.peek() != '{') return false;
  std::string blocked;  // the question, not the answer
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "candidates") {
      bool first = true;
      return reader.array([&] {
        if (!std::exchange(first, false)) return reader.skip();
        piece.answers = true;
        return read_candidate(reader, piece, completion);
      });
    }
    if (key == "promptFeedback") {
      return reader.object([&](std::string_view member) {
        return member == "blockReason" ? reader.string(blocked) : reader.skip();
      });
    }
    if (key == "usageMetadata") return read_usage(reader, completion.usage);
    if (key == "modelVersion") return reader.string(completion.model);
    if (key == "error" && !reader.at_null()) return read_api_error(reader, piece.error);
    return reader.skip();
  });
  if (!fine || !reader.end()) return false;
  if (!blocked.empty()) completion.finish_reason = blocked;
  completion.cut_off = completion.finish_reason == "MAX_TOKENS";
  piece.answers = piece.answers || !blocked.empty();
  piece.withheld = !blocked.empty() || is_withheld(completion.finish_reason);
  piece.bad_call = is_bad_call(completion.finish_reason);
  piece.decided = !completion.finish_reason.empty();
  if (!piece.decided) return true;
  keep_text();
  if (!kept_.empty()) completion.state = {std::string(kGeminiState), kept_ + ']'};
  return true;
}

}  // namespace

std::unique_ptr<Reply> read_gemini_object(const Form& form) {
  return read_object_reply(GeminiReader(form), form, "answer of Gemini's");
}
std::unique_ptr<Reply> read_gemini_stream(const Form& form) {
  return read_stream_reply(GeminiReader(form), form, "no finishReason");
}

}  // namespace chain::model
