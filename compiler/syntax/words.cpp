#include "compiler/syntax/words.h"

#include <antlr4-runtime.h>

#include <unordered_map>

#include "generated/ChainLexer.h"

namespace chain::syntax {
namespace {

using generated::ChainLexer;
using Table = std::unordered_map<std::string_view, uint16_t>;

const Table& reserved() {
  static const Table table = {
      {"let", ChainLexer::LET},       {"var", ChainLexer::VAR},     {"if", ChainLexer::IF},
      {"else", ChainLexer::ELSE},     {"match", ChainLexer::MATCH}, {"for", ChainLexer::FOR},
      {"in", ChainLexer::IN},         {"where", ChainLexer::WHERE}, {"repeat", ChainLexer::REPEAT},
      {"return", ChainLexer::RETURN}, {"break", ChainLexer::BREAK}, {"try", ChainLexer::TRY},
      {"catch", ChainLexer::CATCH},   {"race", ChainLexer::RACE},   {"sample", ChainLexer::SAMPLE},
      {"expect", ChainLexer::EXPECT}, {"given", ChainLexer::GIVEN}, {"and", ChainLexer::AND},
      {"or", ChainLexer::OR},         {"not", ChainLexer::NOT},     {"true", ChainLexer::TRUE},
      {"false", ChainLexer::FALSE},   {"none", ChainLexer::NONE},
  };
  return table;
}

const Table& declarations() {
  static const Table table = {
      {"import", ChainLexer::IMPORT},     {"const", ChainLexer::CONST},    {"type", ChainLexer::TYPE},
      {"enum", ChainLexer::ENUM},         {"model", ChainLexer::MODEL},    {"prompt", ChainLexer::PROMPT},
      {"chain", ChainLexer::CHAIN},       {"test", ChainLexer::TEST},      {"fn", ChainLexer::FN},
      {"template", ChainLexer::TEMPLATE}, {"index", ChainLexer::RESOURCE}, {"memory", ChainLexer::RESOURCE},
      {"dataset", ChainLexer::RESOURCE},  {"mcp", ChainLexer::RESOURCE},   {"a2a", ChainLexer::RESOURCE},
      {"tool", ChainLexer::TOOL},         {"agent", ChainLexer::AGENT},    {"route", ChainLexer::ROUTE},
      {"profile", ChainLexer::PROFILE},   {"eval", ChainLexer::EVAL},
  };
  return table;
}

uint16_t find(const Table& table, std::string_view word) {
  const auto entry = table.find(word);
  return entry == table.end() ? 0 : entry->second;
}

}  // namespace

uint16_t reserved_word(std::string_view word) {
  return find(reserved(), word);
}
uint16_t declaration_word(std::string_view word) {
  return find(declarations(), word);
}

const std::vector<std::string_view>& declaration_words() {
  static const std::vector<std::string_view> words = [] {
    std::vector<std::string_view> result;
    for (const auto& [word, type] : declarations()) result.push_back(word);
    return result;
  }();
  return words;
}

}  // namespace chain::syntax
