// One search of an index that is under way. Internal to runtime/sched.
#pragma once

#include <string>

#include "runtime/retrieve/searches.h"
#include "runtime/sched/run_state.h"

namespace chain::sched {

class SearchCall;

/// Whom a search tells of its end. It may be destroyed from within.
class SearchHost {
 public:
  virtual ~SearchHost() = default;
  virtual void search_ended(SearchCall& call, retrieve::SearchResult result) = 0;
  virtual void search_failed(SearchCall& call, model::Failure failure) = 0;
};

class SearchCall final : public Call {
 public:
  SearchCall(SearchHost& host, retrieve::Searches& searches, Instance& instance, uint32_t task,
             std::string path)
      : Call(instance, task), host_(host), searches_(searches), path_(std::move(path)) {}

  void send(retrieve::SearchRequest request) {
    id_ = searches_.search(
        std::move(request),
        {.done = [this](retrieve::SearchResult result) { host_.search_ended(*this, std::move(result)); },
         .failed = [this](model::Failure failure) { host_.search_failed(*this, std::move(failure)); }});
  }
  void cancel() override {
    if (id_ != 0) searches_.cancel(id_);
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const program::External& search() const {
    return instance_.run->program->externals[instance_.region->tasks[task_].target];
  }

 private:
  SearchHost& host_;
  retrieve::Searches& searches_;
  std::string path_;
  retrieve::Searches::CallId id_ = 0;
};

}  // namespace chain::sched
