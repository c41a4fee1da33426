// Secrets are planted wherever the language and the command line take one; then everything that comes out or
// is kept is searched for them.
#include <sys/stat.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "runtime/value/base64.h"
#include "tests/peers/peer.h"
#include "tests/unit/cli/place.h"

using namespace chain::testing;
using chain::test::MockOpenAi;

namespace {

const std::string kModelKey = "sk-\"planted\"/model+key=1";
const std::string kDotEnv = "sk-planted-in-dot-env-2";
const std::string kEnvFile = "sk-planted-in-env-file-3";
const std::string kSetting = "sk-planted-by-setting-4";
const std::string kTool = "planted/for the tool&5";
const std::string kUser = "planted-user-6";
const std::string kPassword = "planted-password-7";
const std::string kCollector = "planted-for-collector-8";

const std::vector<std::string>& planted() {
  static const std::vector<std::string> all = {kModelKey, kDotEnv, kEnvFile,  kSetting,
                                               kTool,     kUser,   kPassword, kCollector};
  return all;
}

std::string percent_encoded(const std::string& text) {
  std::string url;
  for (const char c : text) {
    char code[4];
    std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned char>(c));
    url += std::isalnum(static_cast<unsigned char>(c)) || c == '-' ? std::string(1, c) : code;
  }
  return url;
}

/// A secret as others might write it.
std::vector<std::string> forms_of(const std::string& secret) {
  std::vector<std::string> forms = {secret};
  const std::string quoted = nlohmann::json(secret).dump();
  forms.push_back(quoted.substr(1, quoted.size() - 2));
  forms.push_back(percent_encoded(secret));
  for (const size_t before : {0, 1, 2}) {
    std::string encoded;
    chain::value::append_base64(encoded, std::string(before, 'x') + secret);
    forms.push_back(encoded.substr(4, encoded.size() / 4 * 4 - 8));  // what hangs on the secret alone
  }
  return forms;
}

std::vector<std::string> found_in(const std::string& text) {
  std::vector<std::string> found;
  for (const std::string& secret : planted()) {
    for (const std::string& form : forms_of(secret)) {
      if (text.find(form) != std::string::npos) found.push_back(form);
    }
  }
  return found;
}

constexpr const char* kProgram = R"chain(
model keyed = openai("m", api_key: secret("PLANTED_MODEL"), retry: 1)
model dotted = openai("m", api_key_env: "PLANTED_DOT_ENV", retry: 1)
model filed = openai("m", api_key_env: "PLANTED_ENV_FILE", retry: 1, fallback: dotted)
model set = openai("m", retry: 1)

type Grade { score: int where it > 5 }

tool look(city: string) -> string reads = http.get("http://127.0.0.1:1/{{ secret("PLANTED_TOOL") }}/{{ city }}",
  headers: { "authorization": "Bearer {{ secret("PLANTED_TOOL") }}" })
tool say(text: string) -> string reads = http.post("http://127.0.0.1:1/", body: "key={{ secret("PLANTED_TOOL") }}")
tool local(text: string) -> string reads = command("wc", "-c", stdin: text, env: { "TOKEN": secret("PLANTED_TOOL") })

prompt first(q: string) -> string {
  model: keyed
  cache: 1h
  user: "{{ q }}"
}

prompt second(q: string) -> string {
  model: dotted
  user: "{{ q }}"
}

prompt third(q: string) -> string {
  model: filed
  user: "{{ q }}"
}

prompt fourth(q: string) -> string {
  model: set
  user: "{{ q }}"
}

prompt grade(q: string) -> Grade {
  model: keyed
  repair: 1
  user: "{{ q }}"
}

chain main(q: string = "hello") -> string {
  log("begins")
  let a = first(q)
  let b = second(q)
  let c = third(q)
  let d = fourth(q)
  log(a)
  return "{{ a }} {{ b }} {{ c }} {{ d }}"
}

chain graded(q: string = "hello") -> int {
  let graded = grade(q)
  return graded.score
}

chain tools() -> string {
  let a = look("Oslo")
  let b = say("x")
  let c = local("y")
  return "{{ a }} {{ b }} {{ c }}"
}

test "answers are given" {
  given first returns "a"
  given second returns "b"
  given third returns "c"
  given fourth returns "d"
  expect main() == "a b c d"
}
)chain";

struct Planted {
  Place place;
  std::string said;       // all that was
  std::string collector;  // "HOST:PORT" of traces; the model's own server, which takes none, unless said
  std::string protocol = "http/protobuf";

  Planted() {
    place.file("planted.chain", kProgram);
    place.file("chain.lock", "{}\n");
    place.file(".env", "PLANTED_DOT_ENV=" + kDotEnv + "\n");
    place.file("other.env", "PLANTED_ENV_FILE=" + kEnvFile + "\n");
  }

