#include "runtime/program/well_formed.h"

#include <algorithm>
#include <span>

#include "runtime/program/errors.h"

namespace chain::program {

namespace {

/// Types within types, other than by way of a record's fields: far more than the compiler lets through.
constexpr uint32_t kMostNesting = 1000;

constexpr uint64_t align_up(uint64_t size, uint64_t align) {
  return (size + align - 1) / align * align;
}

bool in(uint32_t index, const auto& table) {
  return index < table.size();
}

class TypesCheck {
 public:
  explicit TypesCheck(const TypeTable& table) : table_(table), types_(table.types) {}

  bool all() {
    return scalars_first() && std::ranges::all_of(types_, [&](const Type& type) { return indexes(type); }) &&
           !nested_too_deep() && std::ranges::all_of(types_, [&](const Type& type) { return layout(type); });
  }

 private:
  struct Layout {
    uint64_t size;
    uint64_t align;
  };

  bool known(TypeId id) const { return in(id.index, types_); }

  bool scalars_first() const {
    const TypeTable fresh;
    return types_.size() >= fresh.types.size() &&
           std::ranges::equal(fresh.types, std::span(types_).first(fresh.types.size()), {}, &Type::kind,
                              &Type::kind);
  }

  bool indexes(const Type& type) const {
    return known(type.element) && std::ranges::all_of(type.members, [&](TypeId id) { return known(id); }) &&
           std::ranges::all_of(type.fields, [&](const Field& field) { return known(field.type); });
  }

  /// Types that `type` holds without a record between them.
  static std::span<const TypeId> inner(const Type& type) {
    switch (type.kind) {
      case TypeKind::Optional:
      case TypeKind::List:
      case TypeKind::Map: return {&type.element, 1};
      case TypeKind::Union: return type.members;
      default: return {};
    }
  }

  /// A circle is nested without end.
  bool nested_too_deep() {
    std::vector<uint32_t> depths(types_.size(), 0);
    for (uint32_t round = 0; round <= kMostNesting; ++round) {
      bool changed = false;
      for (size_t i = 0; i < types_.size(); ++i) {
        uint32_t depth = 0;
        for (TypeId id : inner(types_[i])) depth = std::max(depth, depths[id.index] + 1);
        changed = changed || depth != depths[i];
        depths[i] = depth;
      }
      if (!changed) return std::ranges::any_of(depths, [](uint32_t depth) { return depth > kMostNesting; });
    }
    return true;
  }

  bool layout(const Type& type) const {
    if (type.kind == TypeKind::Literal && !one_base(type.literals)) return false;
    if (type.kind == TypeKind::Union && type.members.empty()) return false;
    if (type.kind == TypeKind::Record && !record(type)) return false;
    const Layout due = layout_of(type);
    return type.size == due.size && type.align == due.align;
  }

  static bool one_base(const std::vector<Literal>& literals) {
    return !literals.empty() && std::ranges::all_of(literals, [&](const Literal& literal) {
      return literal.index() == literals.front().index();
    });
  }

  bool record(const Type& type) const {
    uint64_t end = 0;
    for (const Field& field : type.fields) {
      const Type& held = table_[field.type];
      // A type that is not yet checked may claim any alignment.
      if (field.offset != align_up(end, std::clamp<uint32_t>(held.align, 1, 8))) return false;
      end = uint64_t{field.offset} + held.size;
    }
    return type.record_size == align_up(end, 8);
  }

  Layout layout_of(const Type& type) const {
    switch (type.kind) {
      case TypeKind::Void: return {0, 1};
      case TypeKind::Bool: return {1, 1};
      case TypeKind::Int:
      case TypeKind::Float:
      case TypeKind::Duration:
      case TypeKind::Money:
      case TypeKind::Time:
      case TypeKind::Date:
      case TypeKind::Record:
      case TypeKind::Map: return {8, 8};
      case TypeKind::String:
      case TypeKind::Bytes:
      case TypeKind::Media:
      case TypeKind::Json:
      case TypeKind::List: return {16, 8};
      case TypeKind::Enum: return {4, 4};
      case TypeKind::Literal: return literal_layout(type.literals.front());
      case TypeKind::Optional: {
        const Type& held = table_[type.element];
        const uint64_t align = std::max<uint32_t>(held.align, 1);
        return {align_up(uint64_t{held.size} + 1, align), align};
      }
      case TypeKind::Union: break;
    }
    uint64_t payload = 0;
    for (TypeId member : type.members) payload = std::max<uint64_t>(payload, table_[member].size);
    return {align_up(align_up(payload, 8) + 4, 8), 8};
  }

  static Layout literal_layout(const Literal& literal) {
    if (std::holds_alternative<std::string>(literal)) return {16, 8};
    return std::holds_alternative<bool>(literal) ? Layout{1, 1} : Layout{8, 8};
  }

