// One search of an index that is under way. Internal to runtime/sched.
#pragma once

#include <string>

#include "runtime/retrieve/searches.h"
#include "runtime/sched/budget.h"
#include "runtime/sched/run_state.h"
#include "runtime/sched/tariff.h"

namespace chain::sched {

class SearchCall;

/// What a search needs of the scheduler. It may be destroyed from within, but for the last two.
class SearchHost {
 public:
  virtual ~SearchHost() = default;
  virtual void search_ended(SearchCall& call, retrieve::SearchResult result) = 0;
  virtual void search_failed(SearchCall& call, model::Failure failure) = 0;
  /// As of calls of prompts.
  virtual void search_waits(SearchCall& call) = 0;
  virtual void search_settled(Run& run) = 0;
};

/// A model that embeds the question takes of the budgets around; all else is free.
class SearchCall final : public Call {
 public:
  SearchCall(SearchHost& host, retrieve::Searches& searches, Tariff& tariff, Instance& instance,
             uint32_t task, std::string path)
      : Call(instance, task), host_(host), searches_(searches), tariff_(tariff), path_(std::move(path)) {}
  ~SearchCall() override;

  /// Makes the search when its budgets allow it.
  void send(retrieve::SearchRequest request);
  void admit() override;
  void cancel() override;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const program::External& search() const;

 private:
  void go();
  /// False if it has to wait, or has failed.
  [[nodiscard]] bool reserve();
  void settle(const model::Usage& usage);
  [[nodiscard]] uint32_t embed_model() const;

  SearchHost& host_;
  retrieve::Searches& searches_;
  Tariff& tariff_;
  std::string path_;
  retrieve::SearchRequest request_;
  Amount reserved_;
  bool waits_ = false;
  bool holds_ = false;
  retrieve::Searches::CallId id_ = 0;
};

}  // namespace chain::sched
