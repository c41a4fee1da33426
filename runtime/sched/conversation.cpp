#include "runtime/sched/conversation.h"

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <span>

#include "runtime/value/json.h"
#include "runtime/value/layout.h"

namespace chain::sched {

using program::TypeId;
using program::TypeKind;
using program::TypeTable;
using value::List;
using value::Text;

namespace {

// Places in the fields of each record.
enum MessageField : uint8_t { kRole, kParts, kCalls, kResults, kState };
enum CallField : uint8_t { kCallId, kCallName, kArguments };
enum ResultField : uint8_t { kResultId, kResultName, kContent, kIsError };
enum ToolField : uint8_t { kToolName, kDoc, kParameters, kWrites };

bool has_fields(const TypeTable& types, TypeId id, std::initializer_list<TypeKind> kinds) {
  const auto kind = [&](const program::Field& field) { return types.base_kind(field.type); };
  return types[id].kind == TypeKind::Record && std::ranges::equal(types[id].fields, kinds, {}, kind);
}

TypeId element_of(const TypeTable& types, TypeId record, size_t field) {
  return types[types[record].fields[field].type].element;
}

const std::byte* place(const TypeTable& types, TypeId type, Record record, size_t field) {
  return record + types[type].fields[field].offset;
}

std::string_view text_at(const TypeTable& types, TypeId type, Record record, size_t field) {
  return value::load<Text>(place(types, type, record, field)).view();
}

/// A list of records or of texts' unions, `stride` bytes each, for whoever fills it. `data` is null if there
/// is no memory.
struct MadeList {
  std::byte* data = nullptr;
  List list;
};

MadeList make_list(value::Arena& arena, size_t size, uint32_t stride) {
  auto* data = static_cast<std::byte*>(arena.allocate(size * stride));
  if (data) std::memset(data, 0, size * stride);
  return {data, {data, size}};
}

bool put_records(value::Arena& arena, std::byte* at, std::span<const Record> records) {
  const MadeList made = make_list(arena, records.size(), sizeof(Record));
  if (!made.data) return false;
  if (!records.empty()) std::memcpy(made.data, records.data(), records.size_bytes());
  value::store(at, made.list);
  return true;
}

/// JSON as values have it, on one line. What is nested too deeply for that stays as it is.
Text json_value(const TypeTable& types, value::Arena& arena, std::string_view json) {
  Text text;
  return value::from_json(types, types.json_type, json, arena, &text) ? text : arena.copy(json);
}

/// `{"api":...,"state":[...]}`
std::string state_json(const model::ProviderState& state) {
  if (state.api.empty()) return {};
  std::string json = R"({"api":)";
  value::append_json_string(json, state.api);
  return json + R"(,"state":)" + state.json + '}';
}

model::ProviderState read_state(std::string_view json) {
  model::ProviderState state;
  if (json.empty()) return state;
  std::string mistake;
  const auto members = value::json_members(json, mistake);
  if (!members) return state;
  for (const value::JsonMember& each : *members) {
    if (each.key == "api") state.api = value::json_string(each.value).value_or("");
    if (each.key == "state") state.json = each.value;
  }
  if (state.api.empty() || !state.json.starts_with('[')) return {};
  return state;
}

}  // namespace

std::optional<Conversation> Conversation::of(const TypeTable& types, TypeId parameters) {
  if (!has_fields(types, parameters, {TypeKind::List, TypeKind::List})) return std::nullopt;
  const TypeId message = element_of(types, parameters, 0), tool = element_of(types, parameters, 1);
  if (!has_fields(types, message,
                  {TypeKind::String, TypeKind::List, TypeKind::List, TypeKind::List, TypeKind::String}) ||
      !has_fields(types, tool, {TypeKind::String, TypeKind::String, TypeKind::Json, TypeKind::Bool}))
    return std::nullopt;
  const TypeId part = element_of(types, message, kParts);
  const auto& members = types[part].members;
  const bool shows_text =
      std::ranges::any_of(members, [&](TypeId each) { return types[each].kind == TypeKind::String; });
  const bool fits = types[part].kind == TypeKind::Union && shows_text &&
                    has_fields(types, element_of(types, message, kCalls),
                               {TypeKind::String, TypeKind::String, TypeKind::Json}) &&
                    has_fields(types, element_of(types, message, kResults),
                               {TypeKind::String, TypeKind::String, TypeKind::String, TypeKind::Bool});
  return fits ? std::optional(Conversation(types, parameters)) : std::nullopt;
}

Conversation::Conversation(const TypeTable& types, TypeId parameters)
    : types_(&types),
      parameters_(parameters),
      message_(element_of(types, parameters, 0)),
      part_(element_of(types, message_, kParts)),
      call_(element_of(types, message_, kCalls)),
      result_(element_of(types, message_, kResults)),
      tool_(element_of(types, parameters, 1)) {}

std::vector<Record> Conversation::records(const List& list) {
  std::vector<Record> records(list.size);
  if (list.size > 0) std::memcpy(records.data(), list.data, list.size * sizeof(Record));
  return records;
}

std::string_view Conversation::role(Record message) const {
  return text_at(*types_, message_, message, kRole);
}

bool Conversation::has_calls(Record message) const {
  return value::load<List>(place(*types_, message_, message, kCalls)).size > 0;
}

std::string Conversation::text(Record message) const {
  return read(message).text;
}

std::string_view Conversation::tool_name(Record tool) const {
  return text_at(*types_, tool_, tool, kToolName);
}

SpokenMessage Conversation::read(Record message) const {
  const TypeTable& types = *types_;
  SpokenMessage spoken;
  spoken.role = role(message);
  const auto parts = value::load<List>(place(types, message_, message, kParts));
  for (uint64_t i = 0; i < parts.size; ++i) {
    const std::byte* part = parts.data + i * types.stride(part_);
    const uint32_t member = value::union_member(types, part_, part);
    if (member >= types[part_].members.size()) continue;
    const TypeId type = types[part_].members[member];
    const auto text = value::load<Text>(part);
    if (types[type].kind == TypeKind::Media) {
      spoken.media.push_back({spoken.text.size(), type, text});
    } else {
      spoken.text += text.view();
    }
  }
  for (const Record call : records(value::load<List>(place(types, message_, message, kCalls)))) {
    spoken.calls.push_back({std::string(text_at(types, call_, call, kCallId)),
                            std::string(text_at(types, call_, call, kCallName)),
                            std::string(text_at(types, call_, call, kArguments))});
  }
  for (const Record result : records(value::load<List>(place(types, message_, message, kResults)))) {
    spoken.results.push_back({std::string(text_at(types, result_, result, kResultId)),
                              std::string(text_at(types, result_, result, kResultName)),
                              std::string(text_at(types, result_, result, kContent)),
                              value::load<uint8_t>(place(types, result_, result, kIsError)) != 0});
  }
  spoken.state = read_state(text_at(types, message_, message, kState));
  return spoken;
}

std::byte* Conversation::make(value::Arena& arena, TypeId record) const {
  const uint32_t size = (*types_)[record].record_size;
  auto* made = static_cast<std::byte*>(arena.allocate(size));
  if (made) std::memset(made, 0, size);
  return made;
}

bool Conversation::put_parts(value::Arena& arena, std::byte* message, std::string_view text,
                             const std::vector<abi::Attachment>& media) const {
  struct Part {
    TypeId type;
    std::string_view text;
  };
  std::vector<Part> parts;
  size_t from = 0;
  const auto add_text = [&](size_t to) {
    if (to > from) parts.push_back({types_->string_type, text.substr(from, to - from)});
    from = to;
  };
  for (const abi::Attachment& each : media) {
    add_text(std::min<size_t>(each.offset, text.size()));
    parts.push_back({each.type, each.source.view()});
  }
  add_text(text.size());
  const uint32_t stride = types_->stride(part_);
  const MadeList made = make_list(arena, parts.size(), stride);
  if (!made.data) return false;
  const std::vector<TypeId>& members = (*types_)[part_].members;
  for (size_t i = 0; i < parts.size(); ++i) {
    const auto member = std::ranges::find_if(members, [&](TypeId id) {
      const program::Type &have = (*types_)[id], &want = (*types_)[parts[i].type];
      return have.kind == want.kind && have.name == want.name;
    });
    if (member == members.end()) continue;  // an empty text stands there
    std::byte* const at = made.data + i * stride;
    value::store(at, arena.copy(parts[i].text));
    value::store(at + value::member_offset(*types_, part_), static_cast<uint32_t>(member - members.begin()));
  }
  value::store(message + (*types_)[message_].fields[kParts].offset, made.list);
  return !arena.exhausted();
}

Record Conversation::message(value::Arena& arena, std::string_view role, std::string_view text,
                             const std::vector<abi::Attachment>& media) const {
  std::byte* const made = make(arena, message_);
  if (!made) return nullptr;
  value::store(made + (*types_)[message_].fields[kRole].offset, arena.copy(role));
  return put_parts(arena, made, text, media) ? made : nullptr;
}

Record Conversation::turn(value::Arena& arena, const model::Completion& completion) const {
  const Record message = this->message(arena, "assistant", completion.text);
  if (!message) return nullptr;
  auto* const made = const_cast<std::byte*>(message);  // just made
  const auto& fields = (*types_)[call_].fields;
  std::vector<Record> calls;
  for (const model::ToolCall& call : completion.tool_calls) {
    std::byte* const record = make(arena, call_);
    if (!record) return nullptr;
    value::store(record + fields[kCallId].offset, arena.copy(call.id));
    value::store(record + fields[kCallName].offset, arena.copy(call.name));
    value::store(record + fields[kArguments].offset, json_value(*types_, arena, call.arguments));
    calls.push_back(record);
  }
  const auto& places = (*types_)[message_].fields;
  value::store(made + places[kState].offset, arena.copy(state_json(completion.state)));
  if (!put_records(arena, made + places[kCalls].offset, calls) || arena.exhausted()) return nullptr;
  return made;
}

Record Conversation::results(value::Arena& arena, const std::vector<model::ToolResult>& results) const {
  const Record message = this->message(arena, "tool", {});
  if (!message) return nullptr;
  auto* const made = const_cast<std::byte*>(message);
  const auto& fields = (*types_)[result_].fields;
  std::vector<Record> records;
  for (const model::ToolResult& result : results) {
    std::byte* const record = make(arena, result_);
    if (!record) return nullptr;
    value::store(record + fields[kResultId].offset, arena.copy(result.id));
    value::store(record + fields[kResultName].offset, arena.copy(result.name));
    value::store(record + fields[kContent].offset, arena.copy(result.content));
    value::store(record + fields[kIsError].offset, static_cast<uint8_t>(result.is_error ? 1 : 0));
    records.push_back(record);
  }
  std::byte* const at = made + (*types_)[message_].fields[kResults].offset;
  return put_records(arena, at, records) && !arena.exhausted() ? made : nullptr;
}

Record Conversation::tool(value::Arena& arena, const ToolSketch& tool) const {
  std::byte* const made = make(arena, tool_);
  if (!made) return nullptr;
  const auto& fields = (*types_)[tool_].fields;
  value::store(made + fields[kToolName].offset, arena.copy(tool.name));
  value::store(made + fields[kDoc].offset, arena.copy(tool.doc));
  value::store(made + fields[kParameters].offset, json_value(*types_, arena, tool.parameters));
  value::store(made + fields[kWrites].offset, static_cast<uint8_t>(tool.writes ? 1 : 0));
  return arena.exhausted() ? nullptr : made;
}

std::byte* Conversation::parameters(value::Arena& arena, const std::vector<Record>& messages,
                                    const std::vector<Record>& tools) const {
  std::byte* const made = make(arena, parameters_);
  if (!made) return nullptr;
  const auto& fields = (*types_)[parameters_].fields;
  return put_records(arena, made + fields[0].offset, messages) &&
                 put_records(arena, made + fields[1].offset, tools)
             ? made
             : nullptr;
}

}  // namespace chain::sched
