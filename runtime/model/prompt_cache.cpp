#include "runtime/model/prompt_cache.h"

#include "runtime/program/versioned.h"
#include "runtime/value/digest.h"

namespace chain::model {

namespace {

constexpr size_t kDigits = 32;  // of a hash; the API takes 64 characters

}  // namespace

PromptCacheKey::PromptCacheKey(const program::Model& model, const Options& options)
    : model_(options.text("prompt_cache").value_or("off") == "off" ? "" : model.id) {}

void PromptCacheKey::append(std::string& body, const Request& request) const {
  if (model_.empty() || request.prompt == nullptr) return;
  const std::string prompt = program::versioned(request.prompt->name, request.prompt->version);
  const std::string hash = value::hex(value::sha256(prompt + '\n' + model_));
  body.append(R"(,"prompt_cache_key":"chain-)").append(hash, 0, kDigits) += '"';
}

}  // namespace chain::model
