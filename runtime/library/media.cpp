// Images, audio, video and files: where they are. What they hold is read when they are sent.
#include "runtime/library/call.h"

namespace chain::library {

LIBRARY(chain_lib_medium) {
  if (call.text(0).empty()) return call.fail("a medium has a path, a URL or a data URI");
  return call.give(call.get<value::Text>(0));
}

LIBRARY(chain_lib_source) {
  return call.give(call.get<value::Text>(0));
}

}  // namespace chain::library
