// Lists that come in pages.
#include <fmt/format.h>

#include <set>
#include <utility>

#include "runtime/mcp/connection.h"
#include "runtime/model/json_reader.h"

namespace chain::mcp {

namespace {

constexpr size_t kMostPages = 1000;
constexpr size_t kMostElements = 10'000;
constexpr size_t kMostBytes = size_t{64} << 20;

struct Pages {
  std::weak_ptr<Connection> connection;
  std::string method;
  std::string member;
  std::function<void(std::vector<std::string>, std::string)> done;
  std::vector<std::string> elements;
  std::set<std::string> cursors;
  size_t bytes = 0;

  void fail(std::string_view what) {
    const auto alive = connection.lock();
    done({}, alive ? alive->sentence(what) : std::string(what));
  }
};

void next_page(const std::shared_ptr<Pages>& pages, const std::string& cursor);

void read_page(const std::shared_ptr<Pages>& pages, const Answer& answer) {
  // A server need not know what it does not offer.
  if (answer.code == kMethodNotFound) return pages->done({}, {});
  if (!answer.ok) return pages->done({}, answer.error);
  model::JsonReader reader(member_of(answer.json, pages->member));
  reader.array([&] {
    std::string_view element;
    if (!reader.raw(element)) return false;
    pages->bytes += element.size();
    if (element.starts_with('{')) pages->elements.emplace_back(element);
    return pages->elements.size() <= kMostElements && pages->bytes <= kMostBytes;
  });
  if (pages->elements.size() > kMostElements || pages->bytes > kMostBytes)
    return pages->fail(fmt::format("it lists more than {} {}, or more than {} MiB of them", kMostElements,
                                   pages->member, kMostBytes >> 20));
  std::string cursor = text_of(answer.json, "nextCursor");
  if (cursor.empty()) return pages->done(std::move(pages->elements), {});
  if (pages->cursors.size() >= kMostPages || !pages->cursors.insert(cursor).second)
    return pages->fail(fmt::format("its list of {} has no end", pages->member));
  next_page(pages, cursor);
}

void next_page(const std::shared_ptr<Pages>& pages, const std::string& cursor) {
  const auto connection = pages->connection.lock();
  if (!connection) return;
  const Members params = cursor.empty() ? Members() : Members{{"cursor", quoted(cursor)}};
  connection->request(pages->method, with_members({}, params),
                      [pages](const Answer& answer) { read_page(pages, answer); });
}

}  // namespace

void list_pages(const std::shared_ptr<Connection>& connection, std::string method, std::string member,
                std::function<void(std::vector<std::string> elements, std::string error)> done) {
  auto pages = std::make_shared<Pages>();
  pages->connection = connection;
  pages->method = std::move(method);
  pages->member = std::move(member);
  pages->done = std::move(done);
  next_page(pages, {});
}

}  // namespace chain::mcp
