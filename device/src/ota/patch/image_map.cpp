#include "ota/patch/image_map.h"

namespace otter {
namespace {

struct ChipMemory {
  ChipId chip;
  struct {
    uint32_t begin;
    uint32_t end;
  } ranges[4];
};

// Memory that an image's addresses may lie in besides its segments: RAM that is not in the file,
// and ROM that is called by address.
//
// Source: soc.h of each chip, ESP-IDF v5.5 components/soc/*/include/soc
constexpr ChipMemory kChipMemories[] = {
    {0,
     {{0x3FFAE000, 0x40000000},
      {0x40070000, 0x400A0000},
      {0x50000000, 0x50002000},
      {0x3FF80000, 0x3FF82000}}},
    {2, {{0x3FFB0000, 0x40000000}, {0x50000000, 0x50002000}}},
    {9, {{0x3FC88000, 0x3FD00000}, {0x50000000, 0x50002000}, {0x600FE000, 0x60100000}}},
    {5, {{0x3FC80000, 0x3FCE0000}, {0x50000000, 0x50002000}}},
    {18, {{0x4FF00000, 0x4FFC0000}, {0x50108000, 0x50110000}}},
    {kChipUnknown, {{0x40800000, 0x40880000}, {0x50000000, 0x50004000}}},  // C5, C6, H2, ...
};

}  // namespace

void ImageMap::add(uint32_t address, uint32_t size, bool is_code) {
  MappedSegment& segment = segments_[count_];
  segment.offset = next_offset();
  segment.address = address;
  segment.size = size;
  segment.is_code = is_code;
  ++count_;
}

uint32_t ImageMap::next_offset() const {
  const uint32_t end =
      count_ == 0 ? static_cast<uint32_t>(kImageHeaderSize) : segments_[count_ - 1].end();
  return end + static_cast<uint32_t>(kSegmentHeaderSize);
}

const MappedSegment* ImageMap::at_offset(uint32_t offset) const {
  for (uint32_t i = 0; i < count_; ++i) {
    if (segments_[i].has_offset(offset)) return &segments_[i];
  }
  return nullptr;
}

const MappedSegment* ImageMap::at_address(uint32_t address) const {
  for (uint32_t i = 0; i < count_; ++i) {
    if (segments_[i].has_address(address)) return &segments_[i];
  }
  return nullptr;
}

bool ImageMap::is_code_address(uint32_t address) const {
  for (uint32_t i = 0; i < count_; ++i) {
    if (segments_[i].is_code && segments_[i].has_address(address)) return true;
  }
  return false;
}

uint32_t ImageMap::next_segment(uint32_t offset, uint32_t limit) const {
  for (uint32_t i = 0; i < count_; ++i) {
    if (segments_[i].offset > offset)
      return segments_[i].offset < limit ? segments_[i].offset : limit;
  }
  return limit;
}

void ImageMap::add_range(uint32_t begin, uint32_t end) {
  if (begin >= end) return;
  ranges_[range_count_++] = {begin, end - begin};
  for (uint32_t top = begin >> 24; top <= (end - 1) >> 24; ++top) {
    pointer_tops_[top >> 5] |= 1u << (top & 31);
  }
}

void ImageMap::find_pointers(ChipId chip) {
  chip_ = chip;
  range_count_ = 0;
  memset(pointer_tops_, 0, sizeof(pointer_tops_));
  for (const ChipMemory& memory : kChipMemories) {
    if (memory.chip != chip && memory.chip != kChipUnknown) continue;
    for (const auto& range : memory.ranges) add_range(range.begin, range.end);
    break;
  }
  for (uint32_t i = 0; i < count_; ++i) {
    const MappedSegment& segment = segments_[i];
    const uint32_t begin = segment.address & ~0xFFFFu;
    add_range(begin, (segment.address + segment.size + 0xFFFF) & ~0xFFFFu);
  }
}

}  // namespace otter
