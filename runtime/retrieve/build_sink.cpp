#include "runtime/retrieve/build_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "runtime/documents/chunk.h"
#include "runtime/sched/ambient.h"
#include "runtime/value/digest.h"

namespace chain::retrieve {
namespace {

// What is held before it is written. A group is one transaction.
constexpr size_t kGroupBytes = size_t{4} << 20;
constexpr size_t kGroupDocuments = 256;
constexpr size_t kGroupPassages = 1024;
/// Texts that are embedded before their vectors are kept: what a process that is killed may have to ask
/// again.
constexpr size_t kWindow = 256;

using Name = std::array<uint64_t, 2>;

Name name_of(std::string_view bytes) {
  const std::string digest = value::sha256(bytes);
  Name name;
  std::memcpy(name.data(), digest.data(), sizeof name);
  return name;
}

std::string to_hex(const Name& name) {
  char bytes[sizeof name];
  std::memcpy(bytes, name.data(), sizeof name);
  return value::hex({bytes, sizeof bytes});
}

/// All zeros for what is no name.
Name name_from(std::string_view hex) {
  Name name{};
  char bytes[sizeof name] = {};
  if (hex.size() != 2 * sizeof bytes) return name;
  for (size_t i = 0; i < sizeof bytes; ++i) {
    uint8_t byte = 0;
    std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, byte, 16);
    bytes[i] = static_cast<char>(byte);
  }
  std::memcpy(name.data(), bytes, sizeof name);
  return name;
}

void append(std::string& bytes, std::string_view part) {
  bytes.append(std::to_string(part.size())).append(":").append(part);
}

/// Of everything that a document's passages are made of, but where they stand.
Name content_of(const documents::Document& document, const std::string& recipe, std::string_view origin) {
  std::string bytes;
  for (const std::string_view part :
       {std::string_view(recipe), origin, std::string_view(document.id), std::string_view(document.source),
        std::string_view(document.title), std::string_view(document.language)})
    append(bytes, part);
  append(bytes, std::to_string(static_cast<int>(document.form)));
  for (const auto& [name, text] : document.meta) append(bytes, name), append(bytes, text);
  append(bytes, value::sha256(document.text));
  append(bytes, document.image.empty() ? "" : value::sha256(document.image));
  return name_of(bytes);
}

/// Of where it stands in its source: what is in front of a record may change, and it does not.
Name place_of(const documents::Document& document) {
  std::string bytes = std::to_string(document.first_line);
  for (const documents::Origin& origin : document.origins)
    bytes.append(" ").append(std::to_string(origin.text)).append(" ").append(std::to_string(origin.source));
  return name_of(bytes);
}

/// So that a search can ask for it, as for what the document says of itself.
void add_title(documents::Document& document) {
  const auto is_title = [](const auto& entry) { return entry.first == "title"; };
  if (document.title.empty() || std::ranges::any_of(document.meta, is_title)) return;
  document.meta.emplace_back("title", document.title);
  std::ranges::stable_sort(document.meta, {}, &std::pair<std::string, std::string>::first);
}

std::string joined(const std::vector<std::string>& headings) {
  std::string text;
  for (const std::string& heading : headings) text.append(text.empty() ? "" : " > ").append(heading);
  return text;
}

/// A passage alone often does not say what it is about: its title and its headings do.
std::string embedded_text(const store::PassageRow& passage) {
  std::string text = passage.headings.starts_with(passage.title) ? "" : passage.title;
  if (!passage.headings.empty()) text.append(text.empty() ? "" : " > ").append(passage.headings);
  if (!text.empty()) text += '\n';
  return text + passage.text;
}

store::PassageRow passage_of(const store::DocumentRow& document, documents::Chunk chunk, uint32_t number) {
  store::PassageRow passage{.name = document.id + '#' + std::to_string(number),
                            .document = document.id,
                            .source = document.source,
                            .title = document.title,
                            .text = std::move(chunk.text),
                            .headings = joined(chunk.headings),
                            .number = number,
                            .begin = chunk.begin,
                            .end = chunk.end,
                            .line = chunk.line,
                            .page = chunk.page,
                            .tokens = chunk.tokens};
  passage.meta = document.meta;
  passage.hash = value::hex(value::sha256(embedded_text(passage)));
  return passage;
}

}  // namespace

