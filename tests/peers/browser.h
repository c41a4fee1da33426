// A browser whose user says yes to everything.
#pragma once

#include <string>
#include <string_view>

#include "runtime/http/client.h"
#include "runtime/http/header_name.h"
#include "runtime/sched/event_loop.h"

namespace chain::test {

/// Follows a URL and where it leads.
class Browser final : public http::Handler {
 public:
  explicit Browser(EventLoop& loop) : loop_(loop), client_(loop) {}
  void open(const std::string& url) {
    where_.clear();
    client_.start(client_.add({.url = url, .method = "GET"}), "", *this);
  }
  void header(std::string_view name, std::string_view value) override {
    if (http::same_name(name, "location")) where_ = value;
  }
  void end(const http::Outcome&) override {
    if (!where_.empty()) loop_.post([this, url = where_] { open(url); });
  }

 private:
  EventLoop& loop_;
  http::Client client_;
  std::string where_;
};

}  // namespace chain::test
