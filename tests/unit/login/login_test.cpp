// Logins to MCP servers, against an authorization server of Node (tests/peers/mcp_login).
#include <sys/stat.h>
#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "runtime/access/policy.h"
#include "runtime/mcp/authorizer.h"
#include "runtime/sched/event_loop.h"
#include "tests/peers/browser.h"
#include "tests/peers/peer.h"

namespace {

using namespace chain;
using mcp::Authorizer;
using mcp::AuthorizerOptions;
using test::Browser;
using test::Peer;

/// A folder of its own for tokens.
struct Folder {
  std::string path = (std::filesystem::temp_directory_path() / "chain-login-XXXXXX").string();
  Folder() { REQUIRE(mkdtemp(path.data()) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path); }
  [[nodiscard]] std::string tokens() const { return path + "/tokens"; }
};

struct Answer {
  std::string token, error;
};

/// One program that logs in: what it keeps in memory ends with it.
struct Program {
  EventLoop loop;
  Browser browser{loop};
  std::unique_ptr<Authorizer> authorizer;
  mcp::Server server;
  std::vector<std::string> shown;

  Program(const Peer& peer, const Folder& folder, AuthorizerOptions options = {}, bool person = true) {
    server.name = "shop";
    server.url = "http://127.0.0.1:" + std::to_string(peer.port()) + "/mcp";
    options.folder = folder.tokens();
    if (person) {
      options.show = [this](const std::string& url) {
        shown.push_back(url);
        browser.open(url);
      };
    }
    authorizer = std::make_unique<Authorizer>(loop, std::move(options));
  }

  Answer authorize(const std::string& more = ", scope=\"mcp:read\"") {
    const std::string metadata =
        server.url.substr(0, server.url.size() - 4) + "/.well-known/oauth-protected-resource/mcp";
    return authorize_by("Bearer resource_metadata=\"" + metadata + "\"" + more);
  }
  Answer authorize_by(const std::string& challenge) {
    Answer answer;
    authorizer->authorize(server, challenge, [&](std::string token, std::string error) {
      answer = {std::move(token), std::move(error)};
      loop.stop();
    });
    loop.run();
    return answer;
  }
};

}  // namespace

