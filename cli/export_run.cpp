#include "cli/export_run.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/kept_models.h"
#include "cli/output.h"

namespace chain::cli {
namespace {

void warn(std::string_view what) {
  say(fmt::format("warning: {}\n", what));
}

}  // namespace

void declare_trace_content(CLI::App& app, trace::Content& content) {
  app.add_flag_callback(
      "--trace-content", [&content] { content = trace::Content::Included; },
      "export the texts of prompts, answers, arguments and results, too");
}

std::vector<trace::Span> kept_spans(store::Records& records, const store::RunRecord& run,
                                    trace::Content content) {
  return trace::spans_of(run, records.steps(run.number), models_of(run.settings), content);
}

bool send_spans(const trace::Settings& settings, const std::vector<trace::Span>& spans,
                std::string_view level) {
  const trace::Exported exported = trace::export_spans(settings, spans);
  const std::string url = trace::shown_url(settings.url);
  const std::string said = exported.said.empty() ? "" : ": " + exported.said;
  if (!exported.problem.empty()) {
    say(fmt::format("{}: {} of {} spans were not exported to {}: {}\n", level, spans.size() - exported.sent,
                    spans.size(), url, exported.problem));
    return false;
  }
  if (exported.rejected > 0) {
    say(fmt::format("{}: {} took {} of {} spans{}\n", level, url,
                    static_cast<int64_t>(spans.size()) - exported.rejected, spans.size(), said));
    return false;
  }
  if (!said.empty()) warn(fmt::format("{} took all spans, and says{}", url, said));
  return true;
}

void export_ended(const std::string& id, trace::Content content) {
  std::string problem;
  const auto settings = trace::read_settings(trace::process_environment, problem);
  if (!problem.empty()) warn("no trace is exported: " + problem);
  if (!settings) return;
  if (id.empty())
    return warn("no trace is exported: it is made of the journal, and there is none of this run");
  const auto records = store::Records::open(store::state_folder(), store::Durability::Normal, problem);
  if (!records) return warn("no trace is exported: " + problem);
  for (const store::RunRecord& run : records->find(id)) {
    if (run.state != store::RunState::Open)
      send_spans(*settings, kept_spans(*records, run, content), "warning");
  }
}

}  // namespace chain::cli
