#include "ota/partition_table.h"

namespace otter {
namespace {

// Source: esp_partition_info_t and flash_partitions.c, ESP-IDF v5.5 bootloader_support
constexpr uint16_t kRowMagic = 0x50AA;
constexpr uint16_t kMd5Magic = 0xEBEB;
constexpr uint16_t kEndMagic = 0xFFFF;
constexpr size_t kMd5Offset = 16;
constexpr size_t kLabelOffset = 12;
constexpr size_t kLabelSize = 16;
constexpr size_t kFlagsOffset = 28;
constexpr uint32_t kFlagEncrypted = 1;
constexpr uint32_t kFlagReadonly = 2;
// Source: gen_esp32part.py, ESP-IDF v5.5: ALIGNMENT, otadata's size
constexpr uint32_t kAppAlignment = 0x10000;
constexpr uint32_t kDataAlignment = 0x1000;
constexpr uint32_t kOtadataSize = 0x2000;

bool is_erased(Bytes row) {
  for (size_t i = 0; i < row.size; ++i) {
    if (row.data[i] != 0xFF) return false;
  }
  return true;
}

Partition parse_row(Bytes row) {
  Partition partition;
  partition.type = row.data[2];
  partition.subtype = row.data[3];
  partition.offset = load_le32(row.data + 4);
  partition.size_bytes = load_le32(row.data + 8);
  memcpy(partition.label, row.data + kLabelOffset, kLabelSize);
  const uint32_t flags = load_le32(row.data + kFlagsOffset);
  partition.encrypted = (flags & kFlagEncrypted) != 0;
  partition.readonly = (flags & kFlagReadonly) != 0;
  return partition;
}

bool is_otadata(const Partition& partition) {
  return partition.type == kTypeData && partition.subtype == kSubtypeDataOta;
}

bool is_ota_slot(const Partition& partition) {
  return partition.type == kTypeApp && partition.subtype >= kSubtypeOta0 &&
         partition.subtype <= kSubtypeOta15;
}

bool fits(const Partition& partition, uint32_t flash_size_bytes) {
  const uint32_t alignment = partition.type == kTypeApp ? kAppAlignment : kDataAlignment;
  if (partition.offset % alignment != 0 || partition.size_bytes == 0) return false;
  if (partition.type == kTypeApp && partition.size_bytes % kDataAlignment != 0) return false;
  if (partition.size_bytes > flash_size_bytes) return false;
  if (partition.offset > flash_size_bytes - partition.size_bytes) return false;
  return !is_otadata(partition) || partition.size_bytes == kOtadataSize;
}

bool overlaps_any(const Partition& partition, const PartitionTable& table) {
  for (size_t i = 0; i < table.count; ++i) {
    const Partition& other = table.partitions[i];
    if (partition.offset < other.offset + other.size_bytes &&
        other.offset < partition.offset + partition.size_bytes) {
      return true;
    }
  }
  return false;
}

Error add_row(Bytes row, uint32_t flash_size_bytes, PartitionTable* out) {
  if (out->count == kPartitionsMax) return Error::too_large;
  const Partition partition = parse_row(row);
  if (!fits(partition, flash_size_bytes)) return Error::out_of_range;
  if (overlaps_any(partition, *out)) return Error::out_of_range;
  // The bootloader takes the last one, esp_partition_find_first() the first.
  if (is_otadata(partition) && out->find(kTypeData, kSubtypeDataOta) != nullptr) {
    return Error::malformed;
  }
  out->partitions[out->count++] = partition;
  return Error::ok;
}

Error add_md5(Bytes row, size_t offset, PartitionTable* out) {
  if (out->has_md5) return Error::malformed;
  if (!is_erased(row.part(2, kMd5Offset - 2))) return Error::malformed;
  out->has_md5 = true;
  out->md5_covers = offset;
  memcpy(out->md5, row.data + kMd5Offset, kMd5Size);
  return Error::ok;
}

}  // namespace

const Partition* PartitionTable::find(uint8_t type, uint8_t subtype) const {
  for (size_t i = 0; i < count; ++i) {
    if (partitions[i].type == type && partitions[i].subtype == subtype) return &partitions[i];
  }
  return nullptr;
}

uint8_t PartitionTable::ota_slot_count() const {
  uint8_t slots = 0;
  while (slots <= kSubtypeOta15 - kSubtypeOta0 &&
         find(kTypeApp, static_cast<uint8_t>(kSubtypeOta0 + slots)) != nullptr) {
    ++slots;
  }
  size_t rows = 0;
  for (size_t i = 0; i < count; ++i) {
    if (is_ota_slot(partitions[i])) ++rows;
  }
  return rows == slots ? slots : 0;
}

Error parse_partition_table(Bytes raw, uint32_t flash_size_bytes, PartitionTable* out,
                            size_t* error_offset) {
  *out = PartitionTable();
  const Bytes table = raw.part(0, kPartitionTableSize);
  for (size_t offset = 0;; offset += kPartitionRowSize) {
    *error_offset = offset;
    const Bytes row = table.part(offset, kPartitionRowSize);
    if (row.size < kPartitionRowSize) return Error::truncated;
    const uint16_t magic = load_le16(row.data);
    if (magic == kRowMagic) {
      if (out->has_md5) return Error::malformed;
      OTTER_TRY(add_row(row, flash_size_bytes, out));
    } else if (magic == kMd5Magic) {
      OTTER_TRY(add_md5(row, offset, out));
    } else if (magic == kEndMagic && is_erased(row)) {
      return out->count > 0 ? Error::ok : Error::malformed;
    } else {
      return Error::bad_magic;
    }
  }
}

void write_partition_row(const Partition& partition, Appender& out) {
  out.le16(kRowMagic);
  out.u8(partition.type);
  out.u8(partition.subtype);
  out.le32(partition.offset);
  out.le32(partition.size_bytes);
  out.bytes(Bytes(reinterpret_cast<const uint8_t*>(partition.label), kLabelSize));
  out.le32((partition.encrypted ? kFlagEncrypted : 0) | (partition.readonly ? kFlagReadonly : 0));
}

void write_partition_md5(Bytes md5, Appender& out) {
  out.le16(kMd5Magic);
  for (size_t i = 2; i < kMd5Offset; ++i) out.u8(0xFF);
  out.bytes(md5.part(0, kMd5Size));
}

}  // namespace otter
