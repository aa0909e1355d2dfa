#include "sim/otadata_states.h"

namespace otter::sim {
namespace {

constexpr uint32_t kSequences[] = {0xFFFFFFFF, 0, 1, 2, 3, 4, 5};
constexpr OtaState kStates[] = {OtaState::fresh,   OtaState::pending_verify, OtaState::valid,
                                OtaState::invalid, OtaState::aborted,        OtaState::undefined,
                                kUnknownState};
constexpr size_t kSequenceCount = sizeof(kSequences) / sizeof(kSequences[0]);
constexpr size_t kStateCount = sizeof(kStates) / sizeof(kStates[0]);
static_assert(kSequenceCount * kStateCount * 2 == kStartEntryCount);
static_assert(kStartEntryCount * kStartEntryCount * 2 == kOtadataStartCount);

OtadataEntry start_entry(size_t number) {
  const bool crc_ok = number % 2 == 0;
  number /= 2;
  return make_entry(kSequences[number / kStateCount], kStates[number % kStateCount], crc_ok);
}

}  // namespace

OtadataStart otadata_start(size_t number) {
  OtadataStart out;
  out.has_factory = number % 2 == 1;
  number /= 2;
  out.otadata.entries[0] = start_entry(number / kStartEntryCount);
  out.otadata.entries[1] = start_entry(number % kStartEntryCount);
  return out;
}

Error write_otadata(NorFlash& flash, uint32_t offset, const Otadata& otadata) {
  OTTER_TRY(flash.erase(offset, 2 * kSectorSize));
  for (uint32_t i = 0; i < 2; ++i) {
    uint8_t raw[kOtadataEntrySize];
    write_entry_bytes(otadata.entries[i], raw);
    OTTER_TRY(flash.program(offset + i * kSectorSize, raw));
  }
  return Error::ok;
}

}  // namespace otter::sim
