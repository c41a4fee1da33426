// Which models another one leads to.
#include "runtime/program/model_links.h"

#include <catch2/catch.hpp>

using chain::program::answering_models;
using chain::program::links_of;
using chain::program::Model;

TEST_CASE("members and fallback are read from the options") {
  const auto links =
      links_of({"pool", "balance", "", R"({"weights":[1,2],"fallback":4,"members":[3,0,12]})"});
  CHECK(links.members == std::vector<uint32_t>{3, 0, 12});
  CHECK(links.fallback == 4U);
  CHECK(links_of({"m", "openai", "x", R"({"temperature":0,"fallback":7})"}).fallback == 7U);
  // Only a `balance` has members, and what stands in a text is no option.
  const auto text = links_of({"m", "openai", "x", R"({"stop":"\"fallback\":3,\"members\":[1]"})"});
  CHECK_FALSE(text.fallback);
  CHECK(text.members.empty());
}

TEST_CASE("options that are damaged lead nowhere") {
  for (const char* options :
       {"", "{", R"({"members":)", R"({"members":[)", R"({"members":{}})", R"({"members":[]})",
        R"({"members":[-1]})", R"({"members":[99999999999999999999]})"})
    CHECK(links_of({"pool", "balance", "", options}).members.empty());
  CHECK_FALSE(links_of({"m", "openai", "x", R"({"fallback":"a"})"}).fallback);
}

TEST_CASE("who may answer, in the order in which they are asked") {
  const std::vector<Model> models = {{"a", "openai", "a", R"({"fallback":1})"},
                                     {"b", "openai", "b", "{}"},
                                     {"c", "openai", "c", R"({"fallback":0})"},
                                     {"pool", "balance", "", R"({"members":[0,1],"fallback":2})"},
                                     {"broken", "balance", "", R"({"members":[0,77],"fallback":4})"}};
  CHECK(answering_models(models, 0) == std::vector<uint32_t>{0, 1});
  CHECK(answering_models(models, 3) == std::vector<uint32_t>{0, 1, 2, 0, 1});
  CHECK(answering_models(models, 4) == std::vector<uint32_t>{0});
  CHECK(answering_models(models, 99).empty());
}
