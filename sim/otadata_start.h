// Every state of otadata that a device may be found in: each of the two entries erased, or with any
// small sequence number, any state, and a CRC that is right, wrong or missing. Pure, any thread.
#pragma once

#include <array>

#include "ota/otadata.h"

namespace otter::sim {

// 1 + 7 sequences (0..5 and one near the end) * 7 states * 3 CRCs.
constexpr uint32_t kOtadataEntries = 1 + 7 * 7 * 3;
constexpr uint32_t kOtadataStates = kOtadataEntries * kOtadataEntries;

using RawOtadataEntry = std::array<uint8_t, kOtadataEntrySize>;

// REQUIRES: index < kOtadataEntries
RawOtadataEntry otadata_entry(uint32_t index);

}  // namespace otter::sim
