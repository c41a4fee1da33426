// Unions and recursive types, and the spread of records and maps.
#include <optional>

#include "tests/unit/graph/generator.h"

namespace chain::oracle {

const char* Generator::type_declarations() {
  return R"(
type Circle {
  kind: "circle" = "circle"
  size: float
}

type Square {
  kind: "square" = "square"
  side: int
}

type Solid = Circle | Square

type Shape = Circle | Square | Color | int | int[]

type Drawing {
  shape: Shape
  solid: Solid
  under: Drawing?
}

type Tree {
  value: int
  label: string?
  branches: Tree[] = []
}
)";
}

bool Generator::is_alternative(const std::string& type) {
  return type == "Shape" || type == "Solid" || type == "Circle" || type == "Square" || type == "Tree";
}

std::string Generator::alternative_literal(const std::string& type) {
  if (type == "Circle") return "Circle { size: " + literal("float") + " }";
  if (type == "Square") return "Square { side: " + std::to_string(below(9)) + " }";
  if (type == "Tree") return "Tree { value: " + std::to_string(below(9)) + " }";
  const std::string solid = one_in(2) ? literal("Circle") : literal("Square");
  const std::string shape = pick<std::string>({solid, "red", "green", "4", "[4, 7]"});
  return "Drawing { shape: " + shape + ", solid: " + solid + " }." + (type == "Shape" ? "shape" : "solid");
}

/// For a place that tells its type: a member of the union will do.
std::string Generator::alternative_expected(const std::string& type, uint32_t depth) {
  if (type == "Shape" && one_in(3))
    return pick<std::string>({"red", "blue", value("int", depth), value("int[]", depth)});
  if (type == "Shape" && one_in(3)) return value("Solid", depth);
  if (type == "Shape" || type == "Solid") return value(one_in(2) ? "Circle" : "Square", depth);
  return value(type, depth);
}

std::string Generator::alternative(const std::string& type, uint32_t depth) {
  if (type == "Circle") {
    if (one_in(3)) return "Circle { ..." + value(type, depth) + ", size: " + value("float", depth) + " }";
    return "Circle { size: " + value("float", depth) + " }";
  }
  if (type == "Square") return "Square { side: " + value("int", depth) + " }";
  if (type == "Tree") return tree(depth);
  const std::string drawing =
      "Drawing { shape: " + expected("Shape", depth) + ", solid: " + expected("Solid", depth) +
      ", under: " + (one_in(3) ? "Drawing { shape: red, solid: " + literal("Circle") + " }" : "none") + " }";
  return drawing + (type == "Shape" ? ".shape" : ".solid");
}

std::string Generator::tree(uint32_t depth) {
  const std::string branches = expected("Tree[]", depth > 0 ? depth - 1 : 0);
  if (one_in(3)) return "Tree { ..." + value("Tree", depth) + ", branches: " + branches + " }";
  return "Tree { value: " + value("int", depth) + ", label: " + expected("string?", depth) +
         ", branches: " + branches + " }";
}

/// `match` over a union; the members that it binds are used in their arms.
std::string Generator::choice_of_member(const std::string& type, uint32_t depth) {
  const bool solid = one_in(2);
  const std::string subject = solid ? value("Solid", 0) : value("Shape", 0);
  // Without the subject: in an arm it is of another type.
  const auto within = [&](const std::optional<Variable>& bound) {
    const std::vector<Variable> outer = scope_;
    std::erase_if(scope_, [&](const Variable& each) { return each.name == subject; });
    if (bound) scope_.push_back(*bound);
    std::string result = value(type, depth);
    scope_ = outer;
    return result;
  };
  const auto arm = [&](const std::string& member) {
    const std::string name = new_name("m");
    return member + ' ' + name + " => " + within(Variable{name, member});
  };
  std::string text = "(match " + subject + " { " + arm("Circle") + ", ";
  if (solid) return text + arm("Square") + " })";
  switch (below(3)) {
    case 0: text += arm("Square") + ", red => " + within({}) + ", "; break;
    case 1: text += "0 | 4 => " + within({}) + ", "; break;
    default:
      return text + arm("Color") + ", " + arm("int[]") + ", " + arm("int") + ", " + arm("Square") + " })";
  }
  return text + "else => " + within({}) + " })";
}

std::string Generator::alternative_json(const std::string& type) {
  if (type == "Circle") return "{\"kind\": \"circle\", \"size\": " + json("float") + "}";
  if (type == "Square") return "{\"side\": " + json("int") + ", \"kind\": \"square\"}";
  if (type == "Solid") return json(one_in(2) ? "Circle" : "Square");
  if (type == "Shape") return json(pick<std::string>({"Circle", "Square", "Color", "int", "int[]"}));
  return "{\"value\": " + json("int") + ", \"label\": " + json("string?") +
         (one_in(3) ? ", \"branches\": [" + json("Tree") + "]}" : "}");
}

}  // namespace chain::oracle
