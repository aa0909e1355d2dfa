#include "ota/crc32.h"

namespace otter {

// Four bits at a time: the journal's sector is read at every boot, which takes longer bit by bit,
// and a table for whole bytes would cost 1 KiB of flash.
uint32_t crc32(uint32_t start, Bytes data) {
  // Of 0 to 15, by the polynomial 0xEDB88320: ISO 3309, reflected.
  constexpr uint32_t kNibbles[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC,
                                     0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
                                     0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                     0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
  uint32_t crc = ~start;
  for (size_t i = 0; i < data.size; ++i) {
    crc ^= data.data[i];
    crc = crc >> 4 ^ kNibbles[crc & 15];
    crc = crc >> 4 ^ kNibbles[crc & 15];
  }
  return ~crc;
}

}  // namespace otter
