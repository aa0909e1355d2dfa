// A stretch of the result that continues a stretch of the base: each unit of the base is moved to
// its new place, which is the prediction; one bit says whether it holds. One unit a step.
// docs/spec/patch.md, "Copies".
#pragma once

#include "ota/patch/codec_state.h"

namespace otter {

template <typename Coder>
class CopyCodec {
 public:
  explicit CopyCodec(CodecState<Coder>& state)
      : state_(state),
        targets_(state.tables.targets, state.tables.sizes.targets),
        substitutions_(state.tables.substitutions, state.tables.sizes.substitutions) {}

  // REQUIRES: the block's base is within the base, its result begins at output.position()
  void begin(const MapBlock& block) {
    walk_.start(state_.setup.method, state_.result_map.global_pointer);
    offset_ = block.base;
    end_ = block.base_end();
    to_result_ = block.result - block.base;
    phase_ = code_phase(kEncodes && block.size > kUnphasedSizeMax ? truth_of_phase() : 0);
  }

  bool is_done() const { return offset_ == end_; }

  // The next unit.
  //
  // REQUIRES: !is_done()
  void step() {
    const UnitPlace place = next_place();
    const ImageBytes bytes = state_.base.around(offset_);
    const Unit unit = phase_ > 0 ? partial_unit(place) : walk_.next(state_.base_map, bytes, place);
    phase_ = 0;
    Attempt attempt(unit);
    const MappedSegment* segment = result_segment(offset_ + to_result_);
    attempt.is_placed = segment != nullptr;
    const uint32_t address = attempt.is_placed ? segment->address_of(offset_ + to_result_) : 0;
    attempt.move = walk_.move_of(unit, bytes.at(offset_), address);
    attempt.is_literal_unlikely = unit.kind == UnitKind::pointer && place.segment != nullptr &&
                                  place.segment->is_code && walk_.is_unlikely_literal();
    predict(attempt);
    code_unit(attempt);
    offset_ += unit.size;
  }

 private:
  static constexpr bool kEncodes = Coder::kEncodes;
  static constexpr uint32_t kUnphasedSizeMax = 8;

  // A unit on its way.
  struct Attempt {
    explicit Attempt(const Unit& unit_in) : unit(unit_in) {}

    Unit unit;
    UnitMove move;
    uint8_t predicted[kUnitSizeMax];
    uint32_t mapped_target = 0;
    bool is_placed = false;            // in a segment of the result
    bool is_changed = false;           // the prediction differs from the old bytes
    bool is_cached = false;            // it comes from the target cache
    bool is_literal_unlikely = false;  // a pointer where code would go on
  };

  // A block may begin inside of a unit: that many bytes are left of it.
  uint32_t truth_of_phase() const {
    uint32_t phase = 0;
    while (phase < 4 && state_.truth->unit_begins[offset_ + phase] == 0) ++phase;
    return phase & 3;
  }

  uint32_t code_phase(uint32_t phase) {
    if (!state_.has_units()) return 0;
    ControlBits& bits = state_.models.bits;
    if (!state_.bit(phase != 0, bits.has_phase, 7)) return 0;
    const bool high = state_.bit(((phase - 1) & 2) != 0, bits.phase_high, 7);
    const bool low = state_.bit(((phase - 1) & 1) != 0, bits.phase_low[high ? 1 : 0], 7);
    return 1 + (high ? 2u : 0u) + (low ? 1u : 0u);
  }

  UnitPlace next_place() {
    UnitPlace place;
    place.offset = offset_;
    if (base_segment_ == nullptr || !base_segment_->has_offset(offset_)) {
      base_segment_ = state_.base_map.at_offset(offset_);
    }
    place.segment = base_segment_;
    if (place.segment == nullptr) {
      place.limit = state_.base_map.next_segment(offset_, end_);
    } else {
      place.limit = place.segment->end() < end_ ? place.segment->end() : end_;
      place.address = place.segment->address_of(offset_);
    }
    return place;
  }

  Unit partial_unit(const UnitPlace& place) const {
    Unit unit;
    unit.size = static_cast<uint8_t>(phase_ < place.left() ? phase_ : place.left());
    return unit;
  }

  const MappedSegment* result_segment(uint32_t offset) {
    if (result_segment_ == nullptr || !result_segment_->has_offset(offset)) {
      result_segment_ = state_.result_map.at_offset(offset);
    }
    return result_segment_;
  }

  void predict(Attempt& attempt) {
    const Unit& unit = attempt.unit;
    memcpy(attempt.predicted, attempt.move.old_bytes, unit.size);
    if (!unit.has_target || !attempt.is_placed) return;
    attempt.mapped_target = state_.addresses.moved(unit.target, state_.base_map, state_.result_map);
    attempt.move.new_target = attempt.mapped_target;
    attempt.is_cached = targets_.find(unit.target, &attempt.move.new_target);
    uint8_t moved[kUnitSizeMax];
    if (!move_unit(attempt.move, moved)) return;
    memcpy(attempt.predicted, moved, unit.size);
    attempt.is_changed = memcmp(moved, attempt.move.old_bytes, unit.size) != 0;
  }

  bool is_truth(const uint8_t* bytes, uint32_t size) const {
    if (!kEncodes) return false;
    return memcmp(state_.truth->result.data + state_.output.position(), bytes, size) == 0;
  }

