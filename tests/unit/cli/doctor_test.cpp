// `chain doctor`: models whose servers miss this and that, or are not there; and the installation.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/peers/peer.h"
#include "tests/unit/cli/place.h"

namespace {

using chain::test::Peer;
using chain::testing::check_ended;
using chain::testing::Ended;
using chain::testing::Place;
using nlohmann::json;

std::string model_at(uint16_t port, const std::string& more = "") {
  return R"(model m = compatible("some-model", base_url: "http://127.0.0.1:)" + std::to_string(port) +
         R"(/v1")" + more + ")\n";
}

/// A file with one model, and what doctor says of it.
struct Patient {
  Place place;
  Ended ended;
  json report;

  explicit Patient(const std::string& source, std::vector<std::string> more = {},
                   std::map<std::string, std::optional<std::string>> environment = {}) {
    place.file("a.chain", source);
    ask(std::move(more), std::move(environment));
  }
  void ask(std::vector<std::string> more = {},
           std::map<std::string, std::optional<std::string>> environment = {}) {
    std::vector<std::string> words{"doctor", "a.chain", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    auto command = place.command(std::move(words));
    for (auto& each : environment) command.environment.emplace_back(each);
    ended = chain::testing::run(command);
    report = json::parse(ended.out, nullptr, false);
  }
  [[nodiscard]] const json& model(size_t index = 0) const { return report["models"][index]; }
  [[nodiscard]] json probe(const std::string& name) const {
    for (const json& probe : model()["probes"]) {
      if (probe["name"] == name) return probe;
    }
    return {};
  }
  [[nodiscard]] std::string state(const std::string& name) const {
    const json found = probe(name);
    return found.is_object() ? found.value("state", "") : "";
  }
};

bool mentions(const json& probe, const char* member, std::string_view part) {
  return probe.is_object() && probe.value(member, "").find(part) != std::string::npos;
}

constexpr const char* kAll[] = {"reach", "answer",      "stream", "stream_usage", "structured",
                                "tools", "tool_choice", "n",      "embeddings"};

}  // namespace

TEST_CASE("a server that can do everything") {
  const Peer mock("mock_compatible");
  const Patient patient(model_at(mock.port()));
  check_ended(patient.ended, 0, {});
  CHECK(patient.report["usable"] == true);
  CHECK(patient.model()["url"] == mock.base_url());
  for (const char* name : kAll) {
    INFO(name);
    CHECK(patient.state(name) == "works");
  }
  CHECK(mock.stat("requests") == 7);
}

TEST_CASE("what a server does not know is found, one by one, and said with the way out") {
  const struct {
    std::vector<std::string> switches;
    std::vector<std::string> missing;
    const char* advice;
  } cases[] = {
      {{"--no-schema"}, {"structured"}, "write `structured: \"off\"`"},
      {{"--ignores", "schema"}, {"structured"}, "write `structured: \"off\"`"},
      {{"--no-stream-usage"}, {"stream_usage"}, "estimated"},
      {{"--ignores", "usage"}, {"stream_usage"}, "estimated"},
      {{"--no-tools"}, {"tools", "tool_choice"}, "no agent can use"},
      {{"--no-tool-choice"}, {"tool_choice"}, "cannot be told which"},
      {{"--no-n"}, {"n"}, "a request of its own"},
      {{"--ignores", "n"}, {"n"}, "a request of its own"},
      {{"--no-embeddings"}, {"embeddings"}, "`embed:`"},
      {{"--wrong", "nan"}, {"embeddings"}, "`embed:`"},
  };
  for (const auto& [switches, missing, advice] : cases) {
    INFO(switches.front() << ' ' << switches.back());
    const Peer mock("mock_compatible", switches);
    const Patient patient(model_at(mock.port()));
    check_ended(patient.ended, 0, {});  // it can be used all the same
    for (const char* name : kAll) {
      INFO(name);
      const bool misses = std::find(missing.begin(), missing.end(), name) != missing.end();
      CHECK(patient.state(name) == (misses ? "no" : "works"));
    }
    CHECK(mentions(patient.probe(missing.front()), "advice", advice));
  }
}

