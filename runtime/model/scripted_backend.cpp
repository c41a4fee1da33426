// The provider `scripted` behind the client: a model's part, read out from a file.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "runtime/access/policy.h"
#include "runtime/access/project.h"
#include "runtime/access/project_files.h"
#include "runtime/http/printable.h"
#include "runtime/model/local_backend.h"
#include "runtime/model/script.h"

namespace chain::model {
namespace {

using program::Role;

/// What the model has said in the conversation so far. What prompts begin with is no turn: examples, and
/// assistant parts.
int64_t turns_of(const Request& request) {
  const auto says = [](const auto& message) { return message.role == Role::Assistant; };
  int64_t turns = std::ranges::count_if(request.messages, says);
  if (request.prompt == nullptr) return turns;
  for (const program::MessagePart& part : request.prompt->messages)
    turns -= part.example >= 0 || part.role == Role::Assistant ? 1 : 0;
  return std::max<int64_t>(turns, 0);
}

/// What was said last: a text, and what tools gave.
std::string last_of(const Request& request) {
  if (request.messages.empty()) return {};
  const Message& message = request.messages.back();
  std::string text(message.text);
  if (!message.turn) return text;
  for (const ToolResult& result : message.turn->results) text += (text.empty() ? "" : "\n") + result.content;
  return text;
}

/// As models are told of it: a script may say `handbook.search` for `handbook_search`.
std::string tool_name(const Request& request, const std::string& name) {
  const auto is_tool = [&](std::string_view other) {
    return std::ranges::any_of(request.tools, [&](const Tool& tool) { return tool.name == other; });
  };
  std::string plain = name;
  for (char& c : plain) c = c == '.' || c == '@' ? '_' : c;
  return !is_tool(name) && is_tool(plain) ? plain : name;
}

class ScriptedBackend final : public LocalBackend {
 public:
  ScriptedBackend(const Services& services, const program::Model& model, Script script)
      : LocalBackend(services,
                     fmt::format("scripted(\"{}\"): nothing leaves this process", http::printable(model.id))),
        name_(model.name),
        file_(model.id),
        script_(std::move(script)) {}

 private:
  std::variant<Completion, Failure> answer(const Request& request) override {
    const int64_t turn = turns_of(request);
    const std::string last = last_of(request);
    const ScriptLine* const line = script_.find(turn, last);
    if (line == nullptr) {
      return fail(
          fmt::format("none of the {} lines of {} fits turn {} (the first is 0), before which was said: {}",
                      script_.lines(), file_, turn, http::printable(last, 160)));
    }
    if (!line->calls.empty() && request.tools.empty())
      return fail(fmt::format("{}:{} calls tools, and nobody gives it any", file_, line->number));
    Completion completion;
    completion.text = line->text;
    completion.model = "scripted";
    completion.finish_reason = line->calls.empty() ? "stop" : "tool_calls";
    for (ToolCall call : line->calls) {
      call.id = fmt::format("script_{}_{}", turn, completion.tool_calls.size());
      call.name = tool_name(request, call.name);
      completion.tool_calls.push_back(std::move(call));
    }
    return completion;
  }

  [[nodiscard]] Failure fail(const std::string& what) const {
    return {.kind = abi::ErrorKind::Failed,
            .message = http::printable(fmt::format("model `{}`: {}", name_, what), 600),
            .final = true};
  }

  const std::string name_;
  const std::string file_;
  const Script script_;
};

/// The text of the file beside the program's, or else under the project's folder. Nothing, and a sentence in
/// `error`, if it cannot be read.
std::optional<std::string> text_of(const program::Program& program, const std::string& path,
                                   const access::Policy& policy, std::string& error) {
  const std::string beside = program.files.empty()
                                 ? std::string()
                                 : std::filesystem::path(program.files.front()).parent_path().string();
  const access::ProjectFiles files(policy.folder);
  std::optional<std::string> text;
  for (const std::string& base : {beside.empty() ? std::string(".") : beside, policy.folder}) {
    const std::string located = access::locate(policy.folder, path, base);
    if (policy.denies({.kind = program::CapabilityKind::Read, .value = located, .user = {}, .model = {}})) {
      error = fmt::format("`{}` may not be read: `--deny` forbids it", located);
      return std::nullopt;
    }
    error.clear();
    if (!located.starts_with('/')) text = files.read(located, kMostScript, error);
    if (text) return text;
    if (error.empty()) error = fmt::format("`{}` is not under the project's folder", path);
  }
  return std::nullopt;
}

}  // namespace

MadeBackend make_scripted(const program::Program& program, const program::Model& model,
                          const Services& services) {
  const auto failed = [&](const std::string& what) {
    return MadeBackend{nullptr,
                       {.kind = abi::ErrorKind::Failed,
                        .message = http::printable(fmt::format("model `{}`: {}", model.name, what), 600),
                        .final = true}};
  };
  const access::Policy* const policy = services.options.access.get();
  if (policy == nullptr) return failed("its script may not be read");
  std::string error;
  const auto text = text_of(program, model.id, *policy, error);
  if (!text) return failed(error);
  auto script = Script::read(model.id, *text, error);
  if (!script) return failed(error);
  return {std::make_unique<ScriptedBackend>(services, model, *std::move(script)), {}};
}

}  // namespace chain::model