  const TypeTable& table_;
  const std::vector<Type>& types_;
};

class Check {
 public:
  explicit Check(const Program& program) : program_(program) {}

  bool all() const {
    const auto each = [this](const auto& items, auto rule) {
      return std::ranges::all_of(items, [&](const auto& item) { return (this->*rule)(item); });
    };
    if (!TypesCheck(program_.types).all() || !each(program_.prompts, &Check::prompt) ||
        !each(program_.resources, &Check::resource) || !each(program_.externals, &Check::external) ||
        !each(program_.agents, &Check::agent) || !each(program_.chains, &Check::chain) ||
        !each(program_.tests, &Check::test) || !each(program_.evals, &Check::eval) ||
        !each(program_.expectations, &Check::expectation) || !each(program_.sites, &Check::site) ||
        !each(program_.aliases, &Check::alias))
      return false;
    for (uint32_t i = 0; i < program_.regions.size(); ++i) {
      if (!region(i)) return false;
    }
    return std::ranges::all_of(program_.entries, [&](uint32_t entry) { return in(entry, program_.chains); });
  }

 private:
  bool known(TypeId id) const { return in(id.index, program_.types.types); }
  bool alias(const Alias& alias) const { return known(alias.type); }
  bool is_record(TypeId id) const { return known(id) && program_.types[id].kind == TypeKind::Record; }

  /// Line 0 is nowhere.
  bool placed(const auto& item) const { return item.line == 0 || in(item.file, program_.files); }

  bool prompt(const Prompt& prompt) const {
    return is_record(prompt.parameters) && known(prompt.result) && answers(prompt.model) &&
           prompt.prefix.parts <= prompt.messages.size() &&
           std::ranges::all_of(prompt.messages, [&](const MessagePart& part) {
             return part.example < 0 || in(static_cast<uint32_t>(part.example), prompt.examples);
           });
  }

  bool answers(uint32_t model) const { return is_used(model, ModelUse::Answers); }
  bool is_used(uint32_t model, ModelUse use) const {
    return in(model, program_.models) && program_.models[model].use == use;
  }

  bool resource(const Resource& resource) const {
    return (resource.embed_model == UINT32_MAX || is_used(resource.embed_model, ModelUse::Embeds)) &&
           (resource.rerank_model == UINT32_MAX || is_used(resource.rerank_model, ModelUse::Reranks));
  }

  bool external(const External& external) const {
    const bool searches = external.kind == ExternalKind::Search;
    return is_record(external.parameters) && known(external.result) && effect(external) &&
           (in(external.resource, program_.resources) || (external.resource == UINT32_MAX && !searches)) &&
           (in(external.agent, program_.agents) ||
            (external.agent == UINT32_MAX && external.kind != ExternalKind::Agent)) &&
           std::ranges::all_of(external.arguments,
                               [&](const MadeArgument& each) { return known(each.type); });
  }

  bool agent(const Agent& agent) const {
    if (!in(agent.external, program_.externals) || !in(agent.loop, program_.chains)) return false;
    const External& external = program_.externals[agent.external];
    const Chain& loop = program_.chains[agent.loop];
    return external.kind == ExternalKind::Agent && prompt(agent.prompt) &&
           agent.prompt.parameters == external.parameters && agent.prompt.result == external.result &&
           is_record(loop.parameters) && program_.types[loop.parameters].fields.size() == 2 &&
           is_record(loop.result) && talks(program_.types[loop.parameters].fields[0].type, loop.result) &&
           (agent.memory == UINT32_MAX || in(agent.memory, program_.resources)) &&
           std::ranges::all_of(agent.tools, [&](const AgentTool& each) { return agent_tool(each); });
  }

  bool talks(TypeId list, TypeId message) const {
    return program_.types[list].kind == TypeKind::List && program_.types[list].element == message;
  }

  /// What the scheduler reads of the calls of `model.step` and `model.act` without looking.
  bool converses(const External& external) const {
    const auto& fields = program_.types[external.parameters].fields;
    if (external.kind == ExternalKind::Step)
      return fields.size() == 2 && talks(fields[0].type, external.result) && is_record(external.result) &&
             program_.types[fields[1].type].kind == TypeKind::List &&
             is_record(program_.types[fields[1].type].element);
    return fields.size() == 1 && fields[0].type == external.result && is_record(external.result);
  }

  bool agent_tool(const AgentTool& tool) const {
    if (!is_record(tool.parameters) || !known(tool.result)) return false;
    if (tool.agent != UINT32_MAX && !in(tool.agent, program_.agents)) return false;
    if (tool.handoff) return tool.agent != UINT32_MAX && tool.region == UINT32_MAX;
    if (!in(tool.region, program_.regions)) return false;
    const Region& region = program_.regions[tool.region];
    return region.tasks.size() == 1 && !region.enter.valid() && !region.yield.valid() &&
           takes_and_gives(region.tasks[0], tool);
  }

