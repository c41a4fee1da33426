#include "runtime/trace/tree.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace chain::trace {
namespace {

using store::StepRecord;

constexpr size_t kMostLevels =
    64;  // a chain that calls itself ten thousand times deep is one line, not a tree

/// The end of `path`'s part that begins at `from`.
size_t part_end(std::string_view path, size_t from) {
  return std::min(path.find('/', from), path.size());
}

/// Calls `each` with every place around `path`, the outermost, which is the run, first.
template <typename Each>
void for_each_region(std::string_view path, Each each) {
  size_t end = part_end(path, 0);
  for (size_t level = 0; end < path.size() && level < kMostLevels; ++level) {
    each(path.substr(0, end));
    end = part_end(path, end + 1);
  }
}

class TreeMaker {
 public:
  TreeMaker(const store::RunRecord& run, const std::vector<StepRecord>& steps) : run_(run), steps_(steps) {}

  std::vector<Node> make() {
    survey();
    root_.path = run_.chain.substr(0, run_.chain.find('@'));
    root_.started = run_.started;
    root_.ended = std::max(run_.ended, run_.started);
    root_.open = run_.ended == 0;
    for (const StepRecord& step : steps_) {
      root_.started = std::min(root_.started, step.started);
      root_.ended = std::max({root_.ended, step.started, step.ended});
    }
    nodes_.push_back(root_);
    children_.emplace_back();
    for (const StepRecord& step : steps_) add(step);
    widen();
    return in_order();
  }

 private:
  /// Which calls stand around others, and until when something is known to have gone on in each region.
  void survey() {
    for (const StepRecord& step : steps_) {
      for_each_region(step.path, [&](std::string_view region) {
        int64_t& last = last_end_[region];
        last = std::max(last, step.ended);
      });
    }
  }

  /// A call that was dropped, as the losers of a race are, went on no longer than the innermost region around
  /// it in which something ended after it began.
  [[nodiscard]] int64_t latest_end(const StepRecord& step) const {
    int64_t end = root_.ended;
    for_each_region(step.path, [&](std::string_view region) {
      if (const int64_t last = last_end_.at(region); last >= step.started) end = last;
    });
    return end;
  }

  void add(const StepRecord& step) {
    uint32_t parent = 0;
    bool outermost = true;
    if (store::is_of_agent(step)) return add_agent(step);
    const auto enter = [&](std::string_view region) {
      if (!std::exchange(outermost, false)) parent = region_node(region, parent);
    };
    for_each_region(step.path, enter);
    if (last_end_.contains(step.path)) enter(step.path);  // it was asked again
    const bool open = step.ended == 0;
    insert({.path = step.path,
            .step = &step,
            .parent = parent,
            .depth = nodes_[parent].depth + 1,
            .started = step.started,
            .ended = std::max(open ? latest_end(step) : step.ended, step.started),
            .open = open});
  }

  /// It is the region of its own steps.
  void add_agent(const StepRecord& step) {
    uint32_t parent = 0;
    bool outermost = true;
    for_each_region(step.path, [&](std::string_view region) {
      if (!std::exchange(outermost, false)) parent = region_node(region, parent);
    });
    Node& node = nodes_[region_node(step.path, parent)];
    node.step = &step;
    node.open = step.ended == 0;
    node.started = std::min(node.started, step.started);
    node.ended = std::max({node.ended, step.started, node.open ? latest_end(step) : step.ended});
  }

  uint32_t region_node(std::string_view path, uint32_t parent) {
    const auto [found, fresh] = regions_.try_emplace(path, 0);
    if (fresh) {
      found->second = insert({.path = std::string(path),
                              .parent = parent,
                              .depth = nodes_[parent].depth + 1,
                              .started = INT64_MAX,
                              .ended = 0});
    }
    return found->second;
  }

  uint32_t insert(Node node) {
    const auto index = static_cast<uint32_t>(nodes_.size());
    children_[node.parent].push_back(index);
    nodes_.push_back(std::move(node));
    children_.emplace_back();
    return index;
  }

  /// Regions as wide as what is in them: what is inner stands behind what is around it.
  void widen() {
    for (size_t i = nodes_.size(); i-- > 1;) {
      Node& parent = nodes_[nodes_[i].parent];
      parent.started = std::min(parent.started, nodes_[i].started);
      parent.ended = std::max(parent.ended, nodes_[i].ended);
    }
  }

  std::vector<Node> in_order() {
    for (std::vector<uint32_t>& each : children_)
      std::ranges::stable_sort(each, {}, [&](uint32_t index) { return nodes_[index].started; });
    std::vector<Node> ordered;
    struct Next {
      uint32_t index, parent;
    };
    std::vector<Next> left{{0, 0}};
    while (!left.empty()) {
      const Next next = left.back();
      left.pop_back();
      const auto place = static_cast<uint32_t>(ordered.size());
      ordered.push_back(std::move(nodes_[next.index]));
      ordered.back().parent = next.parent;
      const std::vector<uint32_t>& inner = children_[next.index];
      for (auto child = inner.rbegin(); child != inner.rend(); ++child) left.push_back({*child, place});
    }
    return ordered;
  }

  const store::RunRecord& run_;
  const std::vector<StepRecord>& steps_;
  Node root_;
  std::vector<Node> nodes_;
  std::vector<std::vector<uint32_t>> children_;  // of each node
  std::map<std::string_view, uint32_t> regions_;
  std::map<std::string_view, int64_t> last_end_;  // keys are parts of the steps' paths
};

}  // namespace

std::vector<Node> tree_of(const store::RunRecord& run, const std::vector<StepRecord>& steps) {
  return TreeMaker(run, steps).make();
}

std::string_view last_part(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace chain::trace
