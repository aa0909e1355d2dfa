// One bit's probability as it was so far, in 16 bits: twelve of probability, four that count. Pure.
// docs/spec/patch.md, "Bits".
#pragma once

#include <stdint.h>

namespace otter {

constexpr uint16_t kBitUnknown = 0x8000;  // one half, seen never

inline uint32_t bit_count(uint16_t state) { return state & 15u; }
// [1/65536] that the bit is 1.
inline uint32_t bit_probability(uint16_t state) { return (state & 0xFFF0u) | 8u; }

// How far the probability moves towards the bit, by how often it was seen [1/65536].
constexpr uint16_t kBitRates[16] = {43690, 26214, 18724, 14563, 11915, 10082, 8738, 7281,
                                    6241,  5242,  4096,  3276,  2520,  1927,  1489, 1024};

// The state after `bit`; counting ends at `count_max`: a lower one forgets faster.
inline uint16_t bit_after(uint16_t state, bool bit, uint32_t count_max) {
  const uint32_t count = bit_count(state);
  int32_t p = state >> 4;
  const int32_t distance = bit ? 4095 - p : p;
  int32_t move =
      static_cast<int32_t>((static_cast<uint32_t>(distance) * kBitRates[count] + 32768) >> 16);
  if (move == 0) move = 1;
  p += bit ? move : -move;
  if (p < 1) p = 1;
  if (p > 4094) p = 4094;
  return static_cast<uint16_t>(p << 4 |
                               static_cast<int32_t>(count < count_max ? count + 1 : count));
}

// Codes one bit by `state`, and learns of it.
template <typename Coder>
bool code_bit(Coder& coder, bool bit, uint16_t& state, uint32_t count_max) {
  const bool coded = coder.code(bit, bit_probability(state));
  state = bit_after(state, coded, count_max);
  return coded;
}

}  // namespace otter
