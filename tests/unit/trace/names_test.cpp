// docs/telemetry.md lists what names.def holds.
#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <set>
#include <string>

TEST_CASE("every name of a trace is its own and stands in the page about them") {
  std::ifstream file(CHAIN_DOCS "/telemetry.md");
  const std::string page((std::istreambuf_iterator<char>(file)), {});
  std::set<std::string> seen;
  for (const std::string name : {
#define TRACE_NAME(constant, name, type, doc) name,
#define TRACE_PROVIDER(ours, theirs)
#include "runtime/trace/names.def"
#undef TRACE_PROVIDER
#undef TRACE_NAME
       }) {
    INFO(name);
    CHECK(seen.insert(name).second);
    CHECK(page.find('`' + name + '`') != std::string::npos);
  }
}
