#include "sim/vendor_ota.h"

#include "sim/bootloader.h"
#include "sim/otadata_text.h"

namespace otter::sim {
namespace {

// compute_ota_seq_for_target_slot(): not below `current`, so it may be `current` itself.
uint32_t next_sequence(uint32_t current, int slot, uint32_t slot_count) {
  const uint32_t base = (static_cast<uint32_t>(slot) + 1) % slot_count;
  if (current <= base) return base;
  return base + (current - base + slot_count - 1) / slot_count * slot_count;
}

bool is_known_invalid(const OtadataEntry& entry) {  // check_invalid_otadata()
  return entry.sequence != kErasedWord && entry.crc_ok() &&
         (entry.state == OtaState::invalid || entry.state == OtaState::aborted);
}

}  // namespace

std::optional<Otadata> VendorOta::read() {
  Otadata otadata;
  for (int i = 0; i < 2; ++i) {
    uint8_t raw[kOtadataEntrySize];
    if (flash_.read(static_cast<uint32_t>(i) * kSectorSize, raw) != Error::ok) return std::nullopt;
    otadata.entries[i] = parse_otadata_entry(raw);
  }
  return otadata;
}

int VendorOta::slot_of(const OtadataEntry& entry) const {
  return otadata_slot(entry.sequence, setup_.slot_count);
}

VendorError VendorOta::begin(int running, int target) {
  if (target < 0 || target >= setup_.slot_count) return VendorError::invalid_argument;
  if (target == running) return VendorError::conflict;
  if (setup_.rollback && state_of(running) == OtaState::pending_verify) {
    return VendorError::invalid_state;
  }
  if (setup_.rollback && setup_.idf.begin_erases_inactive_entry) erase_inactive_entry(running);
  return VendorError::ok;
}

void VendorOta::erase_inactive_entry(int running) {  // erase_last_boot_app_partition(true)
  const std::optional<Otadata> otadata = read();
  if (!otadata || otadata->active() < 0) return;
  const int index = 1 - otadata->active();
  const OtadataEntry& entry = otadata->entries[index];
  if (entry.sequence == kErasedWord || !entry.crc_ok() || slot_of(entry) == running) return;
  // The caller, esp_ota_begin(), does not look at the result.
  static_cast<void>(flash_.erase(static_cast<uint32_t>(index) * kSectorSize, kSectorSize));
}

VendorError VendorOta::set_boot(int index) {
  if (!verifies_(index)) return VendorError::validate_failed;
  if (index == kFactoryIndex) {
    const Error error = flash_.erase(0, 2 * kSectorSize);
    return error == Error::ok ? VendorError::ok : VendorError::flash_io;
  }
  if (index < 0 || index >= setup_.slot_count) return VendorError::invalid_argument;
  if (anti_rollback_) {
    const VendorError error = refuse_small_version(index);
    if (error != VendorError::ok) return error;
  }
  const std::optional<Otadata> otadata = read();
  if (!otadata) return VendorError::flash_io;
  const OtaState state = setup_.rollback ? OtaState::fresh : OtaState::undefined;
  const int active = otadata->active();
  if (active < 0) return rewrite(0, static_cast<uint32_t>(index) + 1, state);
  const OtadataEntry& entry = otadata->entries[active];
  if (setup_.idf.set_boot_rewrites_active_entry && slot_of(entry) == index) {
    return rewrite(active, entry.sequence, state);
  }
  return rewrite(1 - active, next_sequence(entry.sequence, index, setup_.slot_count), state);
}

VendorError VendorOta::refuse_small_version(int index) {
  const std::optional<uint32_t> version = anti_rollback_->version_of(index);
  if (!version) return VendorError::no_description;
  if (anti_rollback_->fuse.allows(*version)) return VendorError::ok;
  return anti_rollback_->erase(index) ? VendorError::small_version : VendorError::flash_io;
}

// esp_ota_set_anti_rollback()
VendorError VendorOta::burn_running_version() {
  const std::optional<uint32_t> version = anti_rollback_->version_of(anti_rollback_->running);
  if (!version) return VendorError::no_description;
  return anti_rollback_->fuse.burn(*version) ? VendorError::ok : VendorError::not_burned;
}

VendorError VendorOta::mark_valid() {
  const std::optional<Otadata> otadata = read();
  if (!otadata) return VendorError::flash_io;
  const int active = otadata->active();
  if (active < 0) return VendorError::not_from_otadata;
  const OtadataEntry& entry = otadata->entries[active];
  if (entry.state == OtaState::valid) return VendorError::ok;
  const VendorError error = rewrite(active, entry.sequence, OtaState::valid);
  return error == VendorError::ok && anti_rollback_ ? burn_running_version() : error;
}

VendorError VendorOta::mark_invalid() {
  const std::optional<Otadata> otadata = read();
  if (!otadata) return VendorError::flash_io;
  const int active = otadata->active();
  if (active < 0) return VendorError::not_from_otadata;
  if (!can_roll_back(*otadata)) return VendorError::rollback_failed;
  return rewrite(active, otadata->entries[active].sequence, OtaState::invalid);
}

// esp_ota_check_rollback_is_possible()
bool VendorOta::can_roll_back(const Otadata& otadata) const {
  const OtadataEntry& other = otadata.entries[1 - otadata.active()];
  if (other.is_bootable()) {
    if (!verifies_(slot_of(other))) return false;
    if (!anti_rollback_) return true;
    const std::optional<uint32_t> version = anti_rollback_->version_of(slot_of(other));
    return version && anti_rollback_->fuse.allows(*version);
  }
  return !anti_rollback_ && setup_.has_factory && verifies_(kFactoryIndex);
}

std::optional<OtaState> VendorOta::state_of(int slot) {
  const std::optional<Otadata> otadata = read();
  if (!otadata || slot < 0) return std::nullopt;
  for (const OtadataEntry& entry : otadata->entries) {
    if (slot_of(entry) == slot && entry.crc_ok()) return entry.state;
  }
  return std::nullopt;
}

std::optional<int> VendorOta::last_invalid_slot() {
  const std::optional<Otadata> otadata = read();
  if (!otadata) return std::nullopt;
  const OtadataEntry& first = otadata->entries[0];
  const OtadataEntry& second = otadata->entries[1];
  const bool is_first = is_known_invalid(first);
  const bool is_second = is_known_invalid(second);
  // bootloader_common_select_otadata(.., false): of two the smaller, on a tie the first.
  if (is_first && is_second) return slot_of(second.sequence < first.sequence ? second : first);
  if (is_first) return slot_of(first);
  if (is_second) return slot_of(second);
  return std::nullopt;
}

int VendorOta::next_update_slot(int running) const {
  const int next = running + 1;
  return running < 0 || next >= setup_.slot_count ? 0 : next;
}

VendorError VendorOta::rewrite(int index, uint32_t sequence, OtaState state) {
  const uint32_t offset = static_cast<uint32_t>(index) * kSectorSize;
  uint8_t raw[kOtadataEntrySize];
  // What the entry holds besides sequence, state and CRC is kept.
  if (flash_.read(offset, raw) != Error::ok) return VendorError::flash_io;
  uint8_t fresh[kOtadataEntrySize];
  write_otadata_entry(sequence, state, true, fresh);
  constexpr size_t kLabelOffset = 4;  // esp_ota_select_entry_t.seq_label
  constexpr size_t kLabelSize = 20;   // [bytes]
  memcpy(fresh + kLabelOffset, raw + kLabelOffset, kLabelSize);
  if (flash_.erase(offset, kSectorSize) != Error::ok) return VendorError::flash_io;
  const Error error = flash_.program(offset, fresh);
  return error == Error::ok ? VendorError::ok : VendorError::flash_io;
}

}  // namespace otter::sim
