#include "sim/otadata_start.h"

#include <algorithm>

namespace otter::sim {

RawOtadataEntry otadata_entry(uint32_t index) {
  constexpr uint32_t kSequences[] = {0, 1, 2, 3, 4, 5, 0xFFFFFFFE};
  constexpr uint32_t kStates[] = {0, 1, 2, 3, 4, 0xFFFFFFFF, 0x12345678};
  constexpr uint32_t kCrcs = 3;
  RawOtadataEntry out;
  out.fill(0xFF);
  if (index == 0) return out;
  const uint32_t at = index - 1;
  const uint32_t crc = at % kCrcs;
  const uint32_t state = kStates[at / kCrcs % std::size(kStates)];
  const uint32_t sequence = kSequences[at / kCrcs / std::size(kStates)];
  uint8_t entry[kOtadataEntrySize];
  write_otadata_entry(sequence, static_cast<OtaState>(state), crc != 2, entry);
  if (crc == 1) entry[kOtadataEntrySize - 1] ^= 0x5A;
  std::copy_n(entry, kOtadataEntrySize, out.begin());
  return out;
}

}  // namespace otter::sim
