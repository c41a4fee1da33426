#include "runtime/model/anthropic_content.h"

#include <algorithm>
#include <utility>

#include "runtime/model/json_reader.h"
#include "runtime/model/json_writer.h"
#include "runtime/model/mended_calls.h"
#include "runtime/model/tool_messages.h"

namespace chain::model {

namespace {

constexpr size_t kMostBlocks = 1024;
constexpr size_t kMostSources = 64;

bool is_call(std::string_view type) {
  return type == "tool_use" || type == "server_tool_use";
}

/// In a stream the input follows in pieces, and `{}` stands for nothing yet.
std::string without_placeholder(std::string input) {
  return input == "{}" ? std::string() : input;
}

void append_member(std::string& json, std::string_view name, std::string_view text) {
  json.append(",\"").append(name).append("\":");
  append_json_string(json, text);
}

}  // namespace

AnthropicContent::Block* AnthropicContent::find(int64_t index) {
  // The last one begun is the one that grows.
  for (size_t i = blocks_.size(); i-- > 0;) {
    if (blocks_[i].index == index) return &blocks_[i];
  }
  return nullptr;
}

void AnthropicContent::say(std::string_view words, std::string& text) {
  if (words.empty()) return;
  if (speaks_ && searched_) text += "\n\n";
  speaks_ = true;
  searched_ = false;
  text += words;
}

bool AnthropicContent::cite(std::string_view citation, Completion& completion) {
  JsonReader reader(citation);
  std::string type;
  Source source;
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "type") return reader.string(type);
    if (key == "url") return reader.string(source.url);
    if (key == "title") return reader.string(source.title);
    return key == "cited_text" ? reader.string(source.quote) : reader.skip();
  });
  const bool known = std::ranges::find(completion.sources, source) != completion.sources.end();
  if (type == "web_search_result_location" && !known && completion.sources.size() < kMostSources)
    completion.sources.push_back(std::move(source));
  return fine;
}

bool AnthropicContent::read_block(JsonReader& reader, int64_t index, std::string& text,
                                  Completion& completion) {
  std::string_view json;
  if (!reader.raw(json)) return false;
  Block block{.index = index};
  JsonReader inner(json);
  const bool fine = inner.object([&](std::string_view key) {
    if (key == "type") return inner.string(block.type);
    if (key == "text" || key == "thinking") return inner.string(block.text);
    if (key == "signature") return inner.string(block.signature);
    if (key == "id") return inner.string(block.id);
    if (key == "name") return inner.string(block.name);
    if (key == "input") return read_arguments(inner, block.input);
    if (key != "citations") return inner.skip();
    return inner.array([&] {
      std::string_view citation;
      if (!inner.raw(citation)) return false;
      if (keeps_) block.citations.emplace_back(citation);
      return cite(citation, completion);
    });
  });
  if (!fine) return false;
  if (block.type == "text" || block.type.empty()) say(block.text, text);  // of some servers without a type
  searched_ = searched_ || block.type == "web_search_tool_result";
  block.input = without_placeholder(std::move(block.input));
  if (block.type == "tool_use") {
    ToolCall& call = calls_.at(completion.tool_calls, index, block.id);
    call = {block.id, block.name, block.input};
  }
  if (!keeps_) return true;
  if (block.type != "text" && block.type != "thinking" && !is_call(block.type)) block.json = json;
  blocks_.push_back(std::move(block));
  if (blocks_.size() > kMostBlocks) {  // no answer: its text and calls tell what can be told
    keeps_ = false;
    blocks_.clear();
  }
  return true;
}

bool AnthropicContent::read_delta(JsonReader& reader, int64_t index, std::string& text,
                                  Completion& completion) {
  std::string type, words, thinking, signature, input;
  std::string_view citation;
  const bool fine = reader.object([&](std::string_view key) {
    if (key == "type") return reader.string(type);
    if (key == "text") return reader.string(words);
    if (key == "thinking") return reader.string(thinking);
    if (key == "signature") return reader.string(signature);
    if (key == "partial_json") return reader.string(input);
    if (key == "citation") return reader.raw(citation);
    if (key == "stop_reason")
      return reader.at_null() ? reader.skip() : reader.string(completion.finish_reason);
    return reader.skip();
  });
  if (!fine) return false;
  say(words, text);
  if (!citation.empty() && !cite(citation, completion)) return false;
  if (calls_.knows(index)) calls_.at(completion.tool_calls, index, {}).arguments += input;
  Block* const block = keeps_ ? find(index) : nullptr;
  if (block == nullptr) return true;
  block->text.append(words).append(thinking);
  block->signature += signature;
  block->input += input;
  if (!citation.empty()) block->citations.emplace_back(citation);
  return true;
}

void AnthropicContent::write(const Block& block, std::string& json) {
  if (!block.json.empty()) {
    json += block.json;
    return;
  }
  json += R"({"type":)";
  append_json_string(json, block.type.empty() ? "text" : block.type);
  if (is_call(block.type)) {
    append_member(json, "id", block.id);
    append_member(json, "name", name_to_send(block.name));
    json.append(R"(,"input":)").append(is_json_object(block.input) ? block.input : "{}") += '}';
    return;
  }
  const bool thoughts = block.type == "thinking";
  append_member(json, thoughts ? "thinking" : "text", block.text);
  if (thoughts) append_member(json, "signature", block.signature);
  for (const std::string& citation : block.citations)
    json.append(&citation == block.citations.data() ? R"(,"citations":[)" : ",").append(citation);
  json += block.citations.empty() ? "}" : "]}";
}

void AnthropicContent::finish(Completion& completion) {
  if (!keeps_ || blocks_.empty()) return;
  std::string json = "[";
  for (const Block& block : blocks_) {
    const bool empty = block.type == "text" && block.text.empty();  // which the API refuses
    if (empty) continue;
    if (json.size() > 1) json += ',';
    write(block, json);
  }
  if (json.size() > 1) completion.state = {std::string(kAnthropicState), json + ']'};
}

}  // namespace chain::model
