// Where the segments of an image lie in its file and in the address space, which hold code, and
// which values may be addresses. Pure, one caller at a time. docs/spec/patch.md, "Image".
#pragma once

#include "ota/esp_image.h"

namespace otter {

struct MappedSegment {
  uint32_t offset = 0;   // [bytes from the file's start] of its first byte
  uint32_t address = 0;  // of its first byte
  uint32_t size = 0;     // [bytes]
  bool is_code = false;

  bool has_offset(uint32_t at) const { return at - offset < size; }
  bool has_address(uint32_t at) const { return at - address < size; }
  uint32_t address_of(uint32_t at) const { return address + (at - offset); }
  uint32_t end() const { return offset + size; }
};

class ImageMap {
 public:
  // The next segment, behind those added before.
  //
  // REQUIRES: count() < kSegmentsMax
  void add(uint32_t address, uint32_t size, bool is_code);
  void set_code(uint32_t index, bool is_code) { segments_[index].is_code = is_code; }

  uint32_t count() const { return count_; }
  const MappedSegment& segment(uint32_t index) const { return segments_[index]; }
  // [bytes from the file's start] where the next segment's first byte would be.
  uint32_t next_offset() const;

  // nullptr where there is none.
  const MappedSegment* at_offset(uint32_t offset) const;
  const MappedSegment* at_address(uint32_t address) const;
  bool is_code_address(uint32_t address) const;
  // Where the first segment behind `offset` begins, `limit` if none begins before it.
  uint32_t next_segment(uint32_t offset, uint32_t limit) const;

  // From now on is_pointer() knows the ranges of the segments and of `chip`'s memory.
  void find_pointers(ChipId chip);
  ChipId chip() const { return chip_; }
  // True if `value` may be the address of something.
  bool is_pointer(uint32_t value) const {
    if ((pointer_tops_[value >> 29] >> (value >> 24 & 31) & 1) == 0) return false;
    for (uint32_t i = 0; i < range_count_; ++i) {
      if (value - ranges_[i].begin < ranges_[i].size) return true;
    }
    return false;
  }

  // RISC-V's register gp, in the image; 0: none.
  uint32_t global_pointer = 0;
  // The addresses of .eh_frame, where words may be relative addresses; empty: none.
  uint32_t frames_begin = 0;
  uint32_t frames_end = 0;
  bool is_in_frames(uint32_t address) const {
    return address >= frames_begin && address < frames_end;
  }

 private:
  struct Range {
    uint32_t begin;
    uint32_t size;
  };
  void add_range(uint32_t begin, uint32_t end);

  MappedSegment segments_[kSegmentsMax];
  uint32_t count_ = 0;
  ChipId chip_ = kChipUnknown;
  Range ranges_[kSegmentsMax + 4];
  uint32_t range_count_ = 0;
  uint32_t pointer_tops_[8] = {};  // a bit for each upper byte of an address in a range
};

}  // namespace otter
