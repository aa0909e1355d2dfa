#include "publish/patch_image.h"

#include <algorithm>

#include "publish/host_crypto.h"

namespace otter {
namespace {

constexpr uint32_t kDataSizeMin = 64;        // [bytes] of a segment that is searched
constexpr uint32_t kBytesPerReturn = 1500;   // code has a `ret` at least that often
constexpr uint16_t kCompactReturn = 0x8082;  // c.jr ra
constexpr uint32_t kFrameEntriesMin = 32;    // fewer are chance
constexpr uint32_t kFrameDistanceMax = 256;  // [bytes] between two entries of .eh_frame
constexpr uint32_t kFrameHead = 32;          // [bytes] before the first entry's address
constexpr uint32_t kFrameTail = 16;

struct AddressRange {
  ChipId chip;
  uint32_t begin;
  uint32_t end;
};

// Where code is executed from.
//
// Source: soc.h of each chip, ESP-IDF v5.5 components/soc/*/include/soc
constexpr AddressRange kCodeRanges[] = {
    {0, 0x40080000, 0x400C2000}, {0, 0x400D0000, 0x40400000}, {2, 0x40020000, 0x40070000},
    {2, 0x40080000, 0x40800000}, {9, 0x40370000, 0x403E0000}, {9, 0x42000000, 0x44000000},
    {5, 0x4037C000, 0x403E0000}, {5, 0x42000000, 0x42800000},
};
constexpr ChipId kEsp32P4 = 18;
constexpr uint32_t kFirstSegmentEnd =
    0x100;  // [bytes from the file's start] the first begins there

bool is_in(uint32_t address, uint32_t begin, uint32_t end) {
  return address >= begin && address < end;
}

bool has_ranges(ChipId chip) {
  return std::any_of(std::begin(kCodeRanges), std::end(kCodeRanges),
                     [&](const AddressRange& range) { return range.chip == chip; });
}

// Chips with one address space for code and data: of flash the first segment is data; RAM may hold
// both.
bool may_be_code(ChipId chip, const MappedSegment& segment) {
  const uint32_t address = segment.address;
  const bool is_flash = is_in(address, 0x42000000, 0x44000000) ||
                        (chip == kEsp32P4 && is_in(address, 0x40000000, 0x40800000));
  if (is_flash) return segment.offset > kFirstSegmentEnd;
  return is_in(address, 0x40800000, 0x40900000) || is_in(address, 0x4FF00000, 0x50000000);
}

bool has_returns(Bytes bytes) {
  size_t count = 0;
  for (size_t i = 0; i + 2 <= bytes.size; i += 2) {
    count += load_le16(bytes.data + i) == kCompactReturn ? 1 : 0;
  }
  return count * kBytesPerReturn >= bytes.size;
}

bool is_code(const PatchImage& image, ChipId chip, const MappedSegment& segment) {
  const Bytes bytes = image.bytes.part(segment.offset, segment.size);
  if (has_ranges(chip)) {
    const bool is_executed =
        std::any_of(std::begin(kCodeRanges), std::end(kCodeRanges), [&](const AddressRange& range) {
          return range.chip == chip && is_in(segment.address, range.begin, range.end);
        });
    return is_executed && (image.method == PatchMethod::xtensa || has_returns(bytes));
  }
  return may_be_code(chip, segment) && has_returns(bytes);
}

bool read_segments(PatchImage& image, ChipId chip, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t offset = image.map.next_offset();
    if (offset > image.bytes.size) return false;
    const uint8_t* head = image.bytes.data + offset - kSegmentHeaderSize;
    const uint32_t size = load_le32(head + 4);
    if (size > image.bytes.size - offset) return false;
    image.map.add(load_le32(head), size, false);
    image.map.set_code(i, is_code(image, chip, image.map.segment(i)));
  }
  image.map.find_pointers(chip);
  return true;
}

// `auipc gp, ...` and `addi gp, gp, ...`: the start-up code sets it.
uint32_t find_global_pointer(const PatchImage& image) {
  for (uint32_t i = 0; i < image.map.count(); ++i) {
    const MappedSegment& segment = image.map.segment(i);
    if (!segment.is_code) continue;
    for (uint32_t at = segment.offset; at + 8 <= segment.end(); at += 2) {
      const uint32_t upper = load_le32(image.bytes.data + at);
      const uint32_t lower = load_le32(image.bytes.data + at + 4);
      if ((upper & 0xFFF) != 0x197 || (lower & 0xFFFFF) != 0x18193) continue;
      return segment.address_of(at) + (upper & 0xFFFFF000u) + sign_extended(lower >> 20, 12);
    }
  }
  return 0;
}

// .eh_frame: the longest run of relative addresses of code that are never far apart.
void find_frames(PatchImage& image) {
  ImageMap& map = image.map;
  uint32_t best = kFrameEntriesMin - 1;
  for (uint32_t i = 0; i < map.count(); ++i) {
    const MappedSegment& segment = map.segment(i);
    if (segment.is_code || segment.size <= kDataSizeMin) continue;
    uint32_t begin = 0;
    uint32_t last = 0;
    uint32_t count = 0;
    for (uint32_t at = segment.offset + ((0 - segment.address) & 3); at + 4 <= segment.end();
         at += 4) {
      const uint32_t address = segment.address_of(at);
      const uint32_t word = load_le32(image.bytes.data + at);
      if (word <= 0x1000 || word >= 0xFFFFF000u || !map.is_code_address(address + word)) continue;
      if (count == 0 || address - last > kFrameDistanceMax) {
        begin = address;
        count = 0;
      }
      last = address;
      if (++count <= best) continue;
      best = count;
      map.frames_begin = begin - kFrameHead;
      map.frames_end = address + kFrameTail;
    }
  }
}

bool ends_with_own_sha256(Bytes bytes) {
  constexpr size_t kHashFlag = 23;  // hash_appended of the header
  if (bytes.size < kImageHeaderSize + kDigestSize || bytes.data[kHashFlag] != 1) return false;
  HostCrypto crypto;
  const Result<Digest> digest = sha256(crypto, bytes.part(0, bytes.size - kDigestSize));
  return digest.ok() && Bytes(digest.value.bytes) == bytes.part(bytes.size - kDigestSize);
}

}  // namespace

PatchImage read_patch_image(Bytes bytes) {
  PatchImage image;
  image.bytes = bytes;
  if (bytes.size < kImageHeaderSize || bytes.data[0] != kImageMagic) return image;
  image.ends_with_own_sha256 = ends_with_own_sha256(bytes);
  const ChipId id = load_le16(bytes.data + 12);
  const Chip* chip = find_chip(id);
  const uint32_t count = bytes.data[1];
  if (chip == nullptr || count > kSegmentsMax) return image;
  image.method = chip->is_riscv ? PatchMethod::riscv : PatchMethod::xtensa;
  if (!read_segments(image, id, count)) {
    image.method = PatchMethod::bytes;
    image.map = ImageMap();
    return image;
  }
  if (chip->is_riscv) {
    image.map.global_pointer = find_global_pointer(image);
    find_frames(image);
  }
  return image;
}

}  // namespace otter
