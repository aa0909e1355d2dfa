// otadata as people read it, the notation of docs/boot.md: `erased`, `2 fresh`, `2 valid bad-crc`.
// Pure, any thread.
#pragma once

#include <optional>
#include <string>

#include "ota/otadata.h"

namespace otter::sim {

constexpr uint32_t kErasedWord = 0xFFFFFFFF;  // also the sequence of an erased entry

// No known state: what a torn write of `aborted` may leave. Prints as "unknown".
constexpr OtaState kUnknownState = static_cast<OtaState>(0x404);

// An entry with the CRC that belongs to it, or with one bit of it flipped.
OtadataEntry make_entry(uint32_t sequence, OtaState state, bool crc_ok = true);

std::string to_text(const OtadataEntry& entry);
// Both entries: "{1 valid}{erased}".
std::string to_text(const Otadata& otadata);

// The other way round; `unknown` becomes kUnknownState. Nothing for a text of another form.
std::optional<OtadataEntry> parse_entry_text(const std::string& text);

// The entry's 32 bytes, its label erased.
void write_entry_bytes(const OtadataEntry& entry, uint8_t (&out)[kOtadataEntrySize]);

}  // namespace otter::sim
