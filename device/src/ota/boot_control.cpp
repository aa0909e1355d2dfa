#include "ota/boot_control.h"

namespace otter {
namespace {

bool names(const OtadataEntry& entry, uint8_t slot, uint8_t slot_count) {
  return entry.is_bootable() && otadata_slot(entry.sequence, slot_count) == slot;
}

// Only damage makes a sequence so large that there is no room for the next ones.
constexpr uint32_t kSequenceMax = 0xFFFFFF00;

bool is_on_trial(OtaState state) {
  return state == OtaState::pending_verify || state == OtaState::fresh;
}

}  // namespace

Result<Otadata> BootControl::read() {
  Otadata otadata;
  for (int i = 0; i < 2; ++i) {
    uint8_t raw[kOtadataEntrySize];
    OTTER_TRY(flash_.read(static_cast<uint32_t>(i) * kSectorSize, raw));
    otadata.entries[i] = parse_otadata_entry(raw);
  }
  return otadata;
}

Result<OtaState> BootControl::state_of(uint8_t slot) {
  OTTER_TRY_SET(const Otadata otadata, read());
  const int active = otadata.active();
  if (active < 0 || !names(otadata.entries[active], slot, slot_count_)) return OtaState::undefined;
  return otadata.entries[active].state;
}

bool BootControl::is_sound(const Otadata& otadata, uint8_t slot, uint8_t slot_count) {
  const int active = otadata.active();
  if (active < 0) return false;
  const OtadataEntry& mine = otadata.entries[active];
  if (!names(mine, slot, slot_count) || mine.state != OtaState::valid) return false;
  if (mine.sequence > kSequenceMax) return false;
  return !names(otadata.entries[1 - active], slot, slot_count);
}

Result<uint8_t> BootControl::fallback_of(const Otadata& otadata, uint8_t slot, uint8_t slot_count) {
  const int active = otadata.active();
  if (active < 0) return Error::no_fallback;
  const bool is_followed = names(otadata.entries[active], slot, slot_count);
  const OtadataEntry& other = otadata.entries[is_followed ? 1 - active : active];
  if (!other.is_bootable() || other.state != OtaState::valid) return Error::no_fallback;
  const uint8_t fallback = otadata_slot(other.sequence, slot_count);
  if (fallback == slot) return Error::no_fallback;
  return fallback;
}

Error BootControl::repair(uint8_t slot) {
  OTTER_TRY_SET(const Otadata otadata, read());
  if (is_sound(otadata, slot, slot_count_)) return Error::ok;
  const int active = otadata.active();
  for (int i = 0; i < 2; ++i) {
    const OtadataEntry& entry = otadata.entries[i];
    if (names(entry, slot, slot_count_) && entry.state == OtaState::valid &&
        entry.sequence <= kSequenceMax) {
      return erase_entry(1 - i);
    }
  }
  const int target = active < 0 ? 0 : 1 - active;
  uint32_t above = active < 0 ? 0 : otadata.entries[active].sequence;
  if (above > kSequenceMax) above = 0;  // outranked until the other entry is erased, below
  OTTER_TRY(write_entry(target, otadata_sequence(slot, slot_count_, above), OtaState::valid));
  return erase_entry(1 - target);
}

Error BootControl::forget(uint8_t slot) {
  OTTER_TRY_SET(const Otadata otadata, read());
  for (int i = 0; i < 2; ++i) {
    if (names(otadata.entries[i], slot, slot_count_)) OTTER_TRY(erase_entry(i));
  }
  return Error::ok;
}

// The entry that is followed falls last: it did not keep the bootloader from `factory`.
Error BootControl::choose_factory() {
  OTTER_TRY_SET(const Otadata otadata, read());
  const int last = otadata.active() < 0 ? 1 : otadata.active();
  if (otadata.entries[1 - last].is_bootable()) OTTER_TRY(erase_entry(1 - last));
  return otadata.entries[last].is_bootable() ? erase_entry(last) : Error::ok;
}

Error BootControl::stage(uint8_t slot) {
  OTTER_TRY_SET(const Otadata otadata, read());
  const int active = otadata.active();
  const int target = active < 0 ? 0 : 1 - active;
  const uint32_t above = active < 0 ? 0 : otadata.entries[active].sequence;
  return write_entry(target, otadata_sequence(slot, slot_count_, above), OtaState::fresh);
}

Error BootControl::confirm(uint8_t slot) {
  OTTER_TRY_SET(const Otadata otadata, read());
  const int active = otadata.active();
  if (active < 0 || !names(otadata.entries[active], slot, slot_count_)) return Error::not_in_trial;
  const OtadataEntry& entry = otadata.entries[active];
  // A state that is none of the known ones comes from a torn write: the image is still on trial.
  if (entry.state == OtaState::valid) return Error::not_in_trial;
  return write_entry(active, entry.sequence, OtaState::valid);
}

Error BootControl::revert(uint8_t fallback) {
  OTTER_TRY_SET(const Otadata otadata, read());
  const int active = otadata.active();
  if (active < 0) return repair(fallback);
  const OtadataEntry& mine = otadata.entries[active];
  const OtadataEntry& other = otadata.entries[1 - active];
  if (!names(other, fallback, slot_count_) || is_on_trial(other.state)) {
    const uint32_t sequence = otadata_sequence(fallback, slot_count_, mine.sequence);
    OTTER_TRY(write_entry(1 - active, sequence, OtaState::valid));
  }
  return erase_entry(active);
}

Error BootControl::erase_entry(int index) {
  const uint32_t offset = static_cast<uint32_t>(index) * kSectorSize;
  Error error = Error::ok;
  for (int tries = 0; tries < kWriteTriesMax; ++tries) {
    error = flash_.erase(offset, kSectorSize);
    if (error == Error::ok) break;
  }
  OTTER_TRY(error);
  OTTER_TRY_SET(const bool is_erased, flash_.is_erased(offset, kOtadataEntrySize));
  return is_erased ? Error::ok : Error::flash_io;
}

Error BootControl::write_entry(int index, uint32_t sequence, OtaState state) {
  Error error = Error::ok;
  for (int tries = 0; tries < kWriteTriesMax; ++tries) {
    error = write_entry_once(index, sequence, state);
    if (error == Error::ok) break;
  }
  return error;
}

// Two writes, the CRC in the second. On encrypted flash that is a whole unit with the state in it:
// a torn unit decrypts to noise, whose CRC is right once in 2^32.
Error BootControl::write_entry_once(int index, uint32_t sequence, OtaState state) {
  constexpr size_t kCrcOffset = 28;  // esp_ota_select_entry_t.crc, ESP-IDF v5.5
  const size_t split = flash_.write_unit() == 1 ? kCrcOffset : kEncryptedUnit;
  const uint32_t offset = static_cast<uint32_t>(index) * kSectorSize;
  uint8_t bytes[kOtadataEntrySize];
  write_otadata_entry(sequence, state, true, bytes);
  const Bytes entry(bytes);
  OTTER_TRY(erase_entry(index));
  OTTER_TRY(program_and_compare(flash_, offset, entry.part(0, split)));
  const uint32_t rest = offset + static_cast<uint32_t>(split);
  OTTER_TRY(program_and_compare(flash_, rest, entry.part(split)));
  uint8_t raw[kOtadataEntrySize];
  OTTER_TRY(flash_.read(offset, raw));
  return Bytes(raw) == entry ? Error::ok : Error::flash_io;
}

}  // namespace otter
