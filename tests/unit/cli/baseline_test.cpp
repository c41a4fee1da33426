// What the offline model answers, for each kind of result.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "runtime/model/baseline.h"
#include "runtime/model/baseline_bounds.h"
#include "runtime/model/baseline_text.h"
#include "runtime/value/arena.h"
#include "runtime/value/json.h"

namespace {

using namespace chain;
using program::Field;
using program::Type;
using program::TypeId;
using program::TypeKind;

/// A prompt made by hand: one parameter record, a result type, examples as JSON.
class PromptUnderTest {
 public:
  PromptUnderTest() { prompt_.name = "ask"; }

  program::TypeTable& types() { return program_.types; }

  TypeId record(std::string name, std::vector<Field> fields) {
    Type type;
    type.kind = TypeKind::Record;
    type.name = std::move(name);
    type.fields = std::move(fields);
    const TypeId id = types().add(std::move(type));
    types().layout_record(id);
    return id;
  }

  TypeId enumeration(std::vector<program::EnumCase> cases) {
    Type type;
    type.kind = TypeKind::Enum;
    type.name = "Label";
    type.size = type.align = 4;
    type.cases = std::move(cases);
    return types().add(std::move(type));
  }

  void takes(std::vector<Field> fields) { prompt_.parameters = record("ask", std::move(fields)); }
  void gives(TypeId type) { prompt_.result = type; }
  void example(std::string arguments, std::string result) {
    prompt_.examples.push_back({std::move(arguments), std::move(result)});
  }

  std::string reply(std::string_view arguments_json) {
    value::Arena arena;
    const std::byte* record = nullptr;
    const auto read = value::from_json(types(), prompt_.parameters, arguments_json, arena, &record);
    INFO(read.sentence());
    REQUIRE(read.ok());
    return model::baseline_reply(program_, prompt_, record);
  }

 private:
  program::Program program_;
  program::Prompt prompt_;
};

Field field(std::string name, TypeId type, std::string doc = "", std::string where = "") {
  Field result;
  result.name = std::move(name);
  result.type = type;
  result.doc = std::move(doc);
  if (!where.empty()) result.constraints.push_back({{}, std::move(where)});
  return result;
}

}  // namespace

TEST_CASE("an enum is that of the nearest example, in Korean too") {
  PromptUnderTest p;
  p.takes({field("review", p.types().string_type)});
  p.gives(p.enumeration({{"positive", "", ""}, {"negative", "", ""}}));
  p.example(R"({"review": "배송이 빠르고 포장도 꼼꼼해서 좋았어요."})", R"("positive")");
  p.example(R"({"review": "화면이 깨져서 왔고 환불도 느려요. 실망입니다."})", R"("negative")");
  CHECK(p.reply(R"({"review": "정말 좋아요. 배송 빠르네요!"})") == "positive");
  CHECK(p.reply(R"({"review": "액정이 깨져 있어서 실망했어요"})") == "negative");
}

TEST_CASE("without examples the words of names, aliases and descriptions decide") {
  PromptUnderTest p;
  p.takes({field("body", p.types().string_type)});
  p.gives(
      p.enumeration({{"account", "", "password, login"}, {"billing", "money-matters", "invoice, refund"}}));
  CHECK(p.reply(R"({"body": "I forgot my PASSWORD"})") == "account");
  CHECK(p.reply(R"({"body": "the refund has not arrived"})") == "money-matters");
  CHECK(p.reply(R"({"body": ""})") == "account");  // nothing to go by: the first case
}

TEST_CASE("the same question gets the example's own answer") {
  PromptUnderTest p;
  p.takes({field("text", p.types().string_type)});
  p.gives(p.types().bool_type);
  p.example(R"({"text": "win a free prize"})", "true");
  p.example(R"({"text": "see you at lunch"})", "false");
  CHECK(p.reply(R"({"text": "see you at lunch"})") == "false");
  CHECK(p.reply(R"({"text": "a free prize for you"})") == "true");
}

TEST_CASE("a record is answered field by field and keeps what `where` says") {
  PromptUnderTest p;
  const TypeId text = p.types().string_type;
  p.takes({field("review", text)});
  p.gives(p.record("Opinion", {field("strength", p.types().int_type, "how strong", "it >= 1 and it <= 5"),
                               field("reason", text, "why", "len(it) <= 12"),
                               field("author", p.types().optional_of(text))}));
  const auto reply =
      nlohmann::json::parse(p.reply(R"({"review": "9 of 10 of my friends would never buy this again"})"));
  CHECK(reply["strength"] == 1);
  CHECK(model::baseline::length(reply["reason"].get<std::string>()) <= 12);
  CHECK(reply["author"].is_null());
}

TEST_CASE("an optional field is there if the nearest example has it") {
  PromptUnderTest p;
  const TypeId text = p.types().string_type;
  p.takes({field("note", text)});
  p.gives(p.record("Entry", {field("city", p.types().optional_of(text))}));
  p.example(R"({"note": "meet in Lisbon on friday"})", R"({"city": "Lisbon"})");
  p.example(R"({"note": "call the dentist"})", R"({"city": null})");
  CHECK(nlohmann::json::parse(p.reply(R"({"note": "call the bank"})"))["city"].is_null());
  CHECK(nlohmann::json::parse(p.reply(R"({"note": "meet in Porto on friday"})"))["city"].is_string());
}

