// Any bytes as a reply with embeddings or a ranking, as a question's answer, or as the file of what is known:
// no crash, and what is taken for an answer is one.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "runtime/model/probe_questions.h"
#include "runtime/model/retry.h"
#include "runtime/model/vector_replies.h"

using namespace chain::model;

namespace {

void check(const Embeddings& embeddings, size_t count) {
  if (embeddings.vectors.size() != count) std::abort();
  for (const auto& vector : embeddings.vectors) {
    if (vector.empty() || vector.size() != embeddings.vectors.front().size()) std::abort();
    for (const float number : vector) {
      if (!std::isfinite(number)) std::abort();
    }
  }
}

void check(const Ranking& ranking, size_t documents) {
  std::vector<bool> seen(documents, false);
  for (const Ranked& each : ranking.ranked) {
    if (each.index >= documents || seen[each.index] || !std::isfinite(each.score)) std::abort();
    seen[each.index] = true;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const size_t count = data[0] % 4 + 1;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  Embeddings embeddings;
  if (read_embeddings(text, count, data[0] % 3, embeddings).empty()) check(embeddings, count);
  RerankRequest request;
  request.documents.resize(count);
  request.top_n = data[0] % 3;
  for (const RerankForm form : {RerankForm::Documents, RerankForm::Texts}) {
    Ranking ranking;
    if (read_ranking(text, request, form, ranking).empty()) check(ranking, count);
  }
  for (const char* provider : {"openai", "anthropic", "gemini", "ollama"}) {
    const chain::program::Model model{"m", provider, "id", "{}"};
    for (const auto ability : {&Abilities::tools, &Abilities::several})
      static_cast<void>(shows(model, ability, text));
  }
  Head head;
  head.requests_left = "0";
  head.requests_reset = text;
  if (const auto pause = wished_pause(head); pause && *pause < 0) std::abort();
  return 0;
}
