// LZMA of a known size without an end mark, as a state machine: a symbol a step. What it looks back
// into is a FilteredWindow. One caller at a time. docs/spec/patch.md, "LZMA".
//
// Source: LZMA specification (draft), Igor Pavlov, 2015: lzma-specification.txt of the LZMA SDK
#pragma once

#include "ota/patch/filtered_window.h"
#include "ota/patch/payload_buffer.h"

namespace otter {

// How literals and positions choose their models; lc + lp bits choose one of the literals'.
struct LzmaProperties {
  uint8_t literal_context_bits = 3;   // lc
  uint8_t literal_position_bits = 0;  // lp
  uint8_t position_bits = 0;          // pb

  uint32_t literal_bits() const { return literal_context_bits + uint32_t{literal_position_bits}; }
};
constexpr uint32_t kLzmaLiteralBitsMax = 4;  // of lc + lp
constexpr uint32_t kLzmaLiteralModels = 0x300;

// From one byte, as in a .lzma file. False if it is none.
bool read_lzma_properties(uint8_t byte, LzmaProperties* properties);

class LzmaDecoder {
 public:
  // `literal_models`: kLzmaLiteralModels << properties.literal_bits()
  LzmaDecoder(const LzmaProperties& properties, PayloadBuffer& payload, FilteredWindow& window,
              uint16_t* literal_models);

  // Errors: malformed
  Error start();

  // Decodes symbols until the window's block is done, or `result_size` is reached, or `payload` is
  // hungry.
  //
  // Errors: malformed
  Error step(uint32_t result_size);

  // After the last symbol: takes what of the payload belongs to it.
  void finish() { normalize(); }

 private:
  static constexpr uint32_t kStates = 12;
  static constexpr uint32_t kPositionStates = 16;
  static constexpr uint32_t kDistanceSlots = 64;
  static constexpr uint32_t kLengthStates = 4;
  static constexpr uint32_t kAlignBits = 4;
  static constexpr uint32_t kModeledDistances = 115;  // behind the slots

  struct LengthModel {
    uint16_t choice[2];
    uint16_t low[kPositionStates][8];
    uint16_t middle[kPositionStates][8];
    uint16_t high[256];
  };
  struct Models {
    uint16_t is_match[kStates][kPositionStates];
    uint16_t is_repeat[kStates];
    uint16_t is_not_repeat0[kStates];
    uint16_t is_not_repeat1[kStates];
    uint16_t is_not_repeat2[kStates];
    uint16_t is_long_repeat0[kStates][kPositionStates];
    uint16_t distance_slot[kLengthStates][kDistanceSlots];
    uint16_t distance[kModeledDistances];
    uint16_t align[1 << kAlignBits];
    LengthModel match_length;
    LengthModel repeat_length;
  };

  void normalize();
  uint32_t bit(uint16_t& model);
  uint32_t plain_bits(uint32_t count);
  uint32_t tree(uint16_t* models, uint32_t bit_count);
  uint32_t reverse_tree(uint16_t* models, uint32_t bit_count);
  uint32_t length(LengthModel& model, uint32_t position_state);
  uint32_t new_distance(uint32_t length);
  void literal();
  Error match(uint32_t position_state);
  void choose_repeat(uint32_t position_state);
  Error symbol();

  LzmaProperties properties_;
  PayloadBuffer& payload_;
  FilteredWindow& window_;
  uint16_t* literal_models_;
  Models models_;
  uint32_t range_ = 0xFFFFFFFF;
  uint32_t code_ = 0;
  uint32_t state_ = 0;
  uint32_t distances_[4] = {};  // the last ones, less 1
  uint32_t copy_left_ = 0;      // [bytes] of a match that are still to be copied
};

}  // namespace otter
