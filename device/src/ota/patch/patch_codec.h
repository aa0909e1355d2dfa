// The whole of a payload, for both directions: its head, then the result from front to back, blocks
// of the address map with gaps between them. A gap is made of new bytes and of copies that are not
// in the map. docs/spec/patch.md, "Body".
#pragma once

#include "ota/patch/copy_codec.h"
#include "ota/patch/head_codec.h"

namespace otter {

template <typename Coder>
class PatchCodec {
 public:
  PatchCodec(const PatchSetup& setup, Coder& coder, PatchSource& source, PatchTables& tables)
      : state_(setup, coder, source, tables), head_(state_), copy_(state_) {}

  // An encoder's, before the first step.
  void set_truth(const PatchTruth& truth) { state_.truth = &truth; }

  bool is_done() const {
    return head_.is_done() && state_.output.position() == state_.setup.body_size &&
           phase_ == Phase::gap;
  }

  // Goes on by one item of the head, or by 1..ResultOutput::kStepSizeMax bytes of the result, or by
  // the head of a copy.
  //
  // REQUIRES: !is_done()
  // Errors:   malformed; those of the source
  Error step() {
    state_.output.begin_step();
    if (!head_.is_done()) return head_.step();
    switch (phase_) {
      case Phase::gap:
        OTTER_TRY(step_gap());
        break;
      case Phase::copy:
        step_copy();
        break;
      case Phase::exact:
        OTTER_TRY(step_exact());
        break;
    }
    return state_.base.error();
  }

  // What the last step made of the result.
  Bytes made() const { return state_.output.step(); }

 private:
  enum class Phase : uint8_t { gap, copy, exact };
  static constexpr bool kEncodes = Coder::kEncodes;

  uint32_t position() const { return state_.output.position(); }
  uint32_t gap_end() const {
    return next_block_ < state_.addresses.block_count() ? state_.addresses.block(next_block_).result
                                                        : state_.setup.body_size;
  }

  Error step_gap() {
    if (position() == gap_end()) {
      begin_block();
      return Error::ok;
    }
    if (code_is_copy()) return begin_copy();
    const uint8_t truth = kEncodes ? state_.truth->result.data[position()] : 0;
    append_new(code_byte(state_.coder, truth, guesses_of_new()));
    ++base_position_;
    return Error::ok;
  }

  void begin_block() {
    const MapBlock block = state_.addresses.block(next_block_++);
    copy_.begin(block);
    base_position_ = block.base_end();
    diagonals_.remember(block.base - block.result);
    phase_ = Phase::copy;
  }

  void step_copy() {
    copy_.step();
    if (copy_.is_done()) phase_ = Phase::gap;
  }

  const InlineCopy* true_copy() {
    if (!kEncodes) return nullptr;
    const PatchTruth& truth = *state_.truth;
    while (next_copy_ < truth.copy_count && truth.copies[next_copy_].result < position()) {
      ++next_copy_;
    }
    const bool is_here =
        next_copy_ < truth.copy_count && truth.copies[next_copy_].result == position();
    return is_here ? &truth.copies[next_copy_] : nullptr;
  }

  bool code_is_copy() {
    const uint32_t phase = state_.output.phase();
    uint16_t& bit = state_.models.bits.copies[last_choices_ & 3][phase < 3 ? phase : 3];
    const bool is_copy = state_.bit(true_copy() != nullptr, bit, 9);
    last_choices_ = last_choices_ << 1 | (is_copy ? 1 : 0);
    return is_copy;
  }