TEST_CASE("text is taken from the input that bears on the others") {
  PromptUnderTest p;
  const TypeId text = p.types().string_type;
  p.takes({field("question", text), field("passages", p.types().list_of(text))});
  p.gives(p.record("Found", {field("answer", text, "the answer, from the passages")}));
  const auto reply = nlohmann::json::parse(p.reply(
      R"({"question": "How long do refunds take?",
          "passages": ["Shipping is free above $50.", "Refunds take five working days. They go to the card."]})"));
  CHECK(reply["answer"].get<std::string>().find("Refunds take five working days.") != std::string::npos);
  CHECK(reply["answer"].get<std::string>().find("Shipping") == std::string::npos);
}

TEST_CASE("numbers and amounts are found beside the words of their field") {
  PromptUnderTest p;
  p.takes({field("mail", p.types().string_type)});
  p.gives(p.record("Order", {field("quantity", p.types().int_type), field("price", p.types().money_type),
                             field("delay", p.types().duration_type)}));
  const auto reply = nlohmann::json::parse(p.reply(
      R"({"mail": "Order 7781. The quantity is 12. The price was $1,249.50. Expect a delay of 20m."})"));
  CHECK(reply["quantity"] == 12);
  CHECK(reply["price"] == "$1,249.50");
  CHECK(reply["delay"] == "20m");
}

TEST_CASE("lists keep their length and hold no element twice") {
  PromptUnderTest p;
  Type list = p.types()[p.types().list_of(p.types().string_type)];
  list.name = "Points";
  list.constraints.push_back({{}, "len(it) <= 2"});
  p.takes({field("text", p.types().string_type)});
  p.gives(p.types().add(list));
  const auto reply = nlohmann::json::parse(p.reply(
      R"({"text": "The door is red. The door is red. The window is open today. The roof leaks in winter."})"));
  REQUIRE(reply.size() == 2);
  CHECK(reply[0] != reply[1]);
}

TEST_CASE("any result can be had from empty inputs") {
  PromptUnderTest p;
  auto& types = p.types();
  p.takes({field("text", types.string_type)});
  const TypeId label = p.enumeration({{"a", "", ""}});
  const TypeId lang = types.literal_of({std::string("en"), std::string("ko")});
  p.gives(p.record("All",
                   {field("b", types.bool_type), field("i", types.int_type, "", "it > 3 and it < 9"),
                    field("f", types.float_type, "", "it > 0.5"), field("d", types.duration_type),
                    field("m", types.money_type), field("s", types.string_type), field("e", label),
                    field("l", lang), field("o", types.optional_of(label)),
                    field("xs", types.list_of(types.float_type)), field("map", types.map_of(types.int_type)),
                    field("u", types.union_of({types.int_type, types.string_type}))}));
  for (const char* text :
       {R"({"text": ""})", R"({"text": "\u0000\u001b[31m \ud83d\ude00"})", R"({"text": "-9e999 $ % 1,2"})"}) {
    const auto reply = nlohmann::json::parse(p.reply(text));
    CHECK(reply["i"] == 4);
    CHECK(reply["f"] > 0.5);
    CHECK(reply["l"] == "en");
    CHECK(reply["o"].is_null());
  }
}

TEST_CASE("bounds are read off a where") {
  using model::baseline::bounds_of;
  const std::vector<program::Constraint> strict = {{{}, "it > 0 and 10 >= it"}};
  CHECK_FALSE(bounds_of(strict).allow(0));
  CHECK(bounds_of(strict).allow(10));
  CHECK_FALSE(bounds_of(strict).allow(10.5));
  const std::vector<program::Constraint> sizes = {{{}, "len(it) >= 2"}, {{}, "it.len() < 80"}};
  CHECK(bounds_of(sizes).shortest == 2);
  CHECK(bounds_of(sizes).longest == 79);
  const std::vector<program::Constraint> other = {{{}, "it < 3 or it > 7"}, {{}, "starts_with(it, \"x\")"}};
  CHECK(bounds_of(other).allow(5));
}

TEST_CASE("sentences, numbers and words as text has them") {
  using namespace model::baseline;
  CHECK(sentences("One. Two!  Version 1.5 is out\n\n셋。넷") ==
        std::vector<std::string_view>{"One.", "Two!", "Version 1.5 is out", "셋。", "넷"});
  const auto found = numbers("gpt-5 costs $1,234.50, -3 or 90%; call 5m");
  REQUIRE(found.size() == 4);
  CHECK(found[0].value == 1234.5);
  CHECK(found[0].money);
  CHECK(found[1].value == -3);
  CHECK(found[2].unit == "%");
  CHECK(found[3].unit == "m");
  CHECK(fold("ＦＵＬＬ Ｗｉｄｔｈ") == "full width");
  CHECK(shorten("가나다 라마바", 4) == "가나다");
}
