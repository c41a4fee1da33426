#include "compiler/lock/join_lock.h"

namespace chain::lock {

namespace {

struct Sides {
  std::string ours, theirs;
};

/// Each side's text. What diff3 shows of the base is left out.
Sides sides_of(std::string_view text) {
  enum class Part { Both, Ours, Base, Theirs } part = Part::Both;
  Sides sides;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    if (line.starts_with("<<<<<<< ")) {
      part = Part::Ours;
    } else if (line.starts_with("||||||| ") && part == Part::Ours) {
      part = Part::Base;
    } else if (line.starts_with("=======") && part != Part::Both) {
      part = Part::Theirs;
    } else if (line.starts_with(">>>>>>> ")) {
      part = Part::Both;
    } else {
      if (part == Part::Both || part == Part::Ours) sides.ours += line;
      if (part == Part::Both || part == Part::Theirs) sides.theirs += line;
    }
  }
  return sides;
}

/// `different` is told of a key with two entries.
template <class Entry, class Different>
void join(std::map<std::string, Entry>& ours, const std::map<std::string, Entry>& theirs,
          Different different) {
  for (const auto& [key, entry] : theirs) {
    const auto [known, is_new] = ours.emplace(key, entry);
    if (!is_new && !(known->second == entry)) different(key, entry);
  }
}

}  // namespace

std::optional<Joined> join_lock(SourceMap& sources, FileId file, Diagnostics& diagnostics) {
  const Sides sides = sides_of(sources.file(file).text());
  const std::string path = sources.file(file).path();
  // A side of which nothing is left is no empty lock: it would lose what was released.
  const bool whole = sides.ours.find('{') != std::string::npos && sides.theirs.find('{') != std::string::npos;
  if (!whole) {
    diagnostics.report(BadLock{.message = "a side of the merge is missing"}, {file, 0, 0});
    return std::nullopt;
  }
  auto ours = read_lock(sources, sources.add_made(path + ", our side", sides.ours), diagnostics);
  auto theirs = read_lock(sources, sources.add_made(path + ", their side", sides.theirs), diagnostics);
  if (!ours || !theirs) return std::nullopt;
  Joined joined;
  join(ours->released, theirs->released,
       [&](const std::string& key, const Released& entry) { joined.others[key] = entry; });
  join(ours->data, theirs->data, [&](const std::string& key, const Data&) { ours->data.erase(key); });
  join(ours->models, theirs->models, [&](const std::string& key, const Model&) { ours->models.erase(key); });
  bool good = true;
  for (const auto& [key, entry] : theirs->remote) {
    const auto [known, is_new] = ours->remote.emplace(key, entry);
    if (is_new || hash_of(known->second) == hash_of(entry)) continue;
    good = false;
    diagnostics.report(
        BadLock{.message =
                    "the sides of a merge have `" + key +
                    "` as two different tools; keep the line of one of them, and then pin the server again"},
        Span{file, 0, 0});
  }
  joined.lock = *std::move(ours);
  return good ? std::optional(std::move(joined)) : std::nullopt;
}

}  // namespace chain::lock
