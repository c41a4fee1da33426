#include "runtime/abi/functions.h"

namespace chain::abi {

Status fail(Context& context, ErrorKind kind, std::string_view message, uint32_t site) noexcept {
  context.error_kind = kind;
  if (site != UINT32_MAX) context.error_site = site;
  context.error_message = context.arena.copy(message);
  return context.error_message.size < message.size() ? fail_out_of_memory(context) : kFailed;
}

Status fail_out_of_memory(Context& context) noexcept {
  context.error_kind = ErrorKind::Budget;
  context.error_site = UINT32_MAX;
  context.error_message = value::Text("the run needs more memory than it may use");
  return kFailed;
}

}  // namespace chain::abi
