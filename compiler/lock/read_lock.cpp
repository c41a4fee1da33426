#include <algorithm>

#include "compiler/lock/lock.h"
#include "runtime/value/digest.h"
#include "runtime/value/json.h"
#include "runtime/value/json_text.h"
#include "runtime/value/pinned_hash.h"

namespace chain::lock {

namespace {

using value::JsonMember;

constexpr size_t kMostBytes = size_t{64} << 20;

/// "" and "{}", with white space.
bool is_blank(std::string_view text) {
  std::string dense(text.substr(0, std::min<size_t>(text.size(), 100)));
  std::erase_if(dense, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
  return text.size() <= 100 && (dense.empty() || dense == "{}");
}

class Reader {
 public:
  Reader(const SourceMap& sources, FileId file, Diagnostics& diagnostics)
      : text_(sources.file(file).text()), file_(file), diagnostics_(diagnostics) {}

  std::optional<Lock> read() {
    if (text_.size() > kMostBytes) {
      report("it is larger than 64 MiB", {});
      return std::nullopt;
    }
    if (const uint32_t line = conflict_line(text_); line > 0) {
      report("git has left it half merged, from line " + std::to_string(line) +
                 " on; `chain lock` joins both sides, for what is released on either stays so",
             text_.substr(text_.find("<<<<<<<")));
      return std::nullopt;
    }
    // An empty one says where a project begins, and nothing more.
    if (is_blank(text_)) return std::move(lock_);
    bool has_format = false;
    for (const JsonMember& member : members(text_)) {
      if (member.key == "format") {
        has_format = true;
        format(member.value);
      } else if (member.key == "released") {
        entries(member.value, [&](const JsonMember& entry) { add(lock_.released, entry, released(entry)); });
      } else if (member.key == "data") {
        entries(member.value, [&](const JsonMember& entry) { add(lock_.data, entry, data(entry)); });
      } else if (member.key == "models") {
        entries(member.value, [&](const JsonMember& entry) { add(lock_.models, entry, model(entry)); });
      } else if (member.key == "remote") {
        entries(member.value, [&](const JsonMember& entry) { add(lock_.remote, entry, remote(entry)); });
      } else {
        report("it has no section `" + member.key + "`", member.value);
      }
    }
    if (good_ && !has_format) report("`format` is missing; this version writes `\"format\": 1`", {});
    return good_ ? std::optional(std::move(lock_)) : std::nullopt;
  }

 private:
  void report(std::string message, std::string_view place) {
    good_ = false;
    Span span{file_, 0, 0};
    if (place.data() >= text_.data() && place.data() <= text_.data() + text_.size()) {
      span.begin = static_cast<uint32_t>(place.data() - text_.data());
      span.end = span.begin + static_cast<uint32_t>(std::min<size_t>(place.size(), 60));
    }
    diagnostics_.report(BadLock{.message = std::move(message)}, span);
  }

  std::vector<JsonMember> members(std::string_view json) {
    std::string message;
    auto result = value::json_members(json, message);
    if (!result) report(message, json);
    return result.value_or(std::vector<JsonMember>());
  }

  void format(std::string_view json) {
    if (json == "1") return;
    report("its format is " + std::string(json.substr(0, 20)) +
               ", and this version reads 1; a later version wrote it",
           json);
  }

  template <class Add>
  void entries(std::string_view json, Add&& add) {
    for (const JsonMember& entry : members(json)) add(entry);
  }

  template <class Entry>
  void add(std::map<std::string, Entry>& all, const JsonMember& entry, Entry value) {
    if (!all.emplace(entry.key, std::move(value)).second)
      report("`" + entry.key + "` stands twice", entry.value);
  }

  std::string text(const JsonMember& member) {
    auto text = value::json_string(member.value);
    if (!text) report("`" + member.key + "` is a text", member.value);
    return text.value_or("");
  }

  std::string hash(const JsonMember& member) {
    std::string hash = text(member);
    const bool digits = hash.size() == 64 && hash.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (good_ && !digits) report("`" + member.key + "` is a SHA-256 in hexadecimal", member.value);
    return hash;
  }

  std::string kind(const JsonMember& member, std::initializer_list<std::string_view> known) {
    std::string kind = text(member);
    if (good_ && std::find(known.begin(), known.end(), kind) == known.end())
      report("`" + kind + "` is no kind of entry here", member.value);
    return kind;
  }

  void unknown(const JsonMember& member) {
    report("an entry here has no `" + member.key + "`", member.value);
  }

  void needs(const std::string& value, const char* name, const JsonMember& entry) {
    if (good_ && value.empty()) report("`" + entry.key + "` lacks `" + name + "`", entry.value);
  }

  Released released(const JsonMember& entry) {
    Released result;
    for (const JsonMember& member : members(entry.value)) {
      if (member.key == "kind") {
        result.kind = kind(member, {"prompt", "chain", "tool", "agent"});
      } else if (member.key == "content") {
        result.content = hash(member);
      } else if (member.key == "signature") {
        result.signature = hash(member);
      } else if (member.key == "callees") {
        result.callees = callees(member);
      } else if (member.key == "interface") {
        (void)members(member.value);
        result.interface = value::canonical_json(member.value);
      } else if (member.key == "parts") {
        for (const JsonMember& part : members(member.value)) result.parts[part.key] = text(part);
      } else {
        unknown(member);
      }
    }
    needs(result.kind, "kind", entry);
    needs(result.content, "content", entry);
    needs(result.signature, "signature", entry);
    if (good_ && !result.interface.empty() && result.signature != signature_of(result.interface))
      report(
          "the signature of `" + entry.key + "` is not that of its interface; it was edited or badly merged",
          entry.value);
    return result;
  }

  std::vector<std::string> callees(const JsonMember& member) {
    std::string message;
    std::vector<std::string> result;
    const auto items = value::json_items(member.value, message);
    if (!items) report("`callees`: " + message, member.value);
    for (const std::string_view item : items.value_or(std::vector<std::string_view>()))
      result.push_back(text({"callees", item}));
    std::sort(result.begin(), result.end());
    return result;
  }

  Data data(const JsonMember& entry) {
    Data result;
    for (const JsonMember& member : members(entry.value)) {
      if (member.key == "kind") {
        result.kind = kind(member, {"index", "dataset"});
      } else if (member.key == "content") {
        result.content = hash(member);
      } else {
        unknown(member);
      }
    }
    needs(result.kind, "kind", entry);
    needs(result.content, "content", entry);
    return result;
  }

  Model model(const JsonMember& entry) {
    Model result;
    for (const JsonMember& member : members(entry.value)) {
      if (member.key == "answered") {
        result.answered = text(member);
      } else {
        unknown(member);
      }
    }
    needs(result.answered, "answered", entry);
    return result;
  }

  Remote remote(const JsonMember& entry) {
    Remote result;
    result.span = {file_, static_cast<uint32_t>(entry.value.data() - text_.data()),
                   static_cast<uint32_t>(entry.value.data() - text_.data()) + 1};
    for (const JsonMember& member : members(entry.value)) {
      if (member.key == "kind") {
        result.kind = kind(member, {"mcp", "a2a"});
      } else if (member.key == "hash") {
        result.hash = hash(member);
      } else if (member.key == "description") {
        result.description = text(member);
      } else if (member.key == "input") {
        result.input = value::canonical_json(member.value);
      } else if (member.key == "output") {
        result.output = value::canonical_json(member.value);
      } else if (member.key == "annotations") {
        (void)members(member.value);
        result.annotations = value::canonical_json(member.value);
      } else {
        unknown(member);
      }
    }
    needs(result.kind, "kind", entry);
    needs(result.input, "input", entry);
    needs(result.hash, "hash", entry);
    if (good_ && result.hash != hash_of(result))
      report(
          "the hash of `" + entry.key + "` is not that of what stands there; it was edited or badly merged",
          entry.value);
    return result;
  }

  std::string_view text_;
  FileId file_;
  Diagnostics& diagnostics_;
  Lock lock_;
  bool good_ = true;
};

}  // namespace

bool Remote::reads_only() const {
  std::string ignored;
  if (annotations.empty()) return false;
  for (const JsonMember& member :
       value::json_members(annotations, ignored).value_or(std::vector<JsonMember>())) {
    if (member.key == "readOnlyHint") return member.value == "true";
  }
  return false;
}

std::string hash_of(const Remote& remote) {
  return value::pinned_hash({.kind = remote.kind,
                             .description = remote.description,
                             .input = remote.input,
                             .output = remote.output,
                             .annotations = remote.annotations});
}

std::string signature_of(std::string_view interface) {
  return value::hex(value::sha256("signature 2\n" + value::canonical_json(interface)));
}

uint32_t conflict_line(std::string_view text) {
  constexpr std::string_view kMark = "<<<<<<< ";
  uint32_t line = 1;
  for (size_t at = 0; at < text.size(); ++line) {
    if (text.substr(at).starts_with(kMark)) return line;
    const size_t end = text.find('\n', at);
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
  return 0;
}

std::optional<Lock> read_lock(const SourceMap& sources, FileId file, Diagnostics& diagnostics) {
  return Reader(sources, file, diagnostics).read();
}

}  // namespace chain::lock