BuildSink::BuildSink(const IndexSettings& settings, store::PassageFile* file, Embedder& embedder,
                     const BuildOptions& options, BuildReport& report)
    : settings_(settings), file_(file), embedder_(embedder), options_(options), report_(report) {
  if (file_) read_known();
}

void BuildSink::read_known() {
  for (const store::DocumentRow& row : file_->documents()) {
    const Known known{name_from(row.hash), name_from(row.place), name_from(row.digest)};
    ++of_origin_[known.origin];
    known_.emplace(row.id, known);
  }
}

// ---- What the loaders give -------------------------------------------------------------------

bool BuildSink::known(std::string_view source, std::string_view digest) {
  end_file();
  if (stopped()) return true;
  source_ = source;
  digest_ = digest;
  documents_ = 0;
  complete_ = true;
  if (!file_) return false;
  const std::string marker = file_->setting("file:" + source_);
  const std::string recipe = digest_ + ' ' + settings_.recipe + ' ';
  const Name origin = name_of(source_);
  const auto there = of_origin_.find(origin);
  const uint64_t count = there == of_origin_.end() ? 0 : there->second;
  if (marker != recipe + std::to_string(count)) return false;
  whole_.insert(origin);
  report_.unchanged += count;
  complete_ = false;  // the marker is there
  return true;
}

void BuildSink::document(documents::Document document, std::string_view) {
  if (stopped()) return;
  const std::string& origin = source_.empty() ? document.source : source_;
  add_title(document);
  const Known found{content_of(document, settings_.recipe, origin), place_of(document), name_of(origin), true,
                    document.first_line};
  const auto [known, is_new] = known_.try_emplace(document.id, found);
  if (!is_new && known->second.seen) return skip_twin(document, known->second.line);
  ++documents_;
  const bool same = !is_new && known->second.content == found.content;
  const bool stays = same && known->second.place == found.place;
  known->second = found;
  if (same) {
    ++report_.unchanged;
    if (stays) return;
    ++report_.moved;
  } else {
    ++(is_new ? report_.added : report_.changed);
  }
  if (options_.only_look) return;
  store::DocumentRow row{.id = document.id,
                         .source = document.source,
                         .title = document.title,
                         .digest = to_hex(found.origin),
                         .hash = to_hex(found.content)};
  row.meta = std::move(document.meta);
  row.place = to_hex(found.place);
  document.meta.clear();
  add(std::move(document), std::move(row), same);
}

void BuildSink::skip_twin(const documents::Document& document, uint64_t line) {
  const bool has_lines = document.form == documents::Form::Record && document.first_line > 0;
  const std::string here = has_lines ? ":" + std::to_string(document.first_line) : "";
  const std::string there = has_lines && line > 0 ? ", on line " + std::to_string(line) + "," : "";
  skip(document.source + here,
       "another document" + there + " has the id `" + document.id + "`: `id:` must tell them apart");
}

void BuildSink::add(documents::Document document, store::DocumentRow row, bool moved) {
  Pending pending{std::move(row), {}, {}, moved};
  for (documents::Chunk& chunk : documents::cut(document, settings_.splitter)) {
    const auto number = static_cast<uint32_t>(pending.passages.size());
    pending_bytes_ += chunk.text.size();
    pending.passages.push_back(passage_of(pending.row, std::move(chunk), number));
  }
  if (document.form == documents::Form::Image && !moved) {
    pending_bytes_ += document.image.size();
    pending.passages.front().hash = value::hex(value::sha256("image\n" + document.image));
    pending.image = std::move(document.image);
  }
  pending_passages_ += pending.passages.size();
  report_.passages += moved ? 0 : pending.passages.size();
  progress_.passages = report_.passages;
  pending_.push_back(std::move(pending));
  const bool full = pending_bytes_ >= kGroupBytes || pending_passages_ >= kGroupPassages ||
                    pending_.size() >= kGroupDocuments;
  if (full) (void)flush();
}

