// Stands in for the chip's flash encryption (AES-XTS): every 16-byte unit is scrambled as a whole,
// at each address in another way, so that a unit which is torn, erased or programmed twice reads as
// noise. It keeps no secret. Pure, any thread.
#pragma once

#include <bit>
#include <cstring>
#include <utility>

#include "ota/flash.h"

namespace otter::sim {

constexpr int kCipherRounds = 4;

// One round's function of Feistel's network: any function will do, the network can be undone.
constexpr uint64_t cipher_round(uint64_t half, uint64_t address, int round) {
  const uint64_t keyed = half ^ (address << 8 | static_cast<uint64_t>(round));
  const uint64_t product = (keyed ^ 0x5DEECE66D1CE4E5Bu) * 0xD6E8FEB86659FD93u;
  return product ^ product >> 32;
}

// As the machine orders bytes, in one step.
static_assert(std::endian::native == std::endian::little, "noise is the same on every machine");
struct UnitHalves {
  uint64_t left;
  uint64_t right;
};

// REQUIRES: kEncryptedUnit bytes at `unit`, which lies at `address` [bytes from the start of flash]
inline void encrypt_unit(uint32_t address, uint8_t* unit) {
  UnitHalves halves;
  static_assert(sizeof(halves) == kEncryptedUnit);
  std::memcpy(&halves, unit, sizeof(halves));
  for (int round = 0; round < kCipherRounds; ++round) {
    halves.left ^= cipher_round(halves.right, address, round);
    std::swap(halves.left, halves.right);
  }
  std::memcpy(unit, &halves, sizeof(halves));
}

inline void decrypt_unit(uint32_t address, uint8_t* unit) {
  UnitHalves halves;
  std::memcpy(&halves, unit, sizeof(halves));
  for (int round = kCipherRounds - 1; round >= 0; --round) {
    std::swap(halves.left, halves.right);
    halves.left ^= cipher_round(halves.right, address, round);
  }
  std::memcpy(unit, &halves, sizeof(halves));
}

}  // namespace otter::sim
