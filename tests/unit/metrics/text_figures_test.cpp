// Every figure of bleu.json, rouge.json, squad_em_f1.json and meteor.json in tests/fixtures/metrics.
#include <map>
#include <optional>

#include "fixture.h"
#include "runtime/metrics/answers.h"
#include "runtime/metrics/bleu.h"
#include "runtime/metrics/chrf.h"
#include "runtime/metrics/meteor.h"
#include "runtime/metrics/rouge.h"
#include "runtime/metrics/stem.h"
#include "runtime/metrics/ter.h"

using namespace chain::metrics;
using nlohmann::json;

namespace {

/// `refs` holds streams of references, each with one for every answer.
std::vector<Segment> segments_of(const json& answers, const json& streams) {
  std::vector<Segment> segments;
  for (size_t i = 0; i < answers.size(); ++i) {
    Segment segment{answers[i].get_ref<const std::string&>(), {}};
    for (const json& stream : streams) segment.references.push_back(stream[i].get_ref<const std::string&>());
    segments.push_back(segment);
  }
  return segments;
}

BleuOptions options_of(const json& opts) {
  static const std::map<std::string, BleuTokens> kTokens = {{"13a", BleuTokens::Mteval13a},
                                                            {"intl", BleuTokens::International},
                                                            {"char", BleuTokens::Characters},
                                                            {"none", BleuTokens::Blanks}};
  static const std::map<std::string, BleuSmoothing> kSmoothing = {{"none", BleuSmoothing::None},
                                                                  {"floor", BleuSmoothing::Floor},
                                                                  {"add-k", BleuSmoothing::AddK},
                                                                  {"exp", BleuSmoothing::Exponential}};
  BleuOptions options;
  options.tokens = kTokens.at(opts.value("tokenize", "13a"));
  options.smoothing = kSmoothing.at(opts.value("smooth_method", "exp"));
  options.lowercase = opts.value("lowercase", false);
  if (opts.contains("smooth_value") && !opts["smooth_value"].is_null())
    options.value = opts["smooth_value"].get<double>();
  return options;
}

std::optional<Overlap> rouge(const json& one) {
  const auto& answer = one["prediction"].get_ref<const std::string&>();
  const auto& reference = one["target"].get_ref<const std::string&>();
  const RougeOptions options{.stem = one["stem"].get<bool>()};
  const std::string metric = one["metric"];
  if (metric == "rougeL") return rouge_l(answer, reference, options);
  if (metric == "rougeLsum") return rouge_lsum(answer, reference, options);
  return rouge_n(answer, reference, static_cast<uint32_t>(std::stoul(metric.substr(5))), options);
}

}  // namespace

TEST_CASE("BLEU as sacrebleu has it") {
  const json all = fixture("bleu.json");
  REQUIRE(all["bleu"].size() == 19);
  for (const json& one : all["bleu"]) {
    INFO(one["hyps"] << one["opts"]);
    const auto segments = segments_of(one["hyps"], one["refs"]);
    const BleuOptions options = options_of(one["opts"]);
    const Bleu found =
        one["level"] == "sentence" ? sentence_bleu(segments.at(0), options) : bleu(segments, options);
    CHECK(found.score == digits(one["score"].get<double>()));
    for (size_t n = 0; n < 4; ++n) {
      CHECK(found.counts[n] == one["counts"][n].get<double>());
      CHECK(found.totals[n] == one["totals"][n].get<double>());
      CHECK(found.precisions[n] == digits(one["precisions"][n].get<double>()));
    }
    CHECK(found.brevity_penalty == digits(one["bp"].get<double>()));
    CHECK(found.answer_length == one["sys_len"].get<uint64_t>());
    CHECK(found.reference_length == one["ref_len"].get<uint64_t>());
  }
}

TEST_CASE("tokens of mteval-v13a") {
  const json all = fixture("bleu.json");
  REQUIRE(all["tokenizer_13a"].size() == 8);
  for (const json& one : all["tokenizer_13a"])
    CHECK(bleu_tokens(one["text"].get_ref<const std::string&>(), BleuTokens::Mteval13a) == one["tokens"].get_ref<const std::string&>());
}

TEST_CASE("chrF as sacrebleu has it") {
  const json all = fixture("bleu.json");
  REQUIRE(all["chrf"].size() == 3);
  for (const json& one : all["chrf"]) {
    const Segment segment{one["hyp"].get_ref<const std::string&>(), views(one["refs"])};
    const ChrfOptions options{.epsilon = one["opts"]["eps_smoothing"].get<bool>()};
    CHECK(chrf({&segment, 1}, options) == digits(one["score"].get<double>()));
  }
}

TEST_CASE("TER as sacrebleu has it") {
  const json all = fixture("bleu.json");
  REQUIRE(all["ter"].size() == 4);
  for (const json& one : all["ter"]) {
    const Segment segment{one["hyp"].get_ref<const std::string&>(), views(one["refs"])};
    const auto found = ter({&segment, 1});
    REQUIRE(found);
    CHECK(found->score == digits(one["score"].get<double>()));
    CHECK(found->edits == one["num_edits"].get<double>());
    CHECK(found->reference_length == one["ref_length"].get<double>());
  }
}

TEST_CASE("ROUGE as ROUGE-1.5.5 and rouge_score have it") {
  const json all = fixture("rouge.json");
  REQUIRE(all["cases"].size() == 53);
  for (const json& one : all["cases"]) {
    INFO(one["metric"] << one["stem"] << one["prediction"]);
    const auto found = rouge(one);
    REQUIRE(found);
    CHECK(found->precision == digits(one["precision"].get<double>()));
    CHECK(found->recall == digits(one["recall"].get<double>()));
    CHECK(found->f1 == digits(one["fmeasure"].get<double>()));
  }
}

TEST_CASE("stems as NLTK has them") {
  const json all = fixture("rouge.json");
  REQUIRE(all["porter_stems_nltk38"].size() > 90);
  for (const auto& [word, stem] : all["porter_stems_nltk38"].items()) {
    INFO(word);
    CHECK(porter_stem(word) == stem);
  }
}

TEST_CASE("exact match and F1 as SQuAD has them") {
  const json all = fixture("squad_em_f1.json");
  REQUIRE(all["cases"].size() == 13);
  for (const json& one : all["cases"]) {
    const auto& answer = one["pred"].get_ref<const std::string&>();
    INFO(answer);
    const auto golds = views(one["golds"]);
    CHECK(exact_match(answer, golds) == one["em"].get<double>());
    CHECK(token_f1(answer, golds) == digits(one["f1"].get<double>()));
    CHECK(token_f1(answer, golds, EmptyAnswers::Match) == digits(one["f1_v2"].get<double>()));
    CHECK(normalize_answer(answer) == one["normalized_pred"]);
  }
  REQUIRE(all["inspect_ai_cases"].size() == 3);
  for (const json& one : all["inspect_ai_cases"])  // rounded to two places there
    CHECK(std::round(token_f1(one["pred"].get_ref<const std::string&>(), views(one["golds"])) * 100) / 100 ==
          one["f1"].get<double>());
}

TEST_CASE("METEOR as NLTK has it, without WordNet") {
  const json all = fixture("meteor.json");
  REQUIRE(all["cases"].size() == 6);
  for (const json& one : all["cases"]) {
    const auto answer = views(one["hyp"]), reference = views(one["ref"]);
    const std::span<const std::string_view> references[] = {reference};
    CHECK(meteor(answer, references) == digits(one["exact_stem_only"].get<double>()));
  }
}
