#include "ota/otadata.h"

#include "ota/crc32.h"

namespace otter {
namespace {

constexpr uint32_t kErased = 0xFFFFFFFF;
// Offsets: esp_ota_select_entry_t, ESP-IDF v5.5 esp_flash_partitions.h
constexpr size_t kStateOffset = 24;
constexpr size_t kCrcOffset = 28;

}  // namespace

Text name(OtaState state) {
  constexpr const char* kNames[] = {"fresh", "pending_verify", "valid", "invalid", "aborted"};
  if (state == OtaState::undefined) return "undefined";
  const uint32_t number = static_cast<uint32_t>(state);
  return number < sizeof(kNames) / sizeof(kNames[0]) ? kNames[number] : "unknown";
}

uint32_t otadata_crc(uint32_t sequence) {
  uint8_t raw[4];
  store_le32(raw, sequence);
  return crc32(kErased, raw);
}

bool OtadataEntry::crc_ok() const { return crc == otadata_crc(sequence); }

bool OtadataEntry::is_bootable() const {
  return sequence != kErased && state != OtaState::invalid && state != OtaState::aborted &&
         crc_ok();
}

OtadataEntry parse_otadata_entry(Bytes raw) {
  OtadataEntry entry;
  if (raw.size < kOtadataEntrySize) return entry;
  entry.sequence = load_le32(raw.data);
  entry.state = static_cast<OtaState>(load_le32(raw.data + kStateOffset));
  entry.crc = load_le32(raw.data + kCrcOffset);
  return entry;
}

void write_otadata_entry(uint32_t sequence, OtaState state, bool with_crc,
                         uint8_t (&out)[kOtadataEntrySize]) {
  memset(out, 0xFF, sizeof(out));
  store_le32(out, sequence);
  store_le32(out + kStateOffset, static_cast<uint32_t>(state));
  if (with_crc) store_le32(out + kCrcOffset, otadata_crc(sequence));
}

int Otadata::active() const {
  const bool first = entries[0].is_bootable();
  const bool second = entries[1].is_bootable();
  if (first && second) return entries[1].sequence > entries[0].sequence ? 1 : 0;
  if (first) return 0;
  return second ? 1 : -1;
}

uint8_t otadata_slot(uint32_t sequence, uint8_t slot_count) {
  return static_cast<uint8_t>((sequence - 1) % slot_count);
}

uint32_t otadata_sequence(uint8_t slot, uint8_t slot_count, uint32_t above) {
  const uint32_t behind =
      static_cast<uint32_t>(slot + slot_count - above % slot_count) % slot_count;
  return above + 1 + behind;
}

}  // namespace otter
