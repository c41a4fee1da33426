#include "compiler/sema/model_options.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace chain::sema {

namespace {

class OptionsCheck {
 public:
  OptionsCheck(Diagnostics& diagnostics, const program::ProviderInfo& provider, const GivenOptions& given)
      : diagnostics_(diagnostics), provider_(provider), given_(given) {}

  void run() {
    api();
    search();
    reasoning();
  }

 private:
  [[nodiscard]] const Span* span_of(std::string_view name) const {
    const auto found = given_.spans.find(name);
    return found == given_.spans.end() ? nullptr : &found->second;
  }
  [[nodiscard]] std::optional<int64_t> number(std::string_view name) const {
    const auto found = given_.numbers.find(name);
    return found == given_.numbers.end() ? std::nullopt : std::optional(found->second);
  }
  void wrong(const char* name, std::string wanted) {
    diagnostics_.report(BadMember{name, std::move(wanted)}, given_.spans.at(name));
  }

  void api() {
    if (given_.api != "responses") return;
    for (const std::string_view name : {"seed", "stop"}) {
      if (const Span* span = span_of(name))
        diagnostics_.report(
            UnknownOption{std::string(provider_.name), std::string(name), " with `api: \"responses\"`"},
            *span);
    }
  }

  void search() {
    const bool chat = provider_.name == "openai" && given_.api != "responses";
    const bool searches = number("web_search").value_or(0) != 0;
    for (const char* name : {"search_domains", "max_searches"}) {
      const Span* span = span_of(name);
      if (span != nullptr && !searches) {
        wrong(name, "for models that search: it goes with `web_search: true`");
      } else if (span != nullptr && chat) {
        diagnostics_.report(UnknownOption{std::string(provider_.name), name,
                                          " with chat completions; it does with `api: \"responses\"`"},
                            *span);
      }
    }
    // At another address there may be other names.
    const bool at_home = span_of("base_url") == nullptr && !given_.id.empty();
    if (searches && chat && at_home && given_.id.find("search") == std::string::npos)
      wrong("web_search",
            "for models that are made for it, such as `gpt-5-search-api`; others search with "
            "`api: \"responses\"`");
  }

  void reasoning() {
    const std::optional<int64_t> budget = number("reasoning_budget"), most = number("max_tokens");
    if (!budget || span_of("reasoning_budget") == nullptr) return;
    if (provider_.name == "gemini" && span_of("reasoning_effort") != nullptr)
      return wrong("reasoning_budget",
                   "given without `reasoning_effort`: `gemini` takes one of them, not both");
    if (provider_.name != "anthropic" || *budget == 0) return;
    if (*budget < 1024) return wrong("reasoning_budget", "0, or at least 1024, of `anthropic`");
    if (most && *budget >= *most)
      wrong("reasoning_budget", "less than `max_tokens`, for what is thought counts as answer");
  }

  Diagnostics& diagnostics_;
  const program::ProviderInfo& provider_;
  const GivenOptions& given_;
};

/// "example.com", "example.com/blog".
bool is_domain(std::string_view text) {
  constexpr size_t kLongest = 253;
  const auto may_stand = [](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == '/';
  };
  return !text.empty() && text.size() <= kLongest && text.find("//") == std::string_view::npos &&
         text.front() != '.' && text.front() != '/' && std::ranges::all_of(text, may_stand);
}

}  // namespace

void check_options(Diagnostics& diagnostics, const program::ProviderInfo& provider,
                   const GivenOptions& given) {
  OptionsCheck(diagnostics, provider, given).run();
}

bool check_domains(Diagnostics& diagnostics, const Constant& value, Span span) {
  constexpr size_t kMost = 20;
  std::vector<std::string_view> domains;
  if (const auto* text = std::get_if<std::string>(&value.value)) domains.emplace_back(*text);
  if (const auto* parts = std::get_if<Constant::Parts>(&value.value)) {
    for (const Constant& part : *parts) domains.emplace_back(std::get<std::string>(part.value));
  }
  if (!domains.empty() && domains.size() <= kMost && std::ranges::all_of(domains, is_domain)) return true;
  diagnostics.report(
      BadMember{"search_domains", "up to 20 domains without `https://`, as in `[\"example.com\"]`"}, span);
  return false;
}

}  // namespace chain::sema
