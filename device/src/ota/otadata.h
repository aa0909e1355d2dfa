// otadata: the two sectors by which the bootloader chooses a slot. docs/spec/otadata.md.
// Pure, any thread; what writes them is boot_control.h.
#pragma once

#include "ota/wire/error.h"

namespace otter {

constexpr size_t kOtadataEntrySize = 32;  // [bytes] at the start of each sector

// Source: esp_ota_img_states_t, ESP-IDF v5.5 bootloader_support/include/esp_flash_partitions.h
enum class OtaState : uint32_t {
  fresh = 0,           // ESP_OTA_IMG_NEW: staged, never booted
  pending_verify = 1,  // booted once, not confirmed
  valid = 2,
  invalid = 3,
  aborted = 4,  // booted once and never confirmed
  undefined = 0xFFFFFFFF,
};
// "fresh", ...; "unknown" for a number that is none of these.
Text name(OtaState state);

struct OtadataEntry {
  uint32_t sequence = 0xFFFFFFFF;  // 1..; 0xFFFFFFFF: erased
  OtaState state = OtaState::undefined;
  uint32_t crc = 0xFFFFFFFF;

  bool crc_ok() const;
  // The bootloader may boot from it (bootloader_common_ota_select_valid()).
  bool is_bootable() const;
};

// `raw` is kOtadataEntrySize bytes.
OtadataEntry parse_otadata_entry(Bytes raw);
// The CRC that belongs to a sequence number.
uint32_t otadata_crc(uint32_t sequence);
// An entry's 32 bytes; `with_crc` false leaves the CRC erased, so that no bootloader believes it.
void write_otadata_entry(uint32_t sequence, OtaState state, bool with_crc,
                         uint8_t (&out)[kOtadataEntrySize]);

struct Otadata {
  OtadataEntry entries[2];

  // Index of the entry that the bootloader follows: the bootable one with the larger sequence, the
  // first on a tie; -1 if none is bootable. (bootloader_common_get_active_otadata())
  int active() const;
};

// The slot that a sequence number names. REQUIRES: slot_count > 0
uint8_t otadata_slot(uint32_t sequence, uint8_t slot_count);
// The smallest sequence > `above` that names `slot`.
//
// REQUIRES: slot < slot_count; above < 0xFFFFFFFF - slot_count
uint32_t otadata_sequence(uint8_t slot, uint8_t slot_count, uint32_t above);

}  // namespace otter