void BuildSink::skipped(std::string source, std::string why, bool keep) {
  if (stopped()) return;
  if (keep) whole_.insert(name_of(source));
  if (keep && source.ends_with('/')) kept_folders_.push_back(source);
  skip(std::move(source), std::move(why));
}

void BuildSink::skip(std::string source, std::string why) {
  complete_ = false;  // so that it is looked at, and told, the next time as well
  ++report_.skipped;
  if (report_.reasons.size() < kMostReasons) report_.reasons.push_back({std::move(source), std::move(why)});
}

void BuildSink::noted(std::string source, std::string what) {
  ++report_.noted;
  if (report_.notes.size() < kMostReasons) report_.notes.push_back({std::move(source), std::move(what)});
}

void BuildSink::progress(uint64_t done, uint64_t total) {
  progress_.read = done;
  progress_.total = total;
  tell();
}

void BuildSink::end_file() {
  if (complete_ && !source_.empty())
    markers_.push_back(
        {"file:" + source_, digest_ + ' ' + settings_.recipe + ' ' + std::to_string(documents_)});
  complete_ = false;
  source_.clear();
}

// ---- Writing ---------------------------------------------------------------------------------

bool BuildSink::flush() {
  const bool done = options_.only_look || (embed_missing() && write_pending());
  pending_.clear();
  markers_.clear();
  pending_bytes_ = pending_passages_ = 0;
  tell();
  return done;
}

/// Before the passages are written: who searches meanwhile finds none without its vector.
bool BuildSink::embed_missing() {
  if (!settings_.has_vectors()) return true;
  std::unordered_set<std::string_view> asked;
  std::vector<std::string> hashes, texts;
  for (const Pending& pending : pending_) {
    if (!pending.image.empty()) continue;
    for (const store::PassageRow& passage : pending.passages) {
      if (!wanted(passage.hash, asked)) continue;
      hashes.push_back(passage.hash);
      texts.push_back(embedded_text(passage));
      if (texts.size() < kWindow) continue;
      if (!embed(hashes, texts, false)) return false;
      hashes.clear();
      texts.clear();
    }
  }
  return (texts.empty() || embed(hashes, texts, false)) && embed_images();
}

bool BuildSink::embed_images() {
  std::unordered_set<std::string_view> asked;
  std::vector<std::string> hashes, images;
  for (Pending& pending : pending_) {
    if (pending.image.empty() || !wanted(pending.passages.front().hash, asked)) continue;
    hashes.push_back(pending.passages.front().hash);
    images.push_back(std::move(pending.image));
  }
  return images.empty() || embed(hashes, images, true);
}

bool BuildSink::wanted(std::string_view hash, std::unordered_set<std::string_view>& asked) {
  return asked.insert(hash).second && !file_->has_vector(settings_.embedder, hash);
}

/// Of the vectors of this embedder that are kept; 0 if there are none yet.
size_t BuildSink::kept_dimensions() {
  const std::string kept = file_->setting("dimensions " + settings_.embedder);
  return kept.empty() ? 0 : std::strtoul(kept.c_str(), nullptr, 10);
}

