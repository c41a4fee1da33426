// Times, days, JSON and bytes.
#include "tests/unit/graph/generator.h"

namespace chain::oracle {

bool Generator::is_kept(const std::string& type) {
  return type == "time" || type == "date" || type == "json" || type == "bytes" || type == "image" ||
         type == "file";
}

std::string Generator::kept_literal(const std::string& type) {
  if (type == "time")
    return "time(\"" + pick<std::string>({"2026-01-31T09:30:00Z", "1969-12-31T23:59:59.5+09:00"}) + "\")";
  if (type == "date")
    return "date(\"" + pick<std::string>({"2024-02-29", "1066-10-14", "9999-12-31"}) + "\")";
  if (type == "image" || type == "file")
    return type + "(" + pick<std::string>({"\"a.png\"", "\"https://example.com/b\""}) + ")";
  if (type == "bytes") return "bytes(" + quoted_literal() + ")";
  return "to_json(" + pick<std::string>({"1", "2.0", "\"a\"", "[1, 2]", "{ \"k\": true }"}) + ")";
}

std::string Generator::kept(const std::string& type, uint32_t depth) {
  const auto part = [&] { return value(type, depth); };
  if (type == "image" || type == "file") return leaf(type);
  if (type == "time") {
    switch (below(4)) {
      case 0: return "(" + part() + " + " + value("duration", depth) + ")";
      case 1: return "(" + part() + " - " + value("duration", depth) + ")";
      case 2: return "time(" + value("date", depth) + ")";
      // Of what is only known at run time: a mistake in a literal is found by the checker.
      default: return "time(lower(" + value("string", depth) + "))";
    }
  }
  if (type == "date") {
    const std::string days = one_in(4) ? value("duration", depth) : "(1d * " + value("int", depth) + ")";
    if (one_in(3)) return "date(" + value("time", depth) + ")";
    return "(" + part() + (one_in(2) ? " + " : " - ") + days + ")";
  }
  if (type == "bytes") return one_in(2) ? "bytes(" + text(depth) + ")" : "bytes(base64(" + part() + "))";
  switch (below(4)) {
    case 0: return "(" + part() + ".k ?? " + part() + ")";
    case 1: return "(" + part() + "[" + std::to_string(below(3)) + "] ?? " + part() + ")";
    case 2: return "(parse_json(" + text(depth) + ") ?? " + part() + ")";
    default:
      return "to_json(" +
             value(pick<std::string>({"Item", "int[]", "map<int>", "Tree", "Shape", "string?"}), depth) + ")";
  }
}

/// How a `user` part shows a parameter that is a medium; nothing for others.
std::string Generator::media_text(const Variable& variable) {
  if (variable.type == "image") return " {{ " + variable.name + " }}";
  if (variable.type == "image?")
    return "{% if " + variable.name + " %}{{ " + variable.name + " }}{% endif %}!";
  if (variable.type == "file[]") return "{% for f in " + variable.name + " %}{{ f }}{% endfor %}";
  return "";
}

std::string Generator::kept_json(const std::string& type) {
  if (type == "time")
    return pick<std::string>({"\"2026-01-31T09:30:00Z\"", "\"2026-01-31T09:30:00.125-05:00\""});
  if (type == "date") return pick<std::string>({"\"2026-01-31\"", "\"2024-02-29\""});
  if (type == "image" || type == "file")
    return one_in(2) ? "\"c.png\"" : "{\"" + type + "\": \"data:image/png;base64,aGk=\"}";
  if (type == "bytes") return pick<std::string>({"\"aGk=\"", "\"\""});
  return pick<std::string>({"null", "1.50", "[{\"k\": \"v\"}]", "{\"k\": [1, 2], \"k\": 3}"});
}

}  // namespace chain::oracle
