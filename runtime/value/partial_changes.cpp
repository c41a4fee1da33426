#include "runtime/value/partial_changes.h"

#include <algorithm>
#include <cstddef>
#include <functional>

namespace chain::value {

namespace {

size_t hash_of(std::string_view text) {
  return std::hash<std::string_view>()(text) | 1;  // 0 stands for none
}

/// Behind the JSON string that begins at `begin`.
size_t end_of_string(std::string_view json, size_t begin) {
  size_t at = begin + 1;
  while (at < json.size() && json[at] != '"') at += json[at] == '\\' ? 2 : 1;
  return std::min(at + 1, json.size());
}

size_t end_of_scalar(std::string_view json, size_t begin) {
  if (json[begin] == '"') return end_of_string(json, begin);
  return std::min(json.find_first_of(",]}: \n", begin), json.size());
}

}  // namespace

void PartialChanges::reset() {
  tokens_.clear();
}

/// Drops what may be another token now: a word that ends where the change begins may have grown.
void PartialChanges::keep_until(size_t unchanged) {
  size_t count = tokens_.size();
  while (count > 0) {
    const Token& last = tokens_[count - 1];
    if (last.end < unchanged || (last.end == unchanged && last.kind != Kind::Scalar)) break;
    --count;
  }
  dropped_.assign(tokens_.begin() + static_cast<std::ptrdiff_t>(count), tokens_.end());
  tokens_.resize(count);
}

void PartialChanges::add(std::string_view json, Token token) {
  token.parent = kNone;
  token.index = 0;
  if (!tokens_.empty()) {
    const auto last_place = static_cast<uint32_t>(tokens_.size() - 1);
    const Token& last = tokens_.back();
    // A closing bracket stands for the value that it closes.
    const Token& before = last.kind == Kind::Close ? tokens_[last.parent] : last;
    token.parent = last.kind == Kind::Open ? last_place : before.parent;
    token.index = last.kind == Kind::Open ? 0 : before.index + 1;
  }
  const std::string_view text = json.substr(token.begin, token.end - token.begin);
  if (token.kind == Kind::Scalar && text != "null") token.hash = hash_of(text);
  tokens_.push_back(token);
}

void PartialChanges::read(std::string_view json) {
  size_t at = tokens_.empty() ? 0 : tokens_.back().end;
  size_t key_begin = 0, key_end = 0;
  while (at < json.size()) {
    const char c = json[at];
    if (c == ' ' || c == ',' || c == ':' || c == '\n') {
      ++at;
      continue;
    }
    Token token{.kind = Kind::Scalar, .parent = kNone, .index = 0, .begin = at, .end = at + 1};
    if (c == '{' || c == '[') {
      token.kind = Kind::Open;
    } else if (c == '}' || c == ']') {
      token.kind = Kind::Close;
    } else {
      token.end = end_of_scalar(json, at);
    }
    at = token.end;
    const bool is_key = c == '"' && at < json.size() && json[at] == ':';
    if (is_key) {
      key_begin = token.begin;
      key_end = token.end;
      continue;
    }
    if (token.kind != Kind::Close) {
      token.key_begin = key_begin;
      token.key_end = key_end;
      key_begin = key_end = 0;
    }
    add(json, token);
  }
}

bool PartialChanges::is_as_before(size_t place) const {
  if (place < kept_ || place - kept_ >= dropped_.size() || place >= tokens_.size()) return false;
  const Token &now = tokens_[place], &before = dropped_[place - kept_];
  return now.kind == before.kind && now.parent == before.parent && now.index == before.index &&
         now.begin == before.begin && now.key_begin == before.key_begin && now.hash == before.hash;
}

/// The place behind the value that begins at `place`.
size_t PartialChanges::end_of(size_t place) const {
  if (tokens_[place].kind == Kind::Scalar) return place + 1;
  size_t end = place + 1;
  while (end < tokens_.size() && (tokens_[end].kind != Kind::Close || tokens_[end].parent != place)) ++end;
  return std::min(end + 1, tokens_.size());
}

std::string PartialChanges::path_of(std::string_view json, size_t place) const {
  std::vector<std::string> parts;
  for (; tokens_[place].parent != kNone; place = tokens_[place].parent) {
    const Token& token = tokens_[place];
    parts.push_back(token.key_end > 0
                        ? std::string(json.substr(token.key_begin, token.key_end - token.key_begin))
                        : std::to_string(token.index));
  }
  std::string path = "[";
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) path += (path.size() > 1 ? "," : "") + *part;
  return path + ']';
}

void PartialChanges::tell(std::string_view json, size_t place) {
  const size_t begin = tokens_[place].begin, end = tokens_[end_of(place) - 1].end;
  changes_.push_back({path_of(json, place), json.substr(begin, end - begin)});
}

/// `item` is as it was: a member or element of something that is still there.
void PartialChanges::tell_item(std::string_view json, const Token& item) {
  size_t place = kept_;
  while (place < tokens_.size() && (tokens_[place].parent != item.parent ||
                                    tokens_[place].index != item.index || tokens_[place].kind == Kind::Close))
    ++place;
  if (place == tokens_.size()) {  // it is gone
    if (item.parent == kNone) return void(changes_.push_back({"[]", "null"}));
    place = item.parent;
  }
  tell(json, place);
  told_.emplace_back(place, end_of(place));
}

void PartialChanges::tell_again(std::string_view json) {
  told_.clear();
  const Token* last = nullptr;
  for (size_t i = 0; i < dropped_.size(); ++i) {
    if (dropped_[i].hash == 0 || is_as_before(kept_ + i)) continue;
    const Token* item = &dropped_[i];
    while (item->parent != kNone && item->parent >= kept_) item = &dropped_[item->parent - kept_];
    if (item != last) tell_item(json, *item);
    last = item;
  }
}

const std::vector<PartialChange>& PartialChanges::update(std::string_view json, size_t unchanged) {
  changes_.clear();
  keep_until(std::min(unchanged, json.size()));
  kept_ = tokens_.size();
  read(json);
  tell_again(json);
  for (size_t place = kept_; place < tokens_.size(); ++place) {
    if (tokens_[place].hash == 0 || is_as_before(place)) continue;
    const auto holds = [&](const auto& range) { return range.first <= place && place < range.second; };
    if (std::ranges::none_of(told_, holds)) tell(json, place);
  }
  return changes_;
}

}  // namespace chain::value
