#include "compiler/graph/names.h"
#include "compiler/graph/picture.h"

namespace chain::graph {

namespace {

using Kind = Picture::Kind;

const char* dot_shape(Kind kind) {
  switch (kind) {
    case Kind::Start: return "shape=oval";
    case Kind::Prompt: return "shape=box, style=\"rounded,filled\", fillcolor=\"#e8f0fe\"";
    case Kind::Call: return "shape=box, peripheries=2";
    case Kind::Branch: return "shape=diamond";
    case Kind::Loop: return "shape=hexagon";
    case Kind::Result: return "shape=oval, style=bold";
  }
  return "shape=box";
}

/// Calls `open`, the shapes of the group, its inner groups, `close`; from the outside in.
template <class Open, class Show, class Close>
void nest(const Picture& picture, int32_t parent, int depth, Open open, Show show, Close close) {
  for (uint32_t group = 0; group < picture.groups.size(); ++group) {
    if (picture.groups[group].parent != parent) continue;
    open(group, depth);
    for (uint32_t i = 0; i < picture.shapes.size(); ++i) {
      if (picture.shapes[i].group == group) show(i, depth + 1);
    }
    nest(picture, static_cast<int32_t>(group), depth + 1, open, show, close);
    close(depth);
  }
}

std::string spaces(int depth) {
  return std::string(static_cast<size_t>(depth) * 2, ' ');
}
std::string shape_id(uint32_t shape) {
  return "n" + std::to_string(shape);
}

/// Mermaid reads quotes as the end of a label, whatever stands before them; entities it knows by name.
std::string mermaid_label(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"')
      result += "#quot;";
    else if (c == '<')
      result += "#lt;";
    else if (c == '>')
      result += "#gt;";
    else if (c == '#')
      result += "#35;";
    else
      result += c == '\n' ? ' ' : c;
  }
  return result + '"';
}

std::string mermaid_shape(Kind kind, const std::string& label) {
  switch (kind) {
    case Kind::Start: return "([" + label + "])";
    case Kind::Prompt: return "(" + label + ")";
    case Kind::Call: return "[[" + label + "]]";
    case Kind::Branch: return "{" + label + "}";
    case Kind::Loop: return "{{" + label + "}}";
    case Kind::Result: return "([" + label + "])";
  }
  return "[" + label + "]";
}

}  // namespace

std::string print_dot(const Module& module) {
  const Picture drawn = picture(module);
  std::string out = "digraph chain {\n  node [fontname=\"sans-serif\"];\n";
  nest(
      drawn, -1, 1,
      [&](uint32_t group, int depth) {
        out += spaces(depth) + "subgraph cluster_" + std::to_string(group) + " {\n";
        out += spaces(depth + 1) + "label=" + quoted(drawn.groups[group].label) + ";\n";
      },
      [&](uint32_t i, int depth) {
        const Picture::Shape& shape = drawn.shapes[i];
        out += spaces(depth) + shape_id(i) + " [label=" + quoted(shape.label) + ", " + dot_shape(shape.kind) +
               "];\n";
      },
      [&](int depth) { out += spaces(depth) + "}\n"; });
  for (const Picture::Arrow& arrow : drawn.arrows) {
    out += "  " + shape_id(arrow.from) + " -> " + shape_id(arrow.to);
    if (!arrow.label.empty()) out += " [label=" + quoted(arrow.label) + "]";
    out += ";\n";
  }
  return out + "}\n";
}

std::string print_mermaid(const Module& module) {
  const Picture drawn = picture(module);
  std::string out = "flowchart TD\n";
  nest(
      drawn, -1, 1,
      [&](uint32_t group, int depth) {
        out += spaces(depth) + "subgraph g" + std::to_string(group) + " [" +
               mermaid_label(drawn.groups[group].label) + "]\n";
      },
      [&](uint32_t i, int depth) {
        const Picture::Shape& shape = drawn.shapes[i];
        out += spaces(depth) + shape_id(i) + mermaid_shape(shape.kind, mermaid_label(shape.label)) + "\n";
      },
      [&](int depth) { out += spaces(depth) + "end\n"; });
  for (const Picture::Arrow& arrow : drawn.arrows) {
    out += "  " + shape_id(arrow.from) + " -->" +
           (arrow.label.empty() ? "" : "|" + mermaid_label(arrow.label) + "|") + ' ' + shape_id(arrow.to) +
           "\n";
  }
  return out;
}

}  // namespace chain::graph
