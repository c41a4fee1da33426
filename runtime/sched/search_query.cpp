#include "runtime/sched/search_query.h"

#include <charconv>
#include <cmath>

#include "runtime/program/search_bounds.h"
#include "runtime/value/json.h"
#include "runtime/value/text.h"

namespace chain::sched {

namespace {

using value::JsonMember;

std::vector<JsonMember> members_of(std::string_view json) {
  std::string ignored;
  return value::json_members(json, ignored).value_or(std::vector<JsonMember>());
}

double number_of(std::string_view json) {
  double number = 0;
  std::from_chars(json.data(), json.data() + json.size(), number);
  return number;
}

std::string bound_broken(const program::External& search, const program::SearchBound& bound,
                         std::string_view found) {
  return "`" + std::string(bound.parameter) + "` of `" + search.name + "` is from " +
         std::to_string(bound.least) + " to " + std::to_string(bound.most) + "; found " + std::string(found);
}

retrieve::Mode mode_named(std::string_view word) {
  if (word == "bm25") return retrieve::Mode::Words;
  return word == "vector" ? retrieve::Mode::Vectors : retrieve::Mode::Hybrid;
}

void take(const JsonMember& argument, retrieve::SearchRequest& request) {
  retrieve::Query& query = request.query;
  const bool yes = argument.value == "true";
  if (argument.key == "query") query.text = value::json_string(argument.value).value_or("");
  if (argument.key == "top") query.top = static_cast<uint32_t>(number_of(argument.value));
  if (argument.key == "neighbours") query.neighbours = static_cast<uint32_t>(number_of(argument.value));
  if (argument.key == "mmr") query.diversity = number_of(argument.value);  // of null 0
  if (argument.key == "parent") query.parent = yes;
  if (argument.key == "rerank") request.rerank = yes;
  if (argument.key == "mode") {
    const std::optional<std::string> word = value::json_string(argument.value);
    request.mode_said = word.has_value();
    if (word) query.mode = mode_named(*word);
  }
  if (argument.key != "where") return;
  for (const JsonMember& member : members_of(argument.value))
    query.where.emplace_back(member.key, value::json_string(member.value).value_or(""));
}

}  // namespace

std::optional<retrieve::SearchRequest> search_request(const program::External& search,
                                                      std::string_view arguments, std::string& error) {
  retrieve::SearchRequest request{.resource = search.resource};
  for (const JsonMember& argument : members_of(arguments)) {
    for (const program::SearchBound& bound : program::kSearchBounds) {
      if (argument.key != bound.parameter || argument.value == "null") continue;
      const double number = number_of(argument.value);
      if (number >= static_cast<double>(bound.least) && number <= static_cast<double>(bound.most)) continue;
      error = bound_broken(search, bound, argument.value);
      return std::nullopt;
    }
    take(argument, request);
  }
  return request;
}

std::string passages_json(const std::vector<retrieve::Found>& passages) {
  std::string json = "[";
  for (const retrieve::Found& passage : passages) {
    json += json.size() == 1 ? "{" : ",{";
    const auto text = [&](std::string_view name, std::string_view said) {
      value::append_json_string(json, name);
      json += ':';
      value::append_json_string(json, said);
      json += ',';
    };
    text("id", passage.id);
    text("text", passage.text);
    text("source", passage.source);
    json += "\"score\":";
    value::append_float(json, std::isfinite(passage.score) ? passage.score : 0);
    json += ",\"meta\":{";
    for (const auto& [name, said] : passage.meta) text(name, said);
    if (!passage.meta.empty()) json.pop_back();
    json += "}}";
  }
  return json + ']';
}

}  // namespace chain::sched
