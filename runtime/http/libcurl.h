// libcurl, opened when the first client is made: it and the thirty libraries behind it take longer to load
// than all the rest of this program, and most commands send nothing.
#pragma once

#include <curl/curl.h>

namespace chain::http {

/// The functions of libcurl that this room calls, each under its name without `curl_`.
struct Libcurl {
  decltype(&::curl_global_init) global_init;
  decltype(&::curl_easy_init) easy_init;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&::curl_easy_getinfo) easy_getinfo;
  decltype(&::curl_easy_strerror) easy_strerror;
  decltype(&::curl_easy_cleanup) easy_cleanup;
  decltype(&::curl_multi_init) multi_init;
  decltype(&::curl_multi_setopt) multi_setopt;
  decltype(&::curl_multi_add_handle) multi_add_handle;
  decltype(&::curl_multi_remove_handle) multi_remove_handle;
  decltype(&::curl_multi_socket_action) multi_socket_action;
  decltype(&::curl_multi_info_read) multi_info_read;
  decltype(&::curl_multi_cleanup) multi_cleanup;
  decltype(&::curl_share_init) share_init;
  decltype(&::curl_share_setopt) share_setopt;
  decltype(&::curl_share_cleanup) share_cleanup;
  decltype(&::curl_slist_append) slist_append;
  decltype(&::curl_slist_free_all) slist_free_all;
};

/// Opened and initialized by the first call; any thread may make it. Where libcurl cannot be opened, every
/// `..._init` gives null, and `easy_strerror` says why.
[[nodiscard]] const Libcurl& libcurl();

}  // namespace chain::http
