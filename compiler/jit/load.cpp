#include "compiler/jit/load.h"

#include <dlfcn.h>
#include <unistd.h>

#include <climits>
#include <cstring>
#include <mutex>

namespace chain::jit {

namespace {

constexpr const char* kName = "libchain_jit.so";
constexpr const char* kFolders[] = {"/../lib/", "/../lib/chain/"};

std::string own_folder() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  if (size <= 0) return ".";
  const std::string_view whole(path, static_cast<size_t>(size));
  return std::string(whole.substr(0, whole.rfind('/')));
}

const Api* open_now(std::string& error) {
  const std::string path = library_path();
  if (path.empty()) {
    error = std::string(kName) + " is missing: it belongs in " + own_folder() + kFolders[0] + " or " +
            own_folder() + kFolders[1];
    return nullptr;
  }
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    error = dlerror();
    return nullptr;
  }
  using Entry = const Api* (*)();
  const auto entry = reinterpret_cast<Entry>(dlsym(library, kEntry));
  const Api* api = entry ? entry() : nullptr;
  if (!api || std::strcmp(api->build, kBuild) != 0) {
    error = path + " is of another version than this program; install both again";
    return nullptr;
  }
  return api;
}

}  // namespace

std::string library_path() {
  for (const char* folder : kFolders) {
    std::string path = own_folder() + folder + kName;
    if (access(path.c_str(), R_OK) == 0) return path;
  }
  return {};
}

const Api* open(std::string& error) {
  static std::mutex mutex;
  static const Api* api = nullptr;
  const std::lock_guard lock(mutex);
  if (!api) api = open_now(error);
  return api;
}

}  // namespace chain::jit