  [[nodiscard]] Command command(std::vector<std::string> words, uint16_t port) const {
    Command command = place.command(std::move(words));
    const std::string host = "127.0.0.1:" + std::to_string(port);
    command.environment.emplace_back("OPENAI_API_KEY", "sk-unused");
    command.environment.emplace_back("PLANTED_MODEL", kModelKey);
    command.environment.emplace_back("PLANTED_SETTING", kSetting);
    command.environment.emplace_back("PLANTED_TOOL", kTool);
    command.environment.emplace_back("OPENAI_BASE_URL",
                                     "http://" + kUser + ":" + kPassword + "@" + host + "/v1");
    command.environment.emplace_back(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://" + kUser + ":" + kPassword + "@" + (collector.empty() ? host : collector));
    command.environment.emplace_back("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
    command.environment.emplace_back("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=" + kCollector);
    return command;
  }

  Ended chain(const MockOpenAi& mock, std::vector<std::string> words, int code,
              const std::string& input = "") {
    Command command = this->command(words, mock.port());
    command.input = input;
    const Ended ended = run(std::move(command));
    INFO(words[0] << " " << words[1] << "\n" << ended.out << ended.err);
    CHECK(ended.code == code);
    CHECK(found_in(ended.out + ended.err).empty());
    said += ended.out + ended.err;
    return ended;
  }

  /// A run with all that it needs.
  Ended run_of(const MockOpenAi& mock, const std::string& target, std::vector<std::string> more, int code) {
    std::vector<std::string> words = {"run", target, "--trace-content"};
    for (const std::string& each : allowed()) words.push_back(each);
    words.insert(words.end(), more.begin(), more.end());
    return chain(mock, std::move(words), code);
  }

  [[nodiscard]] static std::vector<std::string> allowed() {
    return {"--env-file", "other.env",
            "--allow",    "env=PLANTED_*",
            "--allow",    "command=wc",
            "--allow",    "host=127.0.0.1",
            "--model",    "set=openai(\"m\", retry: 1, api_key_env: \"PLANTED_SETTING\")"};
  }

  /// Every file but those that the user has put secrets into.
  void check_files() const {
    size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(place.path())) {
      const std::string name = entry.path().filename().string();
      if (!entry.is_regular_file() || name == ".env" || name == "other.env") continue;
      ++files;
      INFO(entry.path());
      CHECK(found_in(read_file(entry.path().string())).empty());
    }
    CHECK(files > 3);
  }
};

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the search finds what is there, in each form") {
  for (const std::string& secret : planted()) {
    for (const std::string& form : forms_of(secret)) CHECK_FALSE(found_in("a " + form + " b").empty());
  }
  std::string basic;
  chain::value::append_base64(basic, kUser + ":" + kPassword);
  CHECK(found_in("Basic " + basic).size() >= 2);
  CHECK(found_in("nothing at all").empty());
}

TEST_CASE("no secret is in what runs say or leave, whatever becomes of them") {
  Planted planted;
  const std::string stream = GENERATE("", "--stream", "--events", "--verbose", "--json");
  std::vector<std::string> shown;
  if (!stream.empty()) shown.push_back(stream);
  {
    const MockOpenAi mock({"--repeat-key", "--chunk", "3"});
    const Ended good = planted.run_of(mock, "planted.chain:main", shown, 0);
    CHECK(holds(good.out + good.err, "[redacted]"));         // the server did repeat them
    planted.run_of(mock, "planted.chain:main", shown, 0);    // with what was kept
    planted.run_of(mock, "planted.chain:graded", shown, 1);  // asked again, in vain
    planted.run_of(mock, "planted.chain:tools", shown, 1);
    for (const char* option : {"--record", "--replay"}) {
      std::vector<std::string> more = shown;
      more.insert(more.end(), {option, "tape.jsonl"});
      planted.run_of(mock, "planted.chain:main", more, 0);
    }
  }
  {
    const MockOpenAi mock({"--repeat-key", "--error", "503:1", "--retry-after", "0"});
    planted.run_of(mock, "planted.chain:main", shown, 0);
  }
  {
    const MockOpenAi mock({"--repeat-key", "--key", "another"});
    std::vector<std::string> more = shown;
    more.push_back("--no-cache");
    const Ended failed = planted.run_of(mock, "planted.chain:main", more, 1);
    CHECK(holds(failed.err, "Incorrect API key provided. "));
    planted.chain(mock, {"resume", "last"}, 1);
  }
  {
    const MockOpenAi mock({"--repeat-key"});
    planted.chain(mock, {"resume", "last", "--trace-content"}, 0);
  }
  planted.check_files();
}

