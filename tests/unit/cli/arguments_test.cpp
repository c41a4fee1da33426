// Arguments of a chain from `-a` and `--input`.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/arguments.h"

using namespace chain;
using namespace chain::cli;
using program::Field;
using program::Type;
using program::TypeId;
using program::TypeKind;

namespace {

/// Parameters of every kind that the command line can give.
struct Parameters {
  program::TypeTable types;
  TypeId record;

  Parameters() {
    Type urgency;
    urgency.kind = TypeKind::Enum;
    urgency.name = "Urgency";
    urgency.size = urgency.align = 4;
    urgency.cases = {{"low", "", ""}, {"in_progress", "in-progress", ""}};
    const TypeId label = types.add(urgency);
    record = add("Ticket", {make("id", types.string_type), make("count", types.int_type)});
    const TypeId ticket = record;
    Field text = make("text", types.string_type);
    text.doc = "What to say.";
    record =
        add("main",
            {text, make("count", types.int_type, "3"), make("wait", types.duration_type, "\"20s\""),
             make("urgency", label, "\"low\""), make("tags", types.list_of(types.string_type), "[]"),
             make("ticket", types.optional_of(ticket)), make("note", types.optional_of(types.string_type)),
             make("limit", types.optional_of(types.int_type))});
  }

  static Field make(std::string name, TypeId type, std::string fallback = "") {
    Field field;
    field.name = std::move(name);
    field.type = type;
    field.default_json = std::move(fallback);
    return field;
  }

  TypeId add(std::string name, std::vector<Field> fields) {
    Type type;
    type.kind = TypeKind::Record;
    type.name = std::move(name);
    type.fields = std::move(fields);
    const TypeId id = types.add(std::move(type));
    types.layout_record(id);
    return id;
  }

  std::string error;
  value::ConstraintCheck* check = nullptr;
  nlohmann::json read(const std::vector<std::string>& settings, std::optional<std::string> input = {}) {
    error.clear();
    const auto json = arguments_json(types, record, settings, input, check, error);
    return json ? nlohmann::json::parse(*json) : nlohmann::json();
  }
};

}  // namespace

TEST_CASE("settings are text for text and JSON for the rest") {
  Parameters p;
  CHECK(p.read({"text=a=b \"c\"", "count=5"}) == nlohmann::json{{"text", "a=b \"c\""}, {"count", 5}});
  CHECK(p.read({"text=", "wait=2h30m", "urgency=in_progress"}) ==
        nlohmann::json{{"text", ""}, {"wait", "2h30m"}, {"urgency", "in_progress"}});
  CHECK(p.read({"text=12", R"(tags=["x","y"])", R"(ticket={"id":"7","count":1})"})["ticket"]["id"] == "7");
  CHECK(p.read({"text=x", "note=none"})["note"] == "none");  // text is text
  CHECK(p.read({"text=x", "limit=none"})["limit"].is_null());
}

TEST_CASE("settings count above the input") {
  Parameters p;
  CHECK(p.read({"count=9"}, R"({"text": "한국어", "count": 1})") ==
        nlohmann::json{{"text", "한국어"}, {"count", 9}});
}

TEST_CASE("mistakes name the argument and the way out") {
  Parameters p;
  auto says = [&](std::vector<std::string> settings, std::optional<std::string> input,
                  std::string_view what) {
    CHECK(p.read(settings, std::move(input)).is_null());
    INFO(p.error);
    CHECK(p.error.find(what) != std::string::npos);
  };
  says({"txt=x"}, {}, "unknown argument `txt`; did you mean `text`?");
  says({}, R"({"txet": "x"})", "unknown argument `txet`; did you mean `text`?");
  says({}, {}, "missing argument `text`");
  says({"text"}, {}, "`text` is not of the form name=value");
  says({"text=a", "text=b"}, {}, "argument `text` is given twice");
  says({"text=a", "count=many"}, {}, "argument `count`: ");
  says({"text=a", "urgency=hihg"}, {}, "argument `urgency`: ");
  says({"text=a"}, R"({"ticket": {"id": "7", "count": "x"}})", "argument `ticket.count`: ");
  says({"text=a"}, R"({"tags": ["x", 2]})", "argument `tags[1]`: ");
  says({"text=a"}, "[1]", "must be a JSON object");
  says({"text=a"}, "{\"count\": 1,}", "the input is not JSON: ");
  says({"text=a"}, "", "the input is not JSON: ");
}

TEST_CASE("a value that breaks a condition is a mistake of the command line") {
  struct BelowTen final : value::ConstraintCheck {
    bool holds(const program::Constraint&, TypeId, const void* value) override {
      return *static_cast<const int64_t*>(value) < 10;
    }
  } below_ten;
  Parameters p;
  p.check = &below_ten;
  p.types[p.record].fields[1].constraints = {{{0}, "it < 10"}};  // `count`, by default 3
  CHECK(p.read({"text=a", "count=9"})["count"] == 9);
  CHECK(p.read({"text=a", "count=10"}).is_null());
  CHECK(p.error == "argument `count`: 10 breaks `it < 10`");
  p.types[p.record].fields[1].default_json = "30";
  CHECK(p.read({"text=a"})["text"] == "a");  // the file's own mistake
}

TEST_CASE("parameters are listed with types, defaults and docs") {
  Parameters p;
  const std::string text = list_parameters(p.types, p.record);
  CHECK(text.find("text: string") != std::string::npos);
  CHECK(text.find("What to say.") != std::string::npos);
  CHECK(text.find("count: int = 3") != std::string::npos);
  CHECK(text.find("one of low, in_progress") != std::string::npos);
  CHECK(text.find("ticket: Ticket?") != std::string::npos);
}
