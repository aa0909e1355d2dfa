// What the parts of a patch's codec share. The codec is one template for both directions, so that
// encoder and decoder can't disagree: a `Coder` either finds bits in a payload (RangeDecoder) or
// writes those that it is given (publish/range_encoder.h). An encoder knows the truth beforehand, a
// decoder has none. One caller at a time.
#pragma once

#include "ota/patch/base_window.h"
#include "ota/patch/patch_models.h"
#include "ota/patch/unit_walk.h"

namespace otter {

// A copy that is not in the address map: from the base, by units, or from the result, as it is.
struct InlineCopy {
  uint32_t result = 0;
  uint32_t size = 0;  // [bytes] >= kInlineCopySizeMin
  uint32_t source = 0;
  bool is_exact = false;  // from the result
};
constexpr uint32_t kInlineCopySizeMin = 4;

// What an encoder knows beforehand.
struct PatchTruth {
  Bytes result;  // without an appended SHA-256
  const ImageMap* base_map = nullptr;
  const ImageMap* result_map = nullptr;
  const MapBlock* blocks = nullptr;  // in the order of the result
  uint32_t block_count = 0;
  const OverlayEntry* overlay = nullptr;  // in the order of addresses
  uint32_t overlay_count = 0;
  const InlineCopy* copies = nullptr;  // in the order of the result, between the blocks
  uint32_t copy_count = 0;
  const uint8_t* unit_begins = nullptr;  // [base size + 4] 1 where a unit of the base begins
};

// The result as it comes, a step's worth at a time.
class ResultOutput {
 public:
  static constexpr uint32_t kStepSizeMax = 64;  // [bytes]

  void append(uint8_t byte) {
    if (position_ == instruction_begin_) instruction_first_ = byte;
    bytes_[size_++] = byte;
    last_ = byte;
    ++position_;
  }
  // [bytes from the result's start] of the next byte.
  uint32_t position() const { return position_; }
  uint8_t last() const { return last_; }

  // What is being made is an instruction; the next byte is its first.
  void begin_instruction() { instruction_begin_ = position_; }
  uint32_t instruction_begin() const { return instruction_begin_; }
  uint8_t instruction_first() const { return instruction_first_; }
  // How many of its bytes there are.
  uint32_t phase() const { return position_ - instruction_begin_; }

  // What the last step made.
  Bytes step() const { return Bytes(bytes_, size_); }
  void begin_step() { size_ = 0; }

 private:
  uint32_t position_ = 0;
  uint32_t instruction_begin_ = 0;
  uint32_t size_ = 0;
  uint8_t last_ = 0;
  uint8_t instruction_first_ = 0;
  uint8_t bytes_[kStepSizeMax];
};

struct PatchSetup {
  PatchMethod method = PatchMethod::bytes;
  uint32_t base_size = 0;
  uint32_t body_size = 0;  // of the result without an appended SHA-256
};

template <typename Coder>
struct CodecState {
  CodecState(const PatchSetup& setup_in, Coder& coder_in, PatchSource& source_in,
             PatchTables& tables_in)
      : setup(setup_in),
        coder(coder_in),
        source(source_in),
        tables(tables_in),
        base(source_in, setup_in.base_size),
        addresses(tables_in.address_map) {
    models.flags.table = tables.flags;
    models.flags.index_shift = 32 - tables.sizes.flags_log2;
    reset_models(models);
  }

  bool has_units() const { return setup.method != PatchMethod::bytes; }
  bool bit(bool value, uint16_t& model, uint32_t count_max) {
    return code_bit(coder, value, model, count_max);
  }

  const PatchSetup setup;
  Coder& coder;
  PatchSource& source;
  PatchTables& tables;
  const PatchTruth* truth = nullptr;  // an encoder's
  PatchModels models;
  BaseWindow base;
  ImageMap base_map;
  ImageMap result_map;
  AddressMap addresses;
  ResultOutput output;
};

}  // namespace otter
