// What the compiler has to say about a program.
//
// Each kind is declared once in codes.def and is a struct whose fields fill its message:
//
//     diagnostics.report(TypeMismatch{.expected = "int", .found = "string"}, argument.span)
//         .note(parameter.span, "`limit` is declared here")
//         .fix(argument.span, "int(x)", "convert it");
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/source/source.h"

namespace chain {

enum class Severity : uint8_t { Error, Warning };

/// A related place, with what it has to do with the mistake.
struct Note {
  Span span;
  std::string message;
};

/// An edit that mends the mistake: replace the bytes of `span` by `replacement`.
struct Fix {
  Span span;
  std::string replacement;
  std::string message;
};

struct Diagnostic {
  std::string_view code;  // "E0203"
  Severity severity = Severity::Error;
  Span span;
  std::string message;
  std::vector<Note> notes;
  std::vector<Fix> fixes;
};

#define FIELD(name) std::string name = {};
#define DIAG(code_, Name, severity_, format_, fields_)        \
  struct Name {                                               \
    fields_ static constexpr std::string_view code = #code_;  \
    static constexpr Severity severity = Severity::severity_; \
    static constexpr std::string_view format = format_;       \
  };
#include "compiler/diagnostics/codes.def"
#undef DIAG
#undef FIELD

#define DIAG(code_, Name, severity_, format_, fields_) std::string message_of(const Name& kind);
#include "compiler/diagnostics/codes.def"
#undef DIAG

/// Collects diagnostics. After `limit` errors further ones are counted, not kept.
class Diagnostics {
 public:
  explicit Diagnostics(size_t limit = 100) : limit_(limit) {}

  /// Adds to the diagnostic that `report` made.
  class Builder {
   public:
    Builder& note(Span span, std::string message);
    Builder& fix(Span span, std::string replacement, std::string message);

   private:
    friend class Diagnostics;
    explicit Builder(Diagnostic& diagnostic) : diagnostic_(diagnostic) {}
    Diagnostic& diagnostic_;
  };

  template <class Kind>
  Builder report(const Kind& kind, Span span) {
    return add({Kind::code, Kind::severity, span, message_of(kind), {}, {}});
  }

  /// One that was reported elsewhere.
  Builder add(Diagnostic diagnostic);

  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  [[nodiscard]] size_t error_count() const { return errors_; }
  [[nodiscard]] size_t dropped() const { return dropped_; }
  /// Lets `change` say what is kept in other words, or at another place.
  void revise(const std::function<void(Diagnostic&)>& change);
  /// In the order of files and places, equal ones once.
  [[nodiscard]] std::vector<const Diagnostic*> sorted() const;

 private:
  size_t limit_;
  size_t errors_ = 0;
  size_t dropped_ = 0;
  std::vector<Diagnostic> items_;
  Diagnostic overflow_;  // what a `Builder` writes to once the limit is passed
};

/// Every code there is, with the format of its message, in the order of codes.def.
struct CodeInfo {
  std::string_view code;
  std::string_view name;
  Severity severity;
  std::string_view format;
};
[[nodiscard]] const std::vector<CodeInfo>& all_codes();

/// The closest of `candidates` to `name` if it is close enough to be a slip of the hand, else empty.
/// Damerau-Levenshtein over code points.
[[nodiscard]] std::string_view did_you_mean(std::string_view name,
                                            const std::vector<std::string_view>& candidates);

}  // namespace chain
