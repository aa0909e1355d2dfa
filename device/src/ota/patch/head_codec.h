// The head of a payload: segments, blocks, overlay. One item a step. docs/spec/patch.md, "Head".
#pragma once

#include "ota/patch/codec_state.h"
#include "ota/patch/diagonal_model.h"

namespace otter {

template <typename Coder>
class HeadCodec {
 public:
  explicit HeadCodec(CodecState<Coder>& state) : state_(state) {}

  bool is_done() const { return phase_ == Phase::done; }

  // Errors: malformed; those of the source
  Error step() {
    switch (phase_) {
      case Phase::base:
        return state_.has_units() ? code_base() : next(Phase::blocks);
      case Phase::segments:
        return code_segment();
      case Phase::blocks:
        return code_block();
      case Phase::overlay:
        return code_overlay();
      default:
        return Error::ok;
    }
  }

 private:
  enum class Phase : uint8_t { base, segments, blocks, overlay, done };
  static constexpr bool kEncodes = Coder::kEncodes;
  static constexpr uint32_t kGlobalPointerOffset = 0x800;

  Error next(Phase phase) {
    phase_ = phase;
    item_ = 0;
    count_ = 0;
    return Error::ok;
  }
  bool is_riscv() const { return state_.setup.method == PatchMethod::riscv; }
  NumberModels& numbers() { return state_.models.numbers; }
  uint32_t number(uint32_t value, NumberModel& model) {
    return code_number(state_.coder, value, model);
  }
  uint32_t signed_number(uint32_t value, NumberModel& model) {
    return code_signed(state_.coder, value, model);
  }

  // The base's own headers say where its segments are, the payload what is in them.
  Error code_base() {
    ImageMap& map = state_.base_map;
    uint8_t head[kImageHeaderSize];
    OTTER_TRY(read_base(0, head));
    const ChipId chip = load_le16(head + 12);
    if (head[0] != kImageMagic || head[1] > kSegmentsMax) return Error::malformed;
    for (uint32_t i = 0; i < head[1]; ++i) {
      uint8_t segment[kSegmentHeaderSize];
      const uint32_t offset = map.next_offset();
      OTTER_TRY(read_base(offset - static_cast<uint32_t>(kSegmentHeaderSize), segment));
      const uint32_t size = load_le32(segment + 4);
      if (size > state_.setup.base_size - offset) return Error::malformed;
      const bool is_code = kEncodes && state_.truth->base_map->segment(i).is_code;
      map.add(load_le32(segment), size, state_.bit(is_code, state_.models.bits.is_code[0], 7));
    }
    map.find_pointers(chip);
    if (is_riscv()) code_riscv_base();
    return next(Phase::segments);
  }

  Error read_base(uint32_t offset, MutableBytes out) {
    if (out.size > state_.setup.base_size || offset > state_.setup.base_size - out.size) {
      return Error::malformed;
    }
    return state_.source.read_base(offset, out);
  }

  void code_riscv_base() {
    ImageMap& map = state_.base_map;
    const ImageMap* truth = kEncodes ? state_.truth->base_map : nullptr;
    NumberModel& model = numbers().layout;
    code_global_pointer(kEncodes ? truth->global_pointer : 0);
    const bool has_frames = kEncodes && truth->frames_end > truth->frames_begin;
    if (!state_.bit(has_frames, state_.models.bits.has_frames, 7)) return;
    const uint32_t origin = map.count() > 0 ? map.segment(0).address : 0;
    const uint32_t begin = kEncodes ? truth->frames_begin - origin : 0;
    map.frames_begin = origin + (number(begin >> 2, model) << 2);
    const uint32_t size = kEncodes ? truth->frames_end - truth->frames_begin : 0;
    map.frames_end = map.frames_begin + (number(size >> 2, model) << 2);
  }

  // gp points to kGlobalPointerOffset in the data, as a rule.
  void code_global_pointer(uint32_t truth) {
    ImageMap& map = state_.base_map;
    NumberModel& model = numbers().layout;
    uint32_t nearest = map.count();
    for (uint32_t i = 0; kEncodes && truth != 0 && i < map.count(); ++i) {
      if (map.segment(i).has_address(truth)) nearest = i;
    }
    const uint32_t index = number(truth == 0 ? 0 : nearest + 1, model);
    if (index == 0) return;
    const uint32_t origin = index <= map.count() ? map.segment(index - 1).address : 0;
    const uint32_t usual = origin + kGlobalPointerOffset;
    map.global_pointer = usual + signed_number(truth - usual, model);
  }

