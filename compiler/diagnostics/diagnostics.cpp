#include "compiler/diagnostics/diagnostics.h"

#include <fmt/args.h>
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace chain {

#define FIELD(name_) arguments.push_back(fmt::arg(#name_, kind.name_));
#define DIAG(code_, Name, severity_, format_, fields_)            \
  std::string message_of([[maybe_unused]] const Name& kind) {     \
    fmt::dynamic_format_arg_store<fmt::format_context> arguments; \
    fields_ return fmt::vformat(Name::format, arguments);         \
  }
#include "compiler/diagnostics/codes.def"
#undef DIAG
#undef FIELD

const std::vector<CodeInfo>& all_codes() {
  static const std::vector<CodeInfo> codes = {
#define DIAG(code_, Name, severity_, format_, fields_) {#code_, #Name, Severity::severity_, format_},
#include "compiler/diagnostics/codes.def"
#undef DIAG
  };
  return codes;
}

Diagnostics::Builder& Diagnostics::Builder::note(Span span, std::string message) {
  diagnostic_.notes.push_back({span, std::move(message)});
  return *this;
}

Diagnostics::Builder& Diagnostics::Builder::fix(Span span, std::string replacement, std::string message) {
  diagnostic_.fixes.push_back({span, std::move(replacement), std::move(message)});
  return *this;
}

Diagnostics::Builder Diagnostics::add(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::Error) ++errors_;
  if (items_.size() >= limit_) {
    ++dropped_;
    overflow_ = {};
    return Builder(overflow_);
  }
  items_.push_back(std::move(diagnostic));
  return Builder(items_.back());
}

void Diagnostics::revise(const std::function<void(Diagnostic&)>& change) {
  for (Diagnostic& item : items_) change(item);
}

std::vector<const Diagnostic*> Diagnostics::sorted() const {
  std::vector<const Diagnostic*> result;
  result.reserve(items_.size());
  for (const Diagnostic& item : items_) result.push_back(&item);
  auto key = [](const Diagnostic* d) {
    return std::tuple(d->span.file.index, d->span.begin, d->span.end, d->code, std::string_view(d->message));
  };
  std::stable_sort(result.begin(), result.end(), [&](auto* a, auto* b) { return key(a) < key(b); });
  auto same = [&](auto* a, auto* b) { return key(a) == key(b); };
  result.erase(std::unique(result.begin(), result.end(), same), result.end());
  return result;
}

}  // namespace chain
