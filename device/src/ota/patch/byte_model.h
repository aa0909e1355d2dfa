// One byte by several guesses that are mixed bit by bit: what followed in the same place before
// (hashed contexts), and whether an expected byte comes true. Pure. docs/spec/patch.md, "Bytes".
#pragma once

#include "ota/patch/adaptive_bit.h"
#include "ota/patch/logistic.h"

namespace otter {

constexpr uint32_t kByteContextsMax = 3;
constexpr uint32_t kByteExpectationsMax = 3;
constexpr uint32_t kByteGuessesMax = 5;    // of both kinds together
constexpr uint32_t kConfidenceLevels = 4;  // by how often a guess was tried
constexpr uint32_t kContextCountMax = 6;
constexpr uint32_t kExpectationCountMax = 12;
constexpr uint32_t kByteProbabilityMin = 48;  // [1/65536]

using ByteWeights = int16_t[kConfidenceLevels];

inline uint32_t hash32(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7FEB352D;
  x ^= x >> 15;
  x *= 0x846CA68B;
  x ^= x >> 16;
  return x;
}

// A byte that something else says it will be; states by bit, the highest first: [8].
struct ExpectedByte {
  uint16_t* states = nullptr;
  uint32_t value = 0;
};

// By what one byte is guessed.
struct ByteGuesses {
  uint16_t* table = nullptr;  // of the hashed contexts
  uint32_t table_mask = 0;    // its size - 1, a power of two
  uint32_t contexts[kByteContextsMax] = {};
  uint32_t context_count = 0;
  ExpectedByte expected[kByteExpectationsMax];
  uint32_t expected_count = 0;
  ByteWeights* weights = nullptr;  // of the contexts, then of the expectations
};

inline uint32_t confidence_of(uint32_t count) {
  return count == 0 ? 0 : count < 3 ? 1 : count < 6 ? 2 : 3;
}

// What the guesses say of one bit, and what it makes of them.
class BitMix {
 public:
  void add(uint16_t* state, int32_t stretched, ByteWeights& weights) {
    int16_t& weight = weights[confidence_of(bit_count(*state))];
    sum_ += stretched * weight;
    inputs_[count_++] = {stretched, &weight};
  }

  template <typename Coder>
  bool code(Coder& coder, bool bit) {
    uint32_t p = squash(sum_ >> 12);
    if (p < kByteProbabilityMin) p = kByteProbabilityMin;
    if (p > 65536 - kByteProbabilityMin) p = 65536 - kByteProbabilityMin;
    const bool coded = coder.code(bit, p);
    const int32_t error = (coded ? 65536 : 0) - static_cast<int32_t>(p);
    for (uint32_t i = 0; i < count_; ++i) {
      int16_t& weight = *inputs_[i].weight;
      weight = adjusted_weight(weight, inputs_[i].stretched, error, kByteRounding);
    }
    return coded;
  }

 private:
  struct Input {
    int32_t stretched;
    int16_t* weight;
  };
  Input inputs_[kByteGuessesMax];
  uint32_t count_ = 0;
  int32_t sum_ = 0;
};

// The guesses of one byte while its bits are coded.
class GuessedByte {
 public:
  explicit GuessedByte(const ByteGuesses& guesses)
      : guesses_(guesses), agreeing_((1u << guesses.expected_count) - 1) {
    for (uint32_t i = 0; i < guesses.context_count; ++i) {
      hashes_[i] = hash32(guesses.contexts[i] + 0x9E3779B1u * (i + 1));
    }
  }

  // Codes the bit at `place` [7..0] behind those in `coded`, which has a leading 1.
  template <typename Coder>
  bool code(Coder& coder, bool bit, uint32_t place, uint32_t coded) {
    BitMix mix;
    uint16_t* states[kByteContextsMax] = {};
    for (uint32_t i = 0; i < guesses_.context_count; ++i) {
      states[i] = context_state(i, coded);
      const bool is_known = bit_count(*states[i]) > 0;
      mix.add(states[i], is_known ? stretch(bit_probability(*states[i])) : 0, guesses_.weights[i]);
    }
    for (uint32_t i = 0; i < guesses_.expected_count; ++i) {
      if ((agreeing_ >> i & 1) == 0) continue;
      uint16_t* state = &guesses_.expected[i].states[7 - place];
      const int32_t stretched = stretch(bit_probability(*state));
      mix.add(state, expects(i, place) ? stretched : -stretched,
              guesses_.weights[guesses_.context_count + i]);
    }
    const bool got = mix.code(coder, bit);
    for (uint32_t i = 0; i < guesses_.context_count; ++i) {
      *states[i] = bit_after(*states[i], got, kContextCountMax);
    }
    learn_expectations(got, place);
    return got;
  }

 private:
  bool expects(uint32_t index, uint32_t place) const {
    return (guesses_.expected[index].value >> place & 1) != 0;
  }

  uint16_t* context_state(uint32_t index, uint32_t coded) const {
    uint32_t at = hashes_[index] + coded * 0x9E3779B1u;
    at ^= at >> 15;
    return &guesses_.table[((at * 0x2C1B3C6Du) >> 12) & guesses_.table_mask];
  }

  void learn_expectations(bool got, uint32_t place) {
    for (uint32_t i = 0; i < guesses_.expected_count; ++i) {
      if ((agreeing_ >> i & 1) == 0) continue;
      const bool agrees = got == expects(i, place);
      uint16_t& state = guesses_.expected[i].states[7 - place];
      state = bit_after(state, agrees, kExpectationCountMax);
      if (!agrees) agreeing_ &= ~(1u << i);
    }
  }

  const ByteGuesses& guesses_;
  uint32_t hashes_[kByteContextsMax] = {};
  uint32_t agreeing_;  // a bit for each expectation that holds so far
};

// Codes one byte.
//
// REQUIRES: context_count + expected_count <= kByteGuessesMax
template <typename Coder>
uint8_t code_byte(Coder& coder, uint32_t value, const ByteGuesses& guesses) {
  GuessedByte guessed(guesses);
  uint32_t coded = 1;
  for (uint32_t place = 8; place-- > 0;) {
    const bool bit = guessed.code(coder, (value >> place & 1) != 0, place, coded);
    coded = coded << 1 | (bit ? 1u : 0u);
  }
  return static_cast<uint8_t>(coded);
}

}  // namespace otter