/// What came before a failure is kept: it was paid.
bool BuildSink::embed(std::span<const std::string> hashes, std::span<const std::string> inputs, bool images) {
  std::vector<std::vector<float>> vectors(inputs.size());
  std::string error;
  const auto made = [&](size_t place, std::span<const float> vector) {
    vectors[place].assign(vector.begin(), vector.end());
  };
  const std::atomic<bool>* stop = options_.around.stop;
  const bool done =
      images ? embedder_.embed_images(inputs, made, stop, error) : embedder_.embed(inputs, made, stop, error);
  const size_t kept = kept_dimensions();
  for (const std::vector<float>& vector : vectors) {
    if (vector.empty() || kept == 0 || vector.size() == kept) continue;
    return fail(fmt::format(
        "the model gives vectors of {} dimensions now, and those that are kept have {}: is it another "
        "model under the same name? `chain index drop` forgets the old ones",
        vector.size(), kept));
  }
  const bool written = transaction([&] {
    for (size_t i = 0; i < vectors.size(); ++i) {
      if (vectors[i].empty()) continue;
      if (kept == 0) file_->set("dimensions " + settings_.embedder, std::to_string(vectors[i].size()));
      file_->put_vector(settings_.embedder, hashes[i], vectors[i]);
    }
  });
  progress_.embedded = embedder_.spent().texts;
  tell();
  if (!done && !stopped()) return fail(std::move(error));
  return done && written;
}

bool BuildSink::write_pending() {
  if (pending_.empty() && markers_.empty()) return true;
  return transaction([&] {
    // A first build that does not come to its end is searched by what there is.
    if (file_->setting("embedder").empty()) file_->set("embedder", settings_.embedder);
    for (const Pending& pending : pending_)
      pending.moved ? file_->move(pending.row, pending.passages) : file_->put(pending.row, pending.passages);
    for (const Marker& marker : markers_) file_->set(marker.source, marker.value);
  });
}

bool BuildSink::transaction(const std::function<void()>& write) {
  std::string error;
  if (!failure_.empty()) return false;
  bool done = file_->begin(options_.wait, error);
  if (done) {
    write();
    done = !file_->failed(error);
    if (done) {
      done = file_->commit(error);
    } else {
      file_->rollback();
    }
  }
  report_.cannot_write = report_.cannot_write || !done;
  return done || fail(std::move(error));
}

bool BuildSink::drop_unseen() {
  std::vector<std::string_view> gone;
  for (const auto& [id, known] : known_) {
    const auto holds = [&id = id](const std::string& folder) { return id.starts_with(folder); };
    if (!known.seen && !whole_.contains(known.origin) && std::ranges::none_of(kept_folders_, holds))
      gone.push_back(id);
  }
  report_.dropped = gone.size();
  if (options_.only_look) return true;
  std::ranges::sort(gone);
  const bool same = !report_.changes() && file_->setting("recipe") == settings_.recipe;
  if (same) return true;
  return transaction([&] {
    for (const std::string_view id : gone) {
      file_->drop(id);
      known_.erase(std::string(id));
    }
    if (settings_.has_vectors()) file_->use_embedder(settings_.embedder);
    file_->set("embedder", settings_.embedder);
    file_->set("recipe", settings_.recipe);
    file_->set("content", content());
    file_->set("built", std::to_string(sched::wall_clock()));
  });
}

/// The same for the same documents, in whatever order they came.
std::string BuildSink::content() const {
  Name sum{};
  for (const auto& [id, known] : known_) {
    const Name each = name_of(id + '\n' + to_hex(known.content) + to_hex(known.place));
    sum[0] ^= each[0];
    sum[1] ^= each[1];
  }
  return to_hex(sum);
}

bool BuildSink::finish(std::string& error) {
  end_file();
  const bool done = flush() && failure_.empty() && !stopped() && drop_unseen();
  if (!failure_.empty()) error = failure_;
  return done;
}

void BuildSink::end_early() {
  complete_ = false;
  (void)flush();
}

bool BuildSink::fail(std::string why) {
  if (failure_.empty()) failure_ = std::move(why);
  return false;
}

/// Also after a failure: the loaders go on until they are asked for something.
bool BuildSink::stopped() const {
  return !failure_.empty() || (options_.around.stop && *options_.around.stop);
}

void BuildSink::tell() {
  if (options_.progress) options_.progress(progress_);
}

}  // namespace chain::retrieve
