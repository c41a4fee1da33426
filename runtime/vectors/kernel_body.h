// The functions of one set of kernels, for a file that says first how wide the processor's registers are:
//
//   constexpr size_t kBytes = 32;
//   #include "runtime/vectors/kernel_body.h"
//
// All of it has internal linkage: the linker must not take one file's code for another's. Vector types are
// those of GCC and Clang, so this is SSE2 and NEON as well.

namespace chain::vectors {
namespace {

constexpr size_t kFloats = kBytes / sizeof(float);
constexpr size_t kSums = 4;  // as many as hide how long one addition takes

typedef float Wide __attribute__((vector_size(kBytes)));
typedef float Four __attribute__((vector_size(4 * sizeof(float))));
typedef float Loose __attribute__((vector_size(kBytes), aligned(sizeof(float)), may_alias));

inline Wide load(const float* from) {
  return *reinterpret_cast<const Loose*>(from);
}

inline float total(Wide wide) {
  Four sum = {};
  for (size_t i = 0; i < kBytes / sizeof(Four); ++i) {
    Four part;
    __builtin_memcpy(&part, reinterpret_cast<const char*>(&wide) + i * sizeof(Four), sizeof(Four));
    sum += part;
  }
  return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

[[gnu::always_inline]] inline float product(const float* left, const float* right, size_t width) {
  Wide sums[kSums] = {};
  size_t i = 0;
  for (; i + kSums * kFloats <= width; i += kSums * kFloats)
    for (size_t k = 0; k < kSums; ++k)
      sums[k] += load(left + i + k * kFloats) * load(right + i + k * kFloats);
  for (; i < width; i += kFloats) sums[0] += load(left + i) * load(right + i);
  return total((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

float dot(const float* left, const float* right, size_t width) {
  return product(left, right, width);
}

void dots(const float* query, const float* rows, size_t step, size_t count, size_t width, float* results) {
  for (size_t i = 0; i < count; ++i) results[i] = product(query, rows + i * step, width);
}

float distance(const void* left, const void* right, const void* width) {
  return -product(static_cast<const float*>(left), static_cast<const float*>(right),
                  *static_cast<const size_t*>(width));
}

}  // namespace
}  // namespace chain::vectors
