#pragma once
#include <string>
#include "compiler/graph/module.h"
namespace chain::graph { inline std::string print_dot(const Module&) { return "digraph {}\n"; } inline std::string print_mermaid(const Module&) { return "flowchart TD\n"; } }
