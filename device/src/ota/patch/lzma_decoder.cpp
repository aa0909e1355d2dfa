#include "ota/patch/lzma_decoder.h"

namespace otter {
namespace {

constexpr uint16_t kHalf = 1024;  // of 2048
constexpr uint32_t kModelBits = 11;
constexpr uint32_t kMoveBits = 5;
constexpr uint32_t kTop = 1u << 24;
constexpr uint32_t kMatchSizeMin = 2;
constexpr uint32_t kFirstPlainSlot = 14;  // from here on a distance's lower bits have no models
constexpr uint32_t kLiteralStates = 7;    // states below it follow a literal

uint32_t state_after_literal(uint32_t state) {
  if (state < 4) return 0;
  return state < 10 ? state - 3 : state - 6;
}

}  // namespace

bool read_lzma_properties(uint8_t byte, LzmaProperties* properties) {
  if (byte >= 9 * 5 * 5) return false;
  properties->literal_context_bits = static_cast<uint8_t>(byte % 9);
  properties->literal_position_bits = static_cast<uint8_t>(byte / 9 % 5);
  properties->position_bits = static_cast<uint8_t>(byte / 45);
  return properties->literal_bits() <= kLzmaLiteralBitsMax;
}

LzmaDecoder::LzmaDecoder(const LzmaProperties& properties, PayloadBuffer& payload,
                         FilteredWindow& window, uint16_t* literal_models)
    : properties_(properties), payload_(payload), window_(window), literal_models_(literal_models) {
  uint16_t* models = reinterpret_cast<uint16_t*>(&models_);
  for (size_t i = 0; i < sizeof(models_) / sizeof(uint16_t); ++i) models[i] = kHalf;
  const uint32_t literal_count = kLzmaLiteralModels << properties.literal_bits();
  for (uint32_t i = 0; i < literal_count; ++i) literal_models_[i] = kHalf;
}

Error LzmaDecoder::start() {
  if (payload_.next() != 0) return Error::malformed;
  for (int i = 0; i < 4; ++i) code_ = code_ << 8 | payload_.next();
  return Error::ok;
}

void LzmaDecoder::normalize() {
  if (range_ >= kTop) return;
  range_ <<= 8;
  code_ = code_ << 8 | payload_.next();
}

uint32_t LzmaDecoder::bit(uint16_t& model) {
  normalize();
  const uint32_t bound = (range_ >> kModelBits) * model;
  if (code_ < bound) {
    range_ = bound;
    model = static_cast<uint16_t>(model + (((1u << kModelBits) - model) >> kMoveBits));
    return 0;
  }
  range_ -= bound;
  code_ -= bound;
  model = static_cast<uint16_t>(model - (model >> kMoveBits));
  return 1;
}

uint32_t LzmaDecoder::plain_bits(uint32_t count) {
  uint32_t value = 0;
  for (; count > 0; --count) {
    normalize();
    range_ >>= 1;
    const uint32_t is_one = code_ >= range_ ? 1 : 0;
    if (is_one != 0) code_ -= range_;
    value = value << 1 | is_one;
  }
  return value;
}

uint32_t LzmaDecoder::tree(uint16_t* models, uint32_t bit_count) {
  uint32_t node = 1;
  for (uint32_t i = 0; i < bit_count; ++i) node = node << 1 | bit(models[node]);
  return node - (1u << bit_count);
}

uint32_t LzmaDecoder::reverse_tree(uint16_t* models, uint32_t bit_count) {
  uint32_t node = 1;
  uint32_t value = 0;
  for (uint32_t i = 0; i < bit_count; ++i) {
    const uint32_t next = bit(models[node]);
    node = node << 1 | next;
    value |= next << i;
  }
  return value;
}

uint32_t LzmaDecoder::length(LengthModel& model, uint32_t position_state) {
  if (bit(model.choice[0]) == 0) return kMatchSizeMin + tree(model.low[position_state], 3);
  if (bit(model.choice[1]) == 0) return kMatchSizeMin + 8 + tree(model.middle[position_state], 3);
  return kMatchSizeMin + 16 + tree(model.high, 8);
}

// Less 1.
uint32_t LzmaDecoder::new_distance(uint32_t length) {
  const uint32_t excess = length - kMatchSizeMin;
  const uint32_t length_state = excess < kLengthStates ? excess : kLengthStates - 1;
  const uint32_t slot = tree(models_.distance_slot[length_state], 6);
  if (slot < 4) return slot;
  const uint32_t bit_count = (slot >> 1) - 1;
  const uint32_t high = (2 | (slot & 1)) << bit_count;
  if (slot < kFirstPlainSlot) return high + reverse_tree(models_.distance + high - slot, bit_count);
  const uint32_t middle = plain_bits(bit_count - kAlignBits) << kAlignBits;
  return high + middle + reverse_tree(models_.align, kAlignBits);
}

void LzmaDecoder::literal() {
  const uint32_t position = window_.position();
  const uint32_t last = position > 0 ? window_.back(1) : 0;
  const uint32_t by_position = position & ((1u << properties_.literal_position_bits) - 1);
  const uint32_t set = (by_position << properties_.literal_context_bits) +
                       (last >> (8 - properties_.literal_context_bits));
  uint16_t* models = literal_models_ + kLzmaLiteralModels * set;
  uint32_t symbol = 1;
  if (state_ >= kLiteralStates) {
    // Behind a match the byte that would have continued it is a good hint.
    uint32_t expected = window_.back(distances_[0] + 1);
    while (symbol < 0x100) {
      const uint32_t expected_bit = expected >> 7 & 1;
      expected <<= 1;
      const uint32_t got = bit(models[((1 + expected_bit) << 8) + symbol]);
      symbol = symbol << 1 | got;
      if (got != expected_bit) break;
    }
  }
  while (symbol < 0x100) symbol = symbol << 1 | bit(models[symbol]);
  window_.append(static_cast<uint8_t>(symbol));
  state_ = state_after_literal(state_);
}

// A distance that was used before moves to the front.
void LzmaDecoder::choose_repeat(uint32_t position_state) {
  uint32_t rank = 0;
  if (bit(models_.is_not_repeat0[state_]) != 0) {
    rank = 1;
    if (bit(models_.is_not_repeat1[state_]) != 0) rank = 2 + bit(models_.is_not_repeat2[state_]);
  } else if (bit(models_.is_long_repeat0[state_][position_state]) == 0) {
    copy_left_ = 1;
  }
  const uint32_t distance = distances_[rank];
  for (; rank > 0; --rank) distances_[rank] = distances_[rank - 1];
  distances_[0] = distance;
}

Error LzmaDecoder::match(uint32_t position_state) {
  const bool follows_literal = state_ < kLiteralStates;
  if (bit(models_.is_repeat[state_]) == 0) {
    copy_left_ = length(models_.match_length, position_state);
    for (uint32_t i = 3; i > 0; --i) distances_[i] = distances_[i - 1];
    distances_[0] = new_distance(copy_left_);
    state_ = follows_literal ? 7 : 10;
  } else {
    choose_repeat(position_state);
    if (copy_left_ == 1) {
      state_ = follows_literal ? 9 : 11;
    } else {
      copy_left_ = length(models_.repeat_length, position_state);
      state_ = follows_literal ? 8 : 11;
    }
  }
  return distances_[0] < window_.position() ? Error::ok : Error::malformed;
}

Error LzmaDecoder::symbol() {
  const uint32_t position_state = window_.position() & ((1u << properties_.position_bits) - 1);
  if (bit(models_.is_match[state_][position_state]) != 0) return match(position_state);
  literal();
  return Error::ok;
}

Error LzmaDecoder::step(uint32_t result_size) {
  while (!window_.is_block_done() && window_.position() < result_size) {
    if (copy_left_ > 0) {
      window_.append(window_.back(distances_[0] + 1));
      --copy_left_;
      continue;
    }
    if (payload_.is_hungry()) return Error::ok;
    OTTER_TRY(symbol());
  }
  const bool is_end = window_.position() == result_size;
  return is_end && copy_left_ > 0 ? Error::malformed : Error::ok;
}

}  // namespace otter