#ifdef CHAIN_OTLP_MODULES
TEST_CASE("no secret is in what a collector of traces gets") {
  Planted planted;
  planted.protocol = GENERATE("http/protobuf", "http/json");
  const chain::test::Peer collector("otlp_collector", {CHAIN_OTLP_MODULES});
  planted.collector = "127.0.0.1:" + std::to_string(collector.port());
  {
    const MockOpenAi mock({"--repeat-key"});
    planted.run_of(mock, "planted.chain:main", {}, 0);
    planted.run_of(mock, "planted.chain:graded", {}, 1);
    planted.run_of(mock, "planted.chain:tools", {}, 1);
    planted.chain(mock, {"trace", "last", "--trace-content", "--export"}, 0);
  }
  {
    const MockOpenAi mock({"--repeat-key", "--key", "another"});
    planted.run_of(mock, "planted.chain:main", {"--no-cache"}, 1);
  }
  CHECK(collector.stat("requests") == 5);
  CHECK(collector.get("/has/" + percent_encoded("[redacted]")) == "yes");
  for (const std::string& secret : ::planted()) {
    for (const std::string& form : forms_of(secret)) {
      INFO(form);
      CHECK(collector.get("/has/" + percent_encoded(form)) == "no");
    }
  }
}
#endif

TEST_CASE("no secret is in what is told of a program and its runs") {
  Planted planted;
  const MockOpenAi mock({"--repeat-key"});
  planted.run_of(mock, "planted.chain:main", {}, 0);
  const Ended shown = planted.chain(mock, {"show", "last", "--json"}, 0);
  CHECK(holds(shown.out, "authorization: Bearer [redacted]") +
            holds(shown.out, "Authorization: Bearer [redacted]") >
        0);
  CHECK(holds(planted.chain(mock, {"show", "last", "--step", "main/first"}, 0).out, "[redacted]"));
  planted.chain(mock, {"show", "last"}, 0);
  planted.chain(mock, {"runs", "--json"}, 0);
  planted.chain(mock, {"trace", "last"}, 0);
  CHECK(
      holds(planted.chain(mock, {"trace", "last", "--trace-content", "--jsonl", "-"}, 0).out, "[redacted]"));
  planted.chain(mock, {"trace", "last", "--trace-content", "--jsonl", "trace.jsonl"}, 0);
  planted.chain(mock, {"trace", "last", "--export"}, 1);  // nobody takes traces there
  for (std::vector<std::string> words :
       std::vector<std::vector<std::string>>{{"plan", "planted.chain"},
                                             {"plan", "planted.chain", "--json"},
                                             {"check", "planted.chain", "--json"},
                                             {"graph", "planted.chain"},
                                             {"graph", "planted.chain", "--format", "dot"},
                                             {"test", "planted.chain", "--json"},
                                             {"allow", "planted.chain", "--yes"},
                                             {"cache", "ls", "--json"},
                                             {"explain", "E0305"},
                                             {"run", "planted.chain:main", "--help"}})
    planted.chain(mock, std::move(words), 0);
  std::vector<std::string> repl = {"repl", "planted.chain", "--verbose"};
  for (const std::string& each : Planted::allowed()) repl.push_back(each);
  const Ended evaluated = planted.chain(mock, repl, 1, "first(\"hi\")\nlook(\"Oslo\")\nsecond(\"ho\")\n");
  CHECK(holds(evaluated.out, "[redacted]"));
  planted.place.file("rows.jsonl", "{\"q\": \"one\"}\n{\"q\": \"two\"}\n");
  planted.run_of(mock, "planted.chain:main", {"--each", "rows.jsonl", "--out", "out.jsonl"}, 0);
  planted.check_files();
}

TEST_CASE("a file of variables that is wrong is told without what it sets") {
  Planted planted;
  const MockOpenAi mock;
  planted.place.file("other.env", "PLANTED_ENV_FILE=\"" + kEnvFile + "\n");
  planted.run_of(mock, "planted.chain:main", {}, 2);
}

TEST_CASE("the memory of a process goes into no core file") {
  Planted planted;
  const MockOpenAi mock({"--silent"});
  std::vector<std::string> words = {"run", "planted.chain:main"};
  for (const std::string& each : Planted::allowed()) words.push_back(each);
  Child child(planted.command(words, mock.port()));
  for (int i = 0; i < 20'000 && mock.stat("requests") == 0; ++i) {}
  REQUIRE(mock.stat("requests") >= 1);
  const std::string proc = "/proc/" + std::to_string(child.pid());
  std::string filter;
  std::ifstream(proc + "/coredump_filter") >> filter;
  CHECK(filter == "00000000");
  std::stringstream limits;
  limits << std::ifstream(proc + "/limits").rdbuf();
  CHECK(holds(limits.str(), "Max core file size        0                    0"));
  child.signal(SIGABRT);
  const Ended ended = child.wait();
  CHECK(ended.code == 128 + SIGABRT);
  CHECK(found_in(ended.out + ended.err).empty());
  planted.check_files();
}
