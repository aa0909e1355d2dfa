#include "ota/crc32.h"

namespace otter {

// A byte by two tables of 64 bytes, for its lower and its upper four bits: the journal's sector is
// read at every boot, bit by bit takes longer, and one table for all bytes would cost 1 KiB.
uint32_t crc32(uint32_t start, Bytes data) {
  // Of the bytes 0x00 to 0x0F and 0x00 to 0xF0, by the polynomial 0xEDB88320: ISO 3309, reflected.
  constexpr uint32_t kLower[16] = {0x00000000, 0x77073096, 0xEE0E612C, 0x990951BA,
                                   0x076DC419, 0x706AF48F, 0xE963A535, 0x9E6495A3,
                                   0x0EDB8832, 0x79DCB8A4, 0xE0D5E91E, 0x97D2D988,
                                   0x09B64C2B, 0x7EB17CBD, 0xE7B82D07, 0x90BF1D91};
  constexpr uint32_t kUpper[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC,
                                   0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
                                   0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                   0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
  uint32_t crc = ~start;
  for (size_t i = 0; i < data.size; ++i) {
    const uint32_t byte = (crc ^ data.data[i]) & 0xFF;
    crc = crc >> 8 ^ kLower[byte & 15] ^ kUpper[byte >> 4];
  }
  return ~crc;
}

}  // namespace otter
