#include "compiler/codegen/region_lowering.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "runtime/program/errors.h"

namespace chain::codegen {

using graph::Node;
using graph::Op;
using program::Task;
using program::TaskKind;
using transform::RegionPlan;
using transform::Step;

namespace {

/// Finds the nodes whose value is, as it is, what the chain gives: nothing behind them can return anything
/// else.
class TailFinder {
 public:
  explicit TailFinder(const ModuleEmitter& m) : m_(m) {}

  std::unordered_set<uint32_t> find(RegionId body) {
    visit(body, true);
    return std::move(tails_);
  }

 private:
  void visit(RegionId region, bool gives_result) {
    if (gives_result) consider(m_.graph[region].result, region, {});
    for (NodeId id : m_.graph[region].nodes) {
      const Node& node = m_.graph[id];
      if (node.op == Op::Return && !node.operands.empty()) consider(node.operands[0], region, id);
    }
    for (NodeId id : m_.graph[region].nodes) {
      const Node& node = m_.graph[id];
      if (node.op != Op::If && node.op != Op::Switch) continue;
      for (RegionId arm : node.regions) visit(arm, tails_.contains(id.index));
    }
  }

  /// `user` is the `return` that gives the value, or invalid for the region's own result.
  void consider(NodeId value, RegionId region, NodeId user) {
    if (!value.valid() || !(m_.analysis.home[value.index] == region)) return;
    const std::vector<NodeId>& nodes = m_.graph[region].nodes;
    for (auto at = nodes.rbegin(); at != nodes.rend() && !(*at == value); ++at) {
      if (m_.analysis.may_exit(*at) && !(*at == user)) return;
    }
    tails_.insert(value.index);
  }

  const ModuleEmitter& m_;
  std::unordered_set<uint32_t> tails_;
};

class RegionLowering {
 public:
  RegionLowering(ModuleEmitter& m, RegionId region, const std::string& name,
                 const std::unordered_set<uint32_t>& tails)
      : m_(m),
        region_(region),
        name_(name),
        tails_(tails),
        plan_(transform::plan_region(m.graph, m.analysis, region)) {}

  uint32_t lower() {
    const auto place = static_cast<uint32_t>(m_.program.regions.size());
    m_.program.regions.emplace_back();
    place_nodes();
    for (Step& step : plan_.steps) tasks_.push_back(lay_out(step));
    give_slots();
    program::Region region;
    region.frame_size = (frame_size_ + 7) / 8 * 8;
    if (!plan_.enter.empty())
      region.enter = function("enter", [&](FunctionEmitter& code) { code.emit_all(plan_.enter); });
    region.yield = emit_yield();
    for (size_t i = 0; i < plan_.steps.size(); ++i) emit_step(plan_.steps[i], tasks_[i]);
    for (size_t i = 0; i < plan_.steps.size(); ++i) lower_inner(plan_.steps[i], tasks_[i]);
    connect();
    tell_apart();
    for (uint32_t i = 0; i < tasks_.size(); ++i) {
      if (tasks_[i].dependencies == 0) region.ready.push_back(i);
    }
    region.tasks = std::move(tasks_);
    m_.program.regions[place] = std::move(region);
    return place;
  }

 private:
  // Functions of the region, for asking whether a value crosses from one to another.
  static constexpr uint32_t kEnter = 0, kYield = 1;
  static uint32_t start_of(size_t step) { return static_cast<uint32_t>(2 + 2 * step); }
  static uint32_t finish_of(size_t step) { return static_cast<uint32_t>(3 + 2 * step); }

  void place_nodes() {
    auto put = [&](const std::vector<NodeId>& nodes, uint32_t function) {
      for (NodeId id : nodes) function_of_[id.index] = function;
    };
    put(plan_.enter, kEnter);
    put(plan_.yield, kYield);
    for (size_t i = 0; i < plan_.steps.size(); ++i) {
      put(plan_.steps[i].before, start_of(i));
      put(plan_.steps[i].after, finish_of(i));
    }
  }

  uint32_t reserve(uint32_t size, uint32_t align) {
    align = std::max<uint32_t>(align, 1);
    frame_size_ = (frame_size_ + align - 1) / align * align;
    const uint32_t offset = frame_size_;
    frame_size_ += size;
    return offset;
  }

  /// Paths name steps in traces and in the journal: the second `classify` of a region is `classify#2`.
  void tell_apart() {
    std::unordered_map<std::string, uint32_t> used;
    for (Task& task : tasks_) {
      if (task.kind == TaskKind::Compute) continue;
      const uint32_t place = ++used[task.path];
      if (place > 1) task.path += '#' + std::to_string(place);
    }
  }

