#include "tests/unit/sched/session.h"

#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "compiler/diagnostics/render.h"
#include "compiler/driver/compile.h"
#include "runtime/abi/functions.h"

namespace chain::test {

Session::Session(std::string source, const std::string& base_url, model::ClientOptions options) {
  for (size_t at; (at = source.find("URL")) != std::string::npos;) source.replace(at, 3, base_url);
  compile(source);
  client_ = model::make_client(*program_, loop_, options);
  scheduler_ = std::make_unique<sched::Scheduler>(*program_, *client_, loop_);
}

Session::Session(std::string source, const std::string& base_url, const WrapClient& wrap)
    : Session(std::move(source), base_url) {
  client_ = wrap(std::move(client_), *program_, loop_);
  scheduler_ = std::make_unique<sched::Scheduler>(*program_, *client_, loop_);
}

Session::Session(std::string source, const MakeClient& make_client) {
  compile(source);
  client_ = make_client(loop_);
  scheduler_ = std::make_unique<sched::Scheduler>(*program_, *client_, loop_);
}

void Session::compile(const std::string& source) {
  char path[] = "/tmp/chain-test-XXXXXX.chain";
  const int file = mkstemps(path, 6);
  if (file < 0) throw std::runtime_error("cannot make a file in /tmp");
  close(file);
  std::ofstream(path) << source;
  SourceMap sources;
  Diagnostics diagnostics;
  program_ = driver::compile(path, sources, diagnostics, {.cache = false});
  unlink(path);
  if (!program_) throw std::runtime_error(render_text(diagnostics, sources));
}

Session::~Session() = default;

void Session::search_with(retrieve::Searches& searches) {
  scheduler_ = std::make_unique<sched::Scheduler>(*program_, *client_, loop_, nullptr, &searches);
}

uint32_t Session::chain(const std::string& name) const {
  for (uint32_t i = 0; i < program_->chains.size(); ++i) {
    if (program_->chains[i].name == name) return i;
  }
  throw std::runtime_error("no chain " + name);
}

sched::RunResult Session::run(const std::string& name, const std::string& arguments,
                              sched::RunOptions options) {
  sched::RunResult given;
  scheduler_->start(chain(name), arguments, options, [&](sched::RunResult result) {
    given = std::move(result);
    loop_.stop();
  });
  loop_.run();
  return given;
}

std::vector<sched::RunResult> Session::run_many(size_t count, const std::string& name,
                                                const std::string& arguments) {
  std::vector<sched::RunResult> results(count);
  size_t open = count;
  for (size_t i = 0; i < count; ++i) {
    scheduler_->start(chain(name), arguments, {}, [&, i](sched::RunResult result) {
      results[i] = std::move(result);
      if (--open == 0) loop_.stop();
    });
  }
  loop_.run();
  return results;
}

std::string outcome(const sched::RunResult& result) {
  if (result.ok) return result.value_json;
  return std::string(program::to_string(result.error.kind)) + ": " + result.error.message;
}

}  // namespace chain::test
