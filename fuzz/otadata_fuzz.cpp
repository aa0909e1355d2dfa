// otadata: two entries of any bytes, and a slot count. The choice is the bootloader's, and the next
// sequence number leads to the slot that was asked for.
#include "fuzz/require.h"
#include "ota/otadata.h"

namespace otter {
namespace {

void check_entry(const OtadataEntry& entry) {
  uint8_t raw[kOtadataEntrySize];
  write_otadata_entry(entry.sequence, entry.state, true, raw);
  const OtadataEntry again = parse_otadata_entry(raw);
  require(again.sequence == entry.sequence && again.state == entry.state && again.crc_ok(),
          "an entry reads back as written");
  require(!name(entry.state).empty(), "a state has a name");
  if (entry.is_bootable()) require(entry.crc == again.crc, "a bootable entry has the right CRC");
}

void check_choice(const Otadata& otadata) {
  const int active = otadata.active();
  const bool first = otadata.entries[0].is_bootable();
  const bool second = otadata.entries[1].is_bootable();
  if (active < 0) {
    require(!first && !second, "a bootable entry is chosen if there is one");
    return;
  }
  const OtadataEntry& chosen = otadata.entries[active];
  const OtadataEntry& other = otadata.entries[1 - active];
  require(chosen.is_bootable(), "the chosen entry is bootable");
  if (other.is_bootable()) {
    require(chosen.sequence > other.sequence || (chosen.sequence == other.sequence && active == 0),
            "the larger sequence wins, the first on a tie");
  }
}

void check_next(uint32_t above, uint8_t slot_count) {
  if (above >= 0xFFFFFFFF - slot_count) return;
  for (uint8_t slot = 0; slot < slot_count; ++slot) {
    const uint32_t next = otadata_sequence(slot, slot_count, above);
    require(next > above && next - above <= slot_count, "the next sequence is the smallest");
    require(otadata_slot(next, slot_count) == slot, "it names the slot");
  }
}

}  // namespace
}  // namespace otter

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  const Bytes raw(data, size);
  Otadata otadata;
  otadata.entries[0] = parse_otadata_entry(raw.part(0, kOtadataEntrySize));
  otadata.entries[1] = parse_otadata_entry(raw.part(kOtadataEntrySize, kOtadataEntrySize));
  check_entry(otadata.entries[0]);
  check_entry(otadata.entries[1]);
  check_choice(otadata);
  const uint8_t slot_count = size > 64 ? static_cast<uint8_t>(data[64] % 16 + 1) : uint8_t{2};
  check_next(otadata.entries[0].sequence, slot_count);
  return 0;
}
