// Guards every offset that native code takes for granted.
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstring>

#include "runtime/abi/context.h"
#include "runtime/program/well_formed.h"
#include "runtime/value/value.h"

using namespace chain;

namespace {

template <class T>
T at(const void* base, size_t offset) {
  T value;
  std::memcpy(&value, static_cast<const char*>(base) + offset, sizeof value);
  return value;
}

}  // namespace

TEST_CASE("the arena's cursor and limit lead the context") {
  abi::Context context(1 << 20);
  const auto* first = static_cast<const char*>(context.arena.allocate(24));
  REQUIRE(first != nullptr);
  CHECK(at<const char*>(&context, 0) == first + 24);
  const uint64_t left = static_cast<uint64_t>(at<const char*>(&context, 8) - (first + 24));
  CHECK(context.arena.allocate(left) == first + 24);
  CHECK(at<const char*>(&context, 0) == at<const char*>(&context, 8));
}

TEST_CASE("native code finds the fields of an error") {
  abi::Context context(1 << 20);
  context.error_kind = abi::ErrorKind::NotFound;
  context.error_site = 0x01020304;
  context.error_message = value::Text("why", 3);
  CHECK(at<abi::ErrorKind>(&context, abi::kErrorKindOffset) == abi::ErrorKind::NotFound);
  CHECK(at<uint32_t>(&context, abi::kErrorSiteOffset) == 0x01020304);
  CHECK(at<const char*>(&context, abi::kErrorMessageOffset) == context.error_message.data);
  CHECK(at<uint64_t>(&context, abi::kErrorMessageOffset + 8) == 3);
}

TEST_CASE("native code finds what is left of steps and depth") {
  abi::Context context(1 << 20);
  context.steps = 0x0102030405;
  context.depth = 0x0607080900;
  CHECK(at<int64_t>(&context, abi::kStepsOffset) == context.steps);
  CHECK(at<int64_t>(&context, abi::kDepthOffset) == context.depth);
}

TEST_CASE("frames and values lie as the code generator lays them out") {
  CHECK(offsetof(abi::Frame, parent) == 0);
  CHECK(offsetof(abi::Frame, result) == 8);
  CHECK(offsetof(abi::Frame, input) == 16);
  CHECK(offsetof(abi::Frame, index) == 24);
  CHECK(offsetof(abi::Frame, chain_result) == 32);
  CHECK(sizeof(abi::Frame) == abi::kFrameHeaderSize);
  CHECK(program::kLeastFrame == abi::kFrameHeaderSize);
  CHECK(offsetof(abi::TextBuilder, size) == 8);
  CHECK(offsetof(abi::TextBuilder, capacity) == 16);
  CHECK(offsetof(value::Text, size) == 8);
  CHECK(offsetof(value::List, size) == 8);
}
