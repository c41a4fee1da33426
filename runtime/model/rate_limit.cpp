#include "runtime/model/rate_limit.h"

#include <algorithm>
#include <utility>

#include "runtime/sched/event_loop.h"

namespace chain::model {

namespace {

constexpr int64_t kMinute = 60'000'000'000;

int64_t stricter(int64_t a, int64_t b) {
  return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

}  // namespace

RateBucket::~RateBucket() {
  loop_.cancel_timer(timer_);
}

void RateBucket::limit(RateLimit limit) {
  limit_ = {stricter(limit_.requests, limit.requests), stricter(limit_.tokens, limit.tokens)};
}

RateBucket::Ticket RateBucket::ask(Ask ask, Grant& granted) {
  const bool behind = !queue_.empty() && !ask.urgent;
  if (!behind && free_at(ask.tokens).time <= loop_.now()) {
    granted = grant(ask.tokens);
    return 0;
  }
  const Ticket ticket = ++serial_;
  queue_.push(ticket, ask.run, ask.urgent);
  const bool first = queue_.front() == ticket;
  asked_.emplace(ticket, std::move(ask));
  if (first) come_back();
  return ticket;
}

void RateBucket::leave(Ticket ticket) {
  if (asked_.erase(ticket) == 0) return;
  const bool first = queue_.front() == ticket;
  queue_.erase(ticket);
  if (first) come_back();
}

void RateBucket::settle(Grant grant, int64_t tokens) {
  if (grant < first_ || grant - first_ >= lately_.size()) return;
  int64_t& counted = lately_[grant - first_].tokens;
  lately_tokens_ += tokens - counted;
  const bool freed = tokens < counted;
  counted = tokens;
  if (freed) come_back();
}

void RateBucket::pause(int64_t time_ns) {
  paused_until_ = std::max(paused_until_, loop_.now() + time_ns);
}

std::string RateBucket::reason(int64_t tokens) {
  Bound bound = free_at(tokens).bound;
  // Whoever stands behind others waits for what they wait for.
  if (bound == Bound::None && !queue_.empty()) bound = free_at(asked_.at(queue_.front()).tokens).bound;
  switch (bound) {
    case Bound::None: return {};
    case Bound::Pause: return "the provider's pause";
    case Bound::Requests: return "`rpm: " + std::to_string(limit_.requests) + '`';
    case Bound::Tokens: return "`tpm: " + std::to_string(limit_.tokens) + '`';
  }
  return {};
}

void RateBucket::answered(int64_t output_tokens) {
  usual_answer_ += (std::max<int64_t>(output_tokens, 0) - usual_answer_) / 4;
}

void RateBucket::forget_old() {
  const int64_t now = loop_.now();
  while (!lately_.empty() && lately_.front().time + kMinute <= now) {
    lately_tokens_ -= lately_.front().tokens;
    lately_.pop_front();
    ++first_;
  }
}

RateBucket::Free RateBucket::free_at(int64_t tokens) {
  forget_old();
  Free free;
  const auto until = [&](int64_t time, Bound bound) {
    if (time > free.time) free = {time, bound};
  };
  if (paused_until_ > loop_.now()) until(paused_until_, Bound::Pause);
  const auto most = static_cast<size_t>(limit_.requests);
  if (most > 0 && lately_.size() >= most)
    until(lately_[lately_.size() - most].time + kMinute, Bound::Requests);
  if (limit_.tokens > 0) {
    int64_t over = lately_tokens_ + std::min(tokens, limit_.tokens) - limit_.tokens;
    for (size_t i = 0; over > 0 && i < lately_.size(); ++i) {
      over -= lately_[i].tokens;
      if (over <= 0) until(lately_[i].time + kMinute, Bound::Tokens);
    }
  }
  return free;
}

RateBucket::Grant RateBucket::grant(int64_t tokens) {
  if (limit_.requests == 0 && limit_.tokens == 0) return 0;
  lately_.push_back({loop_.now(), tokens});
  lately_tokens_ += tokens;
  return first_ + lately_.size() - 1;
}

void RateBucket::serve() {
  timer_ = 0;
  while (!queue_.empty()) {
    const auto found = asked_.find(queue_.front());
    if (free_at(found->second.tokens).time > loop_.now()) return come_back();
    queue_.pop();
    const Ask ask = std::move(found->second);
    asked_.erase(found);
    ask.go(grant(ask.tokens));  // may ask, leave and settle
  }
}

void RateBucket::come_back() {
  loop_.cancel_timer(std::exchange(timer_, 0));
  if (queue_.empty()) return;
  const int64_t time = free_at(asked_.at(queue_.front()).tokens).time;
  timer_ = loop_.after(std::max<int64_t>(time - loop_.now(), 0), [this] { serve(); });
}

std::shared_ptr<RateBucket> RateLimits::bucket(const std::string& url, const std::string& key,
                                               const std::string& id) {
  std::shared_ptr<RateBucket>& bucket = buckets_[url + '\n' + id + '\n' + key];
  if (!bucket) bucket = std::make_shared<RateBucket>(loop_);
  return bucket;
}

}  // namespace chain::model
