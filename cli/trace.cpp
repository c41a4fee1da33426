// `chain trace RUN`: a run as a tree of spans, drawn, written down or exported.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>

#include "cli/export_run.h"
#include "cli/kept_run.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "cli/waterfall.h"
#include "runtime/http/printable.h"
#include "runtime/trace/tree.h"

namespace chain::cli {
namespace {

using trace::Node;

constexpr size_t kMostOutcome = 200;  // bytes of a message

/// What the calls in each node took together.
std::vector<model::Usage> usage_of(const std::vector<Node>& nodes) {
  std::vector<model::Usage> sums(nodes.size());
  for (size_t i = nodes.size(); i-- > 0;) {  // whatever is inner stands behind what is around it
    const model::Usage own = nodes[i].step ? nodes[i].step->end.completion.usage : model::Usage{};
    sums[i].input_tokens += own.input_tokens;
    sums[i].output_tokens += own.output_tokens;
    if (i == 0) break;
    sums[nodes[i].parent].input_tokens += sums[i].input_tokens;
    sums[nodes[i].parent].output_tokens += sums[i].output_tokens;
  }
  return sums;
}

/// "  for[2]": a node's own part of its path, as deep as it stands.
std::string label(const Node& node) {
  return std::string(size_t{2} * node.depth, ' ') + printable(trace::last_part(node.path));
}

std::string as_text(const store::RunRecord& run, const std::vector<Node>& nodes) {
  std::string text = run_head(run) + "\n";
  size_t width = 0;
  for (const Node& node : nodes) width = std::max(width, display_width(label(node)));
  const std::vector<model::Usage> usage = usage_of(nodes);
  const Times whole{nodes.front().started, nodes.front().ended};
  for (size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = nodes[i];
    const std::string name = label(node);
    const std::string said =
        node.step ? http::printable(printable(outcome(*node.step)), kMostOutcome)
                  : fmt::format("{} tokens in, {} out", usage[i].input_tokens, usage[i].output_tokens);
    fmt::format_to(std::back_inserter(text), "{}{}  |{}|  {:>9}  {}\n", name,
                   std::string(width - display_width(name), ' '), bar(whole, {node.started, node.ended}),
                   node.open ? "" : shown_duration(node.ended - node.started), said);
  }
  return text;
}

/// Requests as they would be sent, a line each.
std::string as_lines(const trace::Sender& sender, std::span<const trace::Span> spans) {
  std::string text;
  while (!spans.empty()) {
    const size_t count = trace::batch_size(spans);
    text += trace::encode(trace::Encoding::Json, sender, spans.first(count)) + "\n";
    spans = spans.subspan(count);
  }
  return text;
}

int write_lines(const std::string& path, const std::vector<trace::Span>& spans) {
  std::string problem;
  const auto sender = trace::read_sender(trace::process_environment, problem);
  if (!sender) return usage_error("trace", problem);
  const std::string lines = as_lines(*sender, spans);
  if (path == "-") return write_out(lines) ? kOk : kFailed;
  std::ofstream file(path, std::ios::binary);
  if (file << lines << std::flush) return kOk;
  say_error(fmt::format("cannot write `{}`", path));
  return kFailed;
}

int send(const std::vector<trace::Span>& spans) {
  std::string problem;
  const auto settings = trace::read_settings(trace::process_environment, problem);
  if (!settings) {
    return usage_error("trace", problem.empty() ? "where to? set OTEL_EXPORTER_OTLP_ENDPOINT, as to "
                                                  "http://localhost:4318"
                                                : problem);
  }
  if (!send_spans(*settings, spans, "error")) return kFailed;
  say(fmt::format("exported {} spans to {}\n", spans.size(), trace::shown_url(settings->url)));
  return kOk;
}

}  // namespace

int trace_run(Arguments arguments) {
  CLI::App app("Shows what a run did as a tree of spans, or exports that to OpenTelemetry.", "chain trace");
  std::string id, path;
  bool exports = false;
  trace::Content content = trace::Content::Omitted;
  app.add_option("run", id, "the run, or how its id begins; `last` for the newest")
      ->required()
      ->option_text("RUN");
  auto* sends = app.add_flag("--export", exports,
                             "send the spans to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names");
  app.add_option("--jsonl", path, "write the spans to a file, or to standard output, as lines of OTLP JSON")
      ->option_text("FILE|-")
      ->excludes(sends);
  declare_trace_content(app, content);
  if (const auto code = read_options(app, arguments)) return *code;

  int exit = kOk;
  const auto records = open_records(exit);
  if (!records) return exit;
  const auto run = find_run(*records, id, "trace", exit);
  if (!run) return exit;
  if (exports) return send(kept_spans(*records, *run, content));
  if (!path.empty()) return write_lines(path, kept_spans(*records, *run, content));
  const std::vector<store::StepRecord> steps = records->steps(run->number);
  return write_out(as_text(*run, trace::tree_of(*run, steps))) ? kOk : kFailed;
}

}  // namespace chain::cli
