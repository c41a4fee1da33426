// Our client of models, and (with HTTP=1 in the environment) our HTTP client alone, making the same calls as
// floor.cpp: what they cost on top of libcurl.
#include <memory>

#include "runtime/http/client.h"
#include "runtime/model/client.h"
#include "runtime/sched/event_loop.h"
#include "tests/bench/floor.h"

namespace {

using floor_bench::Load;
using floor_bench::Report;

/// What both kinds of chain have in common.
struct Bench {
  Load load;
  Report report;
  chain::EventLoop loop;
  int started = 0;
  explicit Bench(const Load& wanted) : load(wanted), report(wanted) {}
};

class ModelChain final : chain::model::Listener {
 public:
  ModelChain(Bench& bench, chain::model::Client& client) : bench_(bench), client_(client) {}

  void begin() {
    if (bench_.started == bench_.load.total) return;
    topic_ = ++bench_.started;
    step_ = 0;
    began_ = Report::Clock::now();
    send();
  }

 private:
  void send() {
    prompt_ = floor_bench::prompt(step_, topic_, previous_);
    chain::model::Request request;
    request.messages.push_back({chain::program::Role::User, prompt_});
    client_.start(std::move(request), *this);
  }
  void done(chain::model::Completion completion) override {
    previous_ = std::move(completion.text);
    if (++step_ < 3) return send();
    bench_.report.finished(began_, previous_ == floor_bench::kWanted);
    begin();
  }
  void failed(chain::model::Failure failure) override {
    fmt::print(stderr, "{}\n", failure.message);
    bench_.report.finished(began_, false);
    begin();
  }

  Bench& bench_;
  chain::model::Client& client_;
  int topic_ = 0, step_ = 0;
  Report::Clock::time_point began_;
  std::string prompt_, previous_;
};

class HttpChain final : chain::http::Handler {
 public:
  HttpChain(Bench& bench, chain::http::Client& client, chain::http::Client::EndpointId endpoint)
      : bench_(bench), client_(client), endpoint_(endpoint) {}

  void begin() {
    if (bench_.started == bench_.load.total) return;
    topic_ = ++bench_.started;
    step_ = 0;
    began_ = Report::Clock::now();
    send();
  }

 private:
  void send() {
    body_ = R"({"model":"gpt-4o-mini","messages":[{"role":"user","content":")";
    for (const char c : floor_bench::prompt(step_, topic_, previous_)) {
      if (c == '\n')
        body_ += "\\n";
      else
        body_ += c;
    }
    body_ += "\"}]}";
    reply_.clear();
    client_.start(endpoint_, body_, *this);
  }
  void body(std::string_view bytes) override { reply_ += bytes; }
  void end(const chain::http::Outcome& /*outcome*/) override {
    const size_t begins = reply_.find(floor_bench::kWanted);
    previous_ = begins == std::string::npos ? "" : reply_.substr(begins, floor_bench::kWanted.size());
    if (++step_ < 3) return send();
    bench_.report.finished(began_, previous_ == floor_bench::kWanted);
    begin();
  }

  Bench& bench_;
  chain::http::Client& client_;
  chain::http::Client::EndpointId endpoint_;
  int topic_ = 0, step_ = 0;
  Report::Clock::time_point began_;
  std::string body_, reply_, previous_;
};

int run_model(Bench& bench) {
  chain::program::Program program;
  program.models.push_back({"gpt", "openai", "gpt-4o-mini",
                            fmt::format(R"({{"base_url": "http://127.0.0.1:{}/v1"}})", bench.load.port)});
  const auto client = chain::model::make_client(program, bench.loop);
  std::vector<std::unique_ptr<ModelChain>> chains;
  for (int i = 0; i < bench.load.concurrent; ++i) {
    chains.push_back(std::make_unique<ModelChain>(bench, *client));
    chains.back()->begin();
  }
  bench.loop.run();
  return bench.report.print("model client");
}

int run_http(Bench& bench) {
  chain::http::Client client(bench.loop);
  chain::http::Endpoint endpoint;
  endpoint.url = fmt::format("http://127.0.0.1:{}/v1/chat/completions", bench.load.port);
  endpoint.headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer sk-mock"}};
  endpoint.timeouts = {10'000'000'000, 0, 300'000'000'000, 600'000'000'000};
  const auto id = client.add(std::move(endpoint));
  std::vector<std::unique_ptr<HttpChain>> chains;
  for (int i = 0; i < bench.load.concurrent; ++i) {
    chains.push_back(std::make_unique<HttpChain>(bench, client, id));
    chains.back()->begin();
  }
  bench.loop.run();
  return bench.report.print("HTTP client");
}

}  // namespace

int main(int argc, char** argv) {
  const Load load = floor_bench::read_load(argc, argv);
  floor_bench::allow_many_files();
  Bench bench(load);
  return std::getenv("HTTP") != nullptr ? run_http(bench) : run_model(bench);
}
