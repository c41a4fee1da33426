#include "runtime/mcp/authorizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <utility>
#include <vector>

#include "runtime/http/percent.h"
#include "runtime/http/printable.h"
#include "runtime/mcp/fetch.h"
#include "runtime/mcp/oauth.h"
#include "runtime/mcp/redirect.h"
#include "runtime/sched/event_loop.h"
#include "runtime/value/base64.h"

namespace chain::mcp {

namespace {

constexpr int kMostLogins = 2;       // of one server: a login, and one for more scopes
constexpr int64_t kMargin = 30;      // seconds before its end that a token counts as ended
constexpr int64_t kRefusedAt = 10;   // seconds: a renewed token that is refused so soon is of no use
constexpr size_t kMostServers = 16;  // that a resource's metadata may name; the first is taken

int64_t seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string shown(std::string_view text) {
  return '`' + http::printable(text, 200) + '`';
}

/// RFC 6749, section 2.3.1.
http::Header basic(const OauthClient& client) {
  std::string text = "Basic ";
  value::append_base64(text, http::percent_encoded(client.id) + ':' + http::percent_encoded(client.secret));
  return {"Authorization", text};
}

uint16_t port_of(const std::string& redirect) {
  const auto url = parse_url(redirect);
  uint16_t port = 0;
  if (!url) return 0;
  const size_t colon = url->authority.rfind(':') + 1;
  std::from_chars(url->authority.data() + colon, url->authority.data() + url->authority.size(), port);
  return port;
}

}  // namespace

struct Authorizer::State {
  /// What is known of a server while this lives.
  struct Known {
    std::string given;    // the last token
    int64_t renewed = 0;  // when, seconds since 1970
    int logins = 0;
    std::unique_ptr<Flow> flow;
    std::vector<Done> waiting;
  };

  State(EventLoop& loop_, AuthorizerOptions options_)
      : loop(loop_), options(std::move(options_)), tokens(options.folder) {}

  EventLoop& loop;
  AuthorizerOptions options;
  Tokens tokens;
  std::map<std::string, Known> servers;  // by URL
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

/// One server's way to a token.
class Authorizer::Flow {
 public:
  Flow(State& state, const Server& server, Challenge challenge)
      : state_(state),
        loop_(state.loop),
        known_(state.servers.at(server.url)),
        name_(server.name),
        signs_in_(server.signs_in()),
        challenge_(std::move(challenge)) {
    login_.server = server.url;
  }
  ~Flow() { loop_.cancel_timer(timer_); }

  void begin() {
    const std::optional<Url> url = parse_url(login_.server);
    if (!url) return fail("its URL cannot be read");
    url_ = *url;
    fetcher_ = std::make_unique<Fetcher>(state_.loop, state_.options.access, url_);
    const std::optional<Login> kept = state_.tokens.find(login_.server);
    if (!kept) return find_resource();
    login_ = *kept;
    if (challenge_.error == "insufficient_scope") return find_resource();
    const bool ended = login_.ends != 0 && login_.ends - kMargin <= seconds_now();
    if (login_.access != known_.given && !ended) return give();
    const bool useless = known_.renewed != 0 && seconds_now() - known_.renewed < kRefusedAt;
    if (login_.refresh.empty() || useless) return find_resource();
    renew();
  }

 private:
  using Step = void (Flow::*)(const Reply&);

  void finish(const std::string& token, const std::string& error) {
    known_.given = token;
    std::vector<Done> waiting = std::exchange(known_.waiting, {});
    // Later: this very object goes with it.
    loop_.post([flow = std::shared_ptr<Flow>(std::move(known_.flow)), waiting = std::move(waiting), token,
                error, alive = std::weak_ptr(state_.alive)] {
      for (const Done& done : waiting) {
        if (!alive.expired()) done(token, error);
      }
    });
  }
  void give() { finish(login_.access, ""); }
  void fail(const std::string& why) {
    finish("", fmt::format("cannot log in to server `{}`: {}", name_, why));
  }

  /// Nobody can be asked: says how to log in.
  void fail_alone() {
    const std::string how = '`' + (state_.options.how.empty() ? signs_in_ : state_.options.how) + '`';
    finish("", fmt::format("server `{}` wants a login{}: {} opens one in the browser", name_,
                           login_.access.empty() ? "" : ", the kept one is no longer accepted", how));
  }

  Fetcher::Done then(Step step) {
    return [this, step](const Reply& reply) { (this->*step)(reply); };
  }

  // An earlier login, renewed.

  void renew() {
    Fields fields = {
        {"grant_type", "refresh_token"}, {"refresh_token", login_.refresh}, {"resource", resource()}};
    if (!login_.scope.empty()) fields.emplace_back("scope", login_.scope);
    ask_for_token(login_.token_endpoint, std::move(fields), &Flow::renewed);
  }

  void renewed(const Reply& reply) {
    std::string error;
    const auto token = reply.error.empty() ? parse_token(reply.status, reply.body, error) : std::nullopt;
    // Another process may have renewed it meanwhile, and with it the right to.
    const std::optional<Login> kept = state_.tokens.find(login_.server);
    if (!token && kept && kept->access != login_.access) {
      login_ = *kept;
      return give();
    }
    if (!token) return find_resource();
    known_.renewed = seconds_now();
    keep(*token);
  }

