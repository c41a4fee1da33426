#include "compiler/sema/call_order.h"

#include <algorithm>

namespace chain::sema {

namespace {

/// Depth first with its own stack: each call that leads back to a caller on the way closes a circle.
class Walk {
 public:
  explicit Walk(const Calls& calls) : calls_(calls), state_(calls.size(), New) {
    order_.depth.resize(calls.size());
  }

  CallOrder run() {
    for (uint32_t start = 0; start < calls_.size(); ++start) from(start);
    return std::move(order_);
  }

 private:
  struct Step {
    uint32_t caller;
    size_t next = 0;
  };
  enum State : uint8_t { New, Open, Done };

  void from(uint32_t start) {
    if (state_[start] != New) return;
    path_ = {{start}};
    state_[start] = Open;
    while (!path_.empty()) {
      Step& step = path_.back();
      if (step.next == calls_[step.caller].size()) {
        leave(step.caller);
        continue;
      }
      const CallSite& call = calls_[step.caller][step.next++];
      if (state_[call.target] == Open) {
        close(call);
      } else if (state_[call.target] == New) {
        state_[call.target] = Open;
        path_.push_back({call.target});
      }
    }
  }

  void leave(uint32_t caller) {
    state_[caller] = Done;
    path_.pop_back();
    for (const CallSite& call : calls_[caller]) {
      if (state_[call.target] == Done && call.target != caller)
        order_.depth[caller] = std::max(order_.depth[caller], order_.depth[call.target] + 1);
    }
  }

  void close(const CallSite& call) {
    Circle circle{{}, call};
    size_t first = 0;
    while (path_[first].caller != call.target) ++first;
    for (size_t i = first; i < path_.size(); ++i) circle.path.push_back(path_[i].caller);
    order_.circles.push_back(std::move(circle));
  }

  const Calls& calls_;
  std::vector<State> state_;
  std::vector<Step> path_;
  CallOrder order_;
};

}  // namespace

CallOrder order_of(const Calls& calls) {
  return Walk(calls).run();
}

std::string path_text(const Circle& circle, const std::function<std::string(uint32_t)>& name) {
  constexpr size_t kShown = 8;
  std::string text;
  for (size_t i = 0; i < circle.path.size(); ++i) {
    if (i == kShown) {
      text += "... -> ";
      break;
    }
    text.append(name(circle.path[i])).append(" -> ");
  }
  return text.append(name(circle.call.target));
}

}  // namespace chain::sema
