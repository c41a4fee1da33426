#include "runtime/http/client.h"

#include <sys/resource.h>

#include <algorithm>
#include <cassert>
#include <deque>
#include <utility>

#include "runtime/http/libcurl.h"
#include "runtime/http/shard.h"
#include "runtime/http/transfer.h"
#include "runtime/sched/event_loop.h"

namespace chain::http {

namespace {

constexpr uint32_t kShardCapacity = 128;
constexpr uint32_t kMostConnections = 16'384;  // below the ports that one peer can be reached from
constexpr uint32_t kReservedFiles = 64;        // for everything else that the process opens
constexpr uint32_t kFilesOfShard = 2;          // libcurl's own wake-up pair
constexpr size_t kIdleTransfers = 1024;        // kept for each endpoint

uint32_t default_connections() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  const uint64_t files = std::min<uint64_t>(limit.rlim_cur, uint64_t{2} * kMostConnections);
  const uint64_t shards = files / kShardCapacity + 1;
  const uint64_t reserved = kReservedFiles + kFilesOfShard * shards;
  return static_cast<uint32_t>(
      std::clamp<uint64_t>(files > reserved ? files - reserved : 0, 4, kMostConnections));
}

CURLSH* make_share() {
  CURLSH* share = libcurl().share_init();
  if (share == nullptr) return nullptr;
  libcurl().share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
  libcurl().share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  return share;
}

}  // namespace

bool may_have_arrived(Result result) {
  switch (result) {
    case Result::BadUrl:
    case Result::Private:
    case Result::Resolve:
    case Result::Connect:
    case Result::Tls:
    case Result::TimeoutConnect: return false;
    default: return true;
  }
}

struct Client::State final : ShardOwner, TransferOwner {
  struct EndpointState {
    explicit EndpointState(Endpoint told) : endpoint(std::move(told)), headers(endpoint) {}
    Endpoint endpoint;
    EndpointHeaders headers;
    std::vector<std::unique_ptr<Transfer>> idle;
  };

  /// A request that has not ended: queued (no transfer) or active. Identified by place and generation.
  struct Slot {
    uint32_t generation = 1;
    EndpointId endpoint = 0;
    std::string_view body;
    Handler* handler = nullptr;
    std::unique_ptr<Transfer> transfer;
    bool used = false;
  };

  EventLoop& loop;
  uint32_t limit;
  uint32_t shard_capacity;
  Sockets sockets;
  CURLSH* share;
  std::vector<std::unique_ptr<EndpointState>> endpoints;  // null where one was removed
  std::vector<EndpointId> free_endpoints;
  std::vector<std::unique_ptr<Shard>> shards;
  size_t first_with_room = 0;  // every shard before it is full
  std::vector<Slot> slots;
  std::vector<uint32_t> free_slots;
  std::deque<RequestId> queue;  // cancelled ones stay until their turn
  size_t waiting = 0;           // those in the queue that are not cancelled
  size_t active = 0;
  bool in_curl = false;            // libcurl must not be called now
  std::vector<RequestId> doomed;   // cancelled while in libcurl
  std::vector<RequestId> refused;  // libcurl did not take them
  EventLoop::TimerId turn = 0;     // when refusals are told and places given away

  State(EventLoop& used_loop, ClientOptions options);
  ~State() override;

  Slot* find(RequestId id);
  void release(Slot& slot, uint32_t index);
  void pump();
  void launch(RequestId id, Slot& slot);
  std::unique_ptr<Transfer> take_transfer(EndpointId id);
  Shard& choose_shard();
  void detach(Transfer& transfer);
  /// Takes the transfer off libcurl and its slot off the books.
  std::unique_ptr<Transfer> retire(RequestId id, Slot& slot);
  void put_back(std::unique_ptr<Transfer> transfer);
  void end(RequestId id, Slot& slot, CURLcode code);
  void requeue(RequestId id, Slot& slot);
  void pump_soon();
  void report_refused();  // and pumps

  void enter_curl() override { in_curl = true; }
  void leave_curl() override;
  void finished(CURL* easy, CURLcode code) override;
  void timed_out(Transfer& transfer) override;
};

