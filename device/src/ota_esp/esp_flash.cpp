#include "ota_esp/esp_flash.h"

namespace otter {
namespace {

constexpr uint32_t kScanSize = 64;  // [bytes] at a time, on the stack
constexpr uint8_t kErased = 0xFF;

Error error_of(esp_err_t code) { return code == ESP_OK ? Error::ok : Error::flash_io; }

}  // namespace

Result<bool> EspFlash::is_erased(uint32_t offset, uint32_t size) {
  uint8_t piece[kScanSize];
  for (uint32_t done = 0; done < size; done += kScanSize) {
    const MutableBytes part = MutableBytes(piece).part(0, size - done);
    OTTER_TRY(error_of(esp_partition_read_raw(partition_, offset + done, part.data, part.size)));
    for (size_t i = 0; i < part.size; ++i) {
      if (part.data[i] != kErased) return false;
    }
  }
  return true;
}

Error EspFlash::read(uint32_t offset, MutableBytes out) {
  return error_of(esp_partition_read(partition_, offset, out.data, out.size));
}

Error EspFlash::erase(uint32_t offset, uint32_t size) {
  return error_of(esp_partition_erase_range(partition_, offset, size));
}

Error EspFlash::program(uint32_t offset, Bytes data) {
  return error_of(esp_partition_write(partition_, offset, data.data, data.size));
}

}  // namespace otter