  bool code_hit(const Attempt& attempt, bool is_hit, const Substitution& offered, bool is_offered) {
    const uint32_t form = static_cast<uint32_t>(attempt.unit.kind) * 4 +
                          (attempt.is_changed ? 2 : 0) + (attempt.is_cached ? 1 : 0) +
                          (attempt.is_literal_unlikely ? 128 : 0);
    const uint32_t confidence = is_offered ? offered.confidence : 0;
    const uint32_t contexts[kFlagContexts] = {
        1u << 24 | form << 8 | (misses_ & 63),
        2u << 24 | form << 8 | confidence << 4 | (misses_ & 1),
        7u << 24 | last_form_ << 10 | form << 3 | (misses_ & 7)};
    const bool is_missed =
        code_flag(state_.coder, !is_hit, contexts, state_.models.flags, is_offered ? 1 : 0);
    last_form_ = form;
    misses_ = misses_ << 1 | (is_missed ? 1 : 0);
    return !is_missed;
  }

  void code_unit(Attempt& attempt) {
    const uint32_t size = attempt.unit.size;
    const uint8_t* old_bytes = attempt.move.old_bytes;
    Substitution& entry = substitutions_.at(old_bytes, size);
    const bool is_offered =
        entry.confidence > 0 && entry.is_of(old_bytes, size) && !entry.becomes(attempt.predicted);
    uint8_t made[kUnitSizeMax];
    const bool is_hit = code_hit(attempt, is_truth(attempt.predicted, size), entry, is_offered);
    if (is_hit) {
      memcpy(made, attempt.predicted, size);
    } else {
      code_miss(attempt, is_offered ? &entry : nullptr, made);
    }
    state_.output.begin_instruction();
    for (uint32_t i = 0; i < size; ++i) state_.output.append(made[i]);
    state_.output.begin_instruction();
    learn(attempt, made, entry, is_offered);
  }

  void code_miss(const Attempt& attempt, const Substitution* offered, uint8_t* made) {
    const uint32_t size = attempt.unit.size;
    ControlBits& bits = state_.models.bits;
    if (offered != nullptr &&
        state_.bit(is_truth(offered->new_bytes, size), bits.substitution[offered->confidence], 8)) {
      memcpy(made, offered->new_bytes, size);
      return;
    }
    uint16_t& keeps_old = bits.keeps_old[static_cast<uint32_t>(attempt.unit.kind)];
    if (attempt.is_changed && state_.bit(is_truth(attempt.move.old_bytes, size), keeps_old, 8)) {
      memcpy(made, attempt.move.old_bytes, size);
      return;
    }
    code_bytes(attempt, made);
  }

  void code_bytes(const Attempt& attempt, uint8_t* made) {
    const uint32_t size = attempt.unit.size;
    const uint8_t* truth =
        kEncodes ? state_.truth->result.data + state_.output.position() : attempt.predicted;
    uint8_t* last_change = state_.models.last_change[static_cast<uint32_t>(attempt.unit.kind)];
    uint32_t differing = 0;  // a bit for each byte that is not the predicted one
    for (uint32_t i = 0; i < size; ++i) {
      made[i] = code_byte(state_.coder, truth[i], guesses_of(attempt, i, differing));
      if (made[i] != attempt.predicted[i]) differing |= 1u << i;
    }
    for (uint32_t i = 0; i < size; ++i) {
      last_change[i] = static_cast<uint8_t>(made[i] - attempt.predicted[i]);
    }
  }

  ByteGuesses guesses_of(const Attempt& attempt, uint32_t index, uint32_t differing) {
    PatchModels& models = state_.models;
    const uint32_t kind = static_cast<uint32_t>(attempt.unit.kind);
    const uint32_t predicted = attempt.predicted[index];
    const uint32_t change = models.last_change[kind][index];
    const uint32_t place = kind * 8 + index;
    const uint32_t region = (kind < 15 ? kind : 15) * 2;
    const uint32_t half = index > 0 ? kRegionBits / 2 : 0;
    ByteGuesses guesses;
    guesses.table = state_.tables.missed_contexts;
    guesses.table_mask = state_.tables.sizes.missed_contexts - 1;
    guesses.context_count = 2;
    guesses.contexts[0] = 1u << 28 | place << 8 | predicted;
    guesses.contexts[1] = 2u << 28 | place;
    guesses.expected_count = 3;
    guesses.expected[0] = {
        &models.missed_expected[0][(region + (differing != 0 ? 1 : 0)) * 8 + half], predicted};
    guesses.expected[1] = {&models.missed_expected[1][(region + (change != 0 ? 1 : 0)) * 8 + half],
                           (predicted + change) & 255};
    guesses.expected[2] = {
        &models.missed_predicted[((differing & 7) * 4 + (index < 3 ? index : 3)) * 8], predicted};
    guesses.weights = models.missed_weights[kind];
    return guesses;
  }

  void learn(const Attempt& attempt, const uint8_t* made, Substitution& entry, bool is_offered) {
    const uint32_t size = attempt.unit.size;
    uint32_t target = 0;
    if (attempt.unit.has_target && attempt.is_placed && find_target(attempt.move, made, &target)) {
      targets_.learn(attempt.unit.target, attempt.mapped_target, target);
    }
    if (memcmp(made, attempt.predicted, size) != 0) {
      SubstitutionCache::learn(entry, Bytes(attempt.move.old_bytes, size), made);
    } else if (is_offered) {
      --entry.confidence;
    }
    walk_.finish(attempt.move, made, attempt.is_placed);
  }

  CodecState<Coder>& state_;
  TargetCache targets_;
  SubstitutionCache substitutions_;
  UnitWalk walk_;
  uint32_t offset_ = 0;  // [bytes from the base's start]
  uint32_t end_ = 0;
  uint32_t to_result_ = 0;  // what is added to an offset of the base
  uint32_t phase_ = 0;
  uint32_t misses_ = 0;  // a bit for each unit, the last one lowest
  uint32_t last_form_ = 0;
  const MappedSegment* base_segment_ = nullptr;
  const MappedSegment* result_segment_ = nullptr;
};

}  // namespace otter
