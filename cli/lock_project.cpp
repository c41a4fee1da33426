#include "cli/lock_project.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/answered_models.h"
#include "cli/lock_data.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "compiler/driver/compile.h"
#include "compiler/lock/join_lock.h"
#include "compiler/lock/update_lock.h"
#include "runtime/access/project.h"
#include "runtime/program/versioned.h"

namespace chain::cli {
namespace {

namespace fs = std::filesystem;
using versions::Finding;
using versions::Key;
using versions::Verdict;

class Project {
 public:
  Project(std::string lock_path, const std::vector<std::string>& files, const LockCommand& command)
      : lock_path_(std::move(lock_path)), files_(files), command_(command) {}

  int run() {
    if (!read()) return kWrongFile;
    for (const std::string& file : files_) wrong_ = !check(file) || wrong_;
    if (wrong_) return kWrongFile;
    choose_sides();
    findings_ = versions::judge(lock_.released, contents_);
    if (!report_findings()) return kWrongFile;
    const bool model =
        command_.update.find('/') != std::string::npos && command_.update.find(".chain") == std::string::npos;
    if (!command_.update.empty() && !model && !moved()) return kFailed;
    collect();
    collect_models();
    return write();
  }

 private:
  // ---- What there is

  /// The lock as it stands; of one that git has left half merged, both sides.
  bool read() {
    std::error_code code;
    if (!fs::exists(lock_path_, code)) return true;
    std::string error;
    auto text = read_file(lock_path_, error);
    if (!text) return say_error(error), false;
    SourceMap sources;
    Diagnostics diagnostics;
    const bool halves = lock::conflict_line(*text) > 0;
    const FileId file = sources.add(lock_path_, *std::move(text));
    if (halves) {
      if (auto joined = lock::join_lock(sources, file, diagnostics)) {
        lock_ = std::move(joined->lock);
        others_ = std::move(joined->others);
        joined_ = write_lock(lock_);
      }
    } else if (auto read = lock::read_lock(sources, file, diagnostics)) {
      lock_ = *std::move(read);
    }
    report(diagnostics, sources);
    return !diagnostics.has_errors();
  }

  bool check(const std::string& file) {
    SourceMap sources;
    Diagnostics diagnostics;
    driver::CompileOptions options{.tests = true, .transform = false, .contents = true, .released = false};
    options.lock = joined_;
    const auto module = driver::compile_graph(file, sources, diagnostics, options);
    report(diagnostics, sources);
    if (!module) return false;
    for (const graph::Content& content : module->contents) {
      if (content.key.starts_with("..") || !keys_.insert(content.key).second) continue;
      contents_.push_back(content);
      file_of_[content.key] = file;
    }
    const std::string folder = fs::path(lock_path_).parent_path().string();
    for (const graph::Resource& resource : module->resources) add_data(*module, resource, folder);
    return true;
  }

  void add_data(const graph::Module& module, const graph::Resource& resource, const std::string& folder) {
    if (resource.kind != "index" || resource.span.file.index >= module.files.size()) return;
    const std::string& declared_in = module.files[resource.span.file.index];
    std::error_code code;
    const std::string key =
        fs::weakly_canonical(fs::absolute(declared_in, code), code).lexically_relative(folder).string() +
        ':' + resource.name;
    if (key.starts_with("..") || data_.contains(key)) return;
    std::string error;
    const auto hash = data_hash(resource, folder, error);
    if (hash) data_[key] = {resource.kind, *hash};
    if (!error.empty()) say(printable(fmt::format("note: `{}` is left out: {}\n", key, error)));
  }

  /// Of two releases of one version in a merge, the one that the sources have.
  void choose_sides() {
    for (const auto& [key, other] : others_) {
      for (const graph::Content& content : contents_) {
        if (content.key == key && content.content == other.content) lock_.released[key] = other;
      }
    }
  }

  // ---- What is wrong

  static bool is_wrong(const Finding& finding) {
    return finding.verdict != Verdict::Same && finding.verdict != Verdict::New;
  }

  /// As `chain check` does, and with what has changed.
  bool report_findings() {
    std::set<std::string> reported;
    bool good = true;
    for (const Finding& finding : findings_) {
      if (!is_wrong(finding)) continue;
      good = false;
      const std::string& file = file_of_[finding.content->key];
      if (!reported.insert(file).second) continue;
      SourceMap sources;
      Diagnostics diagnostics;
      driver::CompileOptions options{.tests = true, .transform = false, .contents = true};
      options.lock = joined_;
      (void)driver::compile_graph(file, sources, diagnostics, options);
      report(diagnostics, sources);
      show_released_changes(file, shown_);
    }
    return good;
  }

  // ---- `--update`

  [[nodiscard]] bool is_meant(const Key& key) const {
    return key.name == command_.update || key.file + ':' + key.name == command_.update;
  }

  /// The newest version of what a key names.
  [[nodiscard]] Key newest(Key key) const {
    for (const graph::Content& content : contents_) {
      const Key other = versions::parse_key(content.key);
      if (other.file == key.file && other.name == key.name)
        key.version = std::max(key.version, other.version);
    }
    return key;
  }

