#include "runtime/model/cache_key.h"

#include <algorithm>
#include <optional>

#include "runtime/model/endpoint.h"
#include "runtime/model/options.h"
#include "runtime/program/model_links.h"
#include "runtime/program/providers.h"
#include "runtime/value/digest.h"
#include "runtime/value/local_hash.h"

namespace chain::model {
namespace {

/// Changed whenever the same request could get other bytes, or the same bytes mean another request.
constexpr std::string_view kSchema = "chain answer 2";

constexpr std::string_view kLikeness = "chain likeness 1";

/// Bytes of a question that is compared with others.
constexpr size_t kMostQuestion = size_t{16} << 10;

/// Options that say how an answer is got, not which. What is new counts until it is listed here.
constexpr std::string_view kOnTheWay =
    "base_url,api_key_env,api_key,timeout,connect_timeout,first_token_timeout,idle_timeout,retry,concurrency,"
    "rpm,tpm,weights,fallback,prompt_cache";

void add(std::string& bytes, uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(number >> shift & 0xFF);
}

void add(std::string& bytes, std::string_view part) {
  add(bytes, part.size());
  bytes += part;
}

void add_option(std::string& bytes, const program::OptionInfo& option, const Options& options) {
  using program::OptionType;
  std::optional<std::string> value;
  switch (option.type) {
    case OptionType::String:
    case OptionType::Choice:
    case OptionType::Secret: value = options.text(option.name); break;
    case OptionType::Int:
    case OptionType::Float:
    case OptionType::Duration:
    case OptionType::Model: value = options.number(option.name); break;
    case OptionType::Strings: {
      const std::vector<std::string> texts = options.texts(option.name);
      if (texts.empty()) return;
      value.emplace();
      for (const std::string& text : texts) add(*value, text);
      break;
    }
    case OptionType::Ints: {
      const std::vector<int64_t> integers = options.integers(option.name);
      if (integers.empty()) return;
      value.emplace();
      for (const int64_t integer : integers) add(*value, static_cast<uint64_t>(integer));
      break;
    }
    case OptionType::Bool:
      if (!options.flag(option.name)) return;
      value = "true";
      break;
    case OptionType::Models: return;  // they count themselves
  }
  if (!value) return;
  add(bytes, option.name);
  add(bytes, *value);
}

std::string model_bytes(const program::Model& model, const Options& options, const Variables* variables) {
  std::string settings;
  for (const program::OptionInfo& option : program::model_options()) {
    if (program::listed(option.providers, model.provider) && decides_answer(option.name))
      add_option(settings, option, options);
  }
  std::string bytes;
  add(bytes, model.provider);
  add(bytes, base_url_of(model, options, variables));
  add(bytes, model.id);
  add(bytes, settings);
  return bytes;
}

void add_turn(std::string& bytes, const Turn& turn) {
  add(bytes, turn.calls.size());
  for (const ToolCall& call : turn.calls) {
    for (const std::string* part : {&call.id, &call.name, &call.arguments}) add(bytes, *part);
  }
  add(bytes, turn.state.api);
  add(bytes, turn.state.json);
  add(bytes, turn.results.size());
  for (const ToolResult& result : turn.results) {
    for (const std::string* part : {&result.id, &result.name, &result.content}) add(bytes, *part);
    add(bytes, uint64_t{result.is_error});
  }
}

/// False if what the message shows is not in the request itself: a file or a page may hold something else by
/// the next time.
bool add_message(std::string& bytes, const Message& message, const program::TypeTable& types) {
  add(bytes, static_cast<uint64_t>(message.role));
  add(bytes, message.text);
  add(bytes, message.media.size());
  for (const abi::Attachment& medium : message.media) {
    const std::string_view source = medium.source.view();
    if (!source.starts_with("data:")) return false;
    add(bytes, medium.offset);
    add(bytes, types.to_string(medium.type));
    add(bytes, source);
  }
  add(bytes, uint64_t{message.turn != nullptr});
  if (message.turn) add_turn(bytes, *message.turn);
  return true;
}

void add_tools(std::string& bytes, const Request& request) {
  add(bytes, request.tools.size());
  for (const Tool& tool : request.tools) {
    for (const std::string_view part : {tool.name, tool.description, tool.parameters}) add(bytes, part);
    add(bytes, uint64_t{tool.strict});
  }
  add(bytes, static_cast<uint64_t>(request.tool_choice.kind));
  add(bytes, request.tool_choice.name);
}

}  // namespace

bool decides_answer(std::string_view option) {
  return !program::listed(kOnTheWay, option);
}

const CacheKeys::Known& CacheKeys::known(uint32_t index) {
  Known& known = models_[index];
  if (known.read) return known;
  known.read = true;  // a circle of fallbacks is no program's, but it would have no end
  const program::Model& model = program_.models[index];
  known.reads_arguments = program::is_stand_in(model.provider);
  std::string error;
  const std::optional<Options> options = Options::read(model, error);
  if (!options || known.reads_arguments) return known;
  known.part = model_bytes(model, *options, variables_);
  for (const uint32_t member : program::links_of(model).members) {
    if (member >= models_.size()) continue;
    const Known& of_member = this->known(member);
    known.reads_arguments |= of_member.reads_arguments;
    add(known.part, of_member.part);
  }
  if (known.reads_arguments) known.part.clear();
  const std::optional<int64_t> fallback = options->integer("fallback");
  if (fallback && *fallback >= 0 && static_cast<uint64_t>(*fallback) < models_.size())
    known.reads_arguments |= this->known(static_cast<uint32_t>(*fallback)).reads_arguments;
  return known;
}

std::string CacheKeys::around(std::string_view schema, const Request& request) {
  if (request.cache <= 0 || request.model >= models_.size()) return {};
  const std::string& model = known(request.model).part;
  if (model.empty()) return {};
  std::string bytes(schema);
  add(bytes, std::string_view());  // the tenant, where there are several
  add(bytes, model);
  add(bytes, request.prompt ? request.prompt->name : request.schema_name);
  add(bytes, request.prompt ? uint64_t{request.prompt->version.major} : 0);
  add(bytes, request.prompt ? uint64_t{request.prompt->version.minor} : 0);
  add(bytes, request.schema);
  add(bytes, request.repeat);
  add_tools(bytes, request);
  add(bytes, request.messages.size());
  return bytes;
}

std::string CacheKeys::key(const Request& request) {
  std::string bytes = around(kSchema, request);
  if (bytes.empty()) return {};
  for (const Message& message : request.messages) {
    if (!add_message(bytes, message, program_.types)) return {};
  }
  return value::hex(value::sha256(bytes));
}

std::optional<Likeness> CacheKeys::likeness(const Request& request) {
  if (request.similar == 0 || request.again || !request.repeat.empty() || request.messages.empty())
    return std::nullopt;
  const Message& last = request.messages.back();
  const auto shows = [](const Message& message) { return !message.media.empty(); };
  if (last.role != program::Role::User || last.text.size() > kMostQuestion ||
      std::ranges::any_of(request.messages, shows))
    return std::nullopt;
  // Examples are a prompt's own; what else an assistant said is a conversation.
  const auto said =
      static_cast<size_t>(std::ranges::count(request.messages, program::Role::Assistant, &Message::role));
  if (said > (request.prompt ? request.prompt->examples.size() : 0)) return std::nullopt;
  std::string bytes = around(kLikeness, request);
  if (bytes.empty() || value::gist_of(last.text).empty()) return std::nullopt;
  for (size_t i = 0; i + 1 < request.messages.size(); ++i) {
    if (!add_message(bytes, request.messages[i], program_.types)) return std::nullopt;
  }
  return Likeness{value::hex(value::sha256(bytes)), std::string(last.text)};
}

}  // namespace chain::model
