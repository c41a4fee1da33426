// The real program: conversations, by lines on standard input and at a terminal.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "runtime/store/records.h"
#include "tests/peers/peer.h"
#include "tests/unit/cli/at_terminal.h"
#include "tests/unit/cli/place.h"

using namespace chain::testing;
using chain::test::MockOpenAi;

namespace {

constexpr const char* kDesk = R"chain(
model m = openai("m", retry: 0)

prompt reply(text: string) -> string {
  model: m
  user: """
    {% for turn in history %}{{ turn.role }}={{ turn.parts }};{% endfor %}{{ text }}
    """
}

chain main(text: string, tone: string = "plain") -> string {
  return reply("{{ text }} ({{ tone }})")
}

chain careful(text: string) -> string {
  let sent = human.approve(text)
  return "sent {{ sent }}"
}

chain strict(text: string) -> string {
  if text == "bad" { fail("that is bad") }
  return "fine: {{ text }}"
}

chain whole(said: messages) -> string {
  return "{{ len(said) }} messages"
}

chain two(one: string, other: string) -> string { return one + other }
)chain";

struct Desk {
  MockOpenAi server;
  Place place;

  Desk() { place.file("desk.chain", kDesk); }
  [[nodiscard]] Ended chat(std::vector<std::string> words, std::string input) const {
    words.insert(words.begin(), "chat");
    Command command = place.command(std::move(words), server.base_url());
    command.input = std::move(input);
    return run(command);
  }
};

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("each line is a turn that knows what was said, and the conversation is there the next time") {
  const Desk desk;
  const Ended first = desk.chat({"desk.chain", "-a", "tone=short"}, "hello\n\nagain\n");
  check_ended(first, 0, {});
  CHECK(holds(first.out, "echo: hello (short)\n"));
  CHECK(holds(first.out, "user="));
  const Ended later = desk.chat({"desk.chain"}, "/history\nthird");  // without its line end
  check_ended(later, 0, {"user  ", "hello\n", "assistant", "again\n"});
  CHECK(holds(later.out, "hello"));
  CHECK(holds(later.out, "third (plain)"));
  // Another one begins with nothing.
  const Ended fresh = desk.chat({"desk.chain", "--new", "--session", "mine"}, "alone\n");
  check_ended(fresh, 0, {});
  CHECK(fresh.out == "echo: alone (plain)\n");
  check_ended(desk.chat({"desk.chain", "--new", "--session", "mine"}, ""), 1,
              {"there is a conversation `mine`"});
  const Ended listed = desk.chat({"--list"}, "");
  CHECK(holds(listed.out, "mine  "));
  CHECK(holds(listed.out, "  2 turns  "));
  CHECK(holds(listed.out, "  6 turns  "));
  CHECK(desk.chat({"desk.chain", "--session", "mine"}, "/history\n").err.find("alone") != std::string::npos);
  // Each turn is a run of the journal.
  Command runs = desk.place.command({"runs"});
  const Ended kept = run(runs);
  CHECK(std::count(kept.out.begin(), kept.out.end(), '\n') == 5);
}

TEST_CASE("a turn that fails is no part of the conversation, which goes on") {
  const Desk desk;
  const Ended ended = desk.chat({"desk.chain:strict"}, "one\nbad\nthree\n\xff\n");
  check_ended(ended, 1, {"that is bad", "not UTF-8"});
  CHECK(ended.out == "fine: one\nfine: three\n");
  const Ended history = desk.chat({"desk.chain:strict"}, "/history\n");
  CHECK_FALSE(holds(history.err, "bad"));
  CHECK(holds(history.err, "fine: three"));
}

TEST_CASE("what a person is asked is asked in the conversation") {
  const Desk desk;
  const Ended ended = desk.chat({"desk.chain:careful"}, "letter\nperhaps\nyes\nother\nno\nlast\n");
  check_ended(ended, 5, {"to be approved", "say `yes` or `no`", "denied", "waits for a person"});
  CHECK(ended.out == "sent letter\n");
}

TEST_CASE("a turn that was answered or taken up outside is a part of the conversation") {
  const Desk desk;
  const auto outside = [&](std::vector<std::string> words) {
    return run(desk.place.command(std::move(words), desk.server.base_url()));
  };
  check_ended(desk.chat({"desk.chain:careful"}, "letter\n"), 5, {"waits for a person"});
  CHECK_FALSE(holds(desk.chat({"desk.chain:careful"}, "/history\n").err, "letter"));
  CHECK(outside({"answer", "last", "yes"}).out == "sent letter\n");
  for (int twice = 0; twice < 2; ++twice) {
    const Ended history = desk.chat({"desk.chain:careful"}, "/history\n");
    check_ended(history, 0, {"user  ", "letter\n", "assistant  ", "sent letter\n"});
    CHECK(history.err.find("sent letter") == history.err.rfind("sent letter"));
  }
  CHECK(holds(desk.chat({"--list"}, "").out, "  2 turns  "));
  // One that failed is none, until it is resumed and does not.
  check_ended(desk.chat({"desk.chain:careful"}, "other\nno\n"), 1, {"denied"});
  CHECK_FALSE(holds(desk.chat({"desk.chain:careful"}, "/history\n").err, "other"));
}

