// A stretch of the base in memory: it follows whoever reads, a few hundred bytes at a time. One
// caller at a time.
#pragma once

#include "ota/patch/patch_decoder.h"
#include "ota/patch/unit.h"

namespace otter {

constexpr size_t kBaseWindowSize = 512;  // [bytes]

class BaseWindow {
 public:
  BaseWindow(PatchSource& source, uint32_t base_size) : source_(source), base_size_(base_size) {}

  uint32_t base_size() const { return base_size_; }

  // Bytes of the base with at least [offset - kUnitLookBehind, offset + kUnitLookAhead), as far as
  // they exist. If they can't be read they are zeros, and error() says so.
  ImageBytes around(uint32_t offset) {
    const uint32_t needed_end = least(offset + kUnitLookAhead);
    const uint32_t needed_begin = offset < kUnitLookBehind ? 0 : offset - kUnitLookBehind;
    if (needed_begin < begin_ || needed_end > end_) load(needed_begin);
    return {buffer_, begin_, end_};
  }

  // The byte at `offset`, 0 behind the end.
  uint8_t byte(uint32_t offset) {
    if (offset >= base_size_) return 0;
    if (offset < begin_ || offset >= end_)
      load(offset < kUnitLookBehind ? 0 : offset - kUnitLookBehind);
    return buffer_[offset - begin_];
  }

  Error error() const { return error_; }

 private:
  uint32_t least(uint32_t end) const { return end < base_size_ ? end : base_size_; }

  void load(uint32_t begin) {
    begin_ = begin;
    end_ = least(begin + static_cast<uint32_t>(kBaseWindowSize));
    const MutableBytes loaded(buffer_, end_ - begin_);
    const Error error = source_.read_base(begin_, loaded);
    if (error == Error::ok) return;
    error_ = error;
    memset(buffer_, 0, sizeof(buffer_));
  }

  PatchSource& source_;
  uint32_t base_size_;
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
  Error error_ = Error::ok;
  uint8_t buffer_[kBaseWindowSize];
};

}  // namespace otter
