#include "runtime/model/web_search.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/model/json_writer.h"

namespace chain::model {

namespace {

/// ,"NAME":["a","b"]; empty for no domains.
std::string domains_member(const WebSearch& search, std::string_view name) {
  if (search.domains.empty()) return {};
  std::string member = fmt::format(R"("{}":)", name);
  char before = '[';
  for (const std::string& domain : search.domains) {
    member += std::exchange(before, ',');
    append_json_string(member, domain);
  }
  return member + ']';
}

}  // namespace

WebSearch web_search_of(const Options& options) {
  WebSearch search;
  search.on = options.flag("web_search");
  search.domains = options.texts("search_domains");
  search.most = options.integer("max_searches").value_or(0);
  return search;
}

std::optional<int64_t> most_searches(const program::Model& model, const Options& options) {
  if (!options.flag("web_search")) return 0;
  if (const auto most = options.integer("max_searches")) return most;
  const bool once = model.provider == "gemini"
                        ? !pays_each_search(model.id)
                        : model.provider == "openai" && options.text("api") != "responses";
  return once ? std::optional<int64_t>(1) : std::nullopt;
}

SearchRounds rounds_of(const program::Model& model, int64_t searches) {
  if (searches == 0) return {};
  if (model.provider == "anthropic") return {2 * searches + 1, searches + 1};
  return {searches + 1, 1};
}

std::string responses_search(const WebSearch& search) {
  if (!search.on) return {};
  const std::string domains = domains_member(search, "allowed_domains");
  return domains.empty() ? R"({"type":"web_search"})"
                         : R"({"type":"web_search","filters":{)" + domains + "}}";
}

std::string anthropic_search(const WebSearch& search, int64_t left) {
  if (!search.on) return {};
  std::string tool = R"({"type":"web_search_20250305","name":"web_search")";
  if (left > 0) tool += fmt::format(R"(,"max_uses":{})", left);
  if (const std::string domains = domains_member(search, "allowed_domains"); !domains.empty())
    tool += ',' + domains;
  return tool + '}';
}

std::string gemini_search(const WebSearch& search) {
  return search.on ? R"({"googleSearch":{}})" : "";
}

bool pays_each_search(std::string_view gemini_id) {
  return !gemini_id.starts_with("gemini-1") && !gemini_id.starts_with("gemini-2");
}

}  // namespace chain::model
