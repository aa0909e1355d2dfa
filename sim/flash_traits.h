// How a real chip differs from one that is perfect and takes no time. Part of NorFlash, which is
// perfect unless it is told otherwise. docs/simulator.md. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/flash_fault.h"

namespace otter::sim {

// A cell that reads the same whatever is done to it.
struct StuckBit {
  uint32_t offset = 0;  // [bytes from the start of flash]
  uint8_t bit = 0;      // 0: the lowest
  bool value = false;   // what it reads as
};
// "0x60010:3:0": offset, bit, value.
std::string text_of(const StuckBit& stuck);
std::optional<StuckBit> parse_stuck_bit(const std::string& text);

struct FlashTraits {
  std::vector<StuckBit> stuck_bits;
  // After a torn erase, cells that were being erased read differently from one time to the next,
  // until an erase of their sector comes to its end or they are programmed.
  bool has_unstable_erase = false;
  // Operations take so many times the time of a W25Q32JV; 0: none; 4: a slow clone of it.
  uint32_t time_factor = 0;
  // False: a 64 KiB block is erased sector by sector, as with a chip whose driver in ESP-IDF knows
  // no erase_block().
  bool has_block_erase = true;
  uint64_t seed = 1;  // of what is left to chance
};
// " --flash-time 4 --stuck-bit 0x60010:3:0 --unstable-erase": as options. Seed and erasing by
// blocks are not among them.
std::string text_of(const FlashTraits& traits);

// [us] that an operation takes with a `time_factor` of 1: one in a hundred the longest, the others
// the typical time. `number` and `seed` say which.
//
// Source: Winbond W25Q32JV datasheet, AC characteristics, typical and maximum: tPP 0.6 and 3 ms,
//         tSE (4 KiB) 45 and 400 ms, tBE2 (64 KiB) 150 and 2000 ms
uint32_t operation_us(const FlashOperation& operation, uint64_t seed);

}  // namespace otter::sim
