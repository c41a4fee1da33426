#include "runtime/store/journal_writer.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace chain::store {

struct JournalWriter::State : std::enable_shared_from_this<JournalWriter::State> {
  struct Item {
    Work work;
    Written written;
  };

  State(Options writer_options, EventLoop& of) : options(std::move(writer_options)), loop(of) {}

  void write_all();
  void write_batch(std::vector<Item>& batch);
  void tell(std::vector<Written> waiting);

  const Options options;
  EventLoop& loop;
  std::thread thread;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Item> queue;  // guarded by mutex
  bool stopping = false;    // guarded by mutex
  bool gone = false;        // the writer; of the loop's thread
  // Of the writer's thread:
  std::unique_ptr<Records> records;
  std::string problem;  // once something failed, nothing more is written
};

void JournalWriter::State::write_all() {
  records = Records::open(options.folder, options.durability, problem);
  if (!records) problem = "the journal cannot be opened: " + problem + "; `--no-journal` runs without one";
  std::vector<Item> batch;
  while (true) {
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) break;
      batch.swap(queue);
    }
    write_batch(batch);
    batch.clear();
  }
  records.reset();
}

void JournalWriter::State::write_batch(std::vector<Item>& batch) {
  if (problem.empty()) {
    bool well = records->begin_transaction();
    for (size_t i = 0; well && i < batch.size(); ++i) well = batch[i].work(*records);
    well = well && records->commit();
    if (!well) {
      problem = "the journal cannot be written, so the run stops here; `chain resume` goes on with it: " +
                records->why();
      records->roll_back();
    }
  }
  std::vector<Written> waiting;
  for (Item& item : batch) {
    if (item.written) waiting.push_back(std::move(item.written));
  }
  if (!waiting.empty()) tell(std::move(waiting));
}

void JournalWriter::State::tell(std::vector<Written> waiting) {
  loop.post([self = shared_from_this(), waiting = std::move(waiting), why = problem] {
    for (const Written& each : waiting) {
      self->loop.release();
      if (!self->gone) each(why);
    }
  });
}

JournalWriter::JournalWriter(Options options, EventLoop& loop)
    : state_(std::make_shared<State>(std::move(options), loop)) {
  state_->thread = std::thread([state = state_.get()] { state->write_all(); });
}

JournalWriter::~JournalWriter() {
  state_->gone = true;
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_one();
  state_->thread.join();
}

void JournalWriter::write(Work work, Written written) {
  if (written) state_->loop.hold();
  bool first = false;
  {
    const std::lock_guard lock(state_->mutex);
    first = state_->queue.empty();
    state_->queue.push_back({std::move(work), std::move(written)});
  }
  if (first) state_->changed.notify_one();
}

}  // namespace chain::store
