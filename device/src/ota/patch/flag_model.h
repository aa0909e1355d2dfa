// The flag that each unit has, "not as predicted": three contexts, mixed. Hundreds of thousands of
// them are almost always 0, so their probabilities have 22 bits. Pure. docs/spec/patch.md, "Flags".
#pragma once

#include "ota/patch/byte_model.h"

namespace otter {

constexpr uint32_t kFlagContexts = 3;
constexpr uint32_t kFlagUnknown = 83886u << 10;  // 0.02, seen never
constexpr uint32_t kFlagCountMax = 255;
constexpr int16_t kFlagWeight = 2457;  // 0.6

// 65536 / (n + 1.6): how far a probability moves towards its n-th flag.
struct FlagRates {
  uint16_t values[kFlagCountMax + 1];
};
constexpr FlagRates make_flag_rates() {
  FlagRates rates{};
  for (uint32_t n = 0; n <= kFlagCountMax; ++n) {
    rates.values[n] = static_cast<uint16_t>(655360 / (10 * n + 16));
  }
  return rates;
}

// 22 bits of probability, ten that count.
inline uint32_t flag_after(uint32_t state, bool flag) {
  static constexpr FlagRates kRates = make_flag_rates();
  const uint32_t count = state & 1023;
  const int32_t p = static_cast<int32_t>(state >> 10);
  const int32_t distance = (flag ? (1 << 22) - 1 : 0) - p;
  const int32_t move =
      static_cast<int32_t>((static_cast<int64_t>(distance) * kRates.values[count]) >> 16);
  return static_cast<uint32_t>(p + move) << 10 | (count < kFlagCountMax ? count + 1 : count);
}

struct FlagModel {
  uint32_t* table = nullptr;
  uint32_t index_shift = 0;  // 32 less the logarithm of the table's size
  int16_t weights[2][kFlagContexts];
};

// Codes one flag; `set` chooses the weights.
template <typename Coder>
bool code_flag(Coder& coder, bool flag, const uint32_t (&contexts)[kFlagContexts], FlagModel& model,
               uint32_t set) {
  uint32_t* states[kFlagContexts];
  int32_t stretched[kFlagContexts];
  int32_t sum = 0;
  for (uint32_t i = 0; i < kFlagContexts; ++i) {
    states[i] = &model.table[hash32(contexts[i] * 4 + i + 0x51ED27u * i) >> model.index_shift];
    uint32_t p = *states[i] >> 16;
    if (p < 2) p = 2;
    if (p > 65533) p = 65533;
    stretched[i] = stretch(p);
    sum += stretched[i] * model.weights[set][i];
  }
  const uint32_t p = squash(sum >> 12);
  const bool coded = coder.code(flag, p);
  const int32_t error = (coded ? 65536 : 0) - static_cast<int32_t>(p);
  for (uint32_t i = 0; i < kFlagContexts; ++i) {
    int16_t& weight = model.weights[set][i];
    weight = adjusted_weight(weight, stretched[i], error, kFlagRounding);
    *states[i] = flag_after(*states[i], coded);
  }
  return coded;
}

}  // namespace otter
