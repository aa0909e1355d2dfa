#include "sim/update_state.h"

#include "sim/otadata_text.h"

namespace otter::sim {
namespace {

bool has_sequence(const OtadataEntry& entry) { return entry.sequence != kErasedWord; }

void set_sequence(OtadataEntry& entry, uint32_t sequence) {
  const bool crc_ok = entry.crc_ok();
  entry.sequence = sequence;
  if (crc_ok) entry.crc = otadata_crc(sequence);
  if (!crc_ok && entry.crc != kErasedWord) entry.crc = otadata_crc(sequence) ^ 1;
}

const char* content_name(Content content) {
  constexpr const char* kNames[] = {"nothing", "good", "bad"};
  return kNames[static_cast<size_t>(content)];
}

}  // namespace

Otadata with_small_sequences(const Otadata& otadata, uint8_t slot_count) {
  Otadata out = otadata;
  const bool is_first_lower = otadata.entries[0].sequence <= otadata.entries[1].sequence;
  OtadataEntry& lower = out.entries[is_first_lower ? 0 : 1];
  OtadataEntry& higher = out.entries[is_first_lower ? 1 : 0];
  if (!has_sequence(lower)) return out;  // then both are erased
  const bool is_tie = lower.sequence == higher.sequence;
  const uint8_t low_slot = otadata_slot(lower.sequence, slot_count);
  set_sequence(lower, uint32_t{low_slot} + 1);
  if (!has_sequence(higher)) return out;
  const uint8_t high_slot = otadata_slot(higher.sequence, slot_count);
  set_sequence(higher,
               is_tie ? lower.sequence : otadata_sequence(high_slot, slot_count, lower.sequence));
  return out;
}

std::string key_of(const UpdateState& state) {
  std::string key;
  for (const OtadataEntry& entry : state.otadata.entries) {
    uint8_t raw[kOtadataEntrySize];
    write_entry_bytes(entry, raw);
    key.append(raw, raw + sizeof(raw));
  }
  for (const Content content : state.slots)
    key += static_cast<char>('0' + static_cast<int>(content));
  key += static_cast<char>('a' + state.running - kNoTrial);
  key += static_cast<char>('a' + state.trial - kNoTrial);
  key += static_cast<char>('a' + state.fallback - kNoTrial);
  return key;
}

std::string to_text(const UpdateState& state, uint8_t slot_count) {
  std::string out = to_text(state.otadata);
  for (uint8_t slot = 0; slot < slot_count; ++slot) {
    out += (slot == 0 ? " " : ", ") + boot_name(slot) + " " + content_name(state.slots[slot]);
  }
  out += ", running " + boot_name(state.running);
  if (state.trial != kNoTrial) out += ", trial of " + boot_name(state.trial);
  if (state.fallback != kNoTrial) out += ", going back to " + boot_name(state.fallback);
  return out;
}

}  // namespace otter::sim
