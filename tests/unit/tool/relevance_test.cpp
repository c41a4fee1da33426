#include "runtime/tool/relevance.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using chain::tool::most_relevant;
using chain::tool::relevant_tools;
using chain::tool::ToolText;

namespace {

const std::vector<ToolText> kTools = {
    {"weather", "The weather in a city now.", "city"},
    {"shop.findOrder", "Looks up what a customer has bought.", "id: the number of the order"},
    {"refund", "Pays money back to a customer.", "order: what was bought\namount"},
    {"handbook.search", "Passages of the handbook that answer a question.", "query\ntop: how many"},
    {"send_mail", "Sends a letter to somebody.", "to: the address\nsubject\nbody: untrusted text"},
    {"calendar.createHTTPHook", "", "url"},
    {"환불", "고객에게 돈을 돌려준다.", "주문"},
};

std::string best(std::string_view question) {
  const auto found = relevant_tools(kTools, question);
  return found.empty() ? "" : kTools[found.front().tool].name;
}

}  // namespace

TEST_CASE("a question finds the tool whose name, doc or parameters say what it says") {
  CHECK(best("What is the weather in Paris?") == "weather");
  CHECK(best("please refund order 17") == "refund");
  CHECK(best("find my orders") == "shop.findOrder");
  CHECK(best("look up the customer's purchase: what was bought") == "shop.findOrder");
  CHECK(best("which subject does the letter have") == "send_mail");
  CHECK(best("an http hook") == "calendar.createHTTPHook");
  CHECK(best("고객의 주문을 환불해 주세요") == "환불");
}

TEST_CASE("a misspelt question finds what the words alone do not") {
  CHECK(best("wether") == "weather");
  CHECK(best("handbok") == "handbook.search");
}

TEST_CASE("what has nothing in common with the question is not relevant, and comes last") {
  CHECK(relevant_tools(kTools, "").empty());
  CHECK(relevant_tools(kTools, "\xff\xfe").empty());
  CHECK(relevant_tools(kTools, "xylophone").empty());
  CHECK(relevant_tools({}, "weather").empty());
  for (const auto& each : relevant_tools(kTools, "the weather in a city")) CHECK(each.score > 0);
  CHECK(most_relevant(kTools, "xylophone", 3) == std::vector<uint32_t>{0, 1, 2});
  CHECK(most_relevant(kTools, "letter", 3) == std::vector<uint32_t>{4, 0, 1});
}

TEST_CASE("as many are picked as are wanted") {
  CHECK(most_relevant(kTools, "customer order", 0).empty());
  CHECK(most_relevant(kTools, "customer order", 2).size() == 2);
  const auto all = most_relevant(kTools, "customer order", 100);
  CHECK(all.size() == kTools.size());
  CHECK(std::vector(all.begin(), all.begin() + 2) == most_relevant(kTools, "customer order", 2));
}

TEST_CASE("of equals the first comes first") {
  const std::vector<ToolText> twins = {{"b", "reads a file", ""}, {"a", "reads a file", ""}};
  CHECK(most_relevant(twins, "read the file", 2) == std::vector<uint32_t>{0, 1});
}

TEST_CASE("the needle is found among thousands") {
  std::vector<ToolText> tools;
  for (int i = 0; i < 2000; ++i)
    tools.push_back(
        {"tool_" + std::to_string(i), "Works on part " + std::to_string(i * 7) + " of the machine.", "part"});
  tools[1234].doc = "Opens the window of the greenhouse.";
  CHECK(most_relevant(tools, "open a window in the greenhouse, it is hot", 1) == std::vector<uint32_t>{1234});
}