Client::State::State(EventLoop& used_loop, ClientOptions options)
    : loop(used_loop),
      limit(options.max_connections != 0 ? options.max_connections : default_connections()),
      sockets(used_loop) {
  share = make_share();
  const uint32_t count = (limit + kShardCapacity - 1) / kShardCapacity;
  shard_capacity = (limit + count - 1) / count;
}

Client::State::~State() {
  loop.cancel_timer(turn);
  for (Slot& slot : slots) {
    if (slot.transfer) slot.transfer->shard->remove(slot.transfer->easy());
  }
  slots.clear();
  endpoints.clear();
  shards.clear();
  if (share != nullptr) libcurl().share_cleanup(share);
}

Client::State::Slot* Client::State::find(RequestId id) {
  const auto index = static_cast<uint32_t>(id);
  if (index >= slots.size()) return nullptr;
  Slot& slot = slots[index];
  return slot.used && slot.generation == id >> 32 ? &slot : nullptr;
}

void Client::State::release(Slot& slot, uint32_t index) {
  if (++slot.generation == 0) slot.generation = 1;
  slot.used = false;
  slot.handler = nullptr;
  slot.body = {};
  free_slots.push_back(index);
}

void Client::State::pump() {
  while (active < limit && !queue.empty()) {
    const RequestId id = queue.front();
    queue.pop_front();
    if (Slot* slot = find(id)) {
      --waiting;
      launch(id, *slot);
    }
  }
}

void Client::State::launch(RequestId id, Slot& slot) {
  slot.transfer = take_transfer(slot.endpoint);
  Transfer& transfer = *slot.transfer;
  transfer.request = id;
  transfer.shard = &choose_shard();
  ++transfer.shard->active;
  ++active;
  if (transfer.easy() != nullptr) {
    transfer.begin(slot.body, *slot.handler);
    if (transfer.shard->add(transfer.easy())) return;
  }
  refused.push_back(id);
  pump_soon();
}

void Client::State::pump_soon() {
  if (turn == 0) turn = loop.after(0, [this] { report_refused(); });
}

std::unique_ptr<Transfer> Client::State::take_transfer(EndpointId id) {
  EndpointState& state = *endpoints[id];
  if (!state.idle.empty()) {
    std::unique_ptr<Transfer> transfer = std::move(state.idle.back());
    state.idle.pop_back();
    return transfer;
  }
  auto transfer = std::make_unique<Transfer>(state.endpoint, state.headers, share, loop, sockets, *this);
  transfer->endpoint_id = id;
  return transfer;
}

// The first with room: low load then stays on few shards, whose connections are warm.
Shard& Client::State::choose_shard() {
  while (first_with_room < shards.size() && shards[first_with_room]->active >= shard_capacity)
    ++first_with_room;
  if (first_with_room == shards.size()) {
    shards.push_back(std::make_unique<Shard>(loop, sockets, *this, shard_capacity));
    shards.back()->number = first_with_room;
  }
  return *shards[first_with_room];
}

void Client::State::detach(Transfer& transfer) {
  transfer.finish();
  if (transfer.easy() != nullptr) transfer.shard->remove(transfer.easy());
  --transfer.shard->active;
  first_with_room = std::min(first_with_room, transfer.shard->number);
  --active;
}

std::unique_ptr<Transfer> Client::State::retire(RequestId id, Slot& slot) {
  std::unique_ptr<Transfer> transfer = std::move(slot.transfer);
  detach(*transfer);
  release(slot, static_cast<uint32_t>(id));
  return transfer;
}

void Client::State::put_back(std::unique_ptr<Transfer> transfer) {
  EndpointState& state = *endpoints[transfer->endpoint_id];
  if (transfer->easy() != nullptr && state.idle.size() < kIdleTransfers)
    state.idle.push_back(std::move(transfer));
}

void Client::State::end(RequestId id, Slot& slot, CURLcode code) {
  Handler* handler = slot.handler;
  std::unique_ptr<Transfer> transfer = retire(id, slot);
  const Outcome outcome = transfer->outcome(code);
  put_back(std::move(transfer));
  handler->end(outcome);
}