  /// Room for a step's input and result.
  Task lay_out(const Step& step) {
    Task task;
    task.may_return = step.may_exit;
    if (!step.node.valid()) {
      task.path = "compute";
      return task;
    }
    const Node& node = m_.graph[step.node];
    task.file = node.site.file;
    task.line = node.site.line;
    task.column = node.site.column;
    task.result = node.type;
    task.tail = tails_.contains(step.node.index);
    if (m_.size_of(node.type) > 0) {
      task.result_offset = reserve(m_.size_of(node.type), m_.program.types[node.type].align);
      m_.slots[step.node.index] = task.result_offset;
    }
    auto call = [&](TaskKind kind, const std::string& name, TypeId parameters) {
      task.kind = kind;
      task.path = name;
      task.target = node.index;
      task.input_offset = reserve(m_.program.types[parameters].record_size, 8);
    };
    switch (node.op) {
      case Op::Prompt:
        call(TaskKind::Prompt, m_.graph.prompts[node.index].name, m_.graph.prompts[node.index].parameters);
        task.model = node.model;
        task.cache = node.cache;
        task.similar = node.similar;
        break;
      case Op::Chain:
        call(TaskKind::Call, m_.graph.chains[node.index].name, m_.graph.chains[node.index].parameters);
        break;
      case Op::External:
        call(TaskKind::External, m_.graph.externals[node.index].name,
             m_.graph.externals[node.index].parameters);
        break;
      case Op::For: {
        task.kind = TaskKind::Loop;
        task.path = "for";
        task.input_offset = reserve(16, 8);
        task.parallel = node.parallel;
        task.ordered = step.writes || (m_.analysis.exits[step.node.index] & transform::kReturns) != 0;
        const TypeId list = m_.graph[node.operands[0]].type;
        task.stride = m_.program.types.stride(m_.program.types[list].element);
        break;
      }
      case Op::Loop: {
        task.kind = TaskKind::Loop;
        task.input_offset = reserve(program::kStateOffset + 8, 8);
        task.ordered = task.carries = true;
        const program::Type& source = m_.program.types[m_.graph[node.operands[0]].type];
        task.counted = source.kind == TypeKind::Int;
        task.path = task.counted ? "repeat" : "for";
        if (!task.counted) task.stride = m_.program.types.stride(source.element);
        break;
      }
      case Op::Try: {
        task.kind = TaskKind::Try;
        task.path = "try";
        task.catches = caught(node);
        break;
      }
      case Op::Race:
        task.kind = TaskKind::Race;
        task.path = "race";
        break;
      case Op::Sample:
        task.kind = TaskKind::Sample;
        task.path = "sample";
        task.input_offset = reserve(8, 8);
        break;
      default:
        task.kind = TaskKind::Branch;
        task.path = node.op == Op::If ? "if" : "match";
        task.input_offset = reserve(4, 4);
    }
    return task;
  }

  /// By kind of failure the region that catches it.
  static std::vector<uint32_t> caught(const Node& node) {
    std::vector<uint32_t> result(program::error_words().size(), 0);
    for (uint32_t arm = 1; arm < node.cases.size(); ++arm) {
      for (int64_t kind : node.cases[arm]) result[static_cast<size_t>(kind)] = arm;
      if (!node.cases[arm].empty()) continue;
      std::replace(result.begin(), result.end(), 0U, arm);
    }
    return result;
  }

  /// Gives a slot to each pure node that another function than its own uses.
  void give_slots() {
    auto need = [&](NodeId used, uint32_t function) {
      auto made = function_of_.find(used.index);
      if (made == function_of_.end() || made->second == function || m_.slots[used.index] != kNoSlot) return;
      const program::Type& type = m_.program.types[m_.graph[used].type];
      if (type.size > 0) m_.slots[used.index] = reserve(type.size, type.align);
    };
    auto need_all = [&](const std::vector<NodeId>& nodes, uint32_t function) {
      for (NodeId id : nodes) {
        for (NodeId used : transform::uses_from(m_.graph, m_.analysis, id, region_)) need(used, function);
      }
    };
    need_all(plan_.enter, kEnter);
    need_all(plan_.yield, kYield);
    if (m_.graph[region_].result.valid()) need(m_.graph[region_].result, kYield);
    for (size_t i = 0; i < plan_.steps.size(); ++i) {
      const Step& step = plan_.steps[i];
      need_all(step.before, start_of(i));
      need_all(step.after, finish_of(i));
      if (!step.node.valid()) continue;
      const std::vector<NodeId>& operands = m_.graph[step.node].operands;
      for (NodeId operand : operands) need(operand, start_of(i));
      // What its regions use, they read from this frame.
      constexpr uint32_t elsewhere = UINT32_MAX;
      for (RegionId inner : m_.graph[step.node].regions) {
        for (NodeId child : m_.graph[inner].nodes) {
          for (NodeId used : transform::uses_from(m_.graph, m_.analysis, child, region_))
            need(used, elsewhere);
        }
        const NodeId result = m_.graph[inner].result;
        if (result.valid()) need(result, elsewhere);
      }
    }
  }

  template <class Emit>
  FunctionId function(const char* suffix, Emit&& emit) {
    auto [function, id] = m_.add_function(name_ + '.' + suffix, m_.step_type());
    FunctionEmitter code(m_, function, region_);
    emit(code);
    code.finish(abi::kOk);
    return id;
  }

