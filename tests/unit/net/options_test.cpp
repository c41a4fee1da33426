#include "runtime/model/options.h"

#include <catch2/catch.hpp>

#include "runtime/program/providers.h"

using chain::model::Options;
using chain::program::Model;

namespace {

std::string error_of(const std::string& json) {
  std::string error;
  const Model model{"fast", "openai", "gpt-5-mini", json};
  return Options::read(model, error) ? "" : error;
}

}  // namespace

TEST_CASE("options are read as the table has them") {
  std::string error;
  const Model model{
      "fast", "openai", "gpt-5-mini",
      R"({"temperature": 1, "top_p": 0.25, "stop": "x", "timeout": 20000000000, "base_url": "u", "retry": 0})"};
  const auto options = Options::read(model, error);
  REQUIRE(options);
  CHECK(options->number("temperature") == "1");
  CHECK(options->number("top_p") == "0.25");
  CHECK(options->texts("stop") == std::vector<std::string>{"x"});
  CHECK(options->duration("timeout", 0) == 20'000'000'000);
  CHECK(options->duration("idle_timeout", 5) == 5);
  CHECK(options->text("base_url") == "u");
  CHECK(options->integer("retry") == 0);
  CHECK_FALSE(options->integer("seed"));
}

TEST_CASE("mistakes are named") {
  CHECK(error_of("{}").empty());
  CHECK(error_of("").empty());
  CHECK(error_of("[1]") == "model `fast`: its options are not a JSON object");
  CHECK(error_of(R"({"tempo": 1})")
            .starts_with("model `fast`: `openai` takes no option `tempo`; it takes `base_url`, "));
  CHECK(error_of(R"({"temperature": 3})") ==
        "model `fast`: option `temperature` must be a number from 0 to 2");
  CHECK(error_of(R"({"temperature": "hot"})") ==
        "model `fast`: option `temperature` must be a number from 0 to 2");
  CHECK(error_of(R"({"retry": 1.5})") == "model `fast`: option `retry` must be a whole number from 0 to 100");
  CHECK(error_of(R"({"retry": -1})") == "model `fast`: option `retry` must be a whole number from 0 to 100");
  CHECK_FALSE(error_of(R"({"seed": 99999999999999999999})").empty());
  CHECK_FALSE(error_of(R"({"seed": 18446744073709551615})").empty());
  CHECK(error_of(R"({"structured": "maybe"})") ==
        "model `fast`: option `structured` must be one of auto,on,off");
  CHECK(error_of(R"({"stop": [1]})") == "model `fast`: option `stop` must be a string or a list of strings");
  CHECK(error_of(R"({"timeout": 0})") ==
        "model `fast`: option `timeout` must be a duration from 1ms to 86400s");
}

TEST_CASE("the table answers by name") {
  using namespace chain::program;
  REQUIRE(find_model_provider("openai") != nullptr);
  CHECK(find_model_provider("openai")->takes_id == TakesId::Required);
  CHECK(find_model_provider("baseline")->takes_id == TakesId::None);
  CHECK(find_model_provider("open") == nullptr);
  CHECK(find_model_option("openai", "retry") != nullptr);
  CHECK(find_model_option("baseline", "retry") == nullptr);
  CHECK(find_model_option("openai", "nope") == nullptr);
  CHECK(listed("a,bc", "bc"));
  CHECK_FALSE(listed("a,bc", "b"));
}
