#include "tests/unit/graph/generator.h"

namespace chain::oracle {

std::string Generator::scalar_type() {
  return pick<std::string>({"int", "int", "string", "string", "bool", "float", "Color", "duration", "money",
                            "Lang", "time", "date", "json", "bytes"});
}

std::string Generator::any_type() {
  const std::string base =
      one_in(3) ? pick<std::string>({"Pair", "Item", "Pair", "Item", "Shape", "Solid", "Circle", "Tree"})
                : scalar_type();
  switch (below(6)) {
    case 0: return base + "[]";
    case 1: return base + "?";
    case 2: return "map<" + base + ">";
    default: return base;
  }
}

/// Of a parameter: media come from outside, and go nowhere but into prompts.
std::string Generator::parameter_type() {
  return one_in(8) ? pick<std::string>({"image", "image?", "file[]"}) : any_type();
}

std::string Generator::element(const std::string& type) {
  if (ends(type, "[]")) return type.substr(0, type.size() - 2);
  if (ends(type, "?")) return type.substr(0, type.size() - 1);
  return type.substr(4, type.size() - 5);
}

/// A variable of the type, or a literal.
std::string Generator::variable(const std::string& type) {
  std::vector<std::string> fitting;
  for (const Variable& each : scope_) {
    if (each.type == type) fitting.push_back(each.name);
  }
  return fitting.empty() ? std::string() : pick(fitting);
}

std::string Generator::leaf(const std::string& type) {
  std::string known = one_in(4) ? "" : variable(type);
  return known.empty() ? literal(type) : known;
}

std::string Generator::quoted_literal() {
  return pick<std::string>({"\"\"", "\"a\"", "\"hello world\"", "\"한국어 text\"", "\"x, y, z\"", "\"42\"",
                            "\"  padded \"", "\"Zebra\"", "\"a\\nb\"", "\"quote \\\" here\"", "\"😀\""});
}

std::string Generator::literal(const std::string& type) {
  if (type == "int") return one_in(30) ? "9223372036854775807" : std::to_string(below(12));
  if (type == "float") return pick<std::string>({"0.0", "0.5", "1.5", "2.0", "10.25", "1000000.0", "0.1"});
  if (type == "bool") return one_in(2) ? "true" : "false";
  if (type == "string") return quoted_literal();
  if (type == "duration") return pick<std::string>({"20s", "150ms", "2h30m", "1d", "0s"});
  if (type == "money") return pick<std::string>({"$0.05", "$1.00", "$12.34"});
  if (is_kept(type)) return kept_literal(type);
  // Cases, none, [] and literal types need to be told their type by what stands around them; fields and
  // elements do not.
  if (type == "Color") return literal("Item") + ".tag";
  if (type == "Lang") return literal("Item") + ".lang";
  if (ends(type, "?")) return "get([" + literal(element(type)) + "], " + std::to_string(below(2)) + ")";
  if (ends(type, "[]")) return "[" + literal(element(type)) + "]";
  if (type.starts_with("map<")) return "{ \"k\": " + literal(element(type)) + " }";
  if (type == "Small") return std::to_string(below(100));
  if (is_alternative(type)) return alternative_literal(type);
  if (type == "Pair") return "Pair { left: " + literal("int") + ", right: " + quoted_literal() + " }";
  return "Item { name: " + quoted_literal() +
         ", score: 0.5, tag: " + pick<std::string>({"red", "green", "blue"}) +
         ", lang: " + (one_in(2) ? "\"en\"" : "\"ko\"") + ", note: none, pair: " + literal("Pair") +
         ", xs: [1, 2] }";
}

std::string Generator::expected(const std::string& type, uint32_t depth) {
  if (!one_in(4)) return value(type, depth);
  if (type == "Color") return pick<std::string>({"red", "green", "blue"});
  if (type == "Lang") return pick<std::string>({"\"en\"", "\"ko\""});
  if (ends(type, "?")) return one_in(2) ? "none" : leaf(element(type));
  if (ends(type, "[]")) return one_in(2) ? "[]" : "[" + expected(element(type), depth) + "]";
  if (type == "float") return value("int", depth);
  if (is_alternative(type)) return alternative_expected(type, depth);
  return value(type, depth);
}

std::string Generator::value(const std::string& type, uint32_t depth) {
  if (depth == 0) return leaf(type);
  if (one_in(10)) return function_call(type, depth - 1);
  if (one_in(6)) return choice(type, depth - 1);
  if (one_in(5)) return leaf(type);
  if (type == "int") return integer(depth - 1);
  if (type == "float") return floating(depth - 1);
  if (type == "bool") return boolean(depth - 1);
  if (type == "string") return text(depth - 1);
  if (type == "duration" || type == "money") return amount(type, depth - 1);
  if (is_kept(type)) return kept(type, depth - 1);
  if (ends(type, "?")) return optional(type, depth - 1);
  if (ends(type, "[]")) return list(type, depth - 1);
  if (type.starts_with("map<")) return map(type, depth - 1);
  if (type == "Pair" || type == "Item") return record(type, depth - 1);
  if (is_alternative(type)) return alternative(type, depth - 1);
  return leaf(type);
}

/// if, match and ?? are expressions of any type.
std::string Generator::choice(const std::string& type, uint32_t depth) {
  const auto value = [&] { return this->value(type, depth); };
  switch (below(5)) {
    case 3: return choice_of_member(type, depth);
    case 0: return "(if " + boolean(depth) + " { " + value() + " } else { " + value() + " })";
    case 1: {
      const std::string subject = variable("Color");
      if (subject.empty()) break;
      const std::string first = value(), second = value();
      if (one_in(2))
        return "(match " + subject + " { red => " + first + ", green | blue => " + second + " })";
      return "(match " + subject + " { blue => " + first + ", else => " + second + " })";
    }
    case 2: {
      const std::string subject = variable("int");
      if (subject.empty()) break;
      return "(match " + subject + " { 0 | 1 => " + value() + ", 7 => " + value() + ", else => " + value() +
             " })";
    }
    default: break;
  }
  if (ends(type, "?")) return leaf(type);
  return "(" + optional(type + "?", depth) + " ?? " + value() + ")";
}

std::string Generator::integer(uint32_t depth) {
  const auto number = [&] { return value("int", depth); };
  switch (below(20)) {
    case 19: return higher_order_int(depth);
    case 17: return value("Tree", depth) + ".value";
    case 16: return "len(" + value("Tree", depth) + ".branches)";
    case 0: return "(" + number() + " + " + number() + ")";
    case 1: return "(" + number() + " - " + number() + ")";
    case 2: return "(" + number() + " * " + number() + ")";
    case 3: return "(" + number() + " / " + (one_in(3) ? number() : "3") + ")";
    case 4: return "(" + number() + " mod " + (one_in(3) ? number() : "5") + ")";
    case 5: return "(-" + number() + ")";
    case 6: return "len(" + text(depth) + ")";
    case 7: return "len(" + value("int[]", depth) + ")";
    case 8: return value("Pair", depth) + ".left";
    case 9: return "abs(" + number() + ")";
    case 10: return "max(" + number() + ", " + number() + ")";
    case 11: return "clamp(" + number() + ", 0, 20)";
    case 12: return "sum(" + value("int[]", depth) + ")";
    case 13: return "round(" + value("float", depth) + ")";
    case 14: {
      const std::string xs = variable("int[]");
      return xs.empty() ? "LIMIT" : xs + "[" + (one_in(2) ? "0" : "-1") + "]";
    }
    case 15: return "len(" + value("map<int>", depth) + ")";
    default: return "LIMIT";
  }
}

std::string Generator::floating(uint32_t depth) {
  const auto number = [&] { return value("float", depth); };
  switch (below(13)) {
    case 8: return value("Circle", depth) + ".size";
    case 10: return "(" + value("duration", depth) + " / " + value("duration", depth) + ")";
    case 11: return pick<std::string>({"min", "max"}) + "(" + number() + ", " + number() + " / 0.0)";
    case 12: return "clamp(" + number() + ", 0.0, 0.0 / " + number() + ")";
    case 0: return "(" + number() + " + " + number() + ")";
    case 1: return "(" + number() + " * " + value("int", depth) + ")";
    case 2: return "(" + number() + " / " + number() + ")";
    case 3: return "(-" + number() + ")";
    case 4: return "(" + number() + " mod 2.5)";
    case 5: return "float(" + value("int", depth) + ")";
    case 6: return "sqrt(abs(" + number() + "))";
    case 7: return value("Item", depth) + ".score";
    default: return "(" + number() + " - " + number() + ")";
  }
}

std::string Generator::comparison(uint32_t depth) {
  if (one_in(3)) {
    const std::string type = one_in(2) ? any_type() : scalar_type();
    const std::string known = variable(type);
    if (!known.empty()) return "(" + known + (one_in(2) ? " == " : " != ") + value(type, depth) + ")";
  }
  const std::string type = pick<std::string>({"int", "float", "string", "duration", "money", "time", "date"});
  const std::string sign = pick<std::string>({" < ", " <= ", " > ", " >= ", " == ", " != "});
  return "(" + value(type, depth) + sign + value(type, depth) + ")";
}

std::string Generator::boolean(uint32_t depth) {
  switch (below(10)) {
    case 9: return higher_order_bool(depth);
    case 0: return "(" + value("bool", depth) + " and " + value("bool", depth) + ")";
    case 1: return "(" + value("bool", depth) + " or " + value("bool", depth) + ")";
    case 2: return "(not " + value("bool", depth) + ")";
    case 3: return "contains(" + text(depth) + ", \"a\")";
    case 4: return "(" + value("int", depth) + " in " + value("int[]", depth) + ")";
    case 5: return "(\"k\" in " + value("map<int>", depth) + ")";
    case 6: {
      const std::string color = variable("Color");
      if (!color.empty()) return "(" + color + (one_in(2) ? " == red)" : " != green)");
      return comparison(depth);
    }
    default: return comparison(depth);
  }
}

std::string Generator::text(uint32_t depth) {
  const auto part = [&] { return value("string", depth); };
  switch (below(15)) {
    case 14: return "(\"\" + " + value("Solid", depth) + ".kind)";
    case 0:
    case 1:
    case 2: return template_text(depth);
    case 12: return template_call(depth);
    case 3: return "(" + part() + " + " + part() + ")";
    case 4:
      return pick<std::string>({"upper", "lower", "trim", "capitalize", "reverse"}) + "(" + part() + ")";
    case 5: return "replace(" + part() + ", \"a\", " + part() + ")";
    case 6: return "join(" + value("string[]", depth) + ", \"-\")";
    case 7: return "truncate(" + part() + ", " + std::to_string(below(9)) + ")";
    case 8:
      return "json(" + value(pick<std::string>({"int[]", "Pair", "Item", "map<int>", "string?"}), depth) +
             ")";
    case 9: return value("Pair", depth) + ".right";
    case 10: return "slice(" + part() + ", " + std::to_string(below(4)) + ")";
    case 11: {
      const std::string lang = variable("Lang");
      return lang.empty() ? part() : "(\"lang:\" + " + lang + ")";
    }
    default: return "pad_left(" + part() + ", 6)";
  }
}

std::string Generator::amount(const std::string& type, uint32_t depth) {
  const auto part = [&] { return value(type, depth); };
  if (type == "duration" && one_in(4)) {
    const std::string from = pick<std::string>({"time", "date"});
    return "(" + value(from, depth) + " - " + value(from, depth) + ")";
  }
  switch (below(6)) {
    case 0: return "(" + part() + " + " + part() + ")";
    case 1: return "(" + part() + " - " + part() + ")";
    case 2: return "(" + part() + " * " + value("int", depth) + ")";
    case 3: return "(" + part() + " * " + value("float", depth) + ")";
    case 4: return "(" + part() + " / " + (one_in(2) ? "3" : "0.7") + ")";
    default: return "(-" + part() + ")";
  }
}

std::string Generator::optional(const std::string& type, uint32_t depth) {
  const std::string inner = element(type);
  switch (below(6)) {
    case 5: return higher_order_optional(type, depth);
    case 0: return "first(" + value(inner + "[]", depth) + ")";
    case 1: return "get(" + value("map<" + inner + ">", depth) + ", " + quoted_literal() + ")";
    case 2: {
      const std::string known = variable("map<" + inner + ">");
      return known.empty() ? "last(" + value(inner + "[]", depth) + ")" : known + "[\"k\"]";
    }
    case 3:
      if (type == "int?" && one_in(2)) return "first(" + value("Pair[]", depth) + ")?.left";
      if (type == "int?") return "to_int(" + text(depth) + ")";
      if (type == "string?") return value("Item", depth) + ".note";
      [[fallthrough]];
    default: {
      const std::string known = variable(type);
      return known.empty() ? "get(" + value(inner + "[]", depth) + ", " + std::to_string(below(3)) + ")"
                           : known;
    }
  }
}

/// `for` in place of a list, pure.
std::string Generator::comprehension(const std::string& type, uint32_t depth) {
  const std::string from = pick<std::string>({"int", "string", "Item"});
  const std::string source = value(from + "[]", depth);
  const std::string name = new_name("e");
  scope_.push_back({name, from});
  const std::string condition = one_in(2) ? " where " + boolean(depth) : "";
  const std::string result = value(element(type), depth);
  scope_.pop_back();
  return "(for " + name + " in " + source + condition + " { " + result + " })";
}

std::string Generator::list(const std::string& type, uint32_t depth) {
  const std::string inner = element(type);
  const bool ordered = inner == "int" || inner == "string" || inner == "float";
  switch (below(10)) {
    case 8:
    case 9: return higher_order_list(type, depth);
    case 0:
    case 1: return comprehension(type, depth);
    case 2: return "reverse(" + value(type, depth) + ")";
    case 3: return "append(" + value(type, depth) + ", " + value(inner, depth) + ")";
    case 4: return ordered ? "sort(" + value(type, depth) + ")" : "unique(" + value(type, depth) + ")";
    case 5:
      if (type == "int[]") return "range(" + std::to_string(below(6)) + ")";
      if (type == "string[]") return "split(" + text(depth) + ", \",\")";
      [[fallthrough]];
    default: {
      std::string items;
      for (uint32_t i = 1 + below(3); i > 0; --i) items += (items.empty() ? "" : ", ") + value(inner, depth);
      return "[" + items + "]";
    }
  }
}

std::string Generator::map(const std::string& type, uint32_t depth) {
  if (one_in(5))
    return value(type, depth) + ".map_values(" + lambda(element(type), element(type), depth) + ")";
  if (one_in(4)) return "merge(" + value(type, depth) + ", " + value(type, depth) + ")";
  if (one_in(4)) {
    const std::string before = one_in(2) ? "\"a\": " + value(element(type), depth) + ", " : "";
    const std::string after = one_in(2) ? ", \"k\": " + value(element(type), depth) : "";
    return "{ " + before + "..." + value(type, depth) + after + " }";
  }
  // Keys that are written out differ; the last one may turn out equal to another only when it runs.
  const std::vector<std::string> keys = {"\"k\"", "\"a\"", "\"키\"", "\"k{{ " + leaf("int") + " }}\""};
  const uint32_t first = below(4);
  std::string entries;
  for (uint32_t i = 0; i <= below(4); ++i) {
    entries += (entries.empty() ? "" : ", ") + keys[(first + i) % 4] + ": " + value(element(type), depth);
  }
  return "{ " + entries + " }";
}

std::string Generator::record(const std::string& type, uint32_t depth) {
  if (type == "Pair") {
    if (one_in(3)) return value("Item", depth) + ".pair";
    if (one_in(4)) return "Pair { ..." + value("Pair", depth) + ", left: " + value("int", depth) + " }";
    return "Pair { left: " + value("int", depth) + ", right: " + value("string", depth) + " }";
  }
  return "Item { name: " + value("string", depth) + ", score: " + expected("float", depth) +
         ", tag: " + expected("Color", 0) + ", lang: " + expected("Lang", 0) +
         ", note: " + expected("string?", depth) + ", pair: " + value("Pair", depth) +
         ", xs: " + expected("int[]", depth) + " }";
}

/// What an earlier template gives. Templates declared so far only: they form no circle.
std::string Generator::template_call(uint32_t depth) {
  if (templates_.empty()) return quoted_literal();
  const Callable& target = pick(templates_);
  std::string text = target.name + "(";
  for (size_t i = 0; i < target.parameters.size(); ++i)
    text += (i ? ", " : "") + expected(target.parameters[i], depth);
  return text + ")";
}

std::string Generator::template_loop(uint32_t depth) {
  const uint32_t inner = depth > 0 ? depth - 1 : 0;
  const size_t outer = scope_.size();
  const std::string name = new_name("t");
  if (one_in(4)) {
    const std::string map = value("map<int>", inner);
    const std::string second = new_name("t");
    scope_.push_back({name, "string"});
    scope_.push_back({second, "int"});
    const std::string body = "{{ " + name + " }}=" + "{{ " + value("int", inner) + " }}";
    scope_.resize(outer);
    return "{% for " + name + ", " + second + " in " + map + " %}" + body + "{% endfor %}";
  }
  const std::string source = leaf("int[]");
  scope_.push_back({name, "int"});
  std::string text = "{% for " + name + " in " + source;
  if (one_in(3)) text += " where " + boolean(inner);
  text += " %}[{{ loop." +
          pick<std::string>({"index", "index0", "revindex", "revindex0", "first", "last", "length"}) +
          " }}:{{ " + value("int", inner) + " }}";
  if (one_in(3)) text += "{{ loop." + pick<std::string>({"previtem", "nextitem"}) + " ?? -1 }}";
  if (one_in(3)) text += "{{ loop.cycle(\"a\", " + quoted_literal() + ") }}";
  text += "]";
  scope_.resize(outer);
  if (one_in(3)) text += "{% else %}{{ " + value("string", inner) + " }}";
  return text + "{% endfor %}";
}

std::string Generator::template_piece(uint32_t depth) {
  const uint32_t inner = depth > 0 ? depth - 1 : 0;
  const auto hole = [&](const std::string& type) { return "{{ " + value(type, inner) + " }}"; };
  switch (below(10)) {
    case 0: return hole("int") + "; ";
    case 1: {
      const std::string color = variable("Color");
      return color.empty() ? hole("bool") : "{{ " + color + " }}";
    }
    case 2: return "{% if " + boolean(0) + " %}yes " + hole("string") + "{% else %}no{% endif %}";
    case 3: return template_loop(depth);
    case 4: return "{{ " + leaf("string") + " | upper | truncate(8) }}";
    case 5: return templates_.empty() ? "none yet" : "{% include " + template_call(inner) + " %}";
    case 6: return "{% raw %}{{ {% }}{% endraw %}";
    case 7: {
      const std::string type = scalar_type();
      const std::string name = new_name("s");
      const std::string given = value(type, inner);
      scope_.push_back({name, type});
      return "{% set " + name + " = " + given + " %}";
    }
    default: {
      std::vector<std::string> shown;
      for (const Variable& each : scope_) {
        const bool medium = each.type == "image" || each.type == "file";
        if (!ends(each.type, "?") && !medium) shown.push_back(each.name);
      }
      return shown.empty() ? "plain" : "{{ " + pick(shown) + " }}";
    }
  }
}

std::string Generator::template_text(uint32_t depth) {
  const size_t outer = scope_.size();
  std::string out = "\"t:";
  for (uint32_t i = 1 + below(3); i > 0; --i) out += template_piece(depth);
  scope_.resize(outer);
  return out + "\"";
}

/// On lines of their own, indented as they come.
std::string Generator::template_block(uint32_t depth) {
  const size_t outer = scope_.size();
  std::string out = "\"\"\"\n";
  for (uint32_t i = 1 + below(4); i > 0; --i)
    out += std::string(below(3) * 2, ' ') + template_piece(depth) + (one_in(5) ? "\n\n" : "\n");
  scope_.resize(outer);
  return out + std::string(below(3) * 2, ' ') + "\"\"\"";
}

std::string Generator::json(const std::string& type) {
  if (type == "int") return std::to_string(static_cast<int32_t>(below(20)) - 5);
  if (type == "float") return pick<std::string>({"0.5", "3", "-2.25"});
  if (type == "bool") return one_in(2) ? "true" : "false";
  if (type == "string") return pick<std::string>({"\"\"", "\"abc, d\"", "\"한국어\"", "\"line\\nline\""});
  if (type == "duration") return pick<std::string>({"\"20s\"", "\"1h\""});
  if (type == "money") return "\"$0.25\"";
  if (is_kept(type)) return kept_json(type);
  if (type == "Color") return pick<std::string>({"\"red\"", "\"green\"", "\"blue\""});
  if (type == "Lang") return pick<std::string>({"\"en\"", "\"ko\""});
  if (type == "Small") return std::to_string(below(100));
  if (ends(type, "?")) return one_in(3) ? "null" : json(element(type));
  if (ends(type, "[]")) {
    std::string items;
    for (uint32_t i = below(4); i > 0; --i) items += (items.empty() ? "" : ", ") + json(element(type));
    return "[" + items + "]";
  }
  if (type.starts_with("map<")) return one_in(2) ? "{\"k\": " + json(element(type)) + "}" : "{}";
  if (is_alternative(type)) return alternative_json(type);
  if (type == "Pair") return "{\"left\": " + json("int") + ", \"right\": " + json("string") + "}";
  return "{\"name\": " + json("string") + ", \"score\": " + json("float") + ", \"tag\": " + json("Color") +
         ", \"lang\": " + json("Lang") + ", \"note\": " + json("string?") + ", \"pair\": " + json("Pair") +
         ", \"xs\": " + json("int[]") + "}";
}

}  // namespace chain::oracle