  /// Whether every released caller, in its newest version, calls the newest; the others are said.
  bool moved() {
    if (std::ranges::none_of(contents_,
                             [&](const auto& each) { return is_meant(versions::parse_key(each.key)); })) {
      say_error(fmt::format("no prompt, chain, tool or agent is called `{}` here", command_.update));
      return false;
    }
    bool good = true;
    for (const Finding& finding : findings_) {
      const Key caller = versions::parse_key(finding.content->key);
      if (finding.verdict != Verdict::Same || newest(caller).version != caller.version) continue;
      for (const std::string& pin : finding.content->callees) {
        const Key callee = versions::parse_key(pin);
        const Key wanted = newest(callee);
        if (!is_meant(callee) || callee.version == program::Version{} || wanted.version == callee.version)
          continue;
        good = false;
        const program::Version next{caller.version.major, caller.version.minor + 1};
        say(printable(fmt::format(
            "{}: `{}` is released with `{}`; to call `{}` it has to be another version: write `{}`\n",
            file_of_[finding.content->key], caller.shown(), callee.shown(), wanted.shown(),
            program::versioned(caller.name, next))));
      }
    }
    return good;
  }

  // ---- What changes

  void collect() {
    for (const Finding& finding : findings_) {
      if (finding.verdict != Verdict::New) continue;
      const graph::Content& content = *finding.content;
      fresh_[content.key] = versions::entry_of(content);
      std::string why;
      if (finding.before != program::Version{}) {
        for (const versions::Change& change : finding.changes) why += (why.empty() ? "" : "; ") + change.what;
        const bool major = finding.before.major != content.version.major;
        why = fmt::format(", {} after {}: {}", major ? "MAJOR" : "MINOR",
                          program::versioned(content.name, finding.before),
                          why.empty() ? "callers see no difference" : why);
      }
      line('+', fmt::format("{} ({}{})", content.key, content.kind, why));
    }
    for (const auto& [key, entry] : lock_.released) {
      if (is_left(key)) gone_.push_back(key), line('-', key + " (its file is gone)");
    }
    for (const auto& [key, entry] : data_) {
      const auto known = lock_.data.find(key);
      if (known != lock_.data.end() && known->second == entry) continue;
      line(known == lock_.data.end() ? '+' : '~',
           key + " (" + entry.kind + (known == lock_.data.end() ? ")" : ": what it holds has changed)"));
    }
    for (const auto& [key, entry] : lock_.data) {
      if (is_left(key)) gone_.push_back(key), line('-', key + " (its file is gone)");
    }
  }

  /// Which snapshots answered, by this user's journal: what is new, and what `--update` names. They are no
  /// part of a check, for another machine's journal has others.
  void collect_models() {
    if (command_.check) return;
    for (const auto& [model, answered] : answered_models(lock_path_)) {
      const auto known = lock_.models.find(model);
      if (known != lock_.models.end() && (known->second.answered == answered || command_.update != model))
        continue;
      models_[model] = {answered};
      line(known == lock_.models.end() ? '+' : '~', model + " (answered as " + answered + ")");
    }
  }

  void line(char mark, const std::string& text) {
    fmt::format_to(std::back_inserter(story_), "  {} {}\n", mark, one_line(text));
  }

  [[nodiscard]] bool is_left(const std::string& key) const {
    std::error_code code;
    const fs::path file = fs::path(lock_path_).parent_path() / versions::parse_key(key).file;
    return !fs::exists(file, code) && !code;
  }

  void change(lock::Lock& lock) const {
    if (joined_) lock = lock_;
    for (const auto& [key, entry] : fresh_) lock.released.emplace(key, entry);
    for (const auto& [key, entry] : data_) lock.data[key] = entry;
    for (const auto& [key, entry] : models_) lock.models[key] = entry;
    for (const std::string& key : gone_) lock.released.erase(key), lock.data.erase(key);
  }

  int write() {
    lock::Lock after = lock_;
    change(after);
    const bool same = !joined_ && write_lock(after) == write_lock(lock_);
    if (!write_out(story_)) return kFailed;
    if (same) return kOk;
    if (command_.check) {
      say(printable(fmt::format("`{}` is not up to date: `chain lock` writes it\n", lock_path_)));
      return kFailed;
    }
    if (joined_ && !replace(write_lock(after))) return kFailed;
    SourceMap sources;
    Diagnostics diagnostics;
    std::string error;
    const auto update =
        lock::update_lock(lock_path_, [&](lock::Lock& lock) { change(lock); }, sources, diagnostics, error);
    report(diagnostics, sources);
    if (update == lock::Update::Damaged) return kWrongFile;
    if (update == lock::Update::Failed) return say_error(error), kFailed;
    return kOk;
  }

  /// Of a lock with marks of a merge, which nobody else can read.
  bool replace(const std::string& text) {
    const std::string fresh = lock_path_ + '.' + std::to_string(getpid());
    std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (file && std::rename(fresh.c_str(), lock_path_.c_str()) == 0) return true;
    say_error(fmt::format("cannot write `{}`: {}", lock_path_, std::strerror(errno)));
    unlink(fresh.c_str());
    return false;
  }

  std::string lock_path_;
  const std::vector<std::string>& files_;
  const LockCommand& command_;
  lock::Lock lock_;
  std::optional<std::string> joined_;  // the lock's text, if git had left it half merged
  std::map<std::string, lock::Released> others_;
  std::vector<graph::Content> contents_;  // each key once
  std::set<std::string> keys_, shown_;
  std::map<std::string, std::string> file_of_;  // by key: a file by way of which it is reached
  std::map<std::string, lock::Data> data_;
  std::map<std::string, lock::Model> models_;
  std::vector<Finding> findings_;
  std::map<std::string, lock::Released> fresh_;
  std::vector<std::string> gone_;
  std::string story_;
  bool wrong_ = false;
};

}  // namespace

int lock_project(const std::string& lock_path, const std::vector<std::string>& files,
                 const LockCommand& command) {
  return Project(lock_path, files, command).run();
}

}  // namespace chain::cli