  void keep(const Token& token) {
    login_.access = token.access;
    if (!token.refresh.empty()) login_.refresh = token.refresh;
    if (!token.scope.empty()) login_.scope = token.scope;
    login_.ends = token.lifetime > 0 ? seconds_now() + token.lifetime : 0;
    std::string error;
    if (!state_.tokens.store(login_, error)) return fail(error);
    give();
  }

  // Who gives tokens for this server.

  void find_resource() {
    if (!state_.options.show) return fail_alone();
    if (known_.logins++ >= kMostLogins)
      return fail("it still refuses what " + std::to_string(kMostLogins) + " logins gave");
    places_ = resource_metadata_urls(url_);
    if (!challenge_.resource_metadata.empty()) places_ = {challenge_.resource_metadata};
    next_resource();
  }

  void next_resource() {
    if (places_.empty()) {  // a server of 2025-03-26: it gives tokens itself
      resource_ = login_.server;
      return find_server(url_.origin(), /*itself=*/true);
    }
    place_ = places_.front();
    places_.erase(places_.begin());
    fetcher_->get(place_, then(&Flow::resource_came));
  }

  void resource_came(const Reply& reply) {
    if (!reply.error.empty())
      return fail(fmt::format("nothing came from {}: {}", shown(place_), reply.error));
    const auto metadata = reply.status == 200 ? parse_resource_metadata(reply.body) : std::nullopt;
    if (!metadata) return next_resource();
    const std::optional<Url> resource = parse_url(metadata->resource);
    if (!resource || !covers(*resource, url_))
      return fail(fmt::format("{} describes {}, not this server", shown(place_), shown(metadata->resource)));
    if (metadata->authorization_servers.size() > kMostServers) return fail("its metadata are too long");
    resource_ = metadata->resource;
    for (const std::string& scope : metadata->scopes) scopes_ = joined_scopes(scopes_, scope);
    find_server(metadata->authorization_servers.front(), /*itself=*/false);
  }

  void find_server(const std::string& issuer, bool itself) {
    if (const std::string why = fetcher_->refused(issuer); !why.empty()) return fail(why);
    issuer_ = issuer;
    itself_ = itself;
    places_ = server_metadata_urls(*parse_url(issuer));
    next_server();
  }

  void next_server() {
    if (places_.empty()) {
      if (!itself_) return fail(fmt::format("{} does not say how it gives tokens", shown(issuer_)));
      server_ = {.issuer = issuer_,
                 .authorization_endpoint = issuer_ + "/authorize",
                 .token_endpoint = issuer_ + "/token",
                 .registration_endpoint = issuer_ + "/register",
                 .challenge_methods = {"S256"}};
      return choose_client();
    }
    place_ = places_.front();
    places_.erase(places_.begin());
    fetcher_->get(place_, then(&Flow::server_came));
  }

  void server_came(const Reply& reply) {
    if (!reply.error.empty())
      return fail(fmt::format("nothing came from {}: {}", shown(place_), reply.error));
    auto metadata = reply.status == 200 ? parse_server_metadata(reply.body) : std::nullopt;
    if (!metadata) return next_server();
    if (metadata->issuer != issuer_)
      return fail(fmt::format("{} describes {}, and {} was meant", shown(place_), shown(metadata->issuer),
                              shown(issuer_)));
    server_ = *std::move(metadata);
    if (std::ranges::find(server_.challenge_methods, "S256") == server_.challenge_methods.end())
      return fail(fmt::format("{} does not protect its codes (PKCE with S256)", shown(issuer_)));
    choose_client();
  }

  // Who asks.

  void choose_client() {
    const AuthorizerOptions& options = state_.options;
    const bool kept = login_.issuer == server_.issuer && !login_.client.id.empty();
    if (login_.issuer != server_.issuer) login_.client = {}, login_.redirect.clear(), login_.scope.clear();
    login_.issuer = server_.issuer;
    login_.token_endpoint = server_.token_endpoint;
    std::string error;
    const uint16_t port = kept ? port_of(login_.redirect) : 0;
    const auto came = [this](const Fields& answer) { back(answer); };
    if (port != 0) redirect_ = listen_for_redirect(loop_, port, came, error);
    const bool again = kept && (redirect_ != nullptr || login_.redirect.empty());
    if (!redirect_) redirect_ = listen_for_redirect(loop_, 0, came, error);
    if (!redirect_) return fail(error);
    if (!options.client.id.empty()) {
      login_.client = options.client;
      login_.redirect.clear();
    } else if (server_.takes_documents && !options.client_document.empty()) {
      login_.client = {options.client_document, "", "none"};
      login_.redirect.clear();
    } else if (!again) {
      return register_client();
    }
    ask_person();
  }

  void register_client() {
    if (server_.registration_endpoint.empty())
      return fail(
          fmt::format("{} takes no client that it does not know: register one there, with the redirect "
                      "`http://127.0.0.1/callback`, and give it with `--client-id`",
                      shown(issuer_)));
    fetcher_->post(server_.registration_endpoint, registration(redirect_->uri(), server_),
                   {{"Content-Type", "application/json"}}, then(&Flow::registered));
  }

