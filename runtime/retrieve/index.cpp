#include "runtime/retrieve/index.h"

#include <sys/stat.h>

#include <chrono>
#include <utility>

#include "runtime/retrieve/words.h"

namespace chain::retrieve {
bool is_built(const IndexPlace& place) {
  struct stat info{};
  return stat(place.passages.c_str(), &info) == 0;
}

std::unique_ptr<store::PassageFile> open_file(const IndexPlace& place, std::string& error) {
  auto file = store::open_passages(place.passages, words, error);
  if (!file) error += "; an index can be made anew by `chain index drop` and `chain index build`";
  return file;
}

std::unique_ptr<Index> Index::open(const IndexSettings& settings, const IndexPlace& place,
                                   std::string& error) {
  const std::string way_out = ": `chain index build " + settings.file + ':' + settings.name + "` builds it";
  if (!is_built(place)) {
    error = "index `" + settings.name + "` was not built yet" + way_out;
    return nullptr;
  }
  auto file = open_file(place, error);
  if (!file) return nullptr;
  if (file->setting("recipe").empty() && file->counts().passages == 0) {
    error = "index `" + settings.name + "` holds nothing: it was never built to its end" + way_out;
    return nullptr;
  }
  if (settings.has_vectors() && file->setting("embedder") != settings.embedder) {
    error = "index `" + settings.name + "` was built with another embedder" + way_out;
    return nullptr;
  }
  return std::unique_ptr<Index>(new Index(settings, place, std::move(file)));
}

std::vector<Found> Index::search(std::span<const float> vector, const Query& query) {
  if (query.mode != Mode::Words && generation_ != file_->generation()) {
    std::string ignored;  // what cannot be kept serves all the same
    (void)load_vectors(false, nullptr, ignored);
  }
  return retrieve::search(*file_, query.mode == Mode::Words ? nullptr : vectors_.get(), vector, query);
}

bool Index::load_vectors(bool order, const std::atomic<bool>* stop, std::string& error,
                         const vectors::Progress& progress) {
  if (!settings_.has_vectors()) return true;
  const int64_t generation = file_->generation();
  if (generation == generation_ && !order) return true;
  if (auto kept = vectors::load(place_.vectors, stamp(generation))) {
    vectors_ = std::move(kept);
    generation_ = generation;
    return true;
  }
  const auto began = std::chrono::steady_clock::now();
  auto settings = settings_.vectors;
  if (!order) settings.kind = vectors::Kind::Flat;
  auto made = ordered(settings, stop, progress);
  if (!made) {
    error = "it was stopped";
    return false;
  }
  vectors_ = std::move(made);
  generation_ = generation;
  if (!order) return true;
  return vectors_->save(place_.vectors, stamp(generation), error) &&
         note_time((std::chrono::steady_clock::now() - began).count(), error);
}

bool Index::note_time(int64_t took, std::string& error) {
  if (!file_->begin(kWaitForWriter, error)) return false;
  file_->set("ordered", std::to_string(took));
  return file_->commit(error);
}

std::unique_ptr<vectors::VectorIndex> Index::ordered(const vectors::Settings& settings,
                                                     const std::atomic<bool>* stop,
                                                     const vectors::Progress& progress) {
  std::unique_ptr<vectors::Builder> builder;
  const uint64_t expected = file_->counts().vectors;
  file_->each_vector([&](int64_t id, std::span<const float> vector) {
    if (!builder) builder = vectors::make_builder(static_cast<uint32_t>(vector.size()), settings, expected);
    builder->add(id, vector);
  });
  if (!builder) builder = vectors::make_builder(settings_.dimensions, settings, 0);
  return builder->build([stop] { return stop && *stop; }, progress);
}

std::string Index::content() {
  return file_->setting("content");
}

std::string Index::stamp(int64_t generation) const {
  const vectors::Settings& kind = settings_.vectors;
  std::string text = std::to_string(generation) + ' ' + settings_.embedder;
  for (const uint32_t part :
       {static_cast<uint32_t>(kind.kind), kind.lists, kind.probes, kind.m, kind.ef_construction, kind.ef})
    text += ' ' + std::to_string(part);
  return text;
}

}  // namespace chain::retrieve
