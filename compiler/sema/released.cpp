// What is released holds still: see compiler/versions/release.h.
#include <algorithm>

#include "compiler/sema/context.h"
#include "compiler/versions/release.h"
#include "runtime/program/versioned.h"

namespace chain::sema {

namespace {

using versions::Finding;
using versions::Verdict;

/// "its own text, type `Ticket` and 2 more".
std::string list_of_parts(const std::vector<std::string>& parts) {
  constexpr size_t kMost = 4;
  if (parts.empty()) return "what it is made of";  // the entry does not say
  std::string text;
  for (size_t i = 0; i < parts.size() && i < kMost; ++i)
    text += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  if (parts.size() > kMost) text += " and " + std::to_string(parts.size() - kMost) + " more";
  return text;
}

class Report {
 public:
  explicit Report(Context& context) : context_(context) {}

  void add(const Finding& finding) {
    switch (finding.verdict) {
      case Verdict::Same:
      case Verdict::New: return;
      case Verdict::Changed: return changed(finding);
      case Verdict::Incompatible: return incompatible(finding);
      case Verdict::Unpinned: return unpinned(finding);
    }
  }

 private:
  static std::string name_of(const Finding& finding) {
    return program::versioned(finding.content->name, finding.content->version);
  }

  static std::string next_of(const Finding& finding) {
    return program::versioned(finding.content->name, finding.next);
  }

  void changed(const Finding& finding) {
    auto report = context_.diagnostics.report(ReleasedChanged{.name = name_of(finding),
                                                              .parts = list_of_parts(finding.parts),
                                                              .advice = versions::advice(finding)},
                                              finding.content->span);
    for (const graph::ContentPart& part : finding.content->parts) {
      const bool is_changed = std::ranges::find(finding.parts, part.label) != finding.parts.end();
      if (is_changed && part.span != finding.content->parts.front().span)
        report.note(first_line(part.span), "this is not as it was");
    }
    fix(report, finding);
  }

  void incompatible(const Finding& finding) {
    auto report = context_.diagnostics.report(
        NotMinor{.name = name_of(finding),
                 .before = program::versioned(finding.content->name, finding.before),
                 .advice = versions::advice(finding)},
        finding.content->span);
    fix(report, finding);
  }

  void unpinned(const Finding& finding) {
    const std::string file = versions::parse_key(finding.content->key).file;
    std::string why;
    if (!finding.gone.empty()) why = "which it no longer calls";
    for (const std::string& key : finding.gone) {
      const bool is_there = std::ranges::any_of(context_.module.contents,
                                                [&](const graph::Content& each) { return each.key == key; });
      if (!is_there) why = "which is gone";
    }
    std::string pins =
        finding.gone.empty() ? "" : " with " + versions::names_of(finding.gone, file) + ", " + why;
    if (!finding.instead.empty())
      pins += (pins.empty() ? ", and now calls " : ", and now calls ") +
              versions::names_of(finding.instead, file);
    auto report = context_.diagnostics.report(
        ReleasedUnpinned{.name = name_of(finding),
                         .pins = pins,
                         .hint = (why == "which is gone" ? "leave that beside what is newer, or make this `"
                                                         : "make it `") +
                                 next_of(finding) + '`'},
        finding.content->span);
    fix(report, finding);
  }

  static Span first_line(Span span) { return {span.file, span.begin, std::min(span.end, span.begin + 1)}; }

  void fix(Diagnostics::Builder& report, const Finding& finding) {
    const Span at = finding.content->version_span;
    if (at.begin == at.end) return;
    const std::string next = '@' + to_string(finding.next);
    report.fix(at, next, "write `" + next + '`');
  }

  Context& context_;
};

}  // namespace

void check_released(Context& context) {
  if (context.modules.released.empty()) return;
  Report report(context);
  const std::vector<Finding> findings = versions::judge(context.modules.released, context.module.contents);
  for (const Finding& finding : findings) report.add(finding);
}

}  // namespace chain::sema