  FunctionId emit_yield() {
    const NodeId result = m_.graph[region_].result;
    const bool has_value = result.valid() && m_.size_of(m_.graph[result].type) > 0;
    if (plan_.yield.empty() && !has_value) return {};
    return function("yield", [&](FunctionEmitter& code) {
      code.emit_all(plan_.yield);
      if (has_value) code.store(code.value(result), m_.graph[result].type, code.result_address());
    });
  }

  void emit_step(const Step& step, Task& task) {
    const bool has_input = step.node.valid() && !m_.graph[step.node].operands.empty();
    if (!step.before.empty() || has_input) {
      task.start = function(task.path.c_str(), [&](FunctionEmitter& code) {
        code.emit_all(step.before);
        if (has_input) emit_input(code, m_.graph[step.node], task);
      });
    }
    if (!step.after.empty()) {
      task.finish =
          function((task.path + ".then").c_str(), [&](FunctionEmitter& code) { code.emit_all(step.after); });
    }
  }

  void emit_input(FunctionEmitter& code, const Node& node, const Task& task) {
    llvm::IRBuilder<>& b = code.builder();
    if (b.GetInsertBlock()->getTerminator()) return;
    switch (task.kind) {
      case TaskKind::Prompt:
      case TaskKind::Call:
      case TaskKind::External: {
        const TypeId parameters = task.kind == TaskKind::Prompt ? m_.graph.prompts[node.index].parameters
                                  : task.kind == TaskKind::Call ? m_.graph.chains[node.index].parameters
                                                                : m_.graph.externals[node.index].parameters;
        const std::vector<program::Field>& fields = m_.program.types[parameters].fields;
        for (size_t i = 0; i < node.operands.size(); ++i) {
          code.store(code.value(node.operands[i]), fields[i].type,
                     code.frame_at(task.input_offset + fields[i].offset));
        }
        break;
      }
      case TaskKind::Loop:
      case TaskKind::Sample:
        code.store(code.value(node.operands[0]), m_.graph[node.operands[0]].type,
                   code.frame_at(task.input_offset));
        if (task.carries) {
          code.store(code.value(node.operands[1]), m_.graph[node.operands[1]].type,
                     code.frame_at(task.input_offset + program::kStateOffset));
        }
        break;
      default: b.CreateStore(selector(code, node), code.frame_at(task.input_offset));
    }
  }

  /// Which region of a branch runs; UINT32_MAX for none.
  llvm::Value* selector(FunctionEmitter& code, const Node& node) {
    llvm::IRBuilder<>& b = code.builder();
    llvm::Value* subject = code.value(node.operands[0]);
    if (node.op == Op::If) {
      const uint32_t otherwise = node.regions.size() > 1 ? 1 : UINT32_MAX;
      return b.CreateSelect(subject, b.getInt32(0), b.getInt32(otherwise));
    }
    uint32_t fallback = UINT32_MAX;
    for (uint32_t i = 0; i < node.cases.size(); ++i) {
      if (node.cases[i].empty()) fallback = i;
    }
    llvm::Value* chosen = b.getInt32(fallback);
    for (uint32_t i = 0; i < node.cases.size(); ++i) {
      for (int64_t label : node.cases[i]) {
        auto* constant = llvm::ConstantInt::get(llvm::cast<llvm::IntegerType>(subject->getType()),
                                                static_cast<uint64_t>(label));
        chosen = b.CreateSelect(b.CreateICmpEQ(subject, constant), b.getInt32(i), chosen);
      }
    }
    return chosen;
  }

  void lower_inner(const Step& step, Task& task) {
    if (!step.node.valid()) return;
    for (RegionId inner : m_.graph[step.node].regions) {
      task.regions.push_back(RegionLowering(m_, inner, name_ + '.' + task.path, tails_).lower());
    }
  }

  void connect() {
    for (uint32_t i = 0; i < plan_.steps.size(); ++i) {
      for (const transform::Dependency& dependency : plan_.steps[i].dependencies) {
        ++tasks_[i].dependencies;
        Task& before = tasks_[dependency.step];
        (dependency.decided ? before.after_decided : before.after_done).push_back(i);
      }
    }
  }

  ModuleEmitter& m_;
  RegionId region_;
  std::string name_;
  const std::unordered_set<uint32_t>& tails_;
  RegionPlan plan_;
  std::vector<Task> tasks_;
  std::unordered_map<uint32_t, uint32_t> function_of_;  // by pure node of this region
  uint32_t frame_size_ = abi::kFrameHeaderSize;
};

}  // namespace

uint32_t lower_body(ModuleEmitter& m, const graph::Chain& chain) {
  const std::unordered_set<uint32_t> tails = TailFinder(m).find(chain.body);
  return RegionLowering(m, chain.body, chain.name, tails).lower();
}

}  // namespace chain::codegen