// Something else took the descriptors that we counted on: fewer connections, then, and this one waits first.
void Client::State::requeue(RequestId id, Slot& slot) {
  detach(*slot.transfer);
  put_back(std::move(slot.transfer));
  limit = static_cast<uint32_t>(active);
  queue.push_front(id);
  ++waiting;
}

void Client::State::report_refused() {
  turn = 0;
  for (const RequestId id : std::exchange(refused, {})) {
    if (Slot* slot = find(id)) end(id, *slot, CURLE_FAILED_INIT);
  }
  pump();
}

void Client::State::leave_curl() {
  in_curl = false;
  for (const RequestId id : std::exchange(doomed, {})) {
    if (Slot* slot = find(id)) put_back(retire(id, *slot));
  }
  pump();  // what handlers started meanwhile
}

void Client::State::finished(CURL* easy, CURLcode code) {
  char* data = nullptr;
  libcurl().easy_getinfo(easy, CURLINFO_PRIVATE, &data);
  auto* transfer = reinterpret_cast<Transfer*>(data);
  const RequestId id = transfer->request;
  Slot* slot = find(id);
  assert(slot != nullptr && slot->transfer.get() == transfer);
  if (code != CURLE_OK && transfer->out_of_descriptors() && active > 1) {
    requeue(id, *slot);
  } else {
    end(id, *slot, code);
  }
  pump();
}

void Client::State::timed_out(Transfer& transfer) {
  const RequestId id = transfer.request;
  if (Slot* slot = find(id)) end(id, *slot, CURLE_OPERATION_TIMEDOUT);
  pump();
}

Client::Client(EventLoop& loop, ClientOptions options) : state_(std::make_unique<State>(loop, options)) {}
Client::~Client() {
  assert(!state_->in_curl && "a client is not destroyed by its own handlers");
}

Client::EndpointId Client::add(Endpoint endpoint) {
  auto made = std::make_unique<State::EndpointState>(std::move(endpoint));
  if (state_->free_endpoints.empty()) {
    state_->endpoints.push_back(std::move(made));
    return static_cast<EndpointId>(state_->endpoints.size() - 1);
  }
  const EndpointId id = state_->free_endpoints.back();
  state_->free_endpoints.pop_back();
  state_->endpoints[id] = std::move(made);
  return id;
}

void Client::remove(EndpointId endpoint) {
  state_->endpoints[endpoint] = nullptr;
  state_->free_endpoints.push_back(endpoint);
}

Client::RequestId Client::start(EndpointId endpoint, std::string_view body, Handler& handler) {
  State& state = *state_;
  if (state.free_slots.empty()) {
    state.free_slots.push_back(static_cast<uint32_t>(state.slots.size()));
    state.slots.emplace_back();
  }
  const uint32_t index = state.free_slots.back();
  state.free_slots.pop_back();
  State::Slot& slot = state.slots[index];
  slot.used = true;
  slot.endpoint = endpoint;
  slot.body = body;
  slot.handler = &handler;
  const RequestId id = uint64_t{slot.generation} << 32 | index;
  state.queue.push_back(id);
  ++state.waiting;
  if (!state.in_curl) state.pump();  // else when libcurl returns
  return id;
}

void Client::cancel(RequestId request) {
  State& state = *state_;
  State::Slot* slot = state.find(request);
  if (slot == nullptr) return;
  slot->handler = nullptr;
  if (!slot->transfer) {
    --state.waiting;
    state.release(*slot, static_cast<uint32_t>(request));
  } else if (state.in_curl) {
    slot->transfer->handler = nullptr;
    state.doomed.push_back(request);
  } else {
    state.put_back(state.retire(request, *slot));
    state.pump_soon();  // not now: the next in the queue may be the next to be cancelled
  }
}

void Client::expire(RequestId request, int64_t delay_ns) {
  State::Slot* slot = state_->find(request);
  if (slot != nullptr && slot->transfer) slot->transfer->expire_at(state_->loop.now() + delay_ns);
}

size_t Client::active() const {
  return state_->active;
}
size_t Client::queued() const {
  return state_->waiting;
}
uint32_t Client::max_connections() const {
  return state_->limit;
}

}  // namespace chain::http
