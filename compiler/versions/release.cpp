#include "compiler/versions/release.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <set>

#include "runtime/program/versioned.h"

namespace chain::versions {

namespace {

using program::Version;

class Judge {
 public:
  Judge(const Released& released, const std::vector<graph::Content>& contents)
      : released_(released), contents_(contents) {
    for (const auto& [key, entry] : released) know(key, entry.interface);
    for (const graph::Content& content : contents) {
      if (!released.contains(content.key)) know(content.key, content.interface);
    }
  }

  std::vector<Finding> run() {
    std::vector<Finding> findings;
    for (const graph::Content& content : contents_) {
      if (content.version == Version{} || content.key.starts_with("std.")) continue;
      const auto entry = released_.find(content.key);
      findings.push_back(entry == released_.end() ? unreleased(content) : held(content, entry->second));
    }
    return findings;
  }

 private:
  using Versions = std::map<Version, std::string>;  // interfaces

  void know(const std::string& text, const std::string& interface) {
    const Key key = parse_key(text);
    known_[key.file + ':' + key.name].emplace(key.version, interface);
  }

  const Versions& versions_of(const graph::Content& content) {
    const Key key = parse_key(content.key);
    return known_[key.file + ':' + key.name];
  }

  Version next(const graph::Content& content, bool major) {
    const Versions& all = versions_of(content);
    if (major) return {all.rbegin()->first.major + 1, 0};
    return {content.version.major,
            std::prev(all.upper_bound({content.version.major, UINT32_MAX}))->first.minor + 1};
  }

  Finding unreleased(const graph::Content& content) {
    Finding finding{.verdict = Verdict::New, .content = &content};
    const Versions& all = versions_of(content);
    const auto here = all.find(content.version);
    if (here == all.begin()) return finding;
    const auto& [before, interface] = *std::prev(here);
    finding.before = before;
    finding.changes = compare(interface, content.interface);
    if (before.major != content.version.major || !any_breaks(finding.changes)) return finding;
    finding.verdict = Verdict::Incompatible;
    finding.next = next(content, /*major=*/true);
    return finding;
  }

  Finding held(const graph::Content& content, const lock::Released& entry) {
    Finding finding{.verdict = Verdict::Same, .content = &content};
    if (entry.content != content.content) {
      finding.verdict = Verdict::Changed;
      // An entry that records no interface has its hash.
      const bool same = entry.interface.empty() && entry.signature == content.signature;
      if (!same) finding.changes = compare(entry.interface, content.interface);
      finding.parts = changed_parts(content, entry);
      finding.next = next(content, any_breaks(finding.changes));
    } else if (entry.callees != content.callees) {
      finding.verdict = Verdict::Unpinned;
      std::set_difference(entry.callees.begin(), entry.callees.end(), content.callees.begin(),
                          content.callees.end(), std::back_inserter(finding.gone));
      std::set_difference(content.callees.begin(), content.callees.end(), entry.callees.begin(),
                          entry.callees.end(), std::back_inserter(finding.instead));
      finding.next = next(content, /*major=*/false);
    }
    return finding;
  }

  static std::vector<std::string> changed_parts(const graph::Content& content, const lock::Released& entry) {
    std::vector<std::string> parts;
    std::set<std::string> labels;
    for (const graph::ContentPart& part : content.parts) {
      labels.insert(part.label);
      const auto known = entry.parts.find(part.label);
      if (known == entry.parts.end() || known->second != part.hash) parts.push_back(part.label);
    }
    for (const auto& [label, hash] : entry.parts) {
      if (!labels.contains(label)) parts.push_back(label);
    }
    return parts;
  }

  const Released& released_;
  const std::vector<graph::Content>& contents_;
  std::map<std::string, Versions> known_;  // by "file:name"
};

}  // namespace

std::string Key::shown() const {
  return program::versioned(name, version);
}

std::string Key::text() const {
  return file + ':' + shown();
}

Key parse_key(std::string_view text) {
  Key key;
  const size_t colon = text.rfind(':');
  key.file = text.substr(0, colon == std::string_view::npos ? 0 : colon);
  std::string_view name = text.substr(colon == std::string_view::npos ? 0 : colon + 1);
  const size_t at = name.rfind('@');
  key.name = name.substr(0, at);
  if (at == std::string_view::npos) return key;
  const char* const end = name.data() + name.size();
  const auto major = std::from_chars(name.data() + at + 1, end, key.version.major);
  if (major.ec == std::errc() && major.ptr != end && *major.ptr == '.')
    (void)std::from_chars(major.ptr + 1, end, key.version.minor);
  return key;
}

std::vector<Finding> judge(const Released& released, const std::vector<graph::Content>& contents) {
  return Judge(released, contents).run();
}

lock::Released entry_of(const graph::Content& content) {
  lock::Released entry{.kind = content.kind,
                       .content = content.content,
                       .signature = content.signature,
                       .callees = content.callees,
                       .interface = content.interface};
  for (const graph::ContentPart& part : content.parts) entry.parts[part.label] = part.hash;
  return entry;
}

std::string advice(const Finding& finding) {
  std::string text = "it is `" + program::versioned(finding.content->name, finding.next) + "` now";
  std::string reasons;
  const bool breaks = any_breaks(finding.changes);
  for (const Change& each : finding.changes) {
    if (each.breaks == breaks) reasons += (reasons.empty() ? "" : "; ") + each.what;
  }
  if (breaks) return text + ", a MAJOR one: " + reasons;
  return text + ", a MINOR one: " + (reasons.empty() ? "callers see no difference" : reasons);
}

std::string names_of(const std::vector<std::string>& keys, std::string_view file) {
  std::string text;
  for (size_t i = 0; i < keys.size(); ++i) {
    const Key key = parse_key(keys[i]);
    text += i == 0 ? "`" : i + 1 == keys.size() ? " and `" : ", `";
    text += (key.file == file ? key.shown() : keys[i]) + '`';
  }
  return text;
}

}  // namespace chain::versions
