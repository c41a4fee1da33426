#include "runtime/tool/pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "runtime/access/host.h"
#include "runtime/http/percent.h"
#include "runtime/http/printable.h"
#include "runtime/tool/selection.h"
#include "runtime/value/json.h"
#include "runtime/value/url_path.h"

namespace chain::tool {

namespace {

using nlohmann::json;

constexpr uint64_t kUsualMost = 100;  // pages

std::string_view trimmed(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

/// Whether the parameters of a link, `; rel="next"; title="x"`, say that it leads to what comes next.
bool leads_on(std::string_view parameters) {
  const std::string text = lower(parameters);
  for (size_t at = text.find("rel"); at != std::string::npos; at = text.find("rel", at + 3)) {
    const std::string_view before = trimmed(std::string_view(text).substr(0, at));
    std::string_view value = trimmed(std::string_view(text).substr(at + 3));
    if (!before.ends_with(';') || !value.starts_with('=')) continue;
    value = trimmed(value.substr(1));
    const bool quoted = value.starts_with('"');
    if (quoted) value.remove_prefix(1);
    value = value.substr(0, value.find_first_of(quoted ? "\"" : "; \t"));
    // Several relations may stand there.
    return (' ' + std::string(value) + ' ').find(" next ") != std::string::npos;
  }
  return false;
}

/// Where the parameters of a link end: at a `,` outside of quotes.
size_t end_of_link(std::string_view text) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == '\\' && quoted) ++i;
    if (i < text.size() && text[i] == ',' && !quoted) return i;
  }
  return text.size();
}

std::string origin(const std::string& url) {
  return lower(url.substr(0, std::min(url.find("://"), url.size()))) + "://" + access::host_of_url(url);
}

/// A cursor as it is handed back; empty for none.
std::string cursor_text(std::string_view json) {
  if (auto text = value::json_string(json)) return *std::move(text);
  const bool number = !json.empty() && (json[0] == '-' || (json[0] >= '0' && json[0] <= '9'));
  return number ? std::string(json) : std::string();
}

}  // namespace

std::string next_link(std::string_view links) {
  while (true) {
    const size_t begin = links.find('<');
    if (begin == std::string_view::npos) return {};
    const size_t end = links.find('>', begin);
    if (end == std::string_view::npos) return {};
    const std::string_view target = links.substr(begin + 1, end - begin - 1);
    links.remove_prefix(end + 1);
    const size_t length = end_of_link(links);
    if (leads_on(links.substr(0, length))) return std::string(trimmed(target));
    links.remove_prefix(length);
  }
}

std::string resolved_url(std::string_view base, std::string_view reference) {
  reference = reference.substr(0, reference.find('#'));
  base = base.substr(0, base.find('#'));
  const size_t scheme = base.find("://");
  const size_t colon = reference.find_first_of(":/?");
  if (colon != std::string_view::npos && reference[colon] == ':') return std::string(reference);
  const size_t host_end = std::min(base.find_first_of("/?", scheme + 3), base.size());
  const size_t path_end = std::min(base.find('?', host_end), base.size());
  const auto begin = [&](size_t length) { return std::string(base.substr(0, length)); };
  if (reference.empty()) return std::string(base);
  if (reference.starts_with("//")) return begin(scheme + 1) + std::string(reference);
  if (reference.starts_with('/')) return begin(host_end) + std::string(reference);
  if (reference.starts_with('?')) return begin(path_end) + std::string(reference);
  const size_t slash = base.substr(0, path_end).rfind('/');
  if (slash == std::string_view::npos || slash < host_end)
    return begin(host_end) + '/' + std::string(reference);
  return begin(slash + 1) + std::string(reference);
}

bool Pages::wanted(const program::External& tool) {
  return json::parse(tool.options_json, nullptr, false).contains("pages");
}

Pages::Pages(const program::External& tool, std::string url, uint64_t most_bytes)
    : at_(text_option(tool, "at")),
      first_(std::move(url)),
      most_bytes_(most_bytes),
      current_(first_),
      seen_({first_}) {
  const json options = json::parse(tool.options_json, nullptr, false).value("pages", json::object());
  for (const auto& [how, settings] : options.items()) {
    member_ = settings.value("member", "");
    query_ = settings.value("query", "");
    said_most_ = settings.contains("most");
    most_ = settings.value("most", kUsualMost);
  }
}

std::string Pages::add(std::string_view body) {
  std::string error;
  const auto list = json_at(body, at_, error);
  if (!list) return "a page " + error;
  const auto items = value::json_items(*list, error);
  if (!items)
    return fmt::format("{} is no JSON list: it begins with {}",
                       at_.empty() ? "a page" : "`" + at_ + "` of a page", http::printable(*list, 60));
  for (const std::string_view item : *items) {
    if (list_.size() + item.size() > most_bytes_)
      return fmt::format("its pages have more than {} MiB together", most_bytes_ >> 20);
    if (list_.size() > 1) list_ += ',';
    list_ += item;
  }
  return {};
}

std::string Pages::said_next(std::string_view body, std::string_view links) const {
  std::string ignored;
  const auto part = member_.empty() ? std::nullopt : json_at(body, member_, ignored);
  if (query_.empty()) {
    const std::string link =
        member_.empty() ? next_link(links) : value::json_string(part.value_or("")).value_or("");
    return link.empty() ? link : resolved_url(current_, link);
  }
  const std::string cursor = cursor_text(part.value_or(""));
  if (cursor.empty()) return {};
  return first_ + (first_.find('?') == std::string::npos ? '?' : '&') + http::percent_encoded(query_) + '=' +
         http::percent_encoded(cursor);
}

std::string Pages::problem_of(const std::string& next) const {
  const std::string shown = http::printable(next, 200);
  if (const auto mistake = access::url_mistake(next, true))
    return fmt::format("its next page is at `{}`: {}", shown, *mistake);
  const size_t path = std::min(next.find('/', next.find("://") + 3), next.size());
  if (value::climbs(std::string_view(next).substr(path, std::min(next.find('?', path), next.size()) - path)))
    return fmt::format("its next page is at `{}`, which climbs in the path with `.`, `..` or `\\`", shown);
  if (origin(next) != origin(first_))
    return fmt::format("its next page is at `{}`, which is another host; pages are asked for at `{}` alone",
                       shown, origin(first_));
  if (seen_.contains(next))
    return fmt::format("its pages go round in a circle: `{}` comes after itself", shown);
  if (!said_most_ && seen_.size() >= most_)
    return fmt::format(
        "it has more than {} pages; `most:` says how many are wanted, and leaves out what is behind them",
        most_);
  return {};
}

PageTaken Pages::take(std::string_view body, std::string_view links) {
  PageTaken taken{.error = add(body), .next = {}};
  if (!taken.error.empty()) return taken;
  std::string next = said_next(body, links);
  if (next.empty() || (said_most_ && seen_.size() >= most_)) return taken;
  taken.error = problem_of(next);
  if (!taken.error.empty()) return taken;
  seen_.insert(next);
  current_ = next;
  taken.next = std::move(next);
  return taken;
}

}  // namespace chain::tool
