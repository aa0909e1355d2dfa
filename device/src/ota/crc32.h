// CRC-32 as ISO 3309 and zlib compute it. Pure, any thread.
#pragma once

#include "ota/wire/bytes.h"

namespace otter {

// Goes on from `start`, the result of an earlier call or 0. `esp_rom_crc32_le(x, ...)` of ESP-IDF
// and `zlib.crc32(..., x)` give the same as crc32(x, ...).
uint32_t crc32(uint32_t start, Bytes data);

}  // namespace otter
