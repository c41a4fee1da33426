#include "runtime/http/libcurl.h"

#include <dlfcn.h>

#include <csignal>
#include <string>
#include <thread>

#include "runtime/http/client.h"

namespace chain::http {

namespace {

constexpr const char* kName = "libcurl.so.4";

std::string& failure() {
  static std::string text;
  return text;
}

/// Stands in for a libcurl that is not there. What would need a handle is never called: there are none.
Libcurl absent() {
  Libcurl none{};
  none.easy_init = []() -> CURL* { return nullptr; };
  none.multi_init = []() -> CURLM* { return nullptr; };
  none.share_init = []() -> CURLSH* { return nullptr; };
  none.slist_append = [](curl_slist*, const char*) -> curl_slist* { return nullptr; };
  none.easy_strerror = [](CURLcode) { return failure().c_str(); };
  return none;
}

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

bool find_all(void* library, Libcurl& curl) {
  return find(library, "curl_global_init", curl.global_init) &&
         find(library, "curl_easy_init", curl.easy_init) &&
         find(library, "curl_easy_setopt", curl.easy_setopt) &&
         find(library, "curl_easy_getinfo", curl.easy_getinfo) &&
         find(library, "curl_easy_strerror", curl.easy_strerror) &&
         find(library, "curl_easy_cleanup", curl.easy_cleanup) &&
         find(library, "curl_multi_init", curl.multi_init) &&
         find(library, "curl_multi_setopt", curl.multi_setopt) &&
         find(library, "curl_multi_add_handle", curl.multi_add_handle) &&
         find(library, "curl_multi_remove_handle", curl.multi_remove_handle) &&
         find(library, "curl_multi_socket_action", curl.multi_socket_action) &&
         find(library, "curl_multi_info_read", curl.multi_info_read) &&
         find(library, "curl_multi_cleanup", curl.multi_cleanup) &&
         find(library, "curl_share_init", curl.share_init) &&
         find(library, "curl_share_setopt", curl.share_setopt) &&
         find(library, "curl_share_cleanup", curl.share_cleanup) &&
         find(library, "curl_slist_append", curl.slist_append) &&
         find(library, "curl_slist_free_all", curl.slist_free_all);
}

Libcurl open() {
  Libcurl curl{};
  void* library = dlopen(kName, RTLD_LAZY | RTLD_LOCAL);  // never closed
  if (library == nullptr || !find_all(library, curl)) {
    const char* reason = dlerror();
    failure() = std::string("no request can be sent without libcurl (Debian: apt install libcurl4): ") +
                (reason != nullptr ? reason : kName);
    return absent();
  }
  curl.global_init(CURL_GLOBAL_DEFAULT);
  // OpenSSL writes to closed connections with write(2), whose signal would end the process.
  struct sigaction action{};
  if (sigaction(SIGPIPE, nullptr, &action) == 0 && action.sa_handler == SIG_DFL)
    std::signal(SIGPIPE, SIG_IGN);
  return curl;
}

}  // namespace

const Libcurl& libcurl() {
  static const Libcurl curl = open();
  return curl;
}

namespace {

std::thread& opening() {
  static std::thread thread;
  return thread;
}

}  // namespace

void prepare_clients() {
  if (!opening().joinable()) opening() = std::thread([] { static_cast<void>(libcurl()); });
}

void finish_preparing() {
  if (opening().joinable()) opening().join();
}

}  // namespace chain::http
