// Which requests begin alike, for providers that want to be told.
#pragma once

#include <string>

#include "runtime/model/client.h"
#include "runtime/model/options.h"

namespace chain::model {

/// `,"prompt_cache_key":"..."` of OpenAI: the same for all calls of a prompt's version at a model. Empty
/// where the model has no `prompt_cache`, or the request is of no prompt.
class PromptCacheKey {
 public:
  PromptCacheKey(const program::Model& model, const Options& options);
  void append(std::string& body, const Request& request) const;

 private:
  std::string model_;  // empty for no hints
};

}  // namespace chain::model
