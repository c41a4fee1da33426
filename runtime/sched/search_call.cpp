#include "runtime/sched/search_call.h"

#include <utility>

namespace chain::sched {

SearchCall::~SearchCall() {
  if (holds_) settle({});
  if (waits_) std::erase(instance_.run->waiting, this);
}

const program::External& SearchCall::search() const {
  return instance_.run->program->externals[instance_.region->tasks[task_].target];
}

uint32_t SearchCall::embed_model() const {
  return instance_.run->program->resources[search().resource].embed_model;
}

void SearchCall::send(retrieve::SearchRequest request) {
  request_ = std::move(request);
  go();
}

void SearchCall::admit() {
  waits_ = false;
  go();
}

void SearchCall::cancel() {
  if (id_ != 0) searches_.cancel(id_);
}

void SearchCall::go() {
  if (!reserve()) return;
  id_ = searches_.search(request_, {.done =
                                        [this](retrieve::SearchResult result) {
                                          if (holds_) settle(result.usage);
                                          host_.search_ended(*this, std::move(result));
                                        },
                                    .failed =
                                        [this](model::Failure failure) {
                                          if (holds_) settle({});
                                          host_.search_failed(*this, std::move(failure));
                                        }});
}

bool SearchCall::reserve() {
  Budget* const budget = instance_.budget;
  if (!budget || !budget->counts_tokens()) return true;
  if (request_.rerank) {
    host_.search_failed(*this,
                        {abi::ErrorKind::Budget,
                         "`" + search().name +
                             "` has its passages ranked anew, and nobody knows "
                             "before what that takes: leave out `rerank: true`, or the bounds on cost and "
                             "tokens around it"});
    return false;
  }
  const bool by_words = request_.mode_said && request_.query.mode == retrieve::Mode::Words;
  if (by_words || embed_model() == UINT32_MAX) return true;
  std::string error;
  const auto most = tariff_.most_embedded(embed_model(), request_.query.text, budget->counts_cost(), error);
  if (!most) return host_.search_failed(*this, {abi::ErrorKind::Failed, std::move(error)}), false;
  const Budget* refusing = nullptr;
  const Budget::Answer answer = budget->reserve(*most, &refusing);
  if (answer == Budget::Answer::Wait) {
    waits_ = true;
    host_.search_waits(*this);
    return false;
  }
  if (answer == Budget::Answer::Never) {
    refused_by = refusing;
    host_.search_failed(*this, {abi::ErrorKind::Budget, refusing->refusal(*most)});
    return false;
  }
  holds_ = true;
  reserved_ = *most;
  return true;
}

void SearchCall::settle(const model::Usage& usage) {
  holds_ = false;
  instance_.budget->settle(reserved_, tariff_.embedded(embed_model(), request_.query.text, usage));
  host_.search_settled(*instance_.run);
}

}  // namespace chain::sched
