// Lists that a server gives page by page. Internal to runtime/tool.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "runtime/program/program.h"

namespace chain::tool {

/// What became of one page.
struct PageTaken {
  std::string error;  // a clause; empty if it is one of the list
  std::string next;   // the URL of the next page; empty if this was the last
};

/// The elements of all pages, in their order.
class Pages {
 public:
  /// `url`: of the first page. `most_bytes`: of all elements together.
  Pages(const program::External& tool, std::string url, uint64_t most_bytes);

  /// Whether `tool` asks for more than one page.
  [[nodiscard]] static bool wanted(const program::External& tool);

  /// `body` came from the page that was asked for last, with `links`, its headers `Link`, joined by commas.
  /// No page is asked for twice, and none at another host.
  [[nodiscard]] PageTaken take(std::string_view body, std::string_view links);
  /// All elements as one JSON list.
  [[nodiscard]] std::string list() const { return list_ + ']'; }

 private:
  [[nodiscard]] std::string add(std::string_view body);
  /// The URL of the page behind `body`, as the server or the option says it; empty if there is none.
  [[nodiscard]] std::string said_next(std::string_view body, std::string_view links) const;
  [[nodiscard]] std::string problem_of(const std::string& next) const;

  std::string at_;      // where in a page its elements are
  std::string member_;  // where in a page it says what comes next; empty for the header `Link`
  std::string query_;   // the parameter that takes a cursor; empty for links
  uint64_t most_ = 0;   // pages
  bool said_most_ = false;
  const std::string first_;  // URL
  const uint64_t most_bytes_;
  std::string current_;  // URL
  std::set<std::string> seen_;
  std::string list_ = "[";
};

/// The target of the link of `links` (RFC 8288) that leads to the next page; empty if there is none.
[[nodiscard]] std::string next_link(std::string_view links);

/// Where `reference`, found at `base`, leads (RFC 3986, section 5): `base` is a whole URL.
[[nodiscard]] std::string resolved_url(std::string_view base, std::string_view reference);

}  // namespace chain::tool
