#include "runtime/trace/exporter.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/http/header_name.h"
#include "runtime/http/printable.h"
#include "runtime/http/redact.h"
#include "runtime/model/retry.h"
#include "runtime/sched/ambient.h"
#include "runtime/sched/event_loop.h"
#include "runtime/value/text.h"

namespace chain::trace {
namespace {

constexpr size_t kMostSpans = 512;        // in one request, as OpenTelemetry's own batches
constexpr size_t kMostBytes = 1U << 20;   // likewise, unless one span is larger
constexpr size_t kMostAnswer = 64 << 10;  // of a response: partial success, in a few words
constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kFirstDelay = kSecond / 10;

size_t size_of(const Attribute& attribute) {
  size_t size = attribute.name.size() + 16;
  if (const auto* text = std::get_if<std::string>(&attribute.value)) size += text->size();
  return size;
}

std::string shown(int64_t duration) {
  std::string text;
  value::append_duration(text, duration);
  return text;
}

class Exporter final : public http::Handler {
 public:
  Exporter(const Settings& settings, std::span<const Span> spans)
      : settings_(settings),
        left_(spans),
        client_(loop_),
        endpoint_(client_.add(endpoint_of(settings))),
        deadline_(loop_.now() + settings.timeout),
        random_(sched::fresh_seed()) {}

  Exported run() {
    loop_.after(settings_.timeout, [this] {
      client_.cancel(request_);
      stop(fmt::format("no answer within {}{}", shown(settings_.timeout), last_status_));
    });
    begin_batch();
    loop_.run();
    return std::move(result_);
  }

  void status(int code) override { status_ = code; }
  void header(std::string_view name, std::string_view value) override {
    if (http::same_name(name, "retry-after")) retry_after_ = value;
  }
  void body(std::string_view bytes) override {
    answer_ += bytes.substr(0, kMostAnswer - std::min(kMostAnswer, answer_.size()));
  }
  void end(const http::Outcome& outcome) override {
    request_ = 0;
    if (outcome.result != http::Result::Ok) return stop(redacted(outcome.message));
    if (status_ >= 200 && status_ < 300) return taken();
    if (status_ == 429 || (status_ >= 502 && status_ <= 504)) return try_again();
    stop(fmt::format("it answered {}", status_));
  }

 private:
  static http::Endpoint endpoint_of(const Settings& settings) {
    http::Endpoint endpoint;
    endpoint.url = settings.url;
    endpoint.headers = settings.headers;
    const bool json = settings.encoding == Encoding::Json;
    endpoint.headers.push_back({"Content-Type", json ? "application/json" : "application/x-protobuf"});
    endpoint.headers.push_back({"User-Agent", "chain/" + settings.sender.version});
    endpoint.max_body_bytes = 4U << 20;
    return endpoint;
  }

  void begin_batch() {
    if (left_.empty()) return stop({});
    attempt_ = 0;
    body_ = encode(settings_.encoding, settings_.sender, left_.first(batch_size(left_)));
    send();
  }

  void send() {
    ++attempt_;
    status_ = 0;
    retry_after_.clear();
    answer_.clear();
    request_ = client_.start(endpoint_, body_, *this);
  }

  void taken() {
    const size_t count = batch_size(left_);
    result_.sent += count;
    left_ = left_.subspan(count);
    if (const auto partial = partial_success(settings_.encoding, answer_)) {
      result_.rejected += std::clamp<int64_t>(partial->rejected, 0, static_cast<int64_t>(count));
      if (!partial->message.empty()) result_.said = redacted(partial->message);
    }
    begin_batch();
  }

  void try_again() {
    model::Head head;
    head.retry_after = retry_after_;
    const auto wish = model::wished_delay(head);
    const int64_t full = kFirstDelay << std::min(attempt_ - 1, 10U);
    const auto own = static_cast<int64_t>(static_cast<double>(full) * (1 - random_.uniform() / 4));
    const int64_t delay =
        std::max(wish.value_or(0), own);  // one that asks for no wait at all still gets some
    if (loop_.now() + delay >= deadline_) {
      return stop(fmt::format("it answered {}{}, and no more than {} are spent on an export", status_,
                              wish ? " and asks to wait " + shown(*wish) : "", shown(settings_.timeout)));
    }
    last_status_ = fmt::format("; before, it answered {}", status_);
    loop_.after(delay, [this] { send(); });
  }

  void stop(std::string problem) {
    result_.problem = std::move(problem);
    loop_.stop();
  }

  /// Text from outside on one line, without what our headers hold: a collector may repeat what it was sent.
  [[nodiscard]] std::string redacted(std::string text) const {
    for (const http::Header& header : settings_.headers) {
      const std::string_view value = header.value;
      http::redact(text, value);
      if (const size_t blank = value.find(' '); blank != std::string_view::npos)
        http::redact(text, value.substr(blank + 1));  // the token behind `Bearer`
    }
    return http::printable(text);
  }

  const Settings& settings_;
  std::span<const Span> left_;
  EventLoop loop_;
  http::Client client_;
  http::Client::EndpointId endpoint_;
  int64_t deadline_;
  model::Random random_;
  std::string body_;
  http::Client::RequestId request_ = 0;
  uint32_t attempt_ = 0;
  int status_ = 0;
  std::string retry_after_, answer_, last_status_;
  Exported result_;
};

}  // namespace

size_t batch_size(std::span<const Span> spans) {
  size_t bytes = 0;
  for (size_t count = 0; count < std::min(spans.size(), kMostSpans); ++count) {
    bytes += spans[count].name.size() + spans[count].message.size() + 64;
    for (const Attribute& attribute : spans[count].attributes) bytes += size_of(attribute);
    if (bytes > kMostBytes) return std::max<size_t>(count, 1);
  }
  return std::min(spans.size(), kMostSpans);
}

Exported export_spans(const Settings& settings, std::span<const Span> spans) {
  return Exporter(settings, spans).run();
}

}  // namespace chain::trace
