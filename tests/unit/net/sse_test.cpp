#include "runtime/http/sse.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using chain::http::SseEvent;
using chain::http::SseParser;
using chain::http::SseSink;
using Status = SseParser::Status;

namespace {

struct Collector : SseSink {
  std::vector<std::string> events;  // "type|data|id"
  size_t most = SIZE_MAX;
  bool event(const SseEvent& event) override {
    events.push_back(std::string(event.type) + '|' + std::string(event.data) + '|' + std::string(event.id));
    return events.size() < most;
  }
};

std::vector<std::string> parse_in(const std::string& text, size_t first, size_t step) {
  SseParser parser;
  Collector collector;
  std::string_view rest = text;
  parser.feed(rest.substr(0, first), collector);
  rest.remove_prefix(std::min(first, rest.size()));
  while (!rest.empty()) {
    parser.feed(rest.substr(0, step), collector);
    rest.remove_prefix(std::min(step, rest.size()));
  }
  return collector.events;
}

struct Case {
  const char* name;
  std::string text;
  std::vector<std::string> events;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> table = {
      {"nothing", "", {}},
      {"LF", "data: a\n\ndata: b\n\n", {"message|a|", "message|b|"}},
      {"CR", "data: a\r\rdata: b\r\r", {"message|a|", "message|b|"}},
      {"CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", {"message|a|", "message|b|"}},
      {"mixed ends", "data: a\r\n\ndata: b\r\rdata: c\n\r\n", {"message|a|", "message|b|", "message|c|"}},
      {"LF CR is two line ends", "data: a\n\rdata: b\n\r", {"message|a|", "message|b|"}},
      {"no space", "data:a\n\n", {"message|a|"}},
      {"one space is taken off, not two", "data:  a \n\n", {"message| a |"}},
      {"several lines", "data: a\ndata:\ndata: b\n\n", {"message|a\n\nb|"}},
      {"a single empty line of data", "data\n\n", {"message||"}},
      {"two empty lines of data", "data:\ndata\n\n", {"message|\n|"}},
      {"no data, no event", "event: x\n\nid: 4\n\n", {}},
      {"event and id", "event: add\nid: 7\ndata: x\n\ndata: y\n\n", {"add|x|7", "message|y|7"}},
      {"an id with a NUL is ignored",
       std::string("id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n", 31),
       {"message|a|1", "message|b|1"}},
      {"an empty id resets", "id: 1\ndata: a\n\nid\ndata: b\n\n", {"message|a|1", "message|b|"}},
      {"comments", ": ping\n:\ndata: a\n: x\n\n", {"message|a|"}},
      {"unknown fields and retry", "retry: 10\nfoo: bar\nDATA: no\ndata: a\n\n", {"message|a|"}},
      {"byte order mark",
       "\xEF\xBB\xBF"
       "data: a\n\n",
       {"message|a|"}},
      {"only the first mark",
       "\xEF\xBB\xBF\xEF\xBB\xBF"
       "data: a\n\ndata: b\n\n",
       {"message|b|"}},
      {"a colon in the value", "data: a: b:c\n\n", {"message|a: b:c|"}},
      {"an event whose end never comes", "data: a\n\ndata: b\n", {"message|a|"}},
      {"a line whose end never comes", "data: a\n\ndata: b", {"message|a|"}},
      {"many blank lines", "\n\n\ndata: a\n\n\n\n", {"message|a|"}},
      {"text of several bytes", "data: 안녕 🌍\n\n", {"message|안녕 🌍|"}},
  };
  return table;
}

}  // namespace

TEST_CASE("events are the same however the stream is cut") {
  for (const Case& one : cases()) {
    CAPTURE(one.name);
    CHECK(parse_in(one.text, one.text.size(), 1) == one.events);
    for (size_t split = 0; split <= one.text.size(); ++split) {
      CAPTURE(split);
      CHECK(parse_in(one.text, split, SIZE_MAX) == one.events);
    }
    for (const size_t step : {1, 2, 3, 5, 7}) {
      CAPTURE(step);
      CHECK(parse_in(one.text, 0, step) == one.events);
    }
  }
}

TEST_CASE("a line may be as long as allowed and not longer, however it is cut") {
  for (const size_t step : {1, 3, 100}) {
    Collector collector;
    SseParser fits(10, 100);
    const std::string line = "data: abcd\n\n";
    for (size_t at = 0; at < line.size(); at += step)
      fits.feed(std::string_view(line).substr(at, step), collector);
    CHECK(collector.events == std::vector<std::string>{"message|abcd|"});
    SseParser too_long(9, 100);
    Status status = Status::Open;
    for (size_t at = 0; at < line.size(); at += step)
      status = too_long.feed(std::string_view(line).substr(at, step), collector);
    CHECK(status == Status::LineTooLong);
    CHECK(collector.events.size() == 1);
  }
}

TEST_CASE("an event may be as large as allowed and not larger") {
  Collector collector;
  SseParser parser(100, 8);
  CHECK(parser.feed("data: abc\ndata: def\n\n", collector) == Status::Open);
  CHECK(collector.events == std::vector<std::string>{"message|abc\ndef|"});
  CHECK(parser.feed("data: abc\ndata: defg\n\n", collector) == Status::EventTooLarge);
  CHECK(parser.feed("data: x\n\n", collector) == Status::EventTooLarge);
  CHECK(collector.events.size() == 1);
}

TEST_CASE("a sink that has enough hears nothing more") {
  Collector collector;
  collector.most = 2;
  SseParser parser;
  CHECK(parser.feed("data: 1\n\ndata: 2\n\ndata: 3\n\n", collector) == Status::Stopped);
  CHECK(parser.feed("data: 4\n\n", collector) == Status::Stopped);
  CHECK(collector.events.size() == 2);
}
