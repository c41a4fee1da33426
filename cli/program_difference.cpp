#include "cli/program_difference.h"

#include <algorithm>
#include <set>

#include "compiler/versions/interface.h"
#include "runtime/value/json_text.h"

namespace chain::cli {
namespace {

bool can_be_called(const Declared& declared) {
  return !declared.interface.empty();
}

class Differ {
 public:
  Differ(const Side& before, const Side& now) : before_(before), now_(now) {}

  ProgramDifference run() {
    pair_up();
    for (const auto& [first, second] : pairs_) altered(first, second);
    settings("model", before_.models, now_.models);
    settings("", before_.resources, now_.resources);
    affected();
    return std::move(result_);
  }

  /// Two versions, and what they are made of.
  ProgramDifference run(const Declared& first, const Declared& second) {
    altered(&first, &second);
    for (const auto& [key, declared] : now_.declared) {
      const auto other = before_.declared.find(key);
      const std::string label = declared.kind + " `" + declared.name + '`';
      if (other != before_.declared.end() && !can_be_called(declared) && second.parts.contains(label))
        altered(&other->second, &declared);
    }
    return std::move(result_);
  }

 private:
  using Pair = std::pair<const Declared*, const Declared*>;

  /// What is gone and what is new under one name is one thing in two versions. A new version beside an old
  /// one is compared with that.
  void pair_up() {
    for (const auto& [key, declared] : before_.declared) {
      const auto other = now_.declared.find(key);
      if (other != now_.declared.end()) pairs_.emplace_back(&declared, &other->second);
    }
    std::set<const Declared*> taken;
    for (const auto& [key, declared] : now_.declared) {
      if (before_.declared.contains(key)) continue;
      const Declared* older = nullptr;
      for (const auto& [other_key, other] : before_.declared) {
        const bool alike = other.kind == declared.kind && other.name == declared.name && can_be_called(other);
        if (alike && (!older || older->version < other.version)) older = &other;
      }
      if (older) taken.insert(older);
      pairs_.emplace_back(older, &declared);
    }
    for (const auto& [key, declared] : before_.declared) {
      if (!now_.declared.contains(key) && !taken.contains(&declared)) pairs_.emplace_back(&declared, nullptr);
    }
  }

  void altered(const Declared* first, const Declared* second) {
    Altered entry{.kind = second ? second->kind : first->kind};
    if (first) entry.before = first->title;
    if (second) entry.now = second->title;
    if (first && second) {
      const bool callable = can_be_called(*second) && can_be_called(*first);
      if (callable ? first->content == second->content && first->title == second->title
                   : first->hash == second->hash)
        return;
      if (first->hash != second->hash) entry.words = hunks(first->text, second->text);
      if (callable) {
        interface(*first, *second, entry);
        parts(*first, *second, entry);
        // That something it is made of has changed is said of that.
        if (entry.words.empty() && entry.why.empty() && first->title == second->title) return;
      } else {
        entry.why = type_changes(second->name);
      }
    }
    result_.altered.push_back(std::move(entry));
  }

  static void interface(const Declared& first, const Declared& second, Altered& entry) {
    const auto changes = versions::compare(first.interface, second.interface);
    entry.verdict = versions::any_breaks(changes) ? "MAJOR" : "MINOR";
    for (const versions::Change& change : changes) entry.why.push_back(change.what);
  }

  static void parts(const Declared& first, const Declared& second, Altered& entry) {
    std::set<std::string> labels;
    for (const auto& [label, hash] : first.parts) labels.insert(label);
    for (const auto& [label, hash] : second.parts) labels.insert(label);
    for (const std::string& label : labels) {
      const auto a = first.parts.find(label), b = second.parts.find(label);
      const bool same = a != first.parts.end() && b != second.parts.end() && a->second == b->second;
      if (!same && label != "its own text") entry.by_way_of.push_back(label);
    }
  }

  /// Of a type that something which can be called shows to its callers.
  [[nodiscard]] std::vector<std::string> type_changes(const std::string& name) const {
    for (const auto& [key, declared] : now_.declared) {
      const auto other = before_.declared.find(key);
      if (!can_be_called(declared) || other == before_.declared.end()) continue;
      auto lines = versions::compare_type(other->second.interface, declared.interface, name);
      if (!lines.empty()) return lines;
    }
    return {};
  }

  void settings(const std::string& kind, const std::map<std::string, ModelState>& before,
                const std::map<std::string, ModelState>& now) {
    std::set<std::string> names;
    for (const auto& [name, state] : before) names.insert(name);
    for (const auto& [name, state] : now) names.insert(name);
    for (const std::string& name : names) {
      const auto a = before.find(name), b = now.find(name);
      const bool was = a != before.end(), is = b != now.end();
      if (was && is && a->second == b->second) continue;
      const size_t blank = kind.empty() ? name.find(' ') : std::string::npos;
      const std::string title = kind.empty() ? name.substr(blank + 1) : name;
      Altered entry{.kind = kind.empty() ? name.substr(0, blank) : kind,
                    .before = was ? title : "",
                    .now = is ? title : ""};
      if (was && is) {
        entry.words = hunks(shown(a->second), shown(b->second));
        changed_settings_.insert(title);
      }
      result_.altered.push_back(std::move(entry));
    }
  }

  static std::string shown(const ModelState& state) {
    return state.provider + (state.id.empty() ? "" : " " + state.id) + ' ' + state.options_json;
  }

  /// Who calls what has changed, though its own text has not.
  void affected() {
    std::map<std::string, std::string> changed;  // by title: the title before
    for (const Altered& each : result_.altered) {
      if (!each.now.empty()) changed[each.now] = each.before;
      if (each.now.empty()) changed[each.before] = each.before;
    }
    for (const auto& [key, declared] : now_.declared) {
      const auto other = before_.declared.find(key);
      if (!can_be_called(declared) || other == before_.declared.end()) continue;
      const bool same = other->second.content == declared.content &&
                        other->second.artifact == declared.artifact &&
                        other->second.callees == declared.callees;
      if (same || changed.contains(declared.title)) continue;
      result_.affected.push_back({declared.kind, declared.title, why(other->second, declared, changed)});
    }
  }

  std::string why(const Declared& before, const Declared& now,
                  const std::map<std::string, std::string>& changed) const {
    for (const std::string& callee : now.callees) {
      if (std::ranges::find(before.callees, callee) == before.callees.end())
        return "now calls `" + callee + '`';
    }
    if (before.content != now.content) {
      Altered made;
      parts(before, now, made);
      std::string text = "reaches ";
      for (size_t i = 0; i < made.by_way_of.size(); ++i) text += (i > 0 ? ", " : "") + made.by_way_of[i];
      return text;
    }
    for (const std::string& callee : now.callees) {
      if (changed.contains(callee)) return "calls `" + callee + "`, which is not as it was";
    }
    return changed_settings_.empty() ? "reaches what is not as it was"
                                     : "reaches a model, an index or another resource that is not as it was";
  }

  const Side& before_;
  const Side& now_;
  std::vector<Pair> pairs_;
  std::set<std::string> changed_settings_;
  ProgramDifference result_;
};

}  // namespace

ProgramDifference difference(const Side& before, const Side& now) {
  return Differ(before, now).run();
}

ProgramDifference difference(const Declared& before, const Side& in, const Declared& now, const Side& with) {
  return Differ(in, with).run(before, now);
}

}  // namespace chain::cli
