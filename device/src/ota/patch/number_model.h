// Numbers as a payload has them: the count of bits by a tree, the two bits behind the first by the
// count, the others as they are. Pure. docs/spec/patch.md, "Numbers".
#pragma once

#include "ota/patch/adaptive_bit.h"

namespace otter {

constexpr uint32_t kNumberTreeSize = 32;
constexpr uint32_t kNumberClassMax = 24;  // numbers reach 2^25 - 2

// The bits of one kind of number.
struct NumberModel {
  uint16_t tree[kNumberTreeSize];
  uint16_t leading[kNumberClassMax + 1][3];  // the first; the second after 0 and after 1
  uint16_t sign;
};

// Half of all numbers, of the whole range: as it is, without a model.
template <typename Coder>
uint32_t code_plain(Coder& coder, uint32_t value, uint32_t bit_count) {
  uint32_t coded = 0;
  for (uint32_t i = bit_count; i-- > 0;) {
    coded = coded << 1 | (coder.code((value >> i & 1) != 0, 32768) ? 1u : 0u);
  }
  return coded;
}

// A decoder gives what it finds: a wrong payload may give any number below 2^32.
template <typename Coder>
uint32_t code_number(Coder& coder, uint32_t value, NumberModel& model) {
  const uint32_t x = value + 1;
  uint32_t length = Coder::kEncodes ? 31 - static_cast<uint32_t>(__builtin_clz(x)) : 0;
  uint32_t node = 1;
  for (uint32_t i = 5; i-- > 0;) {
    node = node << 1 | (code_bit(coder, (length >> i & 1) != 0, model.tree[node], 7) ? 1u : 0u);
  }
  length = node - kNumberTreeSize;
  uint16_t* leading = model.leading[length < kNumberClassMax ? length : kNumberClassMax];
  uint32_t coded = 1;
  for (uint32_t i = length; i-- > 0;) {
    const bool bit = (x >> i & 1) != 0;
    const uint32_t depth = length - 1 - i;
    const bool got = depth < 2 ? code_bit(coder, bit, leading[depth == 0 ? 0 : 1 + (coded & 1)], 8)
                               : coder.code(bit, 32768);
    coded = coded << 1 | (got ? 1u : 0u);
  }
  return coded - 1;
}

// The same with a sign, where there is one; as two's complement.
template <typename Coder>
uint32_t code_signed(Coder& coder, uint32_t value, NumberModel& model) {
  const bool is_negative = (value >> 31) != 0;
  const uint32_t size = code_number(coder, is_negative ? 0 - value : value, model);
  if (size == 0) return 0;
  return code_bit(coder, is_negative, model.sign, 8) ? 0 - size : size;
}

}  // namespace otter
