// Writes what ota/patch/range_decoder.h reads. Pure, one caller at a time.
#pragma once

#include <cmath>
#include <vector>

#include "ota/patch/range_decoder.h"

namespace otter {

class RangeEncoder {
 public:
  static constexpr bool kEncodes = true;

  // Writes `bit`, whose probability of being 1 is `one` / 65536.
  bool code(bool bit, uint32_t one) {
    const uint32_t bound = static_cast<uint32_t>((static_cast<uint64_t>(range_) * one) >> 16);
    if (bit) {
      range_ = bound;
    } else {
      low_ += bound;
      range_ -= bound;
    }
    while (range_ < kRangeTop) {
      range_ <<= 8;
      shift();
    }
    return bit;
  }

  // All bytes. Of the values that the decoder may end with, the one that ends in the most zeros: it
  // finds these by itself.
  std::vector<uint8_t> finish() {
    constexpr uint64_t kTail = kRangeTop - 1;
    low_ = (low_ + kTail) & ~kTail;
    for (int i = 0; i < 2; ++i) shift();
    out_.erase(out_.begin());  // the first one is what a carry out of the number would go to
    for (uint32_t i = 0; i + 4 < kMissingMax && !out_.empty() && out_.back() == 0; ++i) {
      out_.pop_back();
    }
    return std::move(out_);
  }

  // [bytes] so far, about.
  size_t size() const { return out_.size() + held_; }

 private:
  void shift() {
    if (low_ < 0xFF000000u || low_ > 0xFFFFFFFFu) {
      const uint8_t carry = static_cast<uint8_t>(low_ >> 32);
      for (; held_ > 0; --held_) {
        out_.push_back(static_cast<uint8_t>(held_byte_ + carry));
        held_byte_ = 0xFF;
      }
      held_byte_ = static_cast<uint8_t>(low_ >> 24);
    }
    ++held_;
    low_ = (low_ & 0x00FFFFFF) << 8;
  }

  uint64_t low_ = 0;  // 33 bits: the highest is a carry
  uint32_t range_ = 0xFFFFFFFF;
  uint8_t held_byte_ = 0;  // the first of the bytes that a carry may still change; FF follow it
  size_t held_ = 1;
  std::vector<uint8_t> out_;
};

}  // namespace otter
