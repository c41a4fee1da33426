// Kept answers in a file, for an event loop.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/model/answer_store.h"
#include "runtime/store/answer_table.h"

namespace chain {
class EventLoop;
}

namespace chain::store {

struct AnswerFileOptions {
  std::string path;
  int64_t most_bytes = kMostAnswerBytes;
  std::function<int64_t()> now;                  // nanoseconds since 1970; the system's clock if empty
  std::function<void(const std::string&)> warn;  // a sentence for the user: the file is of no use, and why
};

/// Opens the file when it is first asked. SQLite works in a thread of its own, in the order of the calls, for
/// a commit may wait for the disk or for another process. Without a file that can be used nothing is found
/// and nothing kept.
class AnswerFile final : public model::AnswerStore {
 public:
  AnswerFile(EventLoop& loop, AnswerFileOptions options);
  /// Waits until everything is written.
  ~AnswerFile() override;

  void find(const std::string& key, int64_t most_age, Found found) override;
  void find_similar(const std::string& key, const model::Likeness& likeness, uint32_t least, int64_t most_age,
                    Found found) override;
  void keep(const std::string& key, model::NewAnswer answer) override;
  void forget(const std::string& key) override;

 private:
  enum class Do : uint8_t { Find, Keep, Forget };
  struct Job {
    Do what = Do::Find;
    std::string key;
    int64_t now = 0;
    int64_t most_age = 0;
    Found found = {};
    model::NewAnswer answer = {};
    std::optional<model::Likeness> likeness = std::nullopt;  // of what is looked for
    uint32_t least = 0;                                      // how alike, of 10,000
  };
  struct Result {
    Found found;
    std::optional<model::KeptAnswer> answer;
  };

  void find(Job job);
  /// Starts the thread if it does not run. False if it cannot be had.
  bool runs();
  void add(Job job);
  /// On the loop's thread.
  void deliver();
  void warn();

  // On the thread of its own:
  void work();
  void carry_out(std::vector<Job>& jobs);
  [[nodiscard]] bool write(std::vector<Job>& jobs);
  [[nodiscard]] bool carry_out(Job& job);
  void open();
  void note_uses();
  void trouble();
  void note(std::string warning);

  EventLoop& loop_;
  AnswerFileOptions options_;
  int ready_;              // an eventfd: there are results
  size_t unanswered_ = 0;  // while there are any, the loop watches `ready_`, and goes on
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Job> jobs_;
  std::vector<Result> results_;
  std::vector<std::string> warnings_;
  bool stop_ = false;

  // Of the thread:
  std::unique_ptr<AnswerTable> table_;
  bool opened_ = false;
  std::vector<Result> found_;
  struct Use {
    std::string key;
    int64_t when = 0;
    bool similar = false;
  };
  std::vector<Use> used_;
};

}  // namespace chain::store