  bool takes_and_gives(const Task& task, const AgentTool& tool) const {
    const auto is_that = [&](const auto& table) {
      return in(task.target, table) && table[task.target].parameters == tool.parameters &&
             table[task.target].result == tool.result;
    };
    switch (task.kind) {
      case TaskKind::Prompt: return is_that(program_.prompts);
      case TaskKind::Call: return is_that(program_.chains);
      case TaskKind::External: return is_that(program_.externals);
      default: return false;
    }
  }

  /// What the scheduler answers itself, it reads and writes without looking.
  bool effect(const External& external) const {
    const auto has = [&](std::initializer_list<TypeKind> parameters, TypeKind result) {
      const auto kind = [&](const Field& field) { return program_.types[field.type].kind; };
      return std::ranges::equal(program_.types[external.parameters].fields, parameters, {}, kind) &&
             program_.types[external.result].kind == result;
    };
    switch (external.kind) {
      case ExternalKind::Now: return has({}, TypeKind::Time);
      case ExternalKind::Random: return has({}, TypeKind::Float);
      case ExternalKind::Draw: return has({TypeKind::Int, TypeKind::Int}, TypeKind::Int);
      case ExternalKind::Log: return has({TypeKind::String}, TypeKind::Void);
      case ExternalKind::Ask: return program_.types[external.result].kind == TypeKind::String;
      case ExternalKind::Approve: return program_.types[external.result].kind == TypeKind::Bool;
      case ExternalKind::Step:
      case ExternalKind::Act: return converses(external);
      default: return true;
    }
  }

  bool chain(const Chain& chain) const {
    return is_record(chain.parameters) && known(chain.result) && in(chain.body, program_.regions) &&
           std::ranges::all_of(chain.needs, [&](uint32_t each) { return in(each, program_.capabilities); });
  }

  bool test(const Test& test) const { return in(test.chain, program_.chains) && placed(test); }

  bool eval(const Eval& eval) const {
    const auto score = [&](const EvalScore& each) { return known(each.type); };
    return in(eval.dataset, program_.resources) && known(eval.case_type) && in(eval.run, program_.chains) &&
           in(eval.score, program_.chains) && is_record(program_.chains[eval.score].result) &&
           (eval.require == UINT32_MAX || in(eval.require, program_.chains)) &&
           std::ranges::all_of(eval.scores, score) &&
           std::ranges::all_of(eval.arms, [&](const EvalArm& each) { return arm(each); }) && placed(eval);
  }

  bool arm(const EvalArm& arm) const {
    const size_t count = arm.kind == ArmKind::Model    ? program_.models.size()
                         : arm.kind == ArmKind::Prompt ? program_.prompts.size()
                         : arm.kind == ArmKind::Chain  ? program_.chains.size()
                                                       : program_.externals.size();
    return arm.target < count &&
           std::ranges::all_of(arm.instead, [&](uint32_t each) { return each < count; });
  }

  bool site(const Site& site) const { return placed(site); }

  bool expectation(const Expectation& expectation) const {
    return known(expectation.operand) && placed(expectation);
  }

  bool region(uint32_t index) const {
    const Region& region = program_.regions[index];
    return region.frame_size >= kLeastFrame && waits(region) &&
           std::ranges::all_of(region.tasks, [&](const Task& each) { return task(each, index); });
  }

  /// Whether every task is started once: when all that it waits for has released it.
  static bool waits(const Region& region) {
    std::vector<uint32_t> releases(region.tasks.size(), 0);
    for (uint32_t i = 0; i < region.tasks.size(); ++i) {
      for (const auto* later : {&region.tasks[i].after_done, &region.tasks[i].after_decided}) {
        for (uint32_t task : *later) {
          if (!in(task, region.tasks)) return false;
          ++releases[task];
        }
      }
    }
    std::vector<uint32_t> ready;
    for (uint32_t i = 0; i < releases.size(); ++i) {
      if (region.tasks[i].dependencies != releases[i]) return false;
      if (releases[i] == 0) ready.push_back(i);
    }
    return region.ready == ready && all_start(region, std::move(releases), std::move(ready));
  }

  /// Whether no task waits for itself, by way of others.
  static bool all_start(const Region& region, std::vector<uint32_t> waiting, std::vector<uint32_t> started) {
    for (size_t i = 0; i < started.size(); ++i) {
      for (const auto* later :
           {&region.tasks[started[i]].after_done, &region.tasks[started[i]].after_decided}) {
        for (uint32_t task : *later) {
          if (--waiting[task] == 0) started.push_back(task);
        }
      }
    }
    return started.size() == region.tasks.size();
  }

