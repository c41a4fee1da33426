#include "runtime/model/options.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "runtime/http/printable.h"
#include "runtime/program/providers.h"

namespace chain::model {

using nlohmann::json;
using program::OptionInfo;
using program::OptionType;

class OptionsReader {
 public:
  OptionsReader(const program::Model& model, std::string& error) : model_(model), error_(error) {}

  std::optional<Options> read() {
    const json object = json::parse(model_.options_json.empty() ? "{}" : model_.options_json, nullptr, false);
    if (!object.is_object()) return fail("its options are not a JSON object");
    for (const auto& [name, value] : object.items()) {
      const OptionInfo* info = program::find_model_option(model_.provider, name);
      if (info == nullptr) {
        return fail(fmt::format("`{}` takes no option `{}`; it takes {}", model_.provider,
                                http::printable(name), known()));
      }
      if (!accept(*info, value)) return std::nullopt;
    }
    return std::move(options_);
  }

 private:
  std::nullopt_t fail(std::string_view what) {
    error_ = fmt::format("model `{}`: {}", http::printable(model_.name), what);
    return std::nullopt;
  }

  [[nodiscard]] std::string known() const {
    std::string names;
    for (const OptionInfo& option : program::model_options()) {
      if (!program::listed(option.providers, model_.provider)) continue;
      names += fmt::format("{}`{}`", names.empty() ? "" : ", ", option.name);
    }
    return names.empty() ? "none" : names;
  }

  bool accept(const OptionInfo& info, const json& value) {
    switch (info.type) {
      case OptionType::String:
      case OptionType::Choice: return accept_text(info, value);
      case OptionType::Strings: return accept_texts(info, value);
      case OptionType::Ints:
      case OptionType::Models: return accept_integers(info, value);
      case OptionType::Bool: return accept_flag(info, value);
      case OptionType::Int:
      case OptionType::Model:
      case OptionType::Duration: return value.is_number_integer() ? accept_number(info, value) : wrong(info);
      case OptionType::Secret:
        return wrong(info);  // the compiler gives the variable's name to another option
      case OptionType::Float: return value.is_number() ? accept_number(info, value) : wrong(info);
    }
    return false;
  }

  bool accept_text(const OptionInfo& info, const json& value) {
    if (!value.is_string()) return wrong(info);
    const auto& text = value.get_ref<const std::string&>();
    if (info.type == OptionType::Choice && !program::listed(info.choices, text)) return wrong(info);
    put(info, text);
    return true;
  }

  bool accept_flag(const OptionInfo& info, const json& value) {
    if (!value.is_boolean()) return wrong(info);
    put(info, value.get<bool>());
    return true;
  }

  bool accept_texts(const OptionInfo& info, const json& value) {
    std::vector<std::string> texts;
    const json list = value.is_array() ? value : json::array({value});
    for (const json& item : list) {
      if (!item.is_string()) return wrong(info);
      texts.push_back(item.get<std::string>());
    }
    put(info, std::move(texts));
    return true;
  }

  bool accept_number(const OptionInfo& info, const json& value) {
    if (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX) return wrong(info);
    // Compared as what it is: an int64_t bound is not exact as a double.
    const bool within = value.is_number_float()
                            ? value.get<double>() >= static_cast<double>(info.least) &&
                                  value.get<double>() <= static_cast<double>(info.most)
                            : value.get<int64_t>() >= info.least && value.get<int64_t>() <= info.most;
    if (!within) return wrong(info);
    put(info, Options::Number{value.is_number_float() ? 0 : value.get<int64_t>(), value.dump()});
    return true;
  }

  bool accept_integers(const OptionInfo& info, const json& value) {
    if (!value.is_array()) return wrong(info);
    std::vector<int64_t> integers;
    for (const json& item : value) {
      const bool fits =
          item.is_number_integer() && !(item.is_number_unsigned() && item.get<uint64_t>() > INT64_MAX);
      if (!fits || item.get<int64_t>() < info.least || item.get<int64_t>() > info.most) return wrong(info);
      integers.push_back(item.get<int64_t>());
    }
    put(info, std::move(integers));
    return true;
  }

  void put(const OptionInfo& info, Options::Value value) {
    options_.values_.insert_or_assign(std::string(info.name), std::move(value));
  }

  bool wrong(const OptionInfo& info) {
    fail(fmt::format("option `{}` must be {}", info.name, expected(info)));
    return false;
  }

  static std::string expected(const OptionInfo& info) {
    switch (info.type) {
      case OptionType::String: return "a string";
      case OptionType::Secret: return fmt::format("given as `{}`", info.choices);
      case OptionType::Model: return "the place of a model";
      case OptionType::Bool: return "true or false";
      case OptionType::Models: return "a list of places of models";
      case OptionType::Ints:
        return fmt::format("a list of whole numbers from {} to {}", info.least, info.most);
      case OptionType::Choice: return fmt::format("one of {}", info.choices);
      case OptionType::Strings: return "a string or a list of strings";
      case OptionType::Duration:
        return fmt::format("a duration from {}ms to {}s", info.least / 1'000'000, info.most / 1'000'000'000);
      case OptionType::Int: return fmt::format("a whole number from {} to {}", info.least, info.most);
      case OptionType::Float: return fmt::format("a number from {} to {}", info.least, info.most);
    }
    return {};
  }

  const program::Model& model_;
  std::string& error_;
  Options options_;
};

std::optional<Options> Options::read(const program::Model& model, std::string& error) {
  return OptionsReader(model, error).read();
}

std::optional<std::string> Options::text(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return std::get<std::string>(found->second);
}

std::optional<int64_t> Options::integer(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return std::get<Number>(found->second).integer;
}

bool Options::flag(std::string_view name) const {
  const auto found = values_.find(name);
  return found != values_.end() && std::get<bool>(found->second);
}

std::vector<std::string> Options::texts(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return {};
  return std::get<std::vector<std::string>>(found->second);
}

std::vector<int64_t> Options::integers(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return {};
  return std::get<std::vector<int64_t>>(found->second);
}

int64_t thinking_room(std::string_view provider, const Options& options) {
  // What Anthropic's models think counts as answer, and must fit into it.
  return provider == "anthropic" ? options.integer("reasoning_budget").value_or(0) : 0;
}

int64_t Options::duration(std::string_view name, int64_t otherwise) const {
  return integer(name).value_or(otherwise);
}

std::optional<std::string> Options::number(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return std::get<Number>(found->second).json;
}

}  // namespace chain::model
