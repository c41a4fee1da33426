// What servers answer tools with: links to more pages, encodings, JSON of which a part is wanted.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "runtime/access/host.h"
#include "runtime/tool/charset.h"
#include "runtime/tool/pages.h"
#include "runtime/tool/selection.h"
#include "runtime/value/json.h"

using namespace chain::tool;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view head = text.substr(0, text.find('\n'));
  const std::string_view body = text.substr(head.size() < size ? head.size() + 1 : size);
  const chain::program::External tool{.name = "t",
                                      .options_json = R"({"pages": {"link": {}}, "at": "items"})"};
  constexpr std::string_view kFirst = "https://api.example.com/items";
  Pages pages(tool, std::string(kFirst), 4096);
  const PageTaken taken = pages.take(body, head);
  // Whatever a server says, the next page is at its own host.
  if (!taken.next.empty() && chain::access::host_of_url(taken.next) != chain::access::host_of_url(kFirst))
    std::abort();
  if (taken.error.empty() && !chain::value::is_json(pages.list())) std::abort();
  (void)as_utf8(std::string(body), head);
  std::string error;
  const auto part = json_at(body, head, error);
  if (!part && error.empty()) std::abort();
  return 0;
}
