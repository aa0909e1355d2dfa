// What a decoder of whole images looks back into: the result, filtered. The last blocks are in
// memory; older ones are read back from where the result was written to, and filtered again. One
// caller at a time.
#pragma once

#include "ota/patch/branch_filter.h"
#include "ota/patch/patch_decoder.h"

namespace otter {

class FilteredWindow {
 public:
  struct Block {
    uint32_t number;
    uint8_t bytes[kFilterBlockSize];
  };
  static constexpr uint32_t kBlocksMin = 2;

  // `blocks`: `count` of them, kBlocksMin at least.
  FilteredWindow(PatchSource& source, uint32_t result_size, Block* blocks, uint32_t count)
      : source_(source), result_size_(result_size), blocks_(blocks), count_(count) {
    for (uint32_t i = 0; i < count_; ++i) blocks_[i].number = kNone;
    blocks_[0].number = 0;
  }

  BranchFilter& filter() { return filter_; }

  uint32_t position() const { return position_; }
  // True once the block that is being made is complete: call finish().
  bool is_block_done() const {
    return filled_ == kFilterBlockSize || (position_ == result_size_ && filled_ > 0);
  }

  // REQUIRES: !is_block_done()
  void append(uint8_t byte) {
    current().bytes[filled_++] = byte;
    ++position_;
  }

  // The byte `distance` before the next one. If it can't be read, 0, and error() says why.
  //
  // REQUIRES: 0 < distance <= position()
  uint8_t back(uint32_t distance) {
    if (distance <= filled_) return current().bytes[filled_ - distance];
    const uint32_t at = position_ - distance;
    const uint32_t number = at / kFilterBlockSize;
    if (blocks_[found_].number != number) found_ = find(number);
    return blocks_[found_].bytes[at % kFilterBlockSize];
  }

  // The finished block as it is in the result; valid until the next append().
  Bytes finish() {
    const MutableBytes done(unfiltered_, filled_);
    memcpy(unfiltered_, current().bytes, filled_);
    filter_.undo(current().number, done);
    const uint32_t next = current().number + 1;
    current_ = (current_ + 1) % count_;
    current().number = next;
    filled_ = 0;
    return done;
  }

  Error error() const { return error_; }

 private:
  static constexpr uint32_t kNone = 0xFFFFFFFF;

  Block& current() { return blocks_[current_]; }

  uint32_t find(uint32_t number) {
    for (uint32_t i = 0; i < count_; ++i) {
      if (blocks_[i].number == number) return i;
    }
    victim_ = (victim_ + 1) % count_;
    if (victim_ == current_) victim_ = (victim_ + 1) % count_;
    Block& block = blocks_[victim_];
    block.number = number;
    const MutableBytes bytes(block.bytes);
    const Error error = source_.read_result(number * kFilterBlockSize, bytes);
    if (error != Error::ok) {
      error_ = error;
      memset(block.bytes, 0, sizeof(block.bytes));
    }
    filter_.apply(number, bytes);
    return victim_;
  }

  PatchSource& source_;
  uint32_t result_size_;
  Block* blocks_;
  uint32_t count_;
  BranchFilter filter_;
  uint32_t position_ = 0;
  uint32_t filled_ = 0;   // [bytes] of the block that is being made
  uint32_t current_ = 0;  // which it is in
  uint32_t found_ = 0;    // where the last byte was
  uint32_t victim_ = 0;   // what was read last
  Error error_ = Error::ok;
  uint8_t unfiltered_[kFilterBlockSize];
};

}  // namespace otter
