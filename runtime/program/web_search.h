// Which models answer with what their provider finds on the web.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/program/program.h"

namespace chain::program {

/// How often an answer may be paused while its provider searches: each time is a request more.
inline constexpr uint32_t kMostPauses = 16;

/// Whether `model` itself is told to (`web_search: true`), or does so by its nature: of OpenAI's API the
/// models
/// "...-search-api" and "...-search-preview".
[[nodiscard]] bool searches_web(const Model& model);

/// The first of the models that may answer a call of model `index` that searches: it, a member of a
/// `balance`, a `fallback`. Nothing if none does.
[[nodiscard]] std::optional<uint32_t> searching_model(const std::vector<Model>& models, uint32_t index);

}  // namespace chain::program
