// A state folder of its own for a test.
#pragma once

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

namespace chain::testing {

struct StateFolder {
  std::filesystem::path path;

  StateFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "chain-memory-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
    setenv("CHAIN_STATE_DIR", (path / "state").c_str(), 1);
  }
  ~StateFolder() {
    unsetenv("CHAIN_STATE_DIR");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    std::filesystem::remove_all(path);
  }
};

}  // namespace chain::testing
