// The real program in a folder of its own, for tests of the command line.
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/golden/process.h"

namespace chain::testing {

/// A folder of its own for every test, and commands that run in it.
class Place {
 public:
  Place() {
    std::string name = (std::filesystem::temp_directory_path() / "chain-cli-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Place() { std::filesystem::remove_all(path_); }

  void file(const std::string& name, std::string_view text) const {
    write_file((path_ / name).string(), text);
  }

  [[nodiscard]] Command command(std::vector<std::string> words) const {
    Command command;
    command.words = std::move(words);
    command.words.insert(command.words.begin(), CHAIN_PROGRAM);
    command.folder = path_.string();
    command.environment = {{"OPENAI_API_KEY", "test"},
                           {"OPENAI_BASE_URL", std::nullopt},
                           {"NO_COLOR", "1"},
                           {"CHAIN_CACHE_DIR", (path_ / "cache").string()},
                           {"CHAIN_STATE_DIR", (path_ / "state").string()},
                           {"CHAIN_CONFIG_DIR", (path_ / "config").string()},
                           {"http_proxy", std::nullopt}};
    return command;
  }

  /// With a server at `base_url` in the place of OpenAI's.
  [[nodiscard]] Command command(std::vector<std::string> words, const std::string& base_url) const {
    Command command = this->command(std::move(words));
    for (auto& [name, value] : command.environment) {
      if (name == "OPENAI_BASE_URL") value = base_url;
    }
    return command;
  }

  [[nodiscard]] std::filesystem::path path() const { return path_; }

  /// Every artifact, and when it was written.
  [[nodiscard]] std::map<std::filesystem::path, std::filesystem::file_time_type> artifacts() const {
    std::map<std::filesystem::path, std::filesystem::file_time_type> found;
    for (const std::filesystem::directory_entry& entry : std::filesystem::directory_iterator(path_ / "cache"))
      found.emplace(entry.path(), entry.last_write_time());
    return found;
  }

  [[nodiscard]] Ended chain(std::vector<std::string> words) const { return run(command(std::move(words))); }

 private:
  std::filesystem::path path_;
};

inline void check_ended(const Ended& ended, int code, std::initializer_list<std::string_view> said) {
  INFO("standard output: " << ended.out << "\nstandard error: " << ended.err);
  CHECK_FALSE(ended.killed);
  CHECK(ended.code == code);
  for (const std::string_view words : said) {
    INFO("expected: " << words);
    CHECK(ended.err.find(words) != std::string::npos);
  }
}

}  // namespace chain::testing
