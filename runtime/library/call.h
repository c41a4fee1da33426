// One call of a library function: its arguments, its types, and where its result goes. Internal to
// runtime/library.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/abi/context.h"
#include "runtime/abi/functions.h"
#include "runtime/library/functions.h"
#include "runtime/program/program.h"
#include "runtime/value/layout.h"

namespace chain::library {

using abi::ErrorKind;
using abi::Status;
using program::TypeId;
using program::TypeKind;
using value::List;
using value::Map;
using value::Text;

/// A list's elements in place. `data` may be null if it is empty.
struct Elements {
  const std::byte* data = nullptr;
  uint64_t size = 0;
  uint32_t stride = 0;
  TypeId type;

  [[nodiscard]] const std::byte* operator[](uint64_t i) const { return data + i * stride; }
};

class Call {
 public:
  Call(abi::Context* context, void* out, const void* const* arguments, const uint32_t* types)
      : context_(*context), out_(out), arguments_(arguments), types_(types) {}

  [[nodiscard]] const program::TypeTable& types() const {
    return static_cast<const program::Program*>(context_.program)->types;
  }
  [[nodiscard]] TypeId result_type() const { return {types_[0]}; }
  [[nodiscard]] TypeId type(size_t argument) const { return {types_[argument + 1]}; }
  [[nodiscard]] const void* argument(size_t i) const { return arguments_[i]; }

  template <class T>
  [[nodiscard]] T get(size_t i) const {
    return value::load<T>(arguments_[i]);
  }
  [[nodiscard]] std::string_view text(size_t i) const { return get<Text>(i).view(); }
  [[nodiscard]] bool flag(size_t i) const { return get<uint8_t>(i) != 0; }
  [[nodiscard]] Elements elements(size_t i) const;
  [[nodiscard]] const Map& map(size_t i) const { return *get<const Map*>(i); }

  // What ends the call. Each gives the status to return.
  template <class T>
  Status give(const T& result) {
    value::store(out_, result);
    return abi::kOk;
  }
  Status give_flag(bool result) { return give(static_cast<uint8_t>(result)); }
  Status give_none();
  /// The value at `payload`, of the result's own type if that is no optional (T?? is T?).
  Status give_some(const void* payload, TypeId payload_type);
  template <class T>
  Status give_some(const T& payload);
  Status give_argument(size_t i) { return give_bytes(arguments_[i], types()[type(i)].size); }
  Status give_bytes(const void* bytes, size_t size) {
    if (size > 0) std::memcpy(out_, bytes, size);
    return abi::kOk;
  }
  /// Copies into the arena.
  Status give_text(std::string_view text);
  /// A part of an argument needs no copy: arguments live as long as the run.
  Status give_part(std::string_view part) { return give(Text(part)); }
  Status give_parts(const std::vector<std::string_view>& parts);
  Status give_list(const std::byte* data, uint64_t size) { return give(List{data, size}); }

  /// `count` times `size` bytes of the arena; null, the error set, if that is more than a result may take.
  [[nodiscard]] std::byte* allocate(uint64_t count, uint64_t size);

  /// invalid_value with `message`.
  Status fail(std::string_view message) { return abi::fail(context_, ErrorKind::InvalidValue, message); }
  Status fail_too_large();
  /// It nests deeper than text of it could.
  Status fail_too_deep() { return fail("the value is nested too deeply to be shown"); }
  [[nodiscard]] abi::Context& context() { return context_; }

 private:
  abi::Context& context_;
  void* out_;
  const void* const* arguments_;
  const uint32_t* types_;
};

template <class T>
Status Call::give_some(const T& payload) {
  value::store(out_, payload);
  value::store(value::at(out_, value::present_offset(types(), result_type())), uint8_t{1});
  return abi::kOk;
}

/// Runs the body of a library function; what it may throw (no memory for a string) becomes the run's error.
Status guarded(Call call, Status (*body)(Call&)) noexcept;

}  // namespace chain::library

/// Defines the C function `symbol`: LIBRARY(chain_lib_upper) { return call.give_text(...); }
#define LIBRARY(symbol)                                                              \
  static chain::abi::Status symbol##_body(chain::library::Call& call);               \
  extern "C" __attribute__((visibility("default"))) chain::abi::Status symbol(       \
      chain::abi::Context* context, void* out, const void* const* arguments,         \
      const uint32_t* types) noexcept {                                              \
    return chain::library::guarded({context, out, arguments, types}, symbol##_body); \
  }                                                                                  \
  static chain::abi::Status symbol##_body(chain::library::Call& call)
