// Exporting runs as OpenTelemetry's traces.
#pragma once

#include <string>

#include "runtime/store/records.h"
#include "runtime/trace/exporter.h"

namespace CLI {
class App;
}

namespace chain::cli {

/// `--trace-content`.
void declare_trace_content(CLI::App& app, trace::Content& content);

/// The spans of a run of the journal.
[[nodiscard]] std::vector<trace::Span> kept_spans(store::Records& records, const store::RunRecord& run,
                                                  trace::Content content);

/// Sends them and says what went wrong, in one line each behind `level` ("warning", "error"). False if not
/// all were sent.
bool send_spans(const trace::Settings& settings, const std::vector<trace::Span>& spans,
                std::string_view level);

/// Exports a run that has just ended if the environment asks for it: at most a warning comes of it. `id` is
/// empty for a run without a journal, of which nothing is left; a run that can still go on waits.
void export_ended(const std::string& id, trace::Content content);

}  // namespace chain::cli
