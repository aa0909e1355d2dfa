#include "sim/otadata_text.h"

#include <sstream>

namespace otter::sim {
namespace {

constexpr size_t kCrcOffset = 28;  // esp_ota_select_entry_t.crc, ESP-IDF v5.5

bool is_erased(const OtadataEntry& entry) {
  return entry.sequence == kErasedWord && entry.state == OtaState::undefined &&
         entry.crc == kErasedWord;
}

std::optional<OtaState> parse_state(const std::string& text) {
  if (text == "unknown") return kUnknownState;
  for (uint32_t number : {0u, 1u, 2u, 3u, 4u, kErasedWord}) {
    const OtaState state = static_cast<OtaState>(number);
    if (name(state) == Text(text)) return state;
  }
  return std::nullopt;
}

}  // namespace

OtadataEntry make_entry(uint32_t sequence, OtaState state, bool crc_ok) {
  OtadataEntry entry;
  entry.sequence = sequence;
  entry.state = state;
  entry.crc = otadata_crc(sequence) ^ (crc_ok ? 0 : 1);
  return entry;
}

std::string to_text(const OtadataEntry& entry) {
  if (is_erased(entry)) return "erased";
  const Text state = name(entry.state);
  const std::string sequence =
      entry.sequence == kErasedWord ? "-1" : std::to_string(entry.sequence);
  return sequence + " " + std::string(state.data, state.size) + (entry.crc_ok() ? "" : " bad-crc");
}

std::string to_text(const Otadata& otadata) {
  return "{" + to_text(otadata.entries[0]) + "}{" + to_text(otadata.entries[1]) + "}";
}

std::optional<OtadataEntry> parse_entry_text(const std::string& text) {
  if (text == "erased") return OtadataEntry();
  std::istringstream in(text);
  int64_t sequence = 0;
  std::string state_text, crc;
  in >> sequence >> state_text;
  if (!in || sequence < -1 || sequence >= kErasedWord) return std::nullopt;
  const std::optional<OtaState> state = parse_state(state_text);
  const bool is_bad = static_cast<bool>(in >> crc);
  if (!state || (is_bad && crc != "bad-crc")) return std::nullopt;
  return make_entry(static_cast<uint32_t>(sequence), *state, !is_bad);
}

void write_entry_bytes(const OtadataEntry& entry, uint8_t (&out)[kOtadataEntrySize]) {
  write_otadata_entry(entry.sequence, entry.state, false, out);
  store_le32(out + kCrcOffset, entry.crc);
}

}  // namespace otter::sim
