// A small project with an index of documents, and `chain index` in it.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

#include "tests/unit/cli/place.h"

namespace chain::testing {

struct Books {
  Place place;

  explicit Books(const std::string& program) {
    place.file("book.chain", program);
    std::filesystem::create_directory(place.path() / "docs");
    doc("refunds", "# Refunds\n\nA refund is paid within fourteen days.\n");
    doc("shipping", "# Shipping\n\nParcels leave the warehouse every morning.\n");
    doc("korean", "# 환불\n\n환불은 십사 일 안에 처리됩니다.\n");
  }

  void doc(const std::string& name, std::string_view text) const { place.file("docs/" + name + ".md", text); }
  [[nodiscard]] Ended index(std::vector<std::string> words) const {
    words.insert(words.begin(), "index");
    return place.chain(std::move(words));
  }
  [[nodiscard]] nlohmann::json answer(std::vector<std::string> words) const {
    words.emplace_back("--json");
    const Ended ended = index(std::move(words));
    INFO(ended.err);
    REQUIRE(ended.code == 0);
    return nlohmann::json::parse(ended.out);
  }
  [[nodiscard]] nlohmann::json build() const { return answer({"build", "book.chain"}); }
  /// The ids of what a query finds.
  [[nodiscard]] std::vector<std::string> find(const std::string& query,
                                              const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"search", "book.chain", query};
    words.insert(words.end(), more.begin(), more.end());
    std::vector<std::string> ids;
    const nlohmann::json found = answer(std::move(words));
    for (const nlohmann::json& each : found["passages"]) ids.push_back(each["id"]);
    return ids;
  }
};

}  // namespace chain::testing
