#include "runtime/retrieve/build.h"

#include <chrono>
#include <variant>

#include "runtime/retrieve/build_sink.h"
#include "runtime/retrieve/index.h"
#include "runtime/retrieve/stamp.h"

namespace chain::retrieve {
namespace {

bool read(const Source& source, const documents::Surroundings& around, documents::Sink& sink,
          std::string& error) {
  return std::visit([&](const auto& from) { return documents::load(from, around, sink, error); }, source);
}

/// Written when all is done: the next run sees from it that nothing has to be read.
bool note(store::PassageFile& file, const std::string& stamp, int64_t took, const BuildReport& report,
          std::string& error) {
  const bool timed = report.changes() || file.setting("took").empty();
  if (file.setting("stamp") == stamp && !timed) return true;
  if (!file.begin(kWaitForWriter, error)) return false;
  file.set("stamp", stamp);
  if (timed) file.set("took", std::to_string(took));
  return file.commit(error);
}

bool is_set(const std::atomic<bool>* stop) {
  return stop && *stop;
}

}  // namespace

bool build(const IndexSettings& settings, const IndexPlace& place, Embedder& embedder,
           const BuildOptions& options, BuildReport& report, std::string& error) {
  const auto began = std::chrono::steady_clock::now();
  const auto took = [&] { return (std::chrono::steady_clock::now() - began).count(); };
  std::unique_ptr<BuildLock> lock;
  if (!options.only_look) {
    if (!make_folder(place, error)) return false;
    lock = BuildLock::take(place, options.wait, options.around.stop, error, &report.cannot_write);
    if (!lock) return report.stopped = is_set(options.around.stop);
  }
  std::unique_ptr<store::PassageFile> file;
  if (!options.only_look || is_built(place)) {
    file = open_file(place, error);
    if (!file) return false;
  }
  if (file && file->only_reads() && !options.only_look) {
    report.cannot_write = true;
    error =
        "`" + place.passages + "` can only be read: there is no room on its disk, or no right to write to it";
    return false;
  }
  documents::Surroundings around = options.around;
  around.images = settings.images;
  const std::string stamp = stamp_of(settings, around);
  BuildSink sink(settings, file.get(), embedder, options, report);
  const bool loaded = read(settings.source, around, sink, error);
  report.stopped = is_set(options.around.stop);
  bool done = false;
  if ((loaded || report.empty) && !report.stopped) {
    const std::string none = error;
    done = sink.finish(error) && !report.empty;
    report.stopped = !done && is_set(options.around.stop);
    if (report.empty && error == none && report.dropped > 0)
      error += options.only_look ? "; the next build drops what the index holds"
                                 : "; what the index held is dropped";
  } else {
    sink.end_early();
  }
  report.spent = embedder.spent();
  if (done && !options.only_look) {
    done = note(*file, stamp, took(), report, error);
    report.cannot_write = report.cannot_write || !done;
  }
  report.time = took();
  return done || report.stopped;
}

}  // namespace chain::retrieve
