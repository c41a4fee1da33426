#include "runtime/documents/jsonl.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace chain::documents {
namespace {
constexpr size_t kBuffer = size_t{256} << 10;
}

std::string_view LineReader::more() {
  if (!rest_.empty()) return rest_;
  if (descriptor_ < 0) return rest_ = std::exchange(whole_, {});
  buffer_.resize(kBuffer);
  ssize_t size = 0;
  do { size = read(descriptor_, buffer_.data(), buffer_.size()); } while (size < 0 && errno == EINTR);
  if (size < 0) error_ = errno;
  return rest_ = std::string_view(buffer_).substr(0, size > 0 ? static_cast<size_t>(size) : 0);
}

bool LineReader::next(Line& line) {
  line_.clear();
  line = {.number = ++number_, .begin = at_};
  uint64_t size = 0;
  bool ended = false, any = false;
  while (!ended && !more().empty()) {
    any = true;
    const size_t end = rest_.find('\n');
    ended = end != std::string_view::npos;
    const std::string_view part = rest_.substr(0, ended ? end : rest_.size());
    size += part.size();
    if (size <= most_) line_ += part;
    rest_.remove_prefix(part.size() + (ended ? 1 : 0));
    at_ += part.size() + (ended ? 1 : 0);
  }
  if (size > most_) {
    line_.clear();
    line.why = "it has " + std::to_string(size) + " bytes; the limit is " + std::to_string(most_);
  }
  line.text = line_;
  return any;
}

}  // namespace chain::documents