  // The result's segments, as differences from the base's.
  Error code_segment() {
    const ImageMap& base = state_.base_map;
    const ImageMap* truth = kEncodes ? state_.truth->result_map : nullptr;
    NumberModel& model = numbers().layout;
    if (item_ == 0) {
      const uint32_t other = kEncodes && truth->count() != base.count() ? truth->count() + 1 : 0;
      const uint32_t coded = number(other, model);
      count_ = coded == 0 ? base.count() : coded - 1;
      if (count_ > kSegmentsMax) return Error::malformed;
    }
    if (item_ < count_) {
      const MappedSegment old = item_ < base.count() ? base.segment(item_) : MappedSegment();
      const MappedSegment now = kEncodes ? truth->segment(item_) : MappedSegment();
      const uint32_t address = old.address + signed_number(now.address - old.address, model);
      const uint32_t size = old.size + signed_number(now.size - old.size, model);
      uint16_t& bit = state_.models.bits.is_code[old.is_code ? 2 : 1];
      state_.result_map.add(address, size, state_.bit(now.is_code, bit, 7));
      ++item_;
    }
    if (item_ < count_) return Error::ok;
    if (is_riscv()) {
      const uint32_t old = base.global_pointer;
      const uint32_t now = kEncodes ? truth->global_pointer : 0;
      state_.result_map.global_pointer = old + signed_number(now - old, model);
    }
    return next(Phase::blocks);
  }

  Error code_block() {
    AddressMap& map = state_.addresses;
    if (item_ == 0) {
      count_ = number(kEncodes ? state_.truth->block_count : 0, numbers().block_gap);
      if (count_ > map.block_capacity()) return Error::malformed;
    }
    if (item_ < count_) {
      const MapBlock truth = kEncodes ? state_.truth->blocks[item_] : MapBlock();
      const uint32_t gap = number(truth.result - last_.result_end(), numbers().block_gap);
      const uint32_t size = number(truth.size, numbers().block_size);
      MapBlock block;
      block.size = size;
      block.result = last_.result_end() + gap;
      const uint32_t expected = last_.base_end() + gap;
      block.base =
          expected + diagonals_.code(state_.coder, truth.base - expected, expected - block.result,
                                     numbers().block_step, state_.models.bits);
      const uint32_t body_size = state_.setup.body_size;
      if (gap > body_size - last_.result_end() || size > body_size - block.result || size == 0 ||
          size > state_.setup.base_size || block.base > state_.setup.base_size - size) {
        return Error::malformed;
      }
      map.add_block(block);
      last_ = block;
      ++item_;
    }
    if (item_ < count_) return Error::ok;
    map.sort();
    return next(Phase::overlay);
  }

  Error code_overlay() {
    AddressMap& map = state_.addresses;
    if (!state_.has_units()) return next(Phase::done);
    if (item_ == 0) {
      count_ = number(kEncodes ? state_.truth->overlay_count : 0, numbers().layout);
      if (count_ > map.overlay_capacity()) return Error::malformed;
    }
    if (item_ < count_) {
      const OverlayEntry truth = kEncodes ? state_.truth->overlay[item_] : OverlayEntry();
      OverlayEntry entry;
      entry.address =
          last_entry_.address +
          (number((truth.address - last_entry_.address) >> 2, numbers().overlay_address) << 2);
      entry.distance = kOverlayNone;
      const bool is_none = truth.distance == kOverlayNone;
      if (!state_.bit(is_none, state_.models.bits.overlay_none, 7)) {
        entry.distance = last_entry_.distance + signed_number(truth.distance - last_entry_.distance,
                                                              numbers().overlay_distance);
        last_entry_.distance = entry.distance;
      }
      last_entry_.address = entry.address;
      map.add_overlay(entry);
      ++item_;
    }
    return item_ < count_ ? Error::ok : next(Phase::done);
  }

  CodecState<Coder>& state_;
  Phase phase_ = Phase::base;
  uint32_t item_ = 0;
  uint32_t count_ = 0;
  MapBlock last_;
  OverlayEntry last_entry_;
  DiagonalModel diagonals_;
};

}  // namespace otter
