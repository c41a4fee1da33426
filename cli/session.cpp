#include "cli/session.h"

#include <sys/resource.h>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "cli/cassette_file.h"
#include "cli/doctor.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/server_questions.h"
#include "cli/terminal.h"
#include "runtime/access/policy.h"
#include "runtime/model/caching_client.h"
#include "runtime/sched/ambient.h"
#include "runtime/store/answer_file.h"
#include "runtime/store/replay_journal.h"
#include "runtime/value/text.h"

namespace chain::cli {
namespace {

/// Every call in flight holds a socket. The soft limit is a default, often 1024; what counts is the hard one.
void raise_file_limit() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == files.rlim_max) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

/// The program, after the limit is raised: the client takes its cap from it.
std::shared_ptr<const program::Program> ready(std::shared_ptr<const program::Program> program) {
  raise_file_limit();
  return program;
}

/// For how long runs are kept that have ended, by $CHAIN_KEEP_RUNS; nothing for ever.
std::optional<int64_t> kept_for() {
  const char* text = std::getenv("CHAIN_KEEP_RUNS");
  if (text == nullptr || *text == 0) return std::nullopt;
  const auto keep = value::parse_duration(text);
  if (!keep || *keep < 0)
    say(printable(fmt::format(
        "warning: CHAIN_KEEP_RUNS is a duration such as 30d, not `{}`: no run is forgotten\n", text)));
  return keep && *keep >= 0 ? keep : std::nullopt;
}

/// Null if there is no place for it.
std::unique_ptr<model::AnswerStore> answer_store(const std::string& path, EventLoop& loop) {
  if (path.empty()) return nullptr;
  store::AnswerFileOptions options;
  options.path = path;
  options.warn = [](const std::string& warning) { say("warning: " + printable(warning) + "\n"); };
  return std::make_unique<store::AnswerFile>(loop, std::move(options));
}

std::unique_ptr<model::Client> client_with(CassetteFile& cassette, const program::Program& program,
                                           EventLoop& loop, model::ClientOptions options) {
  model::CassetteQuestions questions(program, options.access,
                                     model::secrets_of(program, options.variables.get()));
  if (cassette.replays()) {
    return model::make_replaying_client(
        program, cassette.cassette(), std::move(questions), loop,
        [&cassette](model::CassetteMiss miss) { cassette.miss(std::move(miss)); });
  }
  return model::make_recording_client(model::make_client(program, loop, std::move(options)),
                                      cassette.cassette(), std::move(questions));
}

std::unique_ptr<model::Client> client_of(const program::Program& program, EventLoop& loop,
                                         model::ClientOptions options, model::AnswerStore* answers,
                                         CassetteFile* cassette) {
  if (!options.known) options.known = known_endpoints();
  if (cassette) return client_with(*cassette, program, loop, std::move(options));
  auto variables = options.variables;
  auto client = model::make_client(program, loop, std::move(options));
  return answers
             ? model::make_caching_client(std::move(client), *answers, program, loop, std::move(variables))
             : std::move(client);
}

bool calls_models(const program::Resource& resource) {
  return (resource.kind == "index" || resource.kind == "memory") &&
         (resource.embed_model != UINT32_MAX || resource.rerank_model != UINT32_MAX);
}

std::unique_ptr<model::VectorClient> vectors_of(const program::Program& program, EventLoop& loop,
                                                model::ClientOptions options) {
  if (std::ranges::none_of(program.resources, calls_models)) return nullptr;
  if (!options.known) options.known = known_endpoints();
  return model::make_vector_client(program, loop, std::move(options));
}

/// What is said of an index goes to whoever watches.
std::unique_ptr<retrieve::Searches> searches_of(const program::Program& program, EventLoop& loop,
                                                model::VectorClient* vectors,
                                                std::shared_ptr<const access::Policy> access) {
  const bool any = std::ranges::any_of(
      program.resources, [](const program::Resource& resource) { return resource.kind == "index"; });
  if (!any || !access) return nullptr;  // in tests `given` answers
  retrieve::SearchesOptions options{.vectors = vectors, .access = std::move(access)};
  options.note = [](const std::string& note, bool warns) {
    if (warns || is_terminal(STDERR_FILENO)) say((warns ? "warning: " : "") + printable(note) + "\n");
  };
  return retrieve::make_searches(program, loop, std::move(options));
}

std::unique_ptr<memory::Memories> memories_of(const program::Program& program, EventLoop& loop,
                                              model::Client* client, model::VectorClient* vectors) {
  const bool any = std::ranges::any_of(
      program.resources, [](const program::Resource& resource) { return resource.kind == "memory"; });
  if (!any) return nullptr;
  memory::MemoriesOptions options{.client = client, .vectors = vectors};
  options.warn = [](const std::string& warning) { say("warning: " + printable(warning) + "\n"); };
  return memory::make_memories(program, loop, std::move(options));
}

std::unique_ptr<tool::Caller> tools_of(const program::Program& program, EventLoop& loop,
                                       const model::ClientOptions& options, ServerQuestions* questions) {
  tool::Options how{.verbose = options.verbose, .access = options.access};
  if (questions)
    how.elicit = [questions](std::string_view /*server*/, const tool::Inquiry::Question& question,
                             std::function<void(std::string)> answer) {
      questions->ask(question.text, question.form, question.url, std::move(answer));
    };
  return tool::make_caller(program, loop, std::move(how));
}

}  // namespace