TEST_CASE("a model that answers in words where it may call a tool is in doubt") {
  const Peer mock("mock_compatible", {"--ignores", "tools"});
  const Patient patient(model_at(mock.port()));
  CHECK(patient.state("tools") == "fails");
  CHECK(patient.state("tool_choice") == "no");
}

TEST_CASE("a port that nobody listens on") {
  const Patient patient(model_at(chain::test::unused_port()));
  check_ended(patient.ended, 1, {});
  CHECK(patient.report["usable"] == false);
  CHECK(patient.state("reach") == "fails");
  CHECK(mentions(patient.probe("reach"), "advice", "is the server running"));
  CHECK(patient.state("answer").empty());
}

TEST_CASE("a key that is wrong is not shown") {
  const Peer mock("mock_compatible", {"--key", "right"});
  const std::string source = model_at(mock.port(), R"(, api_key: secret("MY_KEY"))");
  const Patient patient(source, {"--allow", "env=MY_KEY"}, {{"MY_KEY", "sk-very-secret-42"}});
  check_ended(patient.ended, 1, {});
  CHECK(patient.model()["key"] == json{{"variable", "MY_KEY"}, {"set", true}});
  CHECK(patient.state("answer") == "fails");
  CHECK(mentions(patient.probe("answer"), "note", "401"));
  CHECK(patient.ended.out.find("very-secret") == std::string::npos);
  CHECK(patient.ended.err.find("very-secret") == std::string::npos);
}

TEST_CASE("a key that is not set") {
  const Peer mock("mock_compatible");
  const std::string source = model_at(mock.port(), R"(, api_key: secret("MY_KEY"))");
  const Patient patient(source, {"--allow", "env=MY_KEY"}, {{"MY_KEY", std::nullopt}});
  check_ended(patient.ended, 1, {});
  CHECK(patient.model()["key"]["set"] == false);
  CHECK(mentions(patient.probe("answer"), "note", "MY_KEY"));
  CHECK(mock.stat("requests") == 0);
}

TEST_CASE("a variable that the file may not read is not read") {
  const Peer mock("mock_compatible");
  const Patient patient(model_at(mock.port(), R"(, api_key: secret("AWS_SECRET"))"), {"--live"},
                        {{"AWS_SECRET", "sk-very-secret-42"}});
  check_ended(patient.ended, 1, {});
  CHECK(patient.state("reach") == "not asked");
  CHECK(mentions(patient.probe("reach"), "note", "env=AWS_SECRET"));
  CHECK(mock.stat("requests") == 0);
}

