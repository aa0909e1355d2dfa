// What a device says of itself with a check-in: the X-Otter-Device header, an RFC 8941 dictionary.
// docs/spec/device-facts.md. Pure, any thread.
#pragma once

#include "ota/wire/chip.h"
#include "ota/wire/digest.h"
#include "ota/wire/reset_reason.h"

namespace otter {

constexpr size_t kNonceSize = 16;  // [bytes]
constexpr size_t kLayoutSize = 8;  // [bytes] the front of the partition table's SHA-256
// The highest sequence that a header can carry: 15 digits, RFC 8941 section 3.3.1. A manifest
// beyond it is refused, else a device that took it could never check in again.
constexpr int64_t kSequenceMax = 999999999999999;
constexpr size_t kDeviceFactsSizeMax = 736;      // [characters]
constexpr uint32_t kUptimeUnknown = UINT32_MAX;  // [s]
constexpr int16_t kRssiLowest = -255;            // [dBm] that a header can carry
constexpr char kDeviceFactsHeader[] = "X-Otter-Device";

// How the running image came to run. The enumerator's spelling is the wire's.
enum class BootState : uint8_t {
  confirmed,    // proved, or never in question (flashed over USB)
  trial,        // new, not yet confirmed
  rolled_back,  // an update failed and this is the image from before
  unsupported,  // the bootloader knows no rollback
};
Text name(BootState state);

// How the device fares. What it does not state stays as it is here.
struct DeviceHealth {
  uint32_t uptime_s = kUptimeUnknown;               // [s] since the chip started
  ResetReason reset_reason = ResetReason::unknown;  // why it did
  uint32_t heap_low_water_bytes = 0;                // 0: unknown
  int16_t rssi_dbm = 0;                             // in [kRssiLowest, -1]; 0: unknown
};

// Texts are views: into the header when read, into the caller's storage when written.
struct DeviceFacts {
  Text id;
  Text version;
  Digest app_elf_sha256;  // of the running image; zeros: the build left none
  Text product;
  Text hardware;  // empty: not stated
  ChipId chip = kChipUnknown;
  uint16_t revision = 0;  // major * 100 + minor
  uint8_t layout[kLayoutSize] = {};
  uint32_t slot_size_bytes = 0;  // of the slot that an update would be written to
  BootState boot_state = BootState::confirmed;
  uint64_t sequence = 0;  // the highest accepted
  uint8_t nonce[kNonceSize] = {};
  Text client;                  // version of the device library
  uint32_t root_version = 0;    // of the root metadata that it goes by; 0: none
  uint32_t trust_version = 0;   // of the trust payload that it goes by; 0: none
  uint32_t config_version = 0;  // of the configuration that it has applied; 0: none
  uint32_t config_failed = 0;   // of the one that it took back last; 0: none
  DeviceHealth health;
  uint32_t patch_memory_bytes = 0;  // that a patch's decoder may have; 0: it takes no patches
};

// Appends the header's value. A text that parse_device_facts() would refuse is left out: a build's
// own version may be any 32 bytes. So is a signal that is not in [kRssiLowest, -1].
//
// REQUIRES: facts.sequence <= kSequenceMax
void write_device_facts(const DeviceFacts& facts, Appender& out);

// Unknown keys are skipped, parameters refused. Without "id", "product", "chip" or "nonce" it is
// no use.
//
// Errors: too_large, malformed, duplicate_key, missing_field, wrong_type, out_of_range, wrong_chip
Result<DeviceFacts> parse_device_facts(Text header);

}  // namespace otter
