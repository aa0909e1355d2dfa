// May this device install this release? Facts against facts: the device asks before it erases
// anything, the server before it offers. Pure, any thread.
#pragma once

#include "ota/wire/manifest.h"

namespace otter {

// What a device knows of itself, or has told the server.
struct OfferFacts {
  Text device_id;
  Text product;
  Text hardware;  // empty: not stated
  Text version;   // of the running firmware
  ChipId chip = kChipUnknown;
  uint16_t chip_revision = 0;    // major * 100 + minor
  Bytes layout;                  // the front of the partition table's SHA-256
  uint32_t slot_size_bytes = 0;  // of the slot to be written
  uint64_t sequence_floor = 0;
  uint32_t security_floor = 0;
  Text client;        // version of the device library
  int64_t now_s = 0;  // [s since 1970-01-01 UTC]
};

// Gives the first reason not to.
//
// Errors: wrong_product, wrong_device, wrong_chip, wrong_revision, wrong_hardware, wrong_layout,
//         slot_too_small, old_sequence, below_floor, downgrade, version_too_old, client_too_old,
//         expired
Error check_offer(const Manifest& manifest, const OfferFacts& facts);

}  // namespace otter
