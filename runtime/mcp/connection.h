// The protocol's state of one server: which era it is of, what was asked, what it asks. Internal to
// runtime/mcp.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/mcp/message.h"
#include "runtime/mcp/param_headers.h"
#include "runtime/mcp/transport.h"
#include "runtime/model/secrets.h"
#include "runtime/sched/event_loop.h"

namespace chain::mcp {

/// Kept alive by what it calls: a client may be destroyed from there.
class Connection final : public Receiver, public std::enable_shared_from_this<Connection> {
 public:
  using CallId = Client::CallId;

  using MakeTransport = std::function<std::unique_ptr<Transport>(Receiver& receiver, std::string& error)>;

  /// `make` is for tests; without it the server says how it is reached.
  Connection(EventLoop& loop, Server server, Options options, MakeTransport make = nullptr);

  CallId request(std::string method, std::string params, Client::Done done);
  void cancel(CallId id);
  void close(std::function<void()> done);
  /// Ends at once; nobody is told anything more.
  void shut();

  [[nodiscard]] Era era() const { return era_; }
  [[nodiscard]] const std::string& about() const { return about_; }
  [[nodiscard]] bool over_http() const { return !server_.url.empty(); }
  /// "mcp `shop`: ...", without secrets and on one line.
  [[nodiscard]] std::string sentence(std::string_view what) const;
  [[nodiscard]] const std::string& name() const { return server_.name; }
  /// Whether the server offers "tools", "resources" or "prompts"; true before it has said so.
  [[nodiscard]] bool offers(std::string_view feature) const;
  /// What `x-mcp-header` says of a tool, for calls of it.
  void learn(const std::string& tool, std::vector<ParamHeader> headers);

  void received(std::string_view json, uint64_t id) override;
  void failed(uint64_t id, Trouble trouble) override;
  void broke(Trouble trouble) override;
  void keeps(const std::string& secret) override { secrets_.add(secret); }

 private:
  struct Call {
    std::string method;
    std::string params;   // as they were given
    std::string answers;  // what goes with them after `input_required`; empty for nothing
    Client::Done done;
    uint64_t wire = 0;     // the id under which it was last sent; 0 while it waits
    int64_t until = 0;     // however much progress it makes
    int64_t due = 0;       // unless there is progress
    uint32_t rounds = 0;   // of questions that it took
    uint32_t resends = 0;  // for other reasons
    EventLoop::TimerId timer = 0;
  };
  struct Gathering;  // answers to an `input_required`
  enum class State : uint8_t { Idle, Probing, Initializing, Ready, Closing };

  // ---- connection.cpp: beginning and end ----
  void connect();
  bool open_transport();
  void probe();
  void initialize();
  void handshake_due(int64_t delay, void (Connection::*late)());
  void probe_late();
  void initialize_late();
  void probed(const Message& message);
  void discovered(std::string_view result);
  void initialized(const Message& message);
  void ready(Era era, std::string about);
  /// Every call fails with `trouble`; the next one begins anew.
  void break_off(Trouble trouble);
  void discard_transport();
  void fail_all(const Trouble& trouble);
  [[nodiscard]] bool handshake_failed(uint64_t id, const Trouble& trouble);
  void received_noise(std::string_view json, const Message& message, bool text, uint64_t id);

  // ---- calls.cpp: what is asked ----
  void send(CallId id, Call& call);
  void send_waiting();
  void resend(CallId id, Call& call);
  [[nodiscard]] Outgoing outgoing(Call& call);
  void arm(CallId id, Call& call, int64_t delay);
  void late(CallId id);
  void answered(CallId id, const Message& message);
  void refused(CallId id, Call& call, const Message& message);
  void end(CallId id, Answer answer);
  void fail(CallId id, abi::ErrorKind kind, std::string_view what, int64_t code = 0, bool in_doubt = false);
  void tell_cancelled(const Call& call, std::string_view why);
  [[nodiscard]] CallId call_of(uint64_t wire) const;
  void progressed(const Message& message);
  void learn_headers_and_resend(CallId id);

  // ---- questions.cpp: what the server asks and says ----
  void asked(const Message& message);
  void notified(const Message& message);
  void reply(std::string message);
  /// `answer` takes the JSON of an ElicitResult; never from within.
  void elicit(Elicitation question, std::function<void(std::string json)> answer);
  void input_required(CallId id, Call& call, std::string_view result);
  void gathered(const std::shared_ptr<Gathering>& gathering);

  EventLoop& loop_;
  const Server server_;
  const Options options_;
  const MakeTransport make_;
  model::Secrets secrets_;
  std::unique_ptr<Transport> transport_;
  State state_ = State::Idle;
  Era era_ = Era::Unknown;
  std::string about_;
  bool gone_ = false;         // shut
  bool skips_probe_ = false;  // the server ended when it was asked for its era
  uint64_t wires_ = 0;        // ids given, over all transports
  uint64_t handshake_ = 0;    // id of what is under way; 0 for nothing
  bool probed_again_ = false;
  uint64_t probe_ = 0;  // of `server/discover`, whose answer may come late
  EventLoop::TimerId handshake_timer_ = 0;
  std::map<CallId, Call> calls_;  // in their order
  CallId serial_ = 0;
  std::unordered_map<uint64_t, CallId> sent_;  // by id on the wire
  std::unordered_map<std::string, std::vector<ParamHeader>> headers_;
  std::map<std::string, bool> questions_;  // ids of the server's requests that wait; whether it withdrew them
  uint32_t asking_ = 0;                    // people who are asked
  uint32_t noise_ = 0;                     // lines in a row that were no messages
  std::string noise_line_;                 // the first of them
};

/// All pages of a list: the elements of `member` of each result of `method`, as JSON.
void list_pages(const std::shared_ptr<Connection>& connection, std::string method, std::string member,
                std::function<void(std::vector<std::string> elements, std::string error)> done);

}  // namespace chain::mcp
