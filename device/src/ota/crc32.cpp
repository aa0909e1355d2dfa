#include "ota/crc32.h"

namespace otter {

// Bit by bit: the core checks a few dozen bytes at a time, a table would cost 1 KiB of flash.
uint32_t crc32(uint32_t start, Bytes data) {
  constexpr uint32_t kPolynomial = 0xEDB88320;  // ISO 3309, reflected
  uint32_t crc = ~start;
  for (size_t i = 0; i < data.size; ++i) {
    crc ^= data.data[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? kPolynomial : 0);
  }
  return ~crc;
}

}  // namespace otter