  void registered(const Reply& reply) {
    const auto client =
        reply.status >= 200 && reply.status < 300 ? parse_registration(reply.body) : std::nullopt;
    if (!client)
      return fail(fmt::format("{} does not register this program: {}", shown(issuer_),
                              reply.error.empty() ? fmt::format("it answered {}: {}", reply.status,
                                                                http::printable(reply.body, 200))
                                                  : reply.error));
    login_.client = *client;
    login_.redirect = redirect_->uri();
    ask_person();
  }

  // A person says yes.

  void ask_person() {
    login_.client.method = method_for(login_.client, server_);
    if (const std::string why = fetcher_->refused(server_.authorization_endpoint); !why.empty())
      return fail(why);
    std::string scope = challenge_.scope.empty() ? scopes_ : challenge_.scope;
    if (challenge_.error == "insufficient_scope") scope = joined_scopes(login_.scope, scope);
    scope = joined_scopes(scope, state_.options.scope);
    const bool offline = std::ranges::find(server_.scopes, "offline_access") != server_.scopes.end();
    if (offline) scope = joined_scopes(scope, "offline_access");
    asked_scope_ = scope;
    proof_ = make_proof();
    word_ = random_word();
    Fields fields = {{"response_type", "code"},
                     {"client_id", login_.client.id},
                     {"redirect_uri", redirect_->uri()},
                     {"code_challenge", proof_.challenge},
                     {"code_challenge_method", "S256"},
                     {"state", word_},
                     {"resource", resource()}};
    if (!scope.empty()) fields.emplace_back("scope", scope);
    if (offline) fields.emplace_back("prompt", "consent");
    const bool has_query = server_.authorization_endpoint.find('?') != std::string::npos;
    timer_ = loop_.after(state_.options.patience, [this] {
      timer_ = 0;
      fail("nobody came back from the browser in time");
    });
    state_.options.show(server_.authorization_endpoint + (has_query ? "&" : "?") + form(fields));
  }

  void back(const Fields& answer) {
    if (word_.empty()) return;  // it came before
    std::string error;
    const std::string code = code_of(answer, word_, server_, error);
    // A page that anybody opened must not end the login of somebody else.
    if (field(answer, "state") != word_) return;
    word_.clear();
    loop_.cancel_timer(std::exchange(timer_, 0));
    if (code.empty()) return fail(error);
    ask_for_token(server_.token_endpoint,
                  {{"grant_type", "authorization_code"},
                   {"code", code},
                   {"redirect_uri", redirect_->uri()},
                   {"code_verifier", proof_.verifier},
                   {"resource", resource()}},
                  &Flow::token_came);
  }

  void ask_for_token(const std::string& endpoint, Fields fields, Step step) {
    std::vector<http::Header> headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    const OauthClient& client = login_.client;
    if (client.method == "client_secret_basic") {
      headers.push_back(basic(client));
    } else {
      fields.emplace_back("client_id", client.id);
      if (client.method == "client_secret_post") fields.emplace_back("client_secret", client.secret);
    }
    fetcher_->post(endpoint, form(fields), std::move(headers), then(step));
  }

  void token_came(const Reply& reply) {
    std::string error = reply.error;
    const auto token = error.empty() ? parse_token(reply.status, reply.body, error) : std::nullopt;
    if (!token) return fail(fmt::format("{} gives no token: {}", shown(issuer_), error));
    login_.scope = asked_scope_;
    login_.refresh.clear();
    keep(*token);
  }

  /// What the token is for (RFC 8707): as its metadata say, else the server's URL.
  [[nodiscard]] std::string resource() const { return resource_.empty() ? login_.server : resource_; }

  State& state_;
  EventLoop& loop_;  // which outlives the state
  State::Known& known_;
  std::string name_;
  std::string signs_in_;  // what a person types
  Challenge challenge_;
  Url url_;
  Login login_;
  std::unique_ptr<Fetcher> fetcher_;
  std::vector<std::string> places_;  // where metadata may be, still to try
  std::string place_;                // the one that is asked
  std::string resource_, scopes_;    // of the server's metadata
  std::string issuer_;
  bool itself_ = false;  // the server gives its tokens itself
  ServerMetadata server_;
  std::unique_ptr<Redirect> redirect_;
  std::string asked_scope_;
  Proof proof_;
  std::string word_;  // `state`
  EventLoop::TimerId timer_ = 0;
};

Authorizer::Authorizer(EventLoop& loop, AuthorizerOptions options)
    : state_(std::make_unique<State>(loop, std::move(options))) {}

Authorizer::~Authorizer() = default;

void Authorizer::authorize(const Server& server, const std::string& www_authenticate, Done done) {
  State::Known& known = state_->servers[server.url];
  known.waiting.push_back(std::move(done));
  if (known.flow) return;
  known.flow = std::make_unique<Flow>(*state_, server, parse_challenge(www_authenticate));
  known.flow->begin();
}

}  // namespace chain::mcp
