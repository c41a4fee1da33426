// Runs as trees.
#include "runtime/trace/tree.h"

#include <catch2/catch.hpp>

#include "tests/unit/trace/kept.h"

using namespace chain;
using namespace chain::test;
using trace::Node;

namespace {

/// A line for each node: indentation, path, times.
std::string drawn(const std::vector<Node>& nodes) {
  std::string text;
  for (const Node& node : nodes) {
    text += std::string(node.depth * 2, ' ') + node.path + (node.step ? "" : "/") + ' ' +
            std::to_string(node.started) + ".." + std::to_string(node.ended) + (node.open ? "?" : "") + '\n';
  }
  return text;
}

void check_sound(const std::vector<Node>& nodes) {
  for (size_t i = 1; i < nodes.size(); ++i) {
    const Node& parent = nodes[nodes[i].parent];
    CHECK(nodes[i].parent < i);
    CHECK(nodes[i].depth == parent.depth + 1);
    CHECK(parent.started <= nodes[i].started);
    CHECK(nodes[i].started <= nodes[i].ended);
    CHECK(nodes[i].ended <= parent.ended);
  }
}

}  // namespace

TEST_CASE("loops, called chains and branches are regions as wide as their steps") {
  const std::vector<store::StepRecord> steps = {
      kept_step("main/first", 10, 20), kept_step("main/for[1]/reply/ask", 21, 50),
      kept_step("main/for[0]/reply/ask", 22, 30), kept_step("main/for[0]/reply/ask#2", 31, 60)};
  const auto nodes = trace::tree_of(kept_run(5, 70), steps);
  check_sound(nodes);
  CHECK(drawn(nodes) ==
        "main/ 5..70\n"
        "  main/first 10..20\n"
        "  main/for[1]/ 21..50\n"
        "    main/for[1]/reply/ 21..50\n"
        "      main/for[1]/reply/ask 21..50\n"
        "  main/for[0]/ 22..60\n"
        "    main/for[0]/reply/ 22..60\n"
        "      main/for[0]/reply/ask 22..30\n"
        "      main/for[0]/reply/ask#2 31..60\n");
}

TEST_CASE("a call that was asked again is a region with all its askings") {
  const std::vector<store::StepRecord> steps = {kept_step("main/ask", 10, 20),
                                                kept_step("main/ask/repair[1]", 21, 30)};
  const auto nodes = trace::tree_of(kept_run(5, 70), steps);
  check_sound(nodes);
  CHECK(drawn(nodes) ==
        "main/ 5..70\n"
        "  main/ask/ 10..30\n"
        "    main/ask 10..20\n"
        "    main/ask/repair[1] 21..30\n");
}

TEST_CASE("a call that was dropped ends with the race that it lost") {
  const std::vector<store::StepRecord> steps = {
      kept_step("main/race[0]/ask", 10, 0), kept_step("main/race[1]/ask", 10, 40),
      kept_step("main/try/ask", 41, 0), kept_step("main/try/two", 41, 44), kept_step("main/last", 45, 90)};
  const auto nodes = trace::tree_of(kept_run(5, 100), steps);
  check_sound(nodes);
  // The branches of a race are regions of their own: the innermost one around both is the run.
  CHECK(drawn(nodes) ==
        "main/ 5..100\n"
        "  main/race[0]/ 10..90\n"
        "    main/race[0]/ask 10..90?\n"
        "  main/race[1]/ 10..40\n"
        "    main/race[1]/ask 10..40\n"
        "  main/try/ 41..44\n"
        "    main/try/ask 41..44?\n"
        "    main/try/two 41..44\n"
        "  main/last 45..90\n");
}

TEST_CASE("clocks that are set back and runs that stopped still make trees") {
  store::RunRecord run = kept_run(50, 0);
  run.state = store::RunState::Open;
  const std::vector<store::StepRecord> steps = {kept_step("main/a", 40, 30), kept_step("main/b", 60, 0)};
  const auto nodes = trace::tree_of(run, steps);
  check_sound(nodes);
  CHECK(nodes.front().open);
  CHECK(nodes.front().started == 40);
  CHECK(nodes.front().ended == 60);
}

TEST_CASE("a chain that calls itself very deeply is cut into regions only so far") {
  std::string path = "main";
  for (int i = 0; i < 10'000; ++i) path += "/down";
  const std::vector<store::StepRecord> steps = {kept_step(path + "/ask", 1, 2),
                                                kept_step(path + "/two", 3, 4)};
  const auto nodes = trace::tree_of(kept_run(0, 9), steps);
  check_sound(nodes);
  CHECK(nodes.size() == 1 + 63 + 2);
}

TEST_CASE("an agent is the region of its steps, whether it has ended or not") {
  std::vector<store::StepRecord> steps = {kept_step("main/for[0]/desk", 10, 60, "agent"),
                                          kept_step("main/for[0]/desk/repeat[0]/step", 11, 20),
                                          kept_step("main/for[0]/desk/repeat[0]/act[1]/look", 21, 30, "tool"),
                                          kept_step("main/for[0]/desk/repair[1]", 31, 50),
                                          kept_step("main/for[1]/desk", 10, 0, "agent"),
                                          kept_step("main/for[1]/desk/repeat[0]/step", 12, 40)};
  const auto nodes = trace::tree_of(kept_run(5, 70), steps);
  check_sound(nodes);
  CHECK(drawn(nodes) ==
        "main/ 5..70\n"
        "  main/for[0]/ 10..60\n"
        "    main/for[0]/desk 10..60\n"
        "      main/for[0]/desk/repeat[0]/ 11..30\n"
        "        main/for[0]/desk/repeat[0]/step 11..20\n"
        "        main/for[0]/desk/repeat[0]/act[1]/ 21..30\n"
        "          main/for[0]/desk/repeat[0]/act[1]/look 21..30\n"
        "      main/for[0]/desk/repair[1] 31..50\n"
        "  main/for[1]/ 10..40\n"
        "    main/for[1]/desk 10..40?\n"
        "      main/for[1]/desk/repeat[0]/ 12..40\n"
        "        main/for[1]/desk/repeat[0]/step 12..40\n");
}
