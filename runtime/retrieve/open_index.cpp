#include "runtime/retrieve/open_index.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/access/policy.h"
#include "runtime/access/project.h"
#include "runtime/access/project_files.h"
#include "runtime/retrieve/build.h"
#include "runtime/retrieve/local_hash.h"
#include "runtime/retrieve/stamp.h"

namespace chain::retrieve {
namespace {

std::string counted(uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// A build that did not come to its end leaves what it did.
bool holds_some(const IndexPlace& place) {
  std::string ignored;
  const auto file = is_built(place) ? open_file(place, ignored) : nullptr;
  return file && (file->counts().passages > 0 || !file->setting("recipe").empty());
}

std::string what_was_done(const IndexSettings& settings, const BuildReport& report) {
  if (!report.changes()) return {};
  std::string text =
      fmt::format("index `{}`: {} read anew, {}", settings.name,
                  counted(report.added + report.changed, "document"), counted(report.passages, "passage"));
  if (report.dropped > 0) text += fmt::format(", {} dropped", report.dropped);
  if (report.skipped > 0) text += fmt::format(", {} skipped", report.skipped);
  if (report.noted > 0) text += fmt::format(", {}", counted(report.noted, "note"));
  if (report.skipped + report.noted > 0)
    text += fmt::format(" (`chain index build {}:{}` says why)", settings.file, settings.name);
  return text + fmt::format("; {:.1f}s", static_cast<double>(report.time) / 1e9);
}

}  // namespace

OpenIndex::OpenIndex(IndexSettings settings, std::shared_ptr<const access::Policy> access, bool update,
                     const std::atomic<bool>& stop)
    : settings_(std::move(settings)),
      access_(std::move(access)),
      files_(std::make_unique<access::ProjectFiles>(access_ ? access_->folder
                                                            : access::project_folder(settings_.file))),
      update_(update),
      stop_(stop) {}

OpenIndex::~OpenIndex() = default;

bool OpenIndex::open(Note& note, std::string& error) {
  if (index_) return true;
  const auto place = place_of(settings_, error);
  if (!place || !update(*place, note, error)) return false;
  index_ = Index::open(settings_, *place, error);
  if (!index_) return false;
  if (index_->is_partial() && note.text.empty())
    note = {fmt::format(
                "index `{}` was not built to its end: what is searched are the first {}; `chain index build "
                "{}:{}` goes on",
                settings_.name, counted(index_->file().counts().documents, "document"), settings_.file,
                settings_.name),
            true};
  if (note.text.empty() && index_->file().counts().documents == 0)
    note = {fmt::format("index `{}` holds no documents; `chain index status {}:{}` says of what it is made",
                        settings_.name, settings_.file, settings_.name),
            true};
  std::string ignored;  // what cannot be kept serves all the same
  (void)index_->load_vectors(false, &stop_, ignored);
  return true;
}

bool OpenIndex::update(const IndexPlace& place, Note& note, std::string& error) {
  if (!is_of_files(settings_) || !update_) return true;
  const documents::Surroundings around{.files = files_.get(), .access = access_, .stop = &stop_};
  bool was_built = false;
  if (is_built(place)) {
    const auto file = open_file(place, error);
    if (!file) return false;
    was_built = !file->setting("recipe").empty();
    const std::string stamp = stamp_of(settings_, around);
    const bool same = file->setting("recipe") == settings_.recipe && file->setting("stamp") == stamp;
    if (same && !stamp.empty()) return true;
    if (settings_.asks_model()) {
      if (!stamp.empty() && !file->setting("stamp").empty())
        note.text = fmt::format(
            "index `{}` is older than its documents: `chain index build {}:{}` brings it up to date",
            settings_.name, settings_.file, settings_.name);
      note.warns = !note.text.empty();
      return true;
    }
  }
  if (settings_.asks_model()) return true;  // opening it says that it was not built
  const auto embedder = make_local_embedder(settings_.dimensions);
  const bool writable = !was_built || is_writable(place);
  BuildReport report;
  if (!build(settings_, place, *embedder, {.around = around, .only_look = !writable}, report, error)) {
    if (report.cannot_write && holds_some(place)) {
      note = {fmt::format("index `{}` is searched as it was built, for it cannot be brought up to date: {}",
                          settings_.name, error),
              true};
      return true;
    }
    error = fmt::format("index `{}` cannot be built: {}", settings_.name, error);
    return false;
  }
  if (writable) {
    note.text = what_was_done(settings_, report);
  } else if (report.changes()) {
    note = {
        fmt::format(
            "index `{}` is older than its documents, and searched as it was built: its folder `{}` cannot be "
            "written to",
            settings_.name, place.folder),
        true};
  }
  return true;
}

std::vector<Found> OpenIndex::search(const Query& query, std::span<const float> vector) {
  std::vector<float> made;
  if (query.mode != Mode::Words && !settings_.asks_model()) {
    made = local_hash(query.text, settings_.dimensions);
    vector = made;
  }
  return index_->search(vector, query);
}

}  // namespace chain::retrieve
