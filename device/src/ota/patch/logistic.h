// Probabilities in the logistic domain, where guesses are added up: integers alone, so that every
// machine comes to the same bits. Pure, any thread. docs/spec/patch.md, "Mixing".
#pragma once

#include <stdint.h>

namespace otter {

// ln(p / (1 - p)) in 1/256, p = `probability` / 65536.
//
// REQUIRES: 0 < probability < 65536
int32_t stretch(uint32_t probability);

// The opposite: 65536 / (1 + exp(-x / 256)), within [4, 65532].
uint32_t squash(int32_t x);

constexpr int32_t kWeightOne = 4096;
constexpr int32_t kWeightMax = 32000;

// What is added before a weight's change is cut to an integer.
constexpr int32_t kByteRounding = 512;
constexpr int32_t kFlagRounding = 8192;

// The weight of a guess after a bit: `error` is the bit less its mixed probability, in 1/65536.
inline int16_t adjusted_weight(int32_t weight, int32_t stretched, int32_t error, int32_t rounding) {
  const int32_t moved = weight + ((stretched * (error >> 4) + rounding) >> 14);
  if (moved > kWeightMax) return kWeightMax;
  return static_cast<int16_t>(moved < -kWeightMax ? -kWeightMax : moved);
}

}  // namespace otter
