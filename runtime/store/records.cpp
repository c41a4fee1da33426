#include "runtime/store/records.h"

#include <nlohmann/json.hpp>

#include <utility>

#include "runtime/program/errors.h"
#include "runtime/sched/ambient.h"
#include "runtime/store/run_lock.h"
#include "runtime/store/turns.h"
#include "runtime/value/digest.h"

namespace chain::store {
namespace {

using nlohmann::json;

constexpr std::string_view kSchema = R"sql(
CREATE TABLE sources (hash TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE runs (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, state INTEGER NOT NULL,
  file TEXT NOT NULL, folder TEXT NOT NULL, chain TEXT NOT NULL, artifact TEXT NOT NULL,
  arguments TEXT NOT NULL, settings TEXT NOT NULL, sources TEXT NOT NULL, seed INTEGER NOT NULL,
  started INTEGER NOT NULL, ended INTEGER, result TEXT, text TEXT, error TEXT);
CREATE TABLE steps (
  run INTEGER NOT NULL REFERENCES runs(number) ON DELETE CASCADE, path TEXT NOT NULL,
  kind TEXT NOT NULL, name TEXT NOT NULL, model TEXT NOT NULL, digest TEXT NOT NULL,
  started INTEGER NOT NULL, ended INTEGER, place INTEGER, ok INTEGER,
  input_tokens INTEGER, output_tokens INTEGER, cached_tokens INTEGER, reasoning_tokens INTEGER,
  asked TEXT, kept INTEGER, cost INTEGER,
  request TEXT, reply TEXT, details TEXT,
  PRIMARY KEY (run, path)) WITHOUT ROWID;
)sql";

/// From the layout before, which kept no costs.
constexpr std::string_view kUpgrade =
    "ALTER TABLE steps ADD COLUMN asked TEXT; ALTER TABLE steps ADD COLUMN kept INTEGER DEFAULT 0; "
    "ALTER TABLE steps ADD COLUMN cost INTEGER";

/// Whether a run, if it is open, waits for a person.
const std::string kWaits =
    "EXISTS (SELECT 1 FROM steps WHERE run = number AND ended IS NULL AND kind IN ('ask', 'approve', "
    "'doubt'))";

const std::string kRunColumns =
    "SELECT number, id, state, file, folder, chain, artifact, arguments, settings, sources, seed, started, "
    "ended, result, text, error, (SELECT count(ended) FROM steps WHERE run = number), "
    "(SELECT sum(input_tokens) FROM steps WHERE run = number), "
    "(SELECT sum(output_tokens) FROM steps WHERE run = number), "
    "(SELECT sum(cached_tokens) FROM steps WHERE run = number), "
    "(SELECT sum(reasoning_tokens) FROM steps WHERE run = number), " +
    kWaits + " FROM runs ";

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// An object, whatever the text is.
json parsed(std::string_view text) {
  json value = json::parse(text, nullptr, false);
  return value.is_object() ? value : json::object();
}

std::string word(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

uint32_t number(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_unsigned() ? found->get<uint32_t>() : 0;
}

bool flag(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

program::ErrorKind kind_named(std::string_view name) {
  return program::error_kind(name).value_or(program::ErrorKind::Failed);
}

/// What the innermost race or sample on the path runs, its arms to come: "main/race[". If all of them failed,
/// all are done again. A text that begins no path without one.
std::string alternatives_of(const std::string& path) {
  const size_t last = path.rfind('[');
  for (size_t at = last; at != std::string::npos && at > 0; at = path.rfind('[', at - 1)) {
    const size_t slash = path.rfind('/', at);
    const std::string_view name = std::string_view(path).substr(slash + 1, at - slash - 1);
    if (name.starts_with("race") || name.starts_with("sample")) return path.substr(0, at + 1);
  }
  return "\n";
}

void add_wait(json& details, const model::Waited& waited) {
  if (waited.time <= 0) return;
  details["waited"] = waited.time;
  details["waited_for"] = waited.why;
}

model::Waited wait_in(const json& details) {
  const auto time = details.find("waited");
  if (time == details.end() || !time->is_number_integer()) return {};
  return {time->get<int64_t>(), word(details, "waited_for")};
}

/// 1 for an answer of the cache, 2 for one of another run, whose cost stands there.
int64_t kept_word(model::Cached cached) {
  if (cached == model::Cached::Replay) return 2;
  return model::is_kept(cached) ? 1 : 0;
}

std::string details_of(const sched::StepEnd& end) {
  if (!end.ok) {
    json details = {{"kind", program::to_string(end.failure.kind)},
                    {"message", end.failure.message},
                    {"attempts", end.failure.attempts}};
    if (end.dropped) details["dropped"] = true;
    if (end.failure.in_doubt) details["in_doubt"] = true;
    add_wait(details, end.failure.waited);
    return dump(details);
  }
  json details = {{"model", end.completion.model}, {"attempts", end.completion.attempts}};
  if (!end.completion.finish_reason.empty()) details["finish_reason"] = end.completion.finish_reason;
  if (!end.completion.request_id.empty()) details["request_id"] = end.completion.request_id;
  if (end.completion.cut_off) details["cut_off"] = true;
  if (const auto cached = model::to_string(end.completion.cached); !cached.empty())
    details["cached"] = cached;
  if (end.completion.cached == model::Cached::Similar) details["similarity"] = end.completion.similarity;
  if (end.completion.stand_in) details["stand_in"] = true;
  if (!end.completion.answered_by.empty()) details["answered_by"] = end.completion.answered_by;
  add_wait(details, end.completion.waited);
  if (end.completion.usage.written_tokens > 0)
    details["written_tokens"] = end.completion.usage.written_tokens;
  if (end.completion.usage.searches > 0) details["searches"] = end.completion.usage.searches;
  if (std::string turn = turn_text(end.completion); !turn.empty()) details["turn"] = std::move(turn);
  return dump(details);
}

sched::StepEnd end_of(const Statement& row) {
  sched::StepEnd end;
  const json details = parsed(row.text(14));
  end.ok = row.integer(7) != 0;
  end.request = row.text(12);
  end.asked = row.text(16);
  if (!row.is_null(17)) end.cost = row.integer(17);
  if (!end.ok) {
    end.failure = {kind_named(word(details, "kind")), word(details, "message"), number(details, "attempts")};
    end.failure.waited = wait_in(details);
    end.failure.in_doubt = flag(details, "in_doubt");
    end.dropped = flag(details, "dropped");
    return end;
  }
  end.completion.text = row.text(13);
  end.completion.model = word(details, "model");
  end.completion.finish_reason = word(details, "finish_reason");
  end.completion.request_id = word(details, "request_id");
  end.completion.cut_off = flag(details, "cut_off");
  end.completion.stand_in = flag(details, "stand_in");
  end.completion.cached = model::cached_named(word(details, "cached"));
  end.completion.answered_by = word(details, "answered_by");
  end.completion.waited = wait_in(details);
  if (const auto alike = details.find("similarity"); alike != details.end() && alike->is_number())
    end.completion.similarity = alike->get<double>();
  read_turn(word(details, "turn"), end.completion);
  end.completion.attempts = number(details, "attempts");
  end.completion.usage = {row.integer(8), row.integer(9), row.integer(10), row.integer(11)};
  end.completion.usage.written_tokens = number(details, "written_tokens");
  end.completion.usage.searches = number(details, "searches");
  return end;
}

}  // namespace

std::string journal_path(const std::string& folder) {
  return folder + "/journal.db";
}

Source source_of(std::string path, std::string text) {
  std::string hash = value::hex(value::sha256(text));
  return {std::move(path), std::move(text), std::move(hash)};
}

std::string places_of(const std::vector<Source>& sources) {
  json places = json::array();
  for (const Source& source : sources) places.push_back({source.path, source.hash});
  return dump(places);
}

std::string fresh_id() {
  // Crockford's base 32: no letter looks like a digit.
  constexpr std::string_view kLetters = "0123456789abcdefghjkmnpqrstvwxyz";
  uint64_t bits = sched::fresh_seed();
  std::string id;
  for (int i = 0; i < 10; ++i, bits >>= 5) id += kLetters[bits & 31];
  return id;
}

Records::Records(std::unique_ptr<Database> database)
    : database_(std::move(database)),
      begin_step_(database_->prepare("INSERT OR REPLACE INTO steps (run, path, kind, name, model, digest, "
                                     "started, request) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")),
      end_step_(database_->prepare(
          "UPDATE steps SET ended = ?, place = ?, ok = ?, input_tokens = ?, output_tokens = ?, cached_tokens "
          "= ?, reasoning_tokens = ?, asked = ?, kept = ?, cost = ?, request = coalesce(nullif(?, ''), "
          "request), "
          "reply = ?, details = ? "
          "WHERE run = ? AND path = ?")) {}

std::unique_ptr<Records> Records::open(const std::string& folder, Durability durability, std::string& error) {
  if (folder.empty()) {
    error = "there is no folder for the journal: set CHAIN_STATE_DIR or HOME";
    return nullptr;
  }
  auto database = Database::open(journal_path(folder), kSchema, kJournalVersion, durability, error,
                                 /*damaged=*/nullptr, kUpgrade);
  if (database) database->leave_log();  // a short run pays for no more than it needs
  return database ? std::unique_ptr<Records>(new Records(std::move(database))) : nullptr;
}

bool Records::insert(RunRecord& run, const std::vector<Source>& sources) {
  Statement keep = database_->prepare("INSERT OR IGNORE INTO sources (hash, text) VALUES (?, ?)");
  for (const Source& source : sources) {
    if (!keep.bind(source.hash).bind(source.text).run()) return false;
  }
  if (run.sources.empty()) run.sources = places_of(sources);
  Statement insert = database_->prepare(
      "INSERT INTO runs (id, state, file, folder, chain, artifact, arguments, settings, sources, seed, "
      "started) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(run.id).bind(static_cast<int64_t>(run.state)).bind(run.file).bind(run.folder);
  insert.bind(run.chain).bind(run.artifact).bind(run.arguments).bind(run.settings).bind(run.sources);
  if (!insert.bind(static_cast<int64_t>(run.seed)).bind(run.started).run()) return false;
  run.number = database_->last_row();
  return true;
}

bool Records::begin_step(int64_t run, const StepRecord& step) {
  begin_step_.bind(run)
      .bind(step.path)
      .bind(step.kind)
      .bind(step.name)
      .bind(step.model)
      .bind(step.digest)
      .bind(step.started)
      .bind(step.end.request);
  return begin_step_.run();
}

bool Records::remove_step(int64_t run, std::string_view path) {
  return database_->prepare("DELETE FROM steps WHERE run = ? AND path = ?").bind(run).bind(path).run();
}

bool Records::end_step(int64_t run, std::string_view path, int64_t ended, uint64_t order,
                       const sched::StepEnd& end) {
  const model::Usage& usage = end.completion.usage;
  end_step_.bind(ended).bind(static_cast<int64_t>(order)).bind(int64_t{end.ok});
  end_step_.bind(usage.input_tokens).bind(usage.output_tokens);
  end_step_.bind(usage.cached_tokens).bind(usage.reasoning_tokens);
  end_step_.bind(end.asked).bind(kept_word(end.completion.cached));
  end.cost ? end_step_.bind(*end.cost) : end_step_.bind_null();
  end_step_.bind(end.request).bind(end.completion.text).bind(details_of(end)).bind(run).bind(path);
  return end_step_.run();
}

bool Records::answer_step(int64_t run, const StepRecord& step, int64_t ended, std::string answer) {
  Statement last = database_->prepare("SELECT coalesce(max(place), 0) FROM steps WHERE run = ?");
  if (!last.bind(run).next()) return false;
  sched::StepEnd end;
  end.completion.text = std::move(answer);
  return end_step(run, step.path, ended, static_cast<uint64_t>(last.integer(0)) + 1, end);
}

bool Records::end_run(int64_t run, int64_t ended, const sched::RunResult& result) {
  Statement update = database_->prepare(
      "UPDATE runs SET state = ?, ended = ?, result = ?, text = ?, error = ? WHERE number = ?");
  update.bind(static_cast<int64_t>(result.ok ? RunState::Done : RunState::Failed)).bind(ended);
  if (result.ok) {
    update.bind(result.value_json).bind(result.text).bind_null();
  } else {
    const sched::RunError& error = result.error;
    update.bind_null().bind_null().bind(dump({{"kind", program::to_string(error.kind)},
                                              {"message", error.message},
                                              {"path", error.path},
                                              {"file", error.file},
                                              {"line", error.line},
                                              {"column", error.column}}));
  }
  return update.bind(run).run();
}

bool Records::drop_content(int64_t run) {
  return database_->prepare("UPDATE runs SET arguments = '{}', result = NULL, text = NULL WHERE number = ?")
             .bind(run)
             .run() &&
         database_
             ->prepare(
                 "UPDATE steps SET request = NULL, reply = NULL, details = CASE WHEN json_valid(details) "
                 "THEN json_remove(details, '$.turn') END WHERE "
                 "run = ?")
             .bind(run)
             .run();
}

bool Records::reopen(const RunRecord& run) {
  Statement update = database_->prepare(
      "UPDATE runs SET state = 0, ended = NULL, result = NULL, text = NULL, error = NULL WHERE number = ?");
  if (!update.bind(run.number).run()) return false;
  const std::string& path = run.error.path;
  // A failure in pure code names the step before it, which was answered.
  const std::string failed = "WHERE run = ?1 AND ok = 0 AND (path = ?2 OR substr(path, 1, length(?3)) = ?3)";
  // Writes of which nobody knows stay, as if their answers were still to come.
  Statement doubt = database_->prepare(
      "UPDATE steps SET ended = NULL, place = NULL, ok = NULL " + failed +
      " AND kind = 'tool' AND CASE WHEN json_valid(details) THEN details ->> '$.in_doubt' END");
  Statement forget = database_->prepare("DELETE FROM steps " + failed);
  for (Statement* each : {&doubt, &forget}) {
    if (!each->bind(run.number).bind(path).bind(alternatives_of(path)).run()) return false;
  }
  // Nothing that a person said of the call before holds for what comes.
  Statement said = database_->prepare(
      "DELETE FROM steps WHERE run = ?1 AND (path IN (?2 || '/time', ?2 || '/doubt') OR "
      "substr(path, 1, length(?2) + 7) = ?2 || '/doubt[')");
  if (!said.bind(run.number).bind(path).run()) return false;
  if (run.error.kind != program::ErrorKind::InvalidOutput) return true;
  // None of these answers could be read.
  Statement unread = database_->prepare(
      "DELETE FROM steps WHERE run = ?1 AND kind = 'prompt' AND (path = ?2 OR substr(path, 1, length(?2) + "
      "8) = ?2 || "
      "'/repair[' OR path = ?2 || '/anew')");
  return unread.bind(run.number).bind(path).run();
}

bool Records::remove(int64_t run) {
  return database_->prepare("DELETE FROM runs WHERE number = ?").bind(run).run();
}

int64_t Records::remove_before(int64_t time, const std::string& folder, bool waiting) {
  if (!database_->prepare("DELETE FROM runs WHERE ended < ?").bind(time).run()) return -1;
  int64_t removed = database_->changed();
  std::vector<int64_t> stopped;
  Statement open = database_->prepare(
      "SELECT number FROM runs WHERE ended IS NULL AND started < ? AND (? OR NOT " + kWaits + ")");
  for (open.bind(time).bind(int64_t{waiting}); open.next();) {
    if (!RunLock::is_held(folder, open.integer(0))) stopped.push_back(open.integer(0));
  }
  for (const int64_t run : stopped) {
    if (!remove(run)) return -1;
    ++removed;
  }
  return sweep() && database_->run("VACUUM") ? removed : -1;
}

bool Records::sweep() {
  return database_->run(
      "DELETE FROM sources WHERE hash NOT IN (SELECT place.value ->> 1 FROM runs, json_each(runs.sources) AS "
      "place)");
}

bool Records::forget_before(int64_t time) {
  constexpr int64_t kDay = 86'400'000'000'000;
  // A run that was interrupted is as old as its last step; those that wait are never forgotten.
  const std::string over =
      "(ended < ?1 OR (ended IS NULL AND started < ?1 AND NOT " + kWaits +
      " AND NOT EXISTS (SELECT 1 FROM steps WHERE run = number AND steps.started >= ?1)))";
  Statement old = database_->prepare("SELECT 1 FROM runs WHERE " + over + " LIMIT 1");
  if (!old.bind(time - kDay).next()) return true;
  old.reset();
  return database_->prepare("DELETE FROM runs WHERE " + over).bind(time).run() && sweep();
}

std::vector<RunRecord> Records::read_runs(Statement row) {
  std::vector<RunRecord> runs;
  while (row.next()) {
    RunRecord& run = runs.emplace_back();
    run.number = row.integer(0);
    run.id = row.text(1);
    run.state = static_cast<RunState>(row.integer(2));
    run.file = row.text(3);
    run.folder = row.text(4);
    run.chain = row.text(5);
    run.artifact = row.text(6);
    run.arguments = row.text(7);
    run.settings = row.text(8);
    run.sources = row.text(9);
    run.seed = static_cast<uint64_t>(row.integer(10));
    run.started = row.integer(11);
    run.ended = row.integer(12);
    run.result = row.text(13);
    run.text = row.text(14);
    if (!row.is_null(15)) {
      const json error = parsed(row.text(15));
      run.error = {kind_named(word(error, "kind")), word(error, "message"), word(error, "path"),
                   number(error, "file"),           number(error, "line"),  number(error, "column")};
    }
    run.steps = row.integer(16);
    run.usage = {row.integer(17), row.integer(18), row.integer(19), row.integer(20)};
    run.waits = run.state == RunState::Open && row.integer(21) != 0;
  }
  return runs;
}

std::vector<RunRecord> Records::runs(size_t most) {
  Statement all = database_->prepare(kRunColumns + "ORDER BY number DESC LIMIT ?");
  all.bind(static_cast<int64_t>(most));
  return read_runs(std::move(all));
}

std::vector<RunRecord> Records::waiting() {
  return read_runs(
      database_->prepare(kRunColumns + "WHERE state = 0 AND " + kWaits + " ORDER BY number DESC"));
}

std::vector<RunRecord> Records::find(std::string_view id) {
  if (id == "last") return runs(1);
  Statement some =
      database_->prepare(kRunColumns + "WHERE substr(id, 1, length(?1)) = ?1 ORDER BY number DESC");
  some.bind(id);
  return read_runs(std::move(some));
}

std::vector<StepRecord> Records::steps(int64_t run) {
  Statement row = database_->prepare(
      "SELECT path, kind, name, model, started, ended, place, ok, input_tokens, output_tokens, "
      "cached_tokens, "
      "reasoning_tokens, request, reply, details, digest, asked, cost FROM steps WHERE run = ? ORDER BY "
      "started, path");
  row.bind(run);
  std::vector<StepRecord> steps;
  while (row.next()) {
    StepRecord& step = steps.emplace_back();
    step.path = row.text(0);
    step.kind = row.text(1);
    step.name = row.text(2);
    step.model = row.text(3);
    step.started = row.integer(4);
    step.ended = row.integer(5);
    step.order = static_cast<uint64_t>(row.integer(6));
    step.digest = row.text(15);
    if (step.ended != 0) {
      step.end = end_of(row);
    } else {
      step.end.request = row.text(12);
      step.end.failure.message = word(parsed(row.text(14)), "message");
    }
  }
  return steps;
}

std::vector<Source> Records::sources(const RunRecord& run) {
  std::vector<Source> sources;
  const json places = json::parse(run.sources, nullptr, false);
  if (!places.is_array()) return sources;
  Statement read = database_->prepare("SELECT text FROM sources WHERE hash = ?");
  for (const json& place : places) {
    if (!place.is_array() || place.size() != 2 || !place[0].is_string() || !place[1].is_string()) continue;
    if (read.bind(place[1].get<std::string>()).next())
      sources.push_back(
          {place[0].get<std::string>(), std::string(read.text(0)), place[1].get<std::string>()});
    read.reset();
  }
  return sources;
}

}  // namespace chain::store
