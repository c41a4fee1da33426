#include "runtime/library/call.h"

#include <exception>

namespace chain::library {

Elements Call::elements(size_t i) const {
  const auto list = get<List>(i);
  const TypeId element = types()[type(i)].element;
  return {list.data, list.size, types().stride(element), element};
}

Status Call::give_none() {
  std::memset(out_, 0, types()[result_type()].size);
  return abi::kOk;
}

Status Call::give_some(const void* payload, TypeId payload_type) {
  const size_t size = types()[payload_type].size;
  std::memcpy(out_, payload, size);
  if (payload_type != result_type()) value::store(value::at(out_, size), uint8_t{1});
  return abi::kOk;
}

Status Call::give_text(std::string_view text) {
  if (text.empty()) return give(Text());
  std::byte* copy = allocate(text.size(), 1);
  if (!copy) return abi::kFailed;
  std::memcpy(copy, text.data(), text.size());
  return give(Text(reinterpret_cast<const char*>(copy), text.size()));
}

Status Call::give_parts(const std::vector<std::string_view>& parts) {
  std::byte* data = allocate(parts.size(), sizeof(Text));
  if (!data) return abi::kFailed;
  for (size_t i = 0; i < parts.size(); ++i) value::store(data + i * sizeof(Text), Text(parts[i]));
  return give_list(data, parts.size());
}

std::byte* Call::allocate(uint64_t count, uint64_t size) {
  if (size > 0 && count > kMaxResultBytes / size) {
    fail_too_large();
    return nullptr;
  }
  return static_cast<std::byte*>(abi::chain_rt_allocate(&context_, count * size));
}

Status Call::fail_too_large() {
  return fail("the result would take more than " + std::to_string(kMaxResultBytes >> 20) + " MiB");
}

Status guarded(Call call, Status (*body)(Call&)) noexcept {
  try {
    return body(call);
  } catch (const std::exception&) { return abi::fail_out_of_memory(call.context()); }
}

}  // namespace chain::library
