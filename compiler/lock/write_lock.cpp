#include "compiler/lock/lock.h"
#include "runtime/value/json.h"

namespace chain::lock {

namespace {

/// One entry on one line: `"key": {"name": "value", ...}`.
class Line {
 public:
  explicit Line(const std::string& key) {
    value::append_json_string(text_, key);
    text_ += ": {";
  }
  Line& text(std::string_view name, std::string_view value) {
    begin(name);
    value::append_json_string(text_, value);
    return *this;
  }
  Line& json(std::string_view name, std::string_view value) {
    begin(name);
    text_ += value;
    return *this;
  }
  [[nodiscard]] std::string take() { return std::move(text_) + '}'; }

 private:
  void begin(std::string_view name) {
    if (text_.back() != '{') text_ += ", ";
    value::append_json_string(text_, name);
    text_ += ": ";
  }
  std::string text_;
};

std::string parts(const std::map<std::string, std::string>& parts) {
  std::string text;
  for (const auto& [label, hash] : parts) {
    text += text.empty() ? "{" : ", ";
    value::append_json_string(text, label);
    value::append_json_string(text += ": ", hash);
  }
  return text + '}';
}

std::string line(const std::string& key, const Released& entry) {
  std::string callees = "[";
  for (const std::string& callee : entry.callees) {
    if (callees.size() > 1) callees += ", ";
    value::append_json_string(callees, callee);
  }
  Line line(key);
  line.text("kind", entry.kind).text("content", entry.content).text("signature", entry.signature);
  line.json("callees", callees + ']');
  if (!entry.interface.empty()) line.json("interface", entry.interface);
  if (!entry.parts.empty()) line.json("parts", parts(entry.parts));
  return line.take();
}

std::string line(const std::string& key, const Data& entry) {
  return Line(key).text("kind", entry.kind).text("content", entry.content).take();
}

std::string line(const std::string& key, const Model& entry) {
  return Line(key).text("answered", entry.answered).take();
}

std::string line(const std::string& key, const Remote& entry) {
  Line line(key);
  line.text("kind", entry.kind).text("hash", hash_of(entry));
  if (!entry.description.empty()) line.text("description", entry.description);
  line.json("input", entry.input);
  if (!entry.output.empty()) line.json("output", entry.output);
  if (!entry.annotations.empty()) line.json("annotations", entry.annotations);
  return line.take();
}

template <class Entry>
std::string section(std::string_view name, const std::map<std::string, Entry>& entries) {
  std::string text = ",\n  \"" + std::string(name) + "\": {";
  const char* comma = "";
  for (const auto& [key, entry] : entries) {
    text += std::string(comma) + "\n    " + line(key, entry);
    comma = ",";
  }
  return text + (entries.empty() ? "}" : "\n  }");
}

}  // namespace

std::string write_lock(const Lock& lock) {
  return "{\n  \"format\": 1" + section("released", lock.released) + section("data", lock.data) +
         (lock.models.empty() ? std::string() : section("models", lock.models)) +
         section("remote", lock.remote) + "\n}\n";
}

}  // namespace chain::lock
