#include "ota/patch/logistic.h"

namespace otter {
namespace {

constexpr int kLogSteps = 64;  // of a doubling
constexpr int kLogBits = 12;   // behind the point

// log2(1 + i / kLogSteps), by squaring: each time the square passes 2 is a bit of the logarithm.
struct LogTable {
  uint16_t values[kLogSteps + 1];
};
constexpr LogTable make_log_table() {
  LogTable table{};
  for (uint64_t i = 0; i < kLogSteps; ++i) {
    uint64_t x = (kLogSteps + i) << 24;  // 1 is 2^30
    uint32_t log = 0;
    for (int bit = 0; bit <= kLogBits; ++bit) {
      x = (x * x) >> 30;
      log <<= 1;
      if (x >= uint64_t{2} << 30) {
        x >>= 1;
        log |= 1;
      }
    }
    table.values[i] = static_cast<uint16_t>((log + 1) >> 1);
  }
  table.values[kLogSteps] = 1 << kLogBits;
  return table;
}
constexpr LogTable kLog = make_log_table();

// log2 in 1/4096.
//
// REQUIRES: 0 < x <= 65536
int32_t log2_of(uint32_t x) {
  const int exponent = 31 - __builtin_clz(x);
  const uint32_t mantissa = (x << (31 - exponent)) & 0x7FFFFFFF;  // 31 bits behind the point
  const uint32_t index = mantissa >> 25;
  const uint32_t rest = (mantissa >> 17) & 0xFF;
  const uint32_t low = kLog.values[index];
  const uint32_t slope = kLog.values[index + 1] - low;
  return static_cast<int32_t>((static_cast<uint32_t>(exponent) << kLogBits) + low +
                              ((slope * rest) >> 8));
}

constexpr int kSquashStep = 32;           // [1/256]
constexpr int kSquashMax = 12 * 256 - 1;  // beyond it nothing changes
constexpr int kSquashCount = 12 * 256 / kSquashStep + 1;

// 65536 / (1 + exp(-i / 8)): each step multiplies by exp(-1/8).
struct SquashTable {
  uint16_t values[kSquashCount];
};
constexpr SquashTable make_squash_table() {
  constexpr uint64_t kExpOfStep = 3790295349;  // exp(-1/8) * 2^32
  SquashTable table{};
  uint64_t e = uint64_t{1} << 32;
  for (int i = 0; i < kSquashCount; ++i) {
    const uint64_t p = (uint64_t{65536} << 32) / ((uint64_t{1} << 32) + e);
    table.values[i] = static_cast<uint16_t>(p > 65532 ? 65532 : p);
    e = (e * kExpOfStep) >> 32;
  }
  return table;
}
constexpr SquashTable kSquash = make_squash_table();

}  // namespace

int32_t stretch(uint32_t probability) {
  // 4096 ln 2 / 16 = 177.4: from log2 in 1/4096 to ln in 1/256.
  return ((log2_of(probability) - log2_of(65536 - probability)) * 177) >> 12;
}

uint32_t squash(int32_t x) {
  uint32_t distance = static_cast<uint32_t>(x < 0 ? -x : x);
  if (distance > kSquashMax) distance = kSquashMax;
  const uint32_t index = distance / kSquashStep;
  const uint32_t rest = distance % kSquashStep;
  const uint32_t low = kSquash.values[index];
  const uint32_t p = low + (kSquash.values[index + 1] - low) * rest / kSquashStep;
  return x < 0 ? 65536 - p : p;
}

}  // namespace otter