  bool task(const Task& task, uint32_t region) const {
    const uint32_t frame = program_.regions[region].frame_size;
    if (!known(task.result) || !placed(task) ||
        !holds(frame, task.result_offset, program_.types[task.result]))
      return false;
    const auto within = [&](uint32_t inner) { return inner > region && in(inner, program_.regions); };
    if (!std::ranges::all_of(task.regions, within)) return false;
    switch (task.kind) {
      case TaskKind::Compute: return true;
      case TaskKind::Prompt:
        return calls(task, frame, program_.prompts) && (task.model == UINT32_MAX || answers(task.model));
      case TaskKind::Call: return calls(task, frame, program_.chains);
      case TaskKind::External: return calls(task, frame, program_.externals);
      case TaskKind::Branch: return has_room(frame, task.input_offset, sizeof(uint32_t), alignof(uint32_t));
      case TaskKind::Loop: return loop(task, frame);
      case TaskKind::Try:
        return task.catches.size() == error_words().size() &&
               std::ranges::all_of(task.catches, [&](uint32_t arm) { return in(arm, task.regions); });
      case TaskKind::Race: return !task.regions.empty();
      case TaskKind::Sample:
        return !task.regions.empty() && program_.types[task.result].kind == TypeKind::List &&
               has_room(frame, task.input_offset, sizeof(int64_t), alignof(int64_t));
    }
    return false;
  }

  bool loop(const Task& task, uint32_t frame) const {
    const TypeKind result = program_.types[task.result].kind;
    const bool fits = task.carries ? task.ordered && result == TypeKind::Record
                                   : result == TypeKind::List || result == TypeKind::Void;
    const uint64_t input = task.carries ? kStateOffset + sizeof(void*) : 16;
    return !task.regions.empty() && fits && (task.carries || !task.counted) &&
           has_room(frame, task.input_offset, input, 8);
  }

  /// A call of what is described in `table`, which `prompt` or `chain` has checked.
  bool calls(const Task& task, uint32_t frame, const auto& table) const {
    if (!in(task.target, table)) return false;
    const auto& called = table[task.target];
    return has_room(frame, task.input_offset, program_.types[called.parameters].record_size, 8) &&
           holds(frame, task.result_offset, program_.types[called.result]);
  }

  static bool holds(uint32_t frame, uint32_t offset, const Type& type) {
    return has_room(frame, offset, type.size, type.align);
  }

  static bool has_room(uint32_t frame, uint32_t offset, uint64_t size, uint32_t align) {
    if (size == 0) return offset <= frame;  // such a place is never looked at
    return offset >= kLeastFrame && offset % align == 0 && offset + size <= frame;
  }

  const Program& program_;
};

class FunctionsCheck {
 public:
  explicit FunctionsCheck(const Program& program)
      : functions_(program.functions), used_as_(functions_.size(), Kind::None) {}

  bool all(const Program& program) {
    const auto constraints = [this](const std::vector<Constraint>& each) {
      return std::ranges::all_of(each,
                                 [&](const Constraint& one) { return use(one.predicate, Kind::Where); });
    };
    for (const Type& type : program.types.types) {
      if (!constraints(type.constraints)) return false;
      for (const Field& field : type.fields) {
        if (!constraints(field.constraints)) return false;
      }
    }
    const auto renders = [this](const Prompt& prompt) {
      return std::ranges::all_of(prompt.messages,
                                 [&](const MessagePart& part) { return use(part.render, Kind::Render); });
    };
    for (const Prompt& prompt : program.prompts) {
      if (!renders(prompt)) return false;
    }
    for (const Agent& agent : program.agents) {
      if (!renders(agent.prompt)) return false;
    }
    for (const External& external : program.externals) {
      for (const MadeArgument& argument : external.arguments) {
        if (!use(argument.make, Kind::Make)) return false;
      }
    }
    for (const Region& region : program.regions) {
      if (!use(region.enter, Kind::Step) || !use(region.yield, Kind::Step)) return false;
      for (const Task& task : region.tasks) {
        if (!use(task.start, Kind::Step) || !use(task.finish, Kind::Step)) return false;
      }
    }
    return true;
  }

 private:
  enum class Kind : uint8_t { None, Step, Render, Make, Where };

  bool use(FunctionId id, Kind kind) {
    if (!id.valid()) return true;
    if (!in(id.index, functions_) || functions_[id.index] == nullptr) return false;
    Kind& known = used_as_[id.index];
    if (known == Kind::None) known = kind;
    return known == kind;
  }

  const std::vector<const void*>& functions_;
  std::vector<Kind> used_as_;
};

}  // namespace

bool is_well_formed(const Program& program) {
  return Check(program).all();
}

bool has_its_functions(const Program& program) {
  return FunctionsCheck(program).all(program);
}

}  // namespace chain::program
