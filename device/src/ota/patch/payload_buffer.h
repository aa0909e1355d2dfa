// The bytes of a payload on their way to a decoder. They come in pieces; a decoder's step begins
// only when all that it can need is there, so that no step waits in its middle. Behind the
// payload's end there are zeros, a few. One caller at a time.
#pragma once

#include "ota/wire/bytes.h"

namespace otter {

// [bytes] the most that one step of a decoder takes.
constexpr size_t kStepInputMax = 128;
constexpr size_t kPayloadBufferSize = 256;  // [bytes]
// [bytes] that a payload may be shorter than what is decoded from it.
constexpr uint32_t kMissingMax = 8;

class PayloadBuffer {
 public:
  explicit PayloadBuffer(uint32_t payload_size) : unfed_(payload_size) {}

  // Takes what there is room for, and no more than the payload has; gives how many bytes.
  size_t feed(Bytes payload) {
    if (begin_ > 0) {
      memmove(buffer_, buffer_ + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    const Bytes taken = payload.part(0, unfed_).part(0, sizeof(buffer_) - end_);
    if (taken.size > 0) memcpy(buffer_ + end_, taken.data, taken.size);
    end_ += taken.size;
    unfed_ -= static_cast<uint32_t>(taken.size);
    return taken.size;
  }

  // True if the next step may need bytes that have not been fed.
  bool is_hungry() const { return unfed_ > 0 && end_ - begin_ < kStepInputMax; }
  // More was read than a right payload can be short of.
  bool is_exhausted() const { return missing_ > kMissingMax; }
  // All of the payload was read.
  bool is_used_up() const { return unfed_ == 0 && begin_ == end_; }

  uint8_t next() {
    if (begin_ < end_) return buffer_[begin_++];
    if (missing_ <= kMissingMax) ++missing_;
    return 0;
  }

 private:
  uint32_t unfed_;
  uint32_t missing_ = 0;  // zeros that were given
  size_t begin_ = 0;
  size_t end_ = 0;
  uint8_t buffer_[kPayloadBufferSize];
};

}  // namespace otter
