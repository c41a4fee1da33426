#include "runtime/http/lines.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using chain::http::LineReader;
using chain::http::LineSink;
using Status = LineReader::Status;

namespace {

struct Collector : LineSink {
  std::vector<std::string> lines;
  size_t most = SIZE_MAX;
  bool line(std::string_view line) override {
    lines.emplace_back(line);
    return lines.size() < most;
  }
};

Status feed(LineReader& reader, std::string_view text, size_t step, Collector& collector) {
  Status status = Status::Open;
  for (size_t at = 0; at < text.size(); at += step) status = reader.feed(text.substr(at, step), collector);
  return status;
}

}  // namespace

TEST_CASE("lines are the same however the stream is cut") {
  for (const size_t step : {1, 2, 3, 5, 100}) {
    CAPTURE(step);
    Collector collector;
    LineReader reader;
    CHECK(feed(reader, "one\n\n안녕\r\nrest", step, collector) == Status::Open);
    CHECK(collector.lines == std::vector<std::string>{"one", "", "안녕\r"});
    CHECK(reader.rest() == "rest");
  }
}

TEST_CASE("a line that is read may be as long as allowed and not longer, however it is cut") {
  for (const size_t step : {1, 3, 100}) {
    CAPTURE(step);
    Collector collector;
    LineReader fits(4);
    CHECK(feed(fits, "abcd\nabcd\n", step, collector) == Status::Open);
    CHECK(collector.lines.size() == 2);
    LineReader too_long(4);
    CHECK(feed(too_long, "ab\nabcde\nab\n", step, collector) == Status::LineTooLong);
    CHECK(too_long.feed("ab\n", collector) == Status::LineTooLong);
    CHECK(collector.lines.size() == 3);
    LineReader endless(4);
    CHECK(feed(endless, "abcdefgh", step, collector) == Status::LineTooLong);
    CHECK(endless.rest().size() <= 4);
  }
}

TEST_CASE("a sink that has enough lines hears nothing more") {
  Collector collector;
  collector.most = 2;
  LineReader reader;
  CHECK(reader.feed("1\n2\n3\n", collector) == Status::Stopped);
  CHECK(reader.feed("4\n", collector) == Status::Stopped);
  CHECK(collector.lines.size() == 2);
}
