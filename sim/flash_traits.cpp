#include "sim/flash_traits.h"

#include <charconv>
#include <cstdio>

#include "ota/flash.h"
#include "sim/trace_hash.h"

namespace otter::sim {
namespace {

struct OperationTime {
  uint32_t typical_us;
  uint32_t longest_us;
};
constexpr OperationTime kPageProgram = {600, 3000};
constexpr OperationTime kSectorErase = {45000, 400000};
constexpr OperationTime kBlockErase = {150000, 2000000};
constexpr uint64_t kLongestShare = 100;  // one of so many operations

OperationTime time_of(const FlashOperation& operation) {
  if (operation.action == FlashAction::program) return kPageProgram;
  return operation.size == kEraseBlockSize ? kBlockErase : kSectorErase;
}

// All of `text`, decimal or hexadecimal.
bool parse_number(std::string_view text, uint32_t most, uint32_t* out) {
  const bool is_hex = text.substr(0, 2) == "0x";
  if (is_hex) text.remove_prefix(2);
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), *out, is_hex ? 16 : 10);
  return error == std::errc() && end == text.data() + text.size() && *out <= most;
}

}  // namespace

std::string text_of(const StuckBit& stuck) {
  char out[32];
  std::snprintf(out, sizeof(out), "0x%x:%u:%u", static_cast<unsigned>(stuck.offset),
                static_cast<unsigned>(stuck.bit), stuck.value ? 1u : 0u);
  return out;
}

std::optional<StuckBit> parse_stuck_bit(const std::string& text) {
  const std::string_view all = text;
  const size_t first = all.find(':');
  const size_t second = first == all.npos ? all.npos : all.find(':', first + 1);
  uint32_t offset = 0;
  uint32_t bit = 0;
  uint32_t value = 0;
  if (second == all.npos || !parse_number(all.substr(0, first), UINT32_MAX, &offset) ||
      !parse_number(all.substr(first + 1, second - first - 1), 7, &bit) ||
      !parse_number(all.substr(second + 1), 1, &value)) {
    return std::nullopt;
  }
  return StuckBit{offset, static_cast<uint8_t>(bit), value == 1};
}

std::string text_of(const FlashTraits& traits) {
  std::string text;
  if (traits.time_factor != 0) text += " --flash-time " + std::to_string(traits.time_factor);
  for (const StuckBit& stuck : traits.stuck_bits) text += " --stuck-bit " + text_of(stuck);
  if (traits.has_unstable_erase) text += " --unstable-erase";
  return text;
}

uint32_t operation_us(const FlashOperation& operation, uint64_t seed) {
  const OperationTime time = time_of(operation);
  return mix(seed, operation.number) % kLongestShare == 0 ? time.longest_us : time.typical_us;
}

}  // namespace otter::sim
