// The arithmetic decoder of a patch's payload: binary, 32 bits of range, carries as in LZMA. One
// caller at a time. docs/spec/patch.md, "Range coder".
#pragma once

#include "ota/patch/payload_buffer.h"

namespace otter {

constexpr uint32_t kRangeTop = 1u << 24;  // below it a byte is shifted in
constexpr size_t kRangeHeadSize = 4;      // [bytes] that the decoder begins with

class RangeDecoder {
 public:
  static constexpr bool kEncodes = false;

  explicit RangeDecoder(PayloadBuffer& payload) : payload_(payload) {}

  void start() {
    for (size_t i = 0; i < kRangeHeadSize; ++i) code_ = code_ << 8 | payload_.next();
  }

  // The next bit, whose probability of being 1 is `one` / 65536; the first parameter is what an
  // encoder would write.
  //
  // REQUIRES: 0 < one < 65536
  bool code(bool, uint32_t one) {
    const uint32_t bound = static_cast<uint32_t>((static_cast<uint64_t>(range_) * one) >> 16);
    const bool bit = code_ < bound;
    if (bit) {
      range_ = bound;
    } else {
      code_ -= bound;
      range_ -= bound;
    }
    while (range_ < kRangeTop) {
      range_ <<= 8;
      code_ = code_ << 8 | payload_.next();
    }
    return bit;
  }

 private:
  PayloadBuffer& payload_;
  uint32_t range_ = 0xFFFFFFFF;
  uint32_t code_ = 0;
};

}  // namespace otter
