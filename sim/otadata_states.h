// Every state of otadata from which an update may have to start: what a life leaves, what damage or
// a foreign tool may leave, and what no one expects. For campaigns that begin in each of them. The
// order is fixed. Pure but for the flash that is handed in.
#pragma once

#include "sim/nor_flash.h"
#include "sim/otadata_text.h"

namespace otter::sim {

// An entry: sequence erased or 0 to 5, each of the six states of ESP-IDF or kUnknownState, the CRC
// right or wrong: 7 * 7 * 2.
constexpr size_t kStartEntryCount = 98;
// Both entries, without and with a factory partition: 98 * 98 * 2.
constexpr size_t kOtadataStartCount = 19208;

struct OtadataStart {
  Otadata otadata;
  bool has_factory = false;
};

// REQUIRES: number < kOtadataStartCount
OtadataStart otadata_start(size_t number);

// Writes both entries, and nothing else, into the otadata partition at `offset`.
//
// Errors: flash_io
Error write_otadata(NorFlash& flash, uint32_t offset, const Otadata& otadata);

}  // namespace otter::sim