  Error begin_copy() {
    const InlineCopy* true_one = true_copy();
    const InlineCopy truth = true_one != nullptr ? *true_one : InlineCopy();
    NumberModels& numbers = state_.models.numbers;
    const bool is_exact = state_.bit(truth.is_exact, state_.models.bits.copy_is_exact, 7);
    const uint32_t extra =
        code_number(state_.coder, truth.size - kInlineCopySizeMin, numbers.copy_size);
    const uint32_t left = gap_end() - position();
    if (left < kInlineCopySizeMin || extra > left - kInlineCopySizeMin) return Error::malformed;
    const uint32_t size = extra + kInlineCopySizeMin;
    if (is_exact) {
      const uint32_t distance =
          code_number(state_.coder, position() - 1 - truth.source, numbers.copy_distance);
      if (distance >= position()) return Error::malformed;
      exact_distance_ = distance + 1;
      exact_left_ = size;
      phase_ = Phase::exact;
      return Error::ok;
    }
    const uint32_t step =
        diagonals_.code(state_.coder, truth.source - base_position_, base_position_ - position(),
                        numbers.copy_step, state_.models.bits);
    const uint32_t base = base_position_ + step;
    const uint32_t base_size = state_.setup.base_size;
    if (size > base_size || base > base_size - size) return Error::malformed;
    copy_.begin({position(), base, size});
    base_position_ = base + size;
    phase_ = Phase::copy;
    return Error::ok;
  }

  Error step_exact() {
    uint8_t bytes[ResultOutput::kStepSizeMax];
    uint32_t size = exact_left_ < sizeof(bytes) ? exact_left_ : sizeof(bytes);
    if (size > exact_distance_) size = exact_distance_;  // what is copied must be there
    OTTER_TRY(state_.source.read_result(position() - exact_distance_, MutableBytes(bytes, size)));
    for (uint32_t i = 0; i < size; ++i) append_new(bytes[i]);
    exact_left_ -= size;
    if (exact_left_ == 0) phase_ = Phase::gap;
    return Error::ok;
  }

  ByteGuesses guesses_of_new() {
    const ResultOutput& output = state_.output;
    const uint32_t phase = output.phase() < kPhases - 1 ? output.phase() : kPhases - 1;
    const uint32_t first = phase > 0 ? output.instruction_first() : 0;
    ByteGuesses guesses;
    guesses.table = state_.tables.new_contexts;
    guesses.table_mask = state_.tables.sizes.new_contexts - 1;
    guesses.context_count = 3;
    guesses.contexts[0] = 1u << 28 | phase << 8 | output.last();
    guesses.contexts[1] = 2u << 28 | first << 12 | phase << 8;
    guesses.contexts[2] = 3u << 28 | phase;
    guesses.expected_count = 1;
    guesses.expected[0] = {state_.models.new_expected[phase < 3 ? phase : 3],
                           state_.base.byte(base_position_)};
    guesses.weights = state_.models.new_weights[phase];
    return guesses;
  }

  void append_new(uint8_t byte) {
    state_.output.append(byte);
    if (state_.output.phase() >= instruction_size()) state_.output.begin_instruction();
  }

  // [bytes] of the instruction, or of the word of data, that is being made.
  uint32_t instruction_size() {
    const ResultOutput& output = state_.output;
    const ImageMap& map = state_.result_map;
    const uint32_t begin = output.instruction_begin();
    while (segment_ + 1 < map.count() && begin >= map.segment(segment_ + 1).offset) ++segment_;
    if (segment_ >= map.count()) return 4 - (begin & 3);
    const MappedSegment& segment = map.segment(segment_);
    if (!segment.is_code) return 4 - (segment.address_of(begin) & 3);
    const uint32_t first = output.instruction_first();
    if (state_.setup.method == PatchMethod::riscv) return (first & 3) == 3 ? 4 : 2;
    const uint32_t opcode = first & 15;
    return opcode >= 14 ? 4 : opcode >= 8 ? 2 : 3;
  }

  CodecState<Coder> state_;
  HeadCodec<Coder> head_;
  CopyCodec<Coder> copy_;
  Phase phase_ = Phase::gap;
  uint32_t next_block_ = 0;
  uint32_t base_position_ = 0;  // [bytes from the base's start] what the next new byte stands for
  uint32_t last_choices_ = 0;   // copy or new byte, the last one lowest
  uint32_t exact_distance_ = 0;
  uint32_t exact_left_ = 0;
  uint32_t segment_ = 0;    // of the result
  uint32_t next_copy_ = 0;  // an encoder's
  DiagonalModel diagonals_;
};

}  // namespace otter