TEST_CASE("conversations are listed where nothing can be written") {
  const Desk desk;
  check_ended(desk.chat({"desk.chain"}, "hello\n"), 0, {});
  Command listing = desk.place.command({"chat", "--list"});
  const std::filesystem::path state = desk.place.path() / "state";
  if (geteuid() == 0) {  // who may write everywhere
    REQUIRE(chmod(desk.place.path().c_str(), 0755) == 0);
    REQUIRE(chmod(state.c_str(), 0755) == 0);
    for (const auto& file : std::filesystem::directory_iterator(state))
      std::filesystem::permissions(file, std::filesystem::perms::others_read,
                                   std::filesystem::perm_options::add);
    listing.words.insert(listing.words.begin(),
                         {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
  } else {
    REQUIRE(chmod(state.c_str(), 0500) == 0);
  }
  const Ended listed = run(listing);
  REQUIRE(chmod(state.c_str(), 0700) == 0);
  check_ended(listed, 0, {});
  CHECK(holds(listed.out, "  2 turns  "));
}

TEST_CASE("commands say what the conversation took and what there is") {
  const Desk desk;
  const Ended ended =
      desk.chat({"desk.chain"}, "hi\n/cost\n/model\n/tools\n/trace\n/nw\n/new other\n/quit\nnever\n");
  check_ended(ended, 2,
              {"1 run: ", "m  openai/m", "calls no tools", "unknown command `/nw`", "did you mean `/new`?"});
  CHECK(holds(ended.out, "main/reply"));
  CHECK_FALSE(holds(ended.out, "never"));
  const Ended other = desk.chat({"desk.chain", "--session", "other"}, "/model m=baseline\nhello\n//slash\n");
  check_ended(other, 0, {"m  baseline"});
  CHECK_FALSE(holds(other.out, "echo:"));
  CHECK(holds(other.out, "hello"));
  check_ended(desk.chat({"desk.chain"}, "/model m=nonsense(\n/model\n"), 2, {"m  openai/m"});
}

TEST_CASE("a chain takes one text, a Message or messages, and what it takes besides is given") {
  const Desk desk;
  const Ended whole = desk.chat({"desk.chain:whole"}, "a\nb\n");
  check_ended(whole, 0, {});
  CHECK(whole.out == "1 messages\n3 messages\n");
  check_ended(desk.chat({"desk.chain:two"}, "a\n"), 2, {"one text at a time", "other: string"});
  const Ended given = desk.chat({"desk.chain:two", "-a", "one=1"}, "a\n@b\n");
  check_ended(given, 0, {});
  CHECK(given.out == "1a\n1@b\n");
  check_ended(desk.chat({}, ""), 2, {"which file?"});
  check_ended(desk.chat({"desk.chain:nobody"}, ""), 2, {"nobody"});
}

TEST_CASE("at a terminal a conversation is greeted, answered, left and taken up again") {
  const Place place;
  place.file("desk.chain", "chain main(text: string) -> string {\n  return \"you said {{ text }}\"\n}\n");
  {
    Terminal terminal(place, {"chat", "desk.chain"});
    REQUIRE(terminal.shows("/help says more"));
    REQUIRE(terminal.shows("> "));
    terminal.type("hello\r");
    REQUIRE(terminal.shows("you said hello"));
    REQUIRE(terminal.shows("> "));
    terminal.type("dropped\x03");
    REQUIRE(terminal.shows("> "));
    terminal.type("/hist\t\r");
    REQUIRE(terminal.shows("assistant"));
    REQUIRE(terminal.shows("> "));
    terminal.type("\x04");
    CHECK(terminal.ended() == 0);
  }
  Terminal terminal(place, {"chat", "desk.chain"});
  REQUIRE(terminal.shows("2 turns so far"));
  REQUIRE(terminal.shows("> "));
  terminal.type("/quit\r");
  CHECK(terminal.ended() == 0);
}

TEST_CASE("users have conversations of their own") {
  const Desk desk;
  check_ended(desk.chat({"desk.chain:strict", "--user", "ada"}, "one\n"), 0, {});
  check_ended(desk.chat({"desk.chain:strict", "--user", "ada", "--session", "mine"}, "two\n"), 0, {});
  check_ended(desk.chat({"desk.chain:strict", "--user", "bob", "--session", "mine"}, "three\n"), 0, {});
  CHECK_FALSE(holds(desk.chat({"desk.chain:strict", "--user", "bob"}, "/history\n").err, "two"));
  CHECK(holds(desk.chat({"desk.chain:strict", "--user", "ada"}, "/history\n").err, "two"));
  CHECK(holds(desk.chat({"desk.chain:strict"}, "/history\n").err, "nothing has been said yet"));
  const std::string all = desk.chat({"--list"}, "").out;
  CHECK(holds(all, "  of ada"));
  CHECK(holds(all, "  of bob"));
  CHECK_FALSE(holds(desk.chat({"--list", "--user", "bob"}, "").out, "of ada"));
}
