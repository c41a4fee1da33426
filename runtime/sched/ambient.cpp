#include "runtime/sched/ambient.h"

#include <sys/random.h>

#include <chrono>
#include <random>

namespace chain::sched {

namespace {

/// The finalizer of SplitMix64 (Steele, Lea and Flood 2014): every bit of the result hangs on every bit.
uint64_t mixed(uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

}  // namespace

int64_t wall_clock() {
  using std::chrono::duration_cast, std::chrono::nanoseconds, std::chrono::system_clock;
  return duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
}

/// Asks the kernel, for std::random_device asks the processor, which takes tens of microseconds on some
/// machines.
uint64_t fresh_seed() {
  uint64_t bits = 0;
  if (getentropy(&bits, sizeof bits) == 0) return bits;
  std::random_device device;
  return device() | uint64_t{device()} << 32;
}

uint64_t draw(uint64_t seed, std::string_view path) {
  uint64_t bits = mixed(seed + 0x9e3779b97f4a7c15);
  for (const char c : path) bits = mixed(bits + 0x9e3779b97f4a7c15 + static_cast<unsigned char>(c));
  return bits;
}

double fraction_of(uint64_t bits) {
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

/// Multiplied, not divided (Lemire 2019). What is left of unevenness is below 2^-63 of the numbers' share for
/// any range that fits 32 bits.
int64_t number_in(int64_t low, int64_t high, uint64_t bits) {
  const uint64_t span = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
  if (span == 0) return static_cast<int64_t>(bits);  // all of them
  const auto place = static_cast<uint64_t>((static_cast<unsigned __int128>(bits) * span) >> 64);
  return static_cast<int64_t>(static_cast<uint64_t>(low) + place);
}

}  // namespace chain::sched