TEST_CASE("a host that the file may not call is not called") {
  const Patient patient(R"(model m = compatible("x", base_url: "http://192.0.2.1:8000/v1"))", {"--live"});
  check_ended(patient.ended, 1, {});
  CHECK(mentions(patient.probe("reach"), "note", "host=192.0.2.1:8000"));
  CHECK(mentions(patient.probe("reach"), "advice", "chain allow a.chain"));
}

TEST_CASE("a path that is not there, and a server that speaks HTML") {
  const Peer elsewhere("mock_compatible", {"--path", "/api/v1"});
  const Patient lost(model_at(elsewhere.port()));
  check_ended(lost.ended, 1, {});
  CHECK(lost.state("reach") == "works");
  CHECK(mentions(lost.probe("answer"), "note", "404"));

  const Peer html("mock_compatible", {"--html"});
  const Patient gateway(model_at(html.port()));
  check_ended(gateway.ended, 1, {});
  CHECK(mentions(gateway.probe("answer"), "note", "is `base_url` right?"));
}

TEST_CASE("a server that says nothing is given up") {
  const Peer mock("mock_compatible", {"--silent"});
  const Patient patient(model_at(mock.port()), {"--timeout", "200ms"});
  check_ended(patient.ended, 1, {});
  CHECK(patient.state("reach") == "fails");
}

TEST_CASE("a provider that costs money is not asked unless that is said") {
  const Peer mock("mock_compatible");
  // Whatever the name, the mock is asked: as a proxy.
  const std::string source = R"(model m = openai("gpt-5-mini", base_url: "http://models.example/v1"))";
  const std::vector<std::string> allowed = {"--allow", "host=models.example:80", "--allow",
                                            "env=OPENAI_API_KEY"};
  const std::map<std::string, std::optional<std::string>> proxy = {
      {"http_proxy", "http://127.0.0.1:" + std::to_string(mock.port())},
      {"no_proxy", std::nullopt},
      {"NO_PROXY", std::nullopt}};
  Patient patient(source, allowed, proxy);
  check_ended(patient.ended, 0, {});
  CHECK(patient.state("reach") == "works");
  CHECK(patient.state("answer") == "not asked");
  CHECK(mentions(patient.probe("answer"), "advice", "--live"));
  CHECK(patient.probe("structured")["note"] == "documented: it does");
  CHECK(patient.probe("embeddings")["note"] == "documented: it does not");
  CHECK(mentions(patient.probe("context"), "note", "400000 tokens"));
  CHECK(mock.stat("requests") == 0);
  std::vector<std::string> live = allowed;
  live.emplace_back("--live");
  patient.ask(live, proxy);
  CHECK(patient.state("answer") == "fails");  // the mock is no proxy that knows a way
  CHECK(mock.stat("requests") == 1);
}

TEST_CASE("what was found is used by runs, and goes to nobody else") {
  const Peer mock("mock_compatible", {"--no-schema", "--reply", R"({"ok": 1})"});
  const std::string source = model_at(mock.port()) + R"(
type Answer { ok: int }
prompt ask() -> Answer {
  model: m
  user: "hi {{ output.format }}"
}
chain main() -> Answer { ask() }
)";
  Patient patient(source);
  check_ended(patient.ended, 0, {});
  struct stat status{};
  REQUIRE(stat((patient.place.path() / "cache" / "endpoints.json").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  const int64_t before = mock.stat("requests");
  check_ended(patient.place.chain({"run", "a.chain"}), 0, {});
  CHECK(mock.stat("requests") == before + 1);
  std::filesystem::remove(patient.place.path() / "cache" / "endpoints.json");
  check_ended(patient.place.chain({"run", "a.chain"}), 0, {});
  CHECK(mock.stat("requests") == before + 3);  // it finds out by failing first
}

TEST_CASE("of a balance the members are asked, and --model asks one model alone") {
  const Peer mock("mock_compatible");
  const std::string source =
      model_at(mock.port()) + "model plain = baseline()\nmodel pool = balance(m, plain)\n";
  Patient patient(source);
  check_ended(patient.ended, 0, {});
  REQUIRE(patient.report["models"].size() == 3);
  CHECK(patient.model(2)["members"] == json{"m", "plain"});
  CHECK(patient.model(2)["probes"].empty());
  patient.ask({"--model", "plain"});
  REQUIRE(patient.report["models"].size() == 1);
  CHECK(patient.model()["name"] == "plain");
}

TEST_CASE("the table is for people, and holds no control characters of servers") {
  const Peer mock("mock_compatible", {"--no-schema"});
  const Place place;
  place.file("a.chain", model_at(mock.port()));
  const Ended ended = place.chain({"doctor", "a.chain"});
  check_ended(ended, 0, {});
  INFO(ended.out);
  for (const char* part :
       {"model m: compatible(\"some-model\")\n", "  works      answer ", "  no         structured ",
        "write `structured: \"off\"`, so that no schema is sent\n"})
    CHECK(ended.out.find(part) != std::string::npos);
}

TEST_CASE("what is wrong on doctor's command line") {
  const Place place;
  place.file("a.chain", "model m = baseline()\n");
  check_ended(place.chain({"doctor", "a.chain", "--model", "n"}), 2, {"the program has no model `n`"});
  check_ended(place.chain({"doctor", "--live"}), 2, {"go with a file"});
  check_ended(place.chain({"doctor", "a.chain", "--timeout", "soon"}), 2, {"`--timeout` takes a duration"});
  check_ended(place.chain({"doctor", "missing.chain"}), 3, {"missing.chain"});
}

TEST_CASE("a sound installation, and what is odd about others") {
  const Place place;
  const auto findings = [&] {
    const Ended ended = place.chain({"doctor", "--json"});
    CHECK(ended.code == 0);
    std::map<std::string, json> by_name;
    const json report = json::parse(ended.out, nullptr, false);
    for (const json& finding : report["findings"]) by_name[finding["what"]] = finding;
    return by_name;
  };
  auto found = findings();
  for (const char* what : {"cache folder", "state folder", "configuration folder", "kept answers", "journal",
                           "native code", "libcurl", "terminal"}) {
    INFO(what);
    CHECK(found[what]["state"] == "fine");
  }
  const std::filesystem::path state = place.path() / "state";
  std::filesystem::create_directories(state);
  std::filesystem::permissions(state, std::filesystem::perms::all);
  found = findings();
  CHECK(found["state folder"]["state"] == "odd");
}

TEST_CASE("a journal that is damaged breaks the installation") {
  const Place place;
  std::filesystem::create_directories(place.path() / "state");
  std::filesystem::permissions(place.path() / "state", std::filesystem::perms::owner_all);
  place.file("state/journal.db", "this is no database, but long enough to be looked at as if it were one");
  const Ended ended = place.chain({"doctor"});
  INFO(ended.out);
  CHECK(ended.code == 1);
  CHECK(ended.out.find("broken  journal") != std::string::npos);
}

TEST_CASE("prices that mean nothing are odd, and a table that is none breaks the installation") {
  const Place place;
  std::filesystem::create_directories(place.path() / "config");
  const auto prices = [&](const std::string& text) {
    place.file("config/prices.json", text);
    const Ended ended = place.chain({"doctor"});
    const size_t line = ended.out.find(" prices ");
    REQUIRE(line != std::string::npos);
    const size_t begin = ended.out.rfind('\n', line) + 1;
    return ended.out.substr(begin, ended.out.find('\n', line) - begin);
  };
  CHECK(prices(R"({"models": {"openai/x": {"input": 1, "output": 2, "search": 10}}})").starts_with("fine"));
  std::string found =
      prices(R"({"models": {"opnai/x": {"input": 1, "output": 2}, "gpt-5": {"input": 1, "output": 2}}})");
  CHECK(found.starts_with("odd"));
  CHECK(found.find("`gpt-5` is not of the form PROVIDER/MODEL; and 1 more") != std::string::npos);
  found = prices(R"({"models": {"opnai/x": {"input": 1, "output": 2}}})");
  CHECK(found.find("there is no provider `opnai`") != std::string::npos);
  found = prices(R"({"models": {"openai/x": {"input": 1, "output": 2, "cached": 1}}})");
  CHECK(found.find("`cached` of `openai/x` is none of input") != std::string::npos);
  CHECK(prices("[]").starts_with("broken"));
}

TEST_CASE("a model's price is said, or that it has none") {
  const Peer mock("mock_compatible");
  Patient patient(model_at(mock.port()));
  CHECK(mentions(patient.model(), "price", "add \"compatible/some-model\""));
  std::filesystem::create_directories(patient.place.path() / "config");
  patient.place.file("config/prices.json", R"({"models": {"compatible/*": {"input": 1, "output": 2.5}}})");
  patient.ask({"--live"});
  CHECK(patient.model()["price"] == "$1 in, $2.5 out for a million tokens");
}

TEST_CASE("what OpenAI's Responses can do is found out, too") {
  const Peer mock("mock_responses");
  const auto responses = [&](const char* more) {
    return R"(model m = openai("some-model", api: "responses", base_url: "http://127.0.0.1:)" +
           std::to_string(mock.port()) + R"(/v1")" + more + ")\n";
  };
  Patient patient(responses(""), {"--allow", "env=OPENAI_API_KEY"});
  check_ended(patient.ended, 0, {});
  for (const char* name : {"answer", "stream", "structured", "tools", "tool_choice"}) {
    INFO(name);
    CHECK(patient.state(name) == "works");
  }
  CHECK(patient.state("n") == "no");
  CHECK(mentions(patient.probe("n"), "note", "has no such thing"));
  CHECK(patient.state("web_search").empty());  // it costs money, and the program asks for none
  Patient searching(responses(", web_search: true"),
                    {"--allow", "env=OPENAI_API_KEY", "--allow", "search=*"});
  check_ended(searching.ended, 0, {});
  CHECK(searching.state("web_search") == "works");
}
