#include "compiler/versions/interface.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace chain::versions {

namespace {

using nlohmann::json;

constexpr uint32_t kDeepest = 200;  // of a type; a lock can hold any nesting

std::string quoted(const std::string& text) {
  return '`' + text + '`';
}

std::string word(const json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool flag(const json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

const json& list(const json& object, const char* name) {
  static const json kNone = json::array();
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() && found->is_array() ? *found : kNone;
}

const json& member(const json& object, const char* name) {
  static const json kNone;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() ? *found : kNone;
}

bool is_form(const json& type, const char* head) {
  return type.is_array() && type.size() > 1 && type[0] == head;
}

bool contains(const json& list, const json& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

/// As a program writes it.
std::string shown(const json& type, uint32_t depth = 0) {
  if (type.is_string()) return type.get<std::string>();
  if (!type.is_array() || type.size() < 2 || depth > kDeepest) return "?";
  const auto inner = [&](size_t i) { return shown(type[i], depth + 1); };
  if (is_form(type, "?")) return inner(1) + '?';
  if (is_form(type, "[]")) return inner(1) + "[]";
  if (is_form(type, "map")) return "map<" + inner(1) + '>';
  std::string text;
  if (is_form(type, "where")) {
    text = inner(1) + " where ";
    for (size_t i = 2; i < type.size(); ++i) text += (i > 2 ? " and " : "") + inner(i);
    return text;
  }
  for (size_t i = 1; i < type.size(); ++i)
    text += (i > 1 ? " | " : "") + (is_form(type, "=") ? type[i].dump() : inner(i));
  return text;
}

/// Whether values of one interface's type serve where another's is wanted. `Given`: what callers hand over,
/// so the older one's values must be good for the newer; `Taken`: what they get back, the other way round.
class Fit {
 public:
  enum class Way : uint8_t { Given, Taken };

  Fit(const json& from, const json& to, Way way)
      : from_types_(member(from, "types")), to_types_(member(to, "types")), way_(way) {}

  /// Why not, as a clause; empty if they do.
  std::string why_not(const json& from, const json& to) { return fits(from, to, 0); }

 private:
  std::string fits(const json& from, const json& to, uint32_t depth) {
    if (depth > kDeepest) return "its type is nested too deep to tell";
    if (is_form(from, "where") || is_form(to, "where")) return constrained(from, to, depth);
    if (is_form(from, "|")) {
      for (size_t i = 1; i < from.size(); ++i) {
        if (std::string why = fits(from[i], to, depth + 1); !why.empty()) return why;
      }
      return {};
    }
    if (is_form(to, "?")) return fits(is_form(from, "?") ? from[1] : from, to[1], depth + 1);
    if (is_form(from, "?")) return "it may be none";
    if (is_form(to, "|")) {
      std::string why = mismatch(from, to);
      for (size_t i = 1; i < to.size(); ++i) {
        if (fits(from, to[i], depth + 1).empty()) return {};
        if (from == to[i]) why = fits(from, to[i], depth + 1);  // of the same name: say what is wrong inside
      }
      return why;
    }
    for (const char* head : {"[]", "map"}) {
      if (is_form(from, head) && is_form(to, head)) return fits(from[1], to[1], depth + 1);
    }
    if (is_form(from, "=")) return literal(from, to);
    if (from.is_string() && to.is_string())
      return named(from.get<std::string>(), to.get<std::string>(), depth);
    return mismatch(from, to);
  }

  std::string constrained(const json& from, const json& to, uint32_t depth) {
    const bool has = is_form(from, "where"), wants = is_form(to, "where");
    for (size_t i = 2; wants && i < to.size(); ++i) {
      if (!has || std::find(from.begin() + 2, from.end(), to[i]) == from.end())
        return condition(shown(to[i]));
    }
    return fits(has ? from[1] : from, wants ? to[1] : to, depth + 1);
  }

  [[nodiscard]] std::string condition(const std::string& text) const {
    return way_ == Way::Given ? "`where " + text + "` is new" : "`where " + text + "` does not hold any more";
  }

  std::string literal(const json& from, const json& to) {
    for (size_t i = 1; i < from.size(); ++i) {
      const bool base = (to == "string" && from[i].is_string()) || (to == "int" && from[i].is_number()) ||
                        (to == "float" && from[i].is_number()) || (to == "bool" && from[i].is_boolean());
      const bool one_of = is_form(to, "=") && std::find(to.begin() + 1, to.end(), from[i]) != to.end();
      if (base || one_of) continue;
      if (!is_form(to, "=")) return mismatch(from, to);
      return quoted(from[i].dump()) + (way_ == Way::Given ? " is not taken any more" : " is new");
    }
    return {};
  }

  std::string named(const std::string& from, const std::string& to, uint32_t depth) {
    if (from == "int" && to == "float") return {};
    if (from != to) return mismatch(from, to);
    const json& before = member(from_types_, from.c_str());
    const json& now = member(to_types_, to.c_str());
    if (before.is_null() && now.is_null()) return {};  // of the language
    if (!seen_.emplace(from, to).second) return {};    // a type that holds itself
    if (before.contains("cases") && now.contains("cases")) return cases(from, before, now);
    if (before.contains("fields") && now.contains("fields")) return fields(from, before, now, depth);
    return "`" + from + "` is another kind of type";
  }

  [[nodiscard]] std::string cases(const std::string& name, const json& from, const json& to) const {
    for (const json& each : list(from, "cases")) {
      if (contains(list(to, "cases"), each)) continue;
      return "case " + quoted(shown(each)) + " of " + quoted(name) +
             (way_ == Way::Given ? " is gone" : " is new");
    }
    return {};
  }

  static const json* field_of(const json& record, const std::string& name) {
    for (const json& each : list(record, "fields")) {
      if (word(each, "name") == name) return &each;
    }
    return nullptr;
  }

  static bool may_be_left_out(const json& field) {
    const json& type = member(field, "type");
    return field.contains("default") || is_form(type, "?") ||
           (is_form(type, "where") && type.size() > 1 && is_form(type[1], "?"));
  }

  std::string fields(const std::string& name, const json& from, const json& to, uint32_t depth) {
    const std::string of = " of " + quoted(name);
    for (const json& wanted : list(to, "fields")) {
      const std::string field = "field " + quoted(word(wanted, "name")) + of;
      const json* had = field_of(from, word(wanted, "name"));
      if (!had && way_ == Way::Taken) return field + " is gone";
      if (!had && !may_be_left_out(wanted)) return field + " is new and has no default";
      if (!had) continue;
      if (way_ == Way::Given && may_be_left_out(*had) && !may_be_left_out(wanted))
        return field + " can no longer be left out";
      const json& newer = way_ == Way::Given ? wanted : *had;
      const json& older = way_ == Way::Given ? *had : wanted;
      if (flag(newer, "untrusted") && !flag(older, "untrusted")) return field + " is untrusted now";
      for (const json& each : list(wanted, "where")) {
        if (!contains(list(*had, "where"), each)) return field + ": " + condition(shown(each));
      }
      std::string why = fits(member(*had, "type"), member(wanted, "type"), depth + 1);
      if (!why.empty()) return field + ": " + why;
    }
    for (const json& each : list(from, "fields")) {
      if (way_ == Way::Given && !field_of(to, word(each, "name")))
        return "field " + quoted(word(each, "name")) + of + " is gone";
    }
    return {};
  }

  [[nodiscard]] std::string mismatch(const json& from, const json& to) const {
    const json& before = way_ == Way::Given ? from : to;
    const json& now = way_ == Way::Given ? to : from;
    return "it was " + quoted(shown(before)) + " and is " + quoted(shown(now));
  }

  const json& from_types_;
  const json& to_types_;
  Way way_;
  std::set<std::pair<std::string, std::string>> seen_;
};

class Comparison {
 public:
  Comparison(const json& before, const json& now) : before_(before), now_(now) {}

  std::vector<Change> run() {
    if (word(before_, "kind") != word(now_, "kind"))
      add(true, "it was a " + word(before_, "kind") + " and is a " + word(now_, "kind"));
    parameters();
    result();
    effects();
    return std::move(changes_);
  }

 private:
  void add(bool breaks, std::string what) { changes_.push_back({breaks, std::move(what)}); }

  static size_t place_of(const json& parameters, const std::string& name) {
    size_t place = 0;
    while (place < parameters.size() && word(parameters[place], "name") != name) ++place;
    return place;
  }

  void parameters() {
    const json& before = list(before_, "parameters");
    const json& now = list(now_, "parameters");
    for (size_t i = 0; i < before.size(); ++i) {
      const std::string title = "parameter " + quoted(word(before[i], "name"));
      const size_t place = place_of(now, word(before[i], "name"));
      if (place == now.size()) {
        add(true, title + " is gone");
        continue;
      }
      if (place != i) add(true, title + " stands elsewhere, and callers may give it by its place");
      parameter(title, before[i], now[place]);
    }
    for (const json& each : now) {
      if (place_of(before, word(each, "name")) < before.size()) continue;
      const bool optional = each.contains("default");
      add(!optional, "parameter " + quoted(word(each, "name")) +
                         (optional ? " is new and has a default" : " is new and has no default"));
    }
  }

  void parameter(const std::string& title, const json& before, const json& now) {
    const json& old_type = member(before, "type");
    const json& new_type = member(now, "type");
    const std::string why = Fit(before_, now_, Fit::Way::Given).why_not(old_type, new_type);
    if (!why.empty()) {
      add(true, title + ": " + why);
    } else if (old_type != new_type) {
      add(false,
          title + " takes more: it was " + quoted(shown(old_type)) + " and is " + quoted(shown(new_type)));
    } else if (differs_inside(old_type)) {
      add(false, title + " takes more: " + quoted(shown(new_type)) + " has changed");
    }
    for (const json& each : list(now, "where")) {
      if (!contains(list(before, "where"), each)) add(true, title + ": `where " + shown(each) + "` is new");
    }
    for (const json& each : list(before, "where")) {
      if (!contains(list(now, "where"), each)) add(false, title + ": `where " + shown(each) + "` is gone");
    }
    if (before.contains("default") && !now.contains("default")) add(true, title + " has no default any more");
    if (!before.contains("default") && now.contains("default")) add(false, title + " has a default now");
    if (before.contains("default") && now.contains("default") && before["default"] != now["default"])
      add(false, title + " has another default: " + word(now, "default"));
    if (flag(now, "untrusted") != flag(before, "untrusted"))
      add(true, title + (flag(now, "untrusted") ? " is untrusted now" : " takes no untrusted text any more"));
  }

  /// Whether a declared type that `type` reaches is not as it was.
  bool differs_inside(const json& type) {
    std::set<std::string> seen;
    return differs(type, seen, 0);
  }

  bool differs(const json& type, std::set<std::string>& seen, uint32_t depth) {
    if (depth > kDeepest) return false;
    if (type.is_array()) {
      return std::any_of(type.begin(), type.end(),
                         [&](const json& each) { return differs(each, seen, depth + 1); });
    }
    if (!type.is_string() || !seen.insert(type.get<std::string>()).second) return false;
    const json& before = member(member(before_, "types"), type.get<std::string>().c_str());
    const json& now = member(member(now_, "types"), type.get<std::string>().c_str());
    if (before != now) return true;
    const json& fields = list(now, "fields");
    return std::any_of(fields.begin(), fields.end(),
                       [&](const json& each) { return differs(member(each, "type"), seen, depth + 1); });
  }

  void result() {
    const json& before = member(before_, "result");
    const json& now = member(now_, "result");
    const std::string why = Fit(now_, before_, Fit::Way::Taken).why_not(now, before);
    if (!why.empty()) {
      add(true, "the result: " + why);
    } else if (before != now) {
      add(false, "the result is narrower: it was " + quoted(shown(before)) + " and is " + quoted(shown(now)));
    } else if (differs_inside(now)) {
      add(false, "the result: " + quoted(shown(now)) + " has changed");
    }
    if (flag(now_, "untrusted") && !flag(before_, "untrusted")) add(true, "the result is untrusted now");
    if (!flag(now_, "untrusted") && flag(before_, "untrusted")) add(false, "the result is trusted now");
  }

  static size_t rank(const std::string& effect) { return effect == "writes" ? 2 : effect == "reads" ? 1 : 0; }

  void effects() {
    const std::string before = word(before_, "effect"), now = word(now_, "effect");
    const auto named = [](const std::string& effect) { return quoted(effect.empty() ? "pure" : effect); };
    if (rank(before) != rank(now)) {
      add(rank(now) > rank(before), std::string("its effect is ") +
                                        (rank(now) > rank(before) ? "wider" : "narrower") + ": it was " +
                                        named(before) + " and is " + named(now));
    }
    if (flag(now_, "approve") && !flag(before_, "approve")) add(true, "a person is asked now");
    if (!flag(now_, "approve") && flag(before_, "approve")) add(false, "no person is asked any more");
    if (flag(now_, "idempotent") && !flag(before_, "idempotent")) add(false, "it may be repeated now");
    if (!flag(now_, "idempotent") && flag(before_, "idempotent"))
      add(true, "it may not be repeated any more");
  }

  const json& before_;
  const json& now_;
  std::vector<Change> changes_;
};

/// How one field of a record differs from what it was, as what stands behind its name.
std::string field_change(const json& was, const json& is, const json& before, const json& now) {
  const json& old_type = member(was, "type");
  const json& new_type = member(is, "type");
  const std::string types = ": it was " + quoted(shown(old_type)) + " and is " + quoted(shown(new_type));
  if (old_type != new_type) {
    const bool narrower = Fit(now, before, Fit::Way::Taken).why_not(new_type, old_type).empty();
    const bool wider = Fit(before, now, Fit::Way::Given).why_not(old_type, new_type).empty();
    return (narrower ? " is narrower" : wider ? " is wider" : " has another type") + types;
  }
  if (flag(is, "untrusted") != flag(was, "untrusted"))
    return flag(is, "untrusted") ? " is untrusted now" : " is trusted now";
  for (const json& each : list(is, "where")) {
    if (!contains(list(was, "where"), each)) return " is narrower: `where " + shown(each) + "` is new";
  }
  for (const json& each : list(was, "where")) {
    if (!contains(list(is, "where"), each)) return " is wider: `where " + shown(each) + "` is gone";
  }
  if (is.contains("default") && !was.contains("default")) return " has a default now";
  if (!is.contains("default") && was.contains("default")) return " has no default any more";
  return " has another default: " + word(is, "default");
}

}  // namespace

std::vector<Change> compare(std::string_view before, std::string_view now) {
  if (before == now && !now.empty()) return {};
  const json first = json::parse(before, nullptr, /*allow_exceptions=*/false);
  const json second = json::parse(now, nullptr, /*allow_exceptions=*/false);
  if (!first.is_object() || !second.is_object())
    return {{true, "the lock does not say what callers saw of it, so the safe answer is given"}};
  return Comparison(first, second).run();
}

std::vector<std::string> compare_type(std::string_view before, std::string_view now,
                                      const std::string& name) {
  const json first = json::parse(before, nullptr, /*allow_exceptions=*/false);
  const json second = json::parse(now, nullptr, /*allow_exceptions=*/false);
  const json& was = member(member(first, "types"), name.c_str());
  const json& is = member(member(second, "types"), name.c_str());
  std::vector<std::string> lines;
  if (!was.is_object() || !is.is_object() || was == is) return lines;
  for (const json& each : list(was, "cases")) {
    if (!contains(list(is, "cases"), each)) lines.push_back("case " + quoted(shown(each)) + " is gone");
  }
  for (const json& each : list(is, "cases")) {
    if (!contains(list(was, "cases"), each)) lines.push_back("case " + quoted(shown(each)) + " is new");
  }
  const auto field_of = [](const json& record, const std::string& field) -> const json* {
    for (const json& each : list(record, "fields")) {
      if (word(each, "name") == field) return &each;
    }
    return nullptr;
  };
  for (const json& each : list(was, "fields")) {
    const std::string title = "field " + quoted(word(each, "name"));
    const json* other = field_of(is, word(each, "name"));
    if (!other) {
      lines.push_back(title + " is gone");
    } else if (each != *other) {
      lines.push_back(title + field_change(each, *other, first, second));
    }
  }
  for (const json& each : list(is, "fields")) {
    if (!field_of(was, word(each, "name")))
      lines.push_back("field " + quoted(word(each, "name")) +
                      " is new: " + quoted(shown(member(each, "type"))));
  }
  return lines;
}

bool any_breaks(const std::vector<Change>& changes) {
  return std::any_of(changes.begin(), changes.end(), [](const Change& each) { return each.breaks; });
}

}  // namespace chain::versions
