#include "runtime/program/well_formed.h"

#include <algorithm>
#include <span>

namespace chain::program {

namespace {

class Check {
 public:
  explicit Check(const Program& program) : program_(program) {}

  bool all() const {
    const auto each = [this](const auto& items, auto rule) {
      return std::ranges::all_of(items, [&](const auto& item) { return (this->*rule)(item); });
    };
    return scalars() && each(program_.types.types, &Check::type) && each(program_.prompts, &Check::prompt) &&
           each(program_.externals, &Check::external) && each(program_.chains, &Check::chain) &&
           each(program_.regions, &Check::region) &&
           std::ranges::all_of(program_.tests,
                               [&](const Test& test) { return in(test.chain, program_.chains); }) &&
           std::ranges::all_of(program_.expectations,
                               [&](const Expectation& each) { return known(each.operand); }) &&
           std::ranges::all_of(program_.entries, [&](uint32_t entry) { return in(entry, program_.chains); });
  }

 private:
  static bool in(uint32_t index, const auto& table) { return index < table.size(); }
  bool known(TypeId id) const { return in(id.index, program_.types.types); }
  bool is_record(TypeId id) const { return known(id) && program_.types[id].kind == TypeKind::Record; }

  bool scalars() const {
    const TypeTable fresh;
    if (program_.types.types.size() < fresh.types.size()) return false;
    return std::ranges::equal(
        fresh.types, std::span(program_.types.types).first(fresh.types.size()),
        [](const Type& a, const Type& b) { return a.kind == b.kind && a.size == b.size; });
  }

  bool type(const Type& type) const {
    if (!known(type.element) || !std::ranges::all_of(type.members, [&](TypeId each) { return known(each); }))
      return false;
    if (type.kind == TypeKind::Literal && type.literals.empty()) return false;
    if (type.kind == TypeKind::Union && (type.members.empty() || type.size < 8)) return false;
    if (type.kind == TypeKind::Optional && type.size <= program_.types[type.element].size) return false;
    return std::ranges::all_of(type.fields, [&](const Field& field) {
      return known(field.type) &&
             uint64_t{field.offset} + program_.types[field.type].size <= type.record_size;
    });
  }

  bool prompt(const Prompt& prompt) const {
    return is_record(prompt.parameters) && known(prompt.result) && in(prompt.model, program_.models) &&
           std::ranges::all_of(prompt.messages, [&](const MessagePart& part) {
             return part.example < 0 || in(static_cast<uint32_t>(part.example), prompt.examples);
           });
  }

  bool external(const External& external) const {
    return is_record(external.parameters) && known(external.result);
  }

  bool chain(const Chain& chain) const {
    return is_record(chain.parameters) && known(chain.result) && in(chain.body, program_.regions);
  }

  bool region(const Region& region) const {
    const auto within = [&](const std::vector<uint32_t>& tasks) {
      return std::ranges::all_of(tasks, [&](uint32_t each) { return in(each, region.tasks); });
    };
    return within(region.ready) && std::ranges::all_of(region.tasks, [&](const Task& task) {
             return within(task.after_done) && within(task.after_decided) && this->task(task, region);
           });
  }

  bool task(const Task& task, const Region& region) const {
    if (!known(task.result) || task.input_offset > region.frame_size ||
        task.result_offset > region.frame_size)
      return false;
    if (task.kind == TaskKind::Prompt && !in(task.target, program_.prompts)) return false;
    if (task.kind == TaskKind::External && !in(task.target, program_.externals)) return false;
    if (task.kind == TaskKind::Call && !in(task.target, program_.chains)) return false;
    if (task.kind == TaskKind::Loop && task.regions.empty()) return false;
    return std::ranges::all_of(task.regions, [&](uint32_t each) { return in(each, program_.regions); });
  }

  const Program& program_;
};

}  // namespace

bool is_well_formed(const Program& program) {
  return Check(program).all();
}

}  // namespace chain::program