TEST_CASE("a login gives a token, which is kept for this user alone") {
  const Peer peer("mcp_login");
  const Folder folder;
  Program first(peer, folder);
  const Answer answer = first.authorize();
  CHECK(answer.error.empty());
  CHECK(answer.token.starts_with("secret-token-"));
  REQUIRE(first.shown.size() == 1);
  CHECK(first.shown[0].find("scope=mcp%3Aread") != std::string::npos);

  struct stat info{};
  REQUIRE(stat(folder.tokens().c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);
  for (const auto& entry : std::filesystem::directory_iterator(folder.tokens())) {
    REQUIRE(stat(entry.path().c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
  }

  // Another program needs nobody.
  Program second(peer, folder, {}, /*person=*/false);
  CHECK(second.authorize().token == answer.token);
  CHECK(peer.stat("authorizations") == 1);
  CHECK(peer.stat("registrations") == 1);
  // What is refused is renewed.
  const Answer renewed = second.authorize(", error=\"invalid_token\"");
  CHECK(renewed.error.empty());
  CHECK(renewed.token != answer.token);
  CHECK(peer.stat("refreshes") == 1);
}

TEST_CASE("without a person, and without a login, the way to one is said") {
  const Peer peer("mcp_login");
  const Folder folder;
  Program program(peer, folder, {.how = "chain mcp login shop.chain:shop"}, /*person=*/false);
  CHECK(program.authorize().error ==
        "server `shop` wants a login: `chain mcp login shop.chain:shop` opens one in the browser");
  CHECK(peer.stat("registrations") == 0);
}

TEST_CASE("a token that has ended is renewed before it is used") {
  const Peer peer("mcp_login", {"lifetime=1"});
  const Folder folder;
  const std::string token = Program(peer, folder).authorize().token;
  const Answer later = Program(peer, folder, {}, /*person=*/false).authorize();
  CHECK(later.error.empty());
  CHECK(later.token != token);
  CHECK(peer.stat("refreshes") == 1);
}

TEST_CASE("more scopes are asked for together with those that were given") {
  const Peer peer("mcp_login", {"scopes=mcp:read,mcp:write,offline_access"});
  const Folder folder;
  Program program(peer, folder);
  CHECK(program.authorize().error.empty());
  CHECK(program.authorize(", error=\"insufficient_scope\", scope=\"mcp:write\"").error.empty());
  REQUIRE(program.shown.size() == 2);
  CHECK(program.shown[1].find("scope=mcp%3Aread%20offline_access%20mcp%3Awrite") != std::string::npos);
  CHECK(peer.stat("registrations") == 1);  // the same client
  // It does not go on for ever.
  CHECK(program.authorize(", error=\"insufficient_scope\", scope=\"mcp:write\"").error ==
        "cannot log in to server `shop`: it still refuses what 2 logins gave");
}

TEST_CASE("clients authenticate as the server wants it") {
  for (const char* method : {"client_secret_basic", "client_secret_post"}) {
    const Peer peer("mcp_login", {std::string("method=") + method});
    const Folder folder;
    INFO(method);
    CHECK(Program(peer, folder).authorize().error.empty());
  }
  const Peer peer("mcp_login", {"method=client_secret_basic", "register=no"});
  const Folder folder;
  const AuthorizerOptions known{.client = {"known", "known-secret", ""}};
  CHECK(Program(peer, folder, known).authorize().error.empty());
  CHECK(Program(peer, Folder()).authorize().error.find("give it with `--client-id`") != std::string::npos);
}

TEST_CASE("a server of 2025-03-26 gives its tokens itself") {
  const Peer peer("mcp_login", {"metadata=none", "iss=none"});
  const Folder folder;
  CHECK(Program(peer, folder).authorize_by("Bearer").error.empty());
}

TEST_CASE("what does not fit together ends the login") {
  const auto error_of = [](const std::vector<std::string>& arguments) {
    const Peer peer("mcp_login", arguments);
    const Folder folder;
    const Answer answer = Program(peer, folder).authorize();
    CHECK(answer.token.empty());
    CHECK(peer.stat("tokens") == 0);
    return answer.error;
  };
  CHECK(error_of({"iss=wrong"}).find("the answer is from `https://evil.example.com`") != std::string::npos);
  CHECK(error_of({"iss=none"}).find("does not say who gives it (`iss`)") != std::string::npos);
  CHECK(error_of({"issuer=wrong"}).find("describes `https://attacker.example.com`") != std::string::npos);
  CHECK(error_of({"resource=wrong"}).find("describes `https://evil.example.com/mcp`, not this server") !=
        std::string::npos);
  CHECK(error_of({"pkce=no"}).find("PKCE with S256") != std::string::npos);
}

TEST_CASE("the rules for hosts hold for a login") {
  const Peer peer("mcp_login");
  const Folder folder;
  auto policy = std::make_shared<access::Policy>();
  policy->deny.push_back({program::CapabilityKind::Host, "127.0.0.1"});
  CHECK(Program(peer, folder, {.access = policy}).authorize().error.find("`--deny` forbids the host") !=
        std::string::npos);
  // A server elsewhere may not send anybody to this machine.
  Program program(peer, folder);
  program.server.url = "https://shop.example.com/mcp";
  const std::string here = "http://127.0.0.1:" + std::to_string(peer.port()) + "/metadata";
  CHECK(program.authorize_by("Bearer resource_metadata=\"" + here + "\"").error.find("is on this machine") !=
        std::string::npos);
  CHECK(peer.stat("refused") == 0);
}

TEST_CASE("nobody comes back from the browser") {
  const Peer peer("mcp_login");
  const Folder folder;
  Program program(peer, folder, {.patience = 1'000'000});
  program.server.name = "shop";
  CHECK_FALSE(program.authorize().error.empty());
}
