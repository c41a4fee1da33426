// `chain lineage RUN`: what a run's answer was made of.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "cli/kept_run.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "runtime/store/records.h"
#include "runtime/value/digest.h"

namespace chain::cli {
namespace {

using nlohmann::json;
using store::RunRecord;
using store::StepRecord;

/// What steps of a run called, by name, with how often.
struct Lineage {
  struct Call {
    std::string kind;
    int64_t count = 0;
    int64_t failed = 0;
  };
  struct Model {
    std::set<std::string> snapshots;
    int64_t count = 0;
  };
  struct Kept {
    std::string path, how;
    int64_t age = 0;  // nanoseconds
  };
  struct Passage {
    std::string index, source, id;
    friend auto operator<=>(const Passage&, const Passage&) = default;
  };
  struct Decision {
    std::string path, kind, answer;
  };
  std::map<std::string, Call> calls;
  std::map<std::string, Model> models;
  std::vector<Kept> kept;
  std::set<Passage> passages;
  std::vector<Decision> decisions;
  std::map<std::string, std::string> files;  // hashes, by path
};

void add_passages(Lineage& lineage, const StepRecord& step) {
  const json found = json::parse(step.end.completion.text, nullptr, /*allow_exceptions=*/false);
  if (!found.is_array()) return;
  const auto word = [](const json& passage, const char* name) {
    const auto member = passage.is_object() ? passage.find(name) : passage.end();
    return member != passage.end() && member->is_string() ? member->get<std::string>() : std::string();
  };
  for (const json& passage : found)
    lineage.passages.insert({step.name, word(passage, "source"), word(passage, "id")});
}

void add_model(Lineage& lineage, const StepRecord& step) {
  const model::Completion& answer = step.end.completion;
  if (step.end.asked.empty()) return;
  Lineage::Model& model = lineage.models[step.end.asked];
  ++model.count;
  if (!answer.model.empty()) model.snapshots.insert(answer.model);
  if (model::is_kept(answer.cached))
    lineage.kept.push_back({step.path, std::string(to_string(answer.cached)), answer.age});
}

Lineage lineage_of(const std::vector<StepRecord>& steps, const std::vector<store::Source>& sources) {
  Lineage lineage;
  for (const StepRecord& step : steps) {
    if (step.ended == 0 || step.kind == "log" || step.kind == "time") continue;
    if (store::is_of_person(step)) {
      lineage.decisions.push_back({step.path, step.kind, step.end.completion.text});
      continue;
    }
    Lineage::Call& call = lineage.calls[step.name.empty() ? step.kind : step.name];
    call.kind = step.kind;
    ++call.count;
    if (!step.end.ok) ++call.failed;
    if (step.end.ok && step.kind == "prompt") add_model(lineage, step);
    if (step.end.ok && step.kind == "search") add_passages(lineage, step);
  }
  for (const store::Source& source : sources)
    lineage.files[source.path] = value::hex(value::sha256(source.text));
  return lineage;
}

std::string as_text(const RunRecord& run, const Lineage& lineage) {
  std::string text = fmt::format("run       {}\nchain     {}\nartifact  {}\n", run.id,
                                 one_line(run.file + ':' + run.chain), run.artifact);
  auto out = std::back_inserter(text);
  const auto head = [&](const char* title, bool any) {
    if (any) fmt::format_to(out, "\n{}\n", title);
  };
  head("versions", !lineage.calls.empty());
  for (const auto& [name, call] : lineage.calls) {
    fmt::format_to(out, "  {} {}, {} time{}", call.kind, one_line(name), call.count,
                   call.count == 1 ? "" : "s");
    text += call.failed > 0 ? fmt::format(", of which {} failed\n", call.failed) : "\n";
  }
  head("models", !lineage.models.empty());
  for (const auto& [name, model] : lineage.models) {
    std::string snapshots;
    for (const std::string& each : model.snapshots) snapshots += (snapshots.empty() ? "" : ", ") + each;
    fmt::format_to(out, "  {}{}, {} answer{}\n", one_line(name),
                   snapshots.empty() ? "" : " as " + one_line(snapshots), model.count,
                   model.count == 1 ? "" : "s");
  }
  head("answers that were there before", !lineage.kept.empty());
  for (const Lineage::Kept& kept : lineage.kept) {
    fmt::format_to(out, "  {}: {}{}\n", one_line(kept.path), kept.how,
                   kept.age > 0 ? ", " + shown_duration(kept.age) + " old" : "");
  }
  head("documents", !lineage.passages.empty());
  for (const Lineage::Passage& passage : lineage.passages)
    fmt::format_to(out, "  {}: {} [{}]\n", one_line(passage.index), one_line(passage.source),
                   one_line(passage.id));
  head("people", !lineage.decisions.empty());
  for (const Lineage::Decision& decision : lineage.decisions)
    fmt::format_to(out, "  {} ({}): {}\n", one_line(decision.path), decision.kind, one_line(decision.answer));
  head("files", !lineage.files.empty());
  for (const auto& [path, hash] : lineage.files)
    fmt::format_to(out, "  {} {}\n", hash.substr(0, 12), one_line(path));
  return text;
}

std::string as_json(const RunRecord& run, const Lineage& lineage) {
  json all = {{"run", run.id},
              {"file", run.file},
              {"chain", run.chain},
              {"artifact", run.artifact},
              {"versions", json::array()},
              {"models", json::array()},
              {"kept", json::array()},
              {"documents", json::array()},
              {"people", json::array()},
              {"files", json::array()}};
  for (const auto& [name, call] : lineage.calls)
    all["versions"].push_back(
        {{"name", name}, {"kind", call.kind}, {"calls", call.count}, {"failed", call.failed}});
  for (const auto& [name, model] : lineage.models)
    all["models"].push_back({{"asked", name}, {"answered", model.snapshots}, {"answers", model.count}});
  for (const Lineage::Kept& kept : lineage.kept)
    all["kept"].push_back({{"path", kept.path}, {"how", kept.how}, {"age", kept.age}});
  for (const Lineage::Passage& passage : lineage.passages)
    all["documents"].push_back({{"index", passage.index}, {"source", passage.source}, {"id", passage.id}});
  for (const Lineage::Decision& decision : lineage.decisions)
    all["people"].push_back({{"path", decision.path}, {"kind", decision.kind}, {"answer", decision.answer}});
  for (const auto& [path, hash] : lineage.files) all["files"].push_back({{"path", path}, {"sha256", hash}});
  return all.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace

int lineage(Arguments arguments) {
  CLI::App app(
      "Says what a run's answer was made of: versions, models with their snapshots, kept answers, documents, "
      "what "
      "people decided, and the files.",
      "chain lineage");
  std::string id = "last";
  bool json = false;
  app.add_option("run", id, "the run, by the beginning of its id")->capture_default_str()->option_text("RUN");
  app.add_flag("--json", json, "print one JSON object; ages are nanoseconds");
  if (const auto code = read_options(app, arguments)) return *code;
  int exit = kOk;
  const auto records = open_records(exit);
  if (!records) return exit;
  const auto run = find_run(*records, id, "lineage", exit);
  if (!run) return exit;
  const Lineage lineage = lineage_of(records->steps(run->number), records->sources(*run));
  const bool written = json ? answer_json(as_json(*run, lineage)) : write_out(as_text(*run, lineage));
  return written ? kOk : kFailed;
}

}  // namespace chain::cli
