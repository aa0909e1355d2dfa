// Makes code compress better: addresses relative to an instruction become absolute, so that two
// calls of one function look the same. Both directions, a block of the file at a time, each block
// on its own: so any part of what was written can be filtered again. Pure. docs/spec/patch.md,
// "Filter".
#pragma once

#include "ota/wire/error.h"

namespace otter {

enum class BranchFilterKind : uint8_t {
  none = 0,
  xtensa = 1,
  xtensa_wide = 2,  // with instructions of four bytes, as the ESP32-S3 has
  riscv = 3,
};

constexpr uint32_t kFilterBlockSize = 512;  // [bytes]
constexpr uint32_t kFilterRangesMax = 4;
constexpr uint32_t kFilterExceptionsMax = 16;

class BranchFilter {
 public:
  BranchFilterKind kind = BranchFilterKind::none;

  // Code lies at [begin, end) of the file. At most kFilterRangesMax.
  void add_range(uint32_t begin, uint32_t end) { ranges_[range_count_++] = {begin, end}; }
  // A block that stays as it is. At most kFilterExceptionsMax.
  void add_exception(uint32_t block) { exceptions_[exception_count_++] = block; }

  // The block number `block`, from the file's bytes to the filtered ones, in place. `bytes` has
  // kFilterBlockSize, fewer at the file's end.
  void apply(uint32_t block, MutableBytes bytes) const { convert(block, bytes, true); }
  // The opposite.
  void undo(uint32_t block, MutableBytes bytes) const { convert(block, bytes, false); }

  // The filter as a payload has it.
  static constexpr size_t kEncodedSizeMax = 3 + 6 * kFilterRangesMax + 2 * kFilterExceptionsMax;
  void write(Appender& out) const;
  // [bytes] that write() makes, from the first three of them; 0 if they are no filter's.
  static size_t encoded_size(const uint8_t* first);
  // Errors: malformed
  Error read(Bytes encoded);

 private:
  struct Range {
    uint32_t begin;
    uint32_t end;
  };
  void convert(uint32_t block, MutableBytes bytes, bool to_absolute) const;

  Range ranges_[kFilterRangesMax];
  uint32_t range_count_ = 0;
  uint32_t exceptions_[kFilterExceptionsMax];
  uint32_t exception_count_ = 0;
};

}  // namespace otter
