// The oracle at work: one body of a program, its nodes' values and what it does. Internal to the interpreter.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/unit/graph/interpreter.h"
#include "tests/unit/graph/oracle_value.h"

namespace chain::oracle {

using abi::ErrorKind;
using graph::Module;
using graph::Node;
using graph::NodeId;
using graph::Op;
using graph::RegionId;
using program::Type;
using program::TypeId;
using program::TypeKind;

struct Failure {
  ErrorKind kind;
  program::Site site;
  std::string message;  // of `fail`; native code's own words are not compared
};

/// Unwinds to the chain that returns.
struct Returned {
  Value value;
};

/// Unwinds to the loop that breaks.
struct Broke {
  Value state;
};

/// What all the bodies of one run share.
struct Run {
  const Module& module;
  const Answers& answers;
  bool test;
  program::Program program;  // library functions look for the types here
  std::map<uint32_t, Value> givens;
  std::map<uint32_t, int64_t> depth;   // by chain, of its activations within each other
  std::string media;                   // of the message that is rendered
  int64_t functions_left = INT64_MAX;  // calls of bounded functions that may yet stand inside this one
  Outcome outcome;

  std::vector<bool> needed;

  Run(const Module& graph, const Answers& from, bool is_test = false)
      : module(graph), answers(from), test(is_test) {
    program.types = graph.types;
  }
  [[nodiscard]] bool needs(NodeId node) const { return needed.empty() || needed[node.index]; }
};

/// One body: its nodes' values, its parameters, and the render it is in.
class Body {
 public:
  Body(Run& run, Values parameters) : run_(run), module_(run.module), parameters_(std::move(parameters)) {}

  /// The region's value; an empty one if it has none.
  Value region(RegionId id) {
    for (NodeId node : module_[id].nodes) {
      if (run_.needs(node)) values_[node.index] = evaluate(module_[node]);
    }
    return module_[id].result.valid() ? values_.at(module_[id].result.index) : Value{};
  }

 private:
  const Value& operand(const Node& node, size_t i) const { return values_.at(node.operands[i].index); }
  TypeId type_of(const Node& node, size_t i) const { return module_[node.operands[i]].type; }
  const Type& type(TypeId id) const { return module_.types[id]; }
  [[noreturn]] static void fail(const Node& node, ErrorKind kind = ErrorKind::InvalidValue) {
    throw Failure{kind, node.site, {}};
  }

  [[noreturn]] void not_given(const Node& node) {
    ++run_.outcome.unanswered;
    fail(node, ErrorKind::NotFound);
  }

  Value evaluate(const Node& node);
  Value constant(const Node& node) const;
  Value arithmetic(const Node& node) const;
  Value scaled(const Node& node) const;
  Value comparison(const Node& node) const;
  bool less(TypeId id, const Value& a, const Value& b) const;
  Value map(const Node& node) const;
  Value element(const Node& node) const;
  Value lookup(const Node& node) const;
  Value check(const Node& node);
  Value library(const Node& node) const;
  Value render(const Node& node);
  void emit(const Node& node);
  void include(const Node& node);
  Value branch(const Node& node);
  Value loop(const Node& node);
  Value filter(const Node& node);
  Value ordered_loop(const Node& node);
  Value appended(const Node& node) const;
  Value attempt(const Node& node);
  Value race(const Node& node);
  Value sample(const Node& node);
  Value with_parameters(RegionId id, Values parameters);
  Value prompt(const Node& node);
  Value chain(const Node& node);
  Value invoke(const Node& node);
  Value external(const Node& node);

  /// Runs a loop's region with an element and its index as parameters.
  Value iteration(RegionId id, const Value& item, size_t index);

  Run& run_;
  const Module& module_;
  Values parameters_;
  std::unordered_map<uint32_t, Value> values_;
  std::string* text_ = nullptr;
};

inline Value flag(bool value) {
  return {.scalar = value};
}

[[nodiscard]] bool holds(Run& run, const graph::Predicate& predicate, const Value& it);
[[nodiscard]] Value call_chain(Run& run, uint32_t chain, Values arguments);
[[nodiscard]] Values read_arguments(Run& run, TypeId record, std::string_view json);
[[nodiscard]] std::string write(const Module& module, TypeId type, const Value& value);

}  // namespace chain::oracle
