#include "sim/boot_bench.h"

#include "publish/partition_csv.h"
#include "sim/otadata_text.h"

namespace otter::sim {
namespace {

constexpr uint32_t kOtadataOffset = 0xE000;
constexpr uint32_t kAppOffset = 0x10000;
constexpr uint32_t kAppSize = 0x10000;
constexpr int kBenchSlotsMax = 3;
constexpr ChipId kChip = 0x0005;  // esp32c3
constexpr size_t kImageSize = 64;
constexpr size_t kVersionedImageSize = 304;
constexpr uint32_t kLoadAddress = 0x40380000;  // internal memory of the esp32c3

void write_heads(MutableBytes image, uint32_t segment_size) {
  memset(image.data, 0, image.size);
  image.data[0] = kImageMagic;
  image.data[1] = 1;
  store_le16(image.data + 12, kChip);
  store_le16(image.data + 17, kRevisionUnset);
  store_le32(image.data + kImageHeaderSize, kLoadAddress);
  store_le32(image.data + kImageHeaderSize + 4, segment_size);
}

// One segment of 16 bytes, no appended SHA-256: what is cheapest to verify.
void make_tiny_image(uint8_t (&image)[kImageSize]) {
  constexpr uint32_t kSegmentSize = 16;
  write_heads(image, kSegmentSize);
  image[kImageSize - 1] = kChecksumSeed;  // the segment is zeros
}

// The same, with a segment that is an application description.
void make_versioned_image(uint8_t (&image)[kVersionedImageSize], uint32_t version, bool verifies) {
  write_heads(image, kAppDescriptionSize);
  uint8_t* const description = image + kAppDescriptionOffset;
  store_le32(description, kAppDescriptionMagic);
  store_le32(description + 4, version);
  uint8_t checksum = verifies ? kChecksumSeed : static_cast<uint8_t>(~kChecksumSeed);
  for (size_t i = 0; i < kAppDescriptionSize; ++i) checksum ^= description[i];
  image[kVersionedImageSize - 1] = checksum;
}

Partition make_partition(uint8_t type, uint8_t subtype, uint32_t offset, uint32_t size) {
  Partition out;
  out.type = type;
  out.subtype = subtype;
  out.offset = offset;
  out.size_bytes = size;
  out.label[0] = 'p';
  return out;
}

uint8_t subtype_of(int index) {
  if (index == kFactoryIndex) return kSubtypeFactory;
  if (index == kTestIndex) return kSubtypeTest;
  return static_cast<uint8_t>(kSubtypeOta0 + index);
}

uint32_t offset_of(int index) {
  return kAppOffset + static_cast<uint32_t>(index - kTestIndex) * kAppSize;
}

PartitionTable make_table(const BenchLayout& layout) {
  PartitionTable table;
  table.partitions[table.count++] =
      make_partition(kTypeData, kSubtypeDataOta, kOtadataOffset, 2 * kSectorSize);
  for (int index = kTestIndex; index < layout.slot_count; ++index) {
    if (index == kFactoryIndex && !layout.has_factory) continue;
    if (index == kTestIndex && !layout.has_test) continue;
    table.partitions[table.count++] =
        make_partition(kTypeApp, subtype_of(index), offset_of(index), kAppSize);
  }
  return table;
}

}  // namespace

BootBench::BootBench(const BenchLayout& layout)
    : layout_(layout), flash_(4 * kMebibyte), otadata_(flash_, kOtadataOffset, 2 * kSectorSize) {
  const std::vector<uint8_t> table = write_partition_table(make_table(layout));
  static_cast<void>(flash_.program(kPartitionTableOffset, table));  // it has power
  for (int index = kTestIndex; index < kBenchSlotsMax; ++index) {
    partitions_.emplace_back(flash_, offset_of(index), kAppSize);
  }
}

void BootBench::put(const Otadata& otadata) {
  for (uint32_t i = 0; i < 2; ++i) {
    uint8_t wanted[kOtadataEntrySize], found[kOtadataEntrySize];
    write_entry_bytes(otadata.entries[i], wanted);
    if (otadata_.read(i * kSectorSize, found) == Error::ok && Bytes(found) == Bytes(wanted))
      continue;
    if (otadata_.erase(i * kSectorSize, kSectorSize) != Error::ok) return;
    if (otadata_.program(i * kSectorSize, wanted) != Error::ok) return;
  }
}

void BootBench::put_image(int index, bool verifies) {
  if (has_image(index) == verifies) return;
  uint8_t image[kImageSize];
  make_tiny_image(image);
  Flash& slot = partition(index);
  if (slot.erase(0, kSectorSize) != Error::ok || !verifies) return;
  static_cast<void>(slot.program(0, image));  // without power nothing is written
}

void BootBench::put_versioned_image(int index, uint32_t security_version, bool verifies) {
  uint8_t image[kVersionedImageSize];
  make_versioned_image(image, security_version, verifies);
  put_bytes(index, image);
}

void BootBench::clear_image(int index) {
  uint8_t erased[kVersionedImageSize];
  memset(erased, 0xFF, sizeof(erased));
  put_bytes(index, erased);
}

void BootBench::put_bytes(int index, Bytes image) {
  uint8_t found[kVersionedImageSize];
  Flash& slot = partition(index);
  if (slot.read(0, found) == Error::ok && Bytes(found) == image) return;
  if (slot.erase(0, kSectorSize) != Error::ok) return;
  static_cast<void>(slot.program(0, image));  // without power nothing is written
}

Otadata BootBench::read_otadata() {
  Otadata otadata;
  for (uint32_t i = 0; i < 2; ++i) {
    uint8_t raw[kOtadataEntrySize];
    if (otadata_.read(i * kSectorSize, raw) == Error::ok) {
      otadata.entries[i] = parse_otadata_entry(raw);
    }
  }
  return otadata;
}

bool BootBench::has_image(int index) {
  uint8_t image[kImageSize], found[kImageSize];
  make_tiny_image(image);
  return partition(index).read(0, found) == Error::ok && Bytes(found) == Bytes(image);
}

std::optional<int> BootBench::boot(bool rollback, SecurityFuse* fuse) {
  const BootResult result = sim::boot(flash_, BootOptions{{kChip, 3}, rollback, fuse}, crypto_);
  if (!result.booted || !flash_.has_power()) return std::nullopt;
  return result.booted->index;
}

std::string boot_name(std::optional<int> index) {
  if (!index) return "-";
  if (*index == kFactoryIndex) return "factory";
  if (*index == kTestIndex) return "test";
  return "ota_" + std::to_string(*index);
}

}  // namespace otter::sim
