// golden_runner CHAIN FOLDER [--update] [--only TEXT]: runs every golden of a folder (see golden.h).
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>

#include "tests/golden/golden.h"

namespace {

namespace fs = std::filesystem;

std::vector<std::string> goldens_in(const std::string& folder, const std::string& only) {
  std::vector<std::string> result;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = entry.path().string();
    if (path.find(only) != std::string::npos && chain::testing::is_golden(path)) result.push_back(path);
  }
  std::sort(result.begin(), result.end());
  return result;
}

bool passes(const std::string& chain, const std::string& path, bool update) {
  try {
    return chain::testing::run_golden(chain, path, update);
  } catch (const std::exception& error) {
    std::printf("  %s\n", error.what());
    return false;
  }
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) {
    std::fprintf(stderr, "usage: golden_runner CHAIN FOLDER [--update] [--only TEXT]\n");
    return 2;
  }
  bool update = false;
  std::string only;
  for (int i = 3; i < count; ++i) {
    if (std::strcmp(words[i], "--update") == 0) update = true;
    if (std::strcmp(words[i], "--only") == 0 && i + 1 < count) only = words[++i];
  }
  const std::string chain = fs::absolute(words[1]).string();
  size_t failed = 0;
  const auto paths = goldens_in(words[2], only);
  for (const std::string& path : paths) {
    std::fflush(stdout);
    if (passes(chain, path, update)) continue;
    std::printf("FAIL %s\n", path.c_str());
    ++failed;
  }
  std::printf("%zu passed, %zu failed\n", paths.size() - failed, failed);
  return failed == 0 && !paths.empty() ? 0 : 1;
}
