#include "runtime/model/known_endpoints.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "runtime/value/digest.h"

namespace chain::model {

namespace {

using nlohmann::json;

constexpr int64_t kVersion = 1;
constexpr size_t kMostBytes = 4 << 20;

std::string key_of(std::string_view provider, std::string_view base_url, std::string_view id) {
  std::string bytes;
  for (const std::string_view part : {provider, base_url, id})
    bytes.append(std::to_string(part.size())).append(1, ':').append(part);
  return value::hex(value::sha256(bytes));
}

int64_t integer(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

Abilities abilities_in(const json& entry) {
  Abilities abilities;
  for (const AbilityName& ability : probed_abilities()) {
    const auto found = entry.find(ability.name);
    if (found != entry.end() && found->is_boolean())
      abilities.*ability.member = found->get<bool>() ? Does::Yes : Does::No;
  }
  return abilities;
}

/// Empty, or why not.
std::string write_file(const std::string& path, const std::string& text) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return std::strerror(errno);
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t size = write(file, text.data() + done, text.size() - done);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) {
      const std::string why = std::strerror(errno);
      close(file);
      return why;
    }
    done += static_cast<size_t>(size);
  }
  return close(file) == 0 ? std::string() : std::strerror(errno);
}

}  // namespace

KnownEndpoints KnownEndpoints::load(const std::string& path, int64_t now) {
  KnownEndpoints known;
  std::ifstream file(path, std::ios::binary);
  if (!file) return known;
  std::string text(kMostBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  const json all = json::parse(text, nullptr, false);
  if (!all.is_object() || integer(all, "version") != kVersion) return known;
  const auto endpoints = all.find("endpoints");
  if (endpoints == all.end() || !endpoints->is_object()) return known;
  for (const auto& [key, entry] : endpoints->items()) {
    if (!entry.is_object()) continue;
    const int64_t time = integer(entry, "time");
    if (time > now || time < now - kLifetime) continue;
    known.endpoints_[key] = {time, abilities_in(entry)};
  }
  return known;
}

std::string KnownEndpoints::save(const std::string& path) const {
  json endpoints = json::object();
  for (const auto& [key, found] : endpoints_) {
    json& entry = endpoints[key] = {{"time", found.time}};
    for (const AbilityName& ability : probed_abilities()) {
      const Does does = found.abilities.*ability.member;
      if (does != Does::Unknown) entry[std::string(ability.name)] = does == Does::Yes;
    }
  }
  const json all = {{"version", kVersion}, {"endpoints", std::move(endpoints)}};
  const std::string aside = path + "." + std::to_string(getpid());
  std::string why = write_file(aside, all.dump(1) + "\n");
  if (why.empty() && std::rename(aside.c_str(), path.c_str()) != 0) why = std::strerror(errno);
  if (!why.empty()) unlink(aside.c_str());
  return why;
}

void KnownEndpoints::apply(std::string_view provider, std::string_view base_url, std::string_view id,
                           Abilities& abilities) const {
  const auto found = endpoints_.find(key_of(provider, base_url, id));
  if (found == endpoints_.end()) return;
  for (const AbilityName& ability : probed_abilities()) {
    const Does does = found->second.abilities.*ability.member;
    if (does != Does::Unknown) abilities.*ability.member = does;
  }
}

void KnownEndpoints::note(std::string_view provider, std::string_view base_url, std::string_view id,
                          const Abilities& found, int64_t now) {
  endpoints_[key_of(provider, base_url, id)] = {now, found};
}

}  // namespace chain::model