Session::Session(std::shared_ptr<const program::Program> program, model::ClientOptions options,
                 const std::string& answers, CassetteFile* cassette)
    : program_(ready(std::move(program))),
      secrets_(model::secrets_of(*program_, options.variables.get())),
      cassette_(cassette),
      answers_(answer_store(cassette ? std::string() : answers, loop_)),
      questions_(somebody_is_there() ? std::make_unique<ServerQuestions>(loop_) : nullptr),
      tools_(tools_of(*program_, loop_, options, questions_.get())),
      vectors_(vectors_of(*program_, loop_, options)),
      searches_(searches_of(*program_, loop_, vectors_.get(), options.access)),
      client_(client_of(*program_, loop_, std::move(options), answers_.get(), cassette)),
      memories_(memories_of(*program_, loop_, client_.get(), vectors_.get())),
      scheduler_(*program_, *client_, loop_, tools_.get(), searches_.get(), memories_.get()) {}

Session::~Session() = default;

std::optional<sched::RunResult> Session::run(uint32_t chain, std::string_view arguments_json,
                                             sched::RunOptions options) {
  const Interrupt interrupt(loop_);
  options.names_steps = cassette_ != nullptr;
  // Shared: a run that was given up may still report its end when the scheduler goes.
  const auto result = std::make_shared<std::optional<sched::RunResult>>();
  scheduler_.start(chain, arguments_json, options, [this, result](sched::RunResult ended) {
    *result = std::move(ended);
    loop_.stop();
  });
  if (!*result) loop_.run();
  if (!*result) {
    scheduler_.cancel_all();
    loop_.run();  // until the run has ended
    return std::nullopt;
  }
  return std::move(*result);
}

void Session::open_journal(store::JournalWriter::Options options) {
  journal_options_ = std::move(options);
  writer_ = std::make_unique<store::JournalWriter>(journal_options_, loop_);
  if (const auto keep = kept_for())
    writer_->write([before = sched::wall_clock() -
                             *keep](store::Records& records) { return records.forget_before(before); },
                   nullptr);
}

std::unique_ptr<store::RunJournal> Session::journal(store::RunRecord run, store::Sources sources,
                                                    bool content) {
  return std::make_unique<store::RunJournal>(*writer_, std::move(run), std::move(sources),
                                             journal_options_.folder, content);
}

sched::Journal& Session::keep(store::RunRecord run, store::Sources sources, bool content) {
  return *journals_.emplace_back(journal(std::move(run), std::move(sources), content));
}

sched::Journal& Session::keep(store::RunRecord run, std::vector<store::StepRecord> steps,
                              std::unique_ptr<store::RunLock> lock, bool content) {
  return *journals_.emplace_back(std::make_unique<store::RunJournal>(
      *writer_, std::move(run), std::move(steps), std::move(lock), content));
}

sched::Journal& Session::replay(store::RunRecord run, store::Sources sources,
                                std::vector<store::StepRecord> steps, bool content) {
  return *journals_.emplace_back(std::make_unique<store::ReplayJournal>(
      journal(std::move(run), std::move(sources), content), std::move(steps)));
}

}  // namespace chain::cli
