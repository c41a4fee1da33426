#include "runtime/model/prices.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cassert>
#include <cctype>
#include <cmath>

#include "runtime/program/providers.h"

namespace chain::model {
namespace {

using nlohmann::json;

/// A million dollars for a million tokens: beyond that a price is a mistake, and sums could overflow.
constexpr double kMostDollars = 1e6;

/// `unit`: what a dollar comes to.
bool read_dollars(const json& entry, const char* name, int64_t& price, std::string& error, double unit = 1e9,
                  const char* what = "a million tokens") {
  const auto found = entry.find(name);
  if (found == entry.end()) return true;
  const double dollars = found->is_number() ? found->get<double>() : -1;
  if (!(dollars >= 0 && dollars <= kMostDollars)) {
    error = std::string("`") + name + "` is no price in dollars for " + what;
    return false;
  }
  price = std::llround(dollars * unit);
  return true;
}

/// "2025-08-07", "20250929", "latest": what names a snapshot behind a model's name.
bool is_snapshot(std::string_view text) {
  if (text == "latest") return true;
  const bool dated = std::ranges::all_of(
      text, [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '-'; });
  return dated && text.size() >= 4;
}

}  // namespace

int64_t cost_of(const Price& price, const Usage& usage) {
  const auto count = [](int64_t tokens) { return static_cast<__int128>(std::max<int64_t>(tokens, 0)); };
  const __int128 cached = std::min(count(usage.cached_tokens), count(usage.input_tokens));
  const __int128 written = std::min(count(usage.written_tokens), count(usage.input_tokens) - cached);
  const __int128 sum = (count(usage.input_tokens) - cached - written) * price.input +
                       cached * price.cached_input + written * price.written_input +
                       count(usage.output_tokens) * price.output +
                       count(usage.searches) * std::max<int64_t>(price.search, 0);
  const __int128 cost = (sum + 999'999) / 1'000'000;
  return cost > INT64_MAX ? INT64_MAX : static_cast<int64_t>(cost);
}

Prices::Prices() {
  std::string error;
  [[maybe_unused]] const bool fine = add(built_in_prices(), error);
  assert(fine);
}

bool Prices::add(std::string_view text, std::string& error) {
  const json table = json::parse(text, nullptr, /*allow_exceptions=*/false, /*ignore_comments=*/true);
  const auto models = table.is_object() ? table.find("models") : table.end();
  if (!table.is_object() || models == table.end() || !models->is_object()) {
    error =
        "a table of prices is an object with `models`, as in {\"models\": {\"openai/gpt-5-mini\": "
        "{\"input\": "
        "0.25, \"output\": 2}}}";
    return false;
  }
  for (const auto& [name, entry] : models->items()) {
    Price price;
    if (!entry.is_object() || !entry.contains("input") || !entry.contains("output")) {
      error = "the price of `" + name + "` needs `input` and `output`, in dollars for a million tokens";
      return false;
    }
    if (!read_dollars(entry, "input", price.input, error) ||
        !read_dollars(entry, "output", price.output, error)) {
      error = "the price of `" + name + "`: " + error;
      return false;
    }
    price.cached_input = price.written_input = price.input;
    if (!read_dollars(entry, "cached_input", price.cached_input, error) ||
        !read_dollars(entry, "search", price.search, error, 1e12, "a thousand searches")) {
      error = "the price of `" + name + "`: " + error;
      return false;
    }
    prices_[name] = price;
  }
  return true;
}

std::vector<std::string> odd_prices(std::string_view text) {
  std::vector<std::string> odd;
  const json table = json::parse(text, nullptr, /*allow_exceptions=*/false, /*ignore_comments=*/true);
  const auto models = table.is_object() ? table.find("models") : table.end();
  if (!table.is_object() || models == table.end() || !models->is_object()) return odd;
  for (const auto& [name, entry] : models->items()) {
    const size_t slash = name.find('/');
    const std::string provider = name.substr(0, slash);
    if (slash == std::string::npos) {
      odd.push_back("`" + name + "` is not of the form PROVIDER/MODEL");
    } else if (program::find_model_provider(provider) == nullptr) {
      odd.push_back("there is no provider `" + provider + "`, of `" + name + "`");
    }
    for (const auto& [word, unused] : entry.items()) {
      if (!program::listed("input,cached_input,output,search", word))
        odd.push_back("`" + word + "` of `" + name + "` is none of input, cached_input, output and search");
    }
  }
  return odd;
}

std::optional<Price> Prices::of(const program::Model& model) const {
  std::optional<Price> price = of(model.provider, model.id);
  if (!price || model.provider != "anthropic") return price;
  // As Anthropic's price page has it: a quarter more for five minutes, twice as much for an hour.
  const json options = json::parse(model.options_json, nullptr, /*allow_exceptions=*/false);
  const auto kept = options.is_object() ? options.find("prompt_cache") : options.end();
  if (!options.is_object() || kept == options.end()) return price;
  if (*kept == "5m") price->written_input = price->input + price->input / 4;
  if (*kept == "1h") price->written_input = price->input * 2;
  return price;
}

std::optional<Price> Prices::of(std::string_view provider, std::string_view id) const {
  const std::string prefix = std::string(provider) + '/';
  const auto find = [&](std::string_view name) { return prices_.find(prefix + std::string(name)); };
  if (const auto exact = find(id); exact != prices_.end()) return exact->second;
  for (size_t at = id.rfind('-'); at != std::string_view::npos && at > 0; at = id.rfind('-', at - 1)) {
    if (!is_snapshot(id.substr(at + 1))) continue;
    if (const auto named = find(id.substr(0, at)); named != prices_.end()) return named->second;
  }
  if (const auto any = find("*"); any != prices_.end()) return any->second;
  return std::nullopt;
}

}  // namespace chain::model
