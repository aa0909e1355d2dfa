// Sectors of flash that begin with the fuzzer's bytes; a write to what is not erased, or outside,
// ends the process. One thread.
#pragma once

#include <algorithm>

#include "fuzz/require.h"
#include "ota/flash.h"

namespace otter {

template <size_t kCount>
class FlashSectors : public Flash {
 public:
  explicit FlashSectors(Bytes bytes) {
    std::fill(std::begin(bytes_), std::end(bytes_), uint8_t{0xFF});
    std::copy_n(bytes.data, std::min(bytes.size, sizeof(bytes_)), bytes_);
  }
  uint32_t size_bytes() const override { return sizeof(bytes_); }
  uint32_t write_unit() const override { return 1; }
  Result<bool> is_erased(uint32_t offset, uint32_t size) override {
    require(offset + size <= sizeof(bytes_), "what is asked for lies within the partition");
    return std::all_of(bytes_ + offset, bytes_ + offset + size,
                       [](uint8_t byte) { return byte == 0xFF; });
  }
  Error read(uint32_t offset, MutableBytes out) override {
    require(offset + out.size <= sizeof(bytes_), "a read lies within the partition");
    std::copy_n(bytes_ + offset, out.size, out.data);
    return Error::ok;
  }
  Error erase(uint32_t offset, uint32_t size) override {
    require(offset + size <= sizeof(bytes_), "an erase lies within the partition");
    std::fill_n(bytes_ + offset, size, uint8_t{0xFF});
    return Error::ok;
  }
  Error program(uint32_t offset, Bytes data) override {
    require(offset + data.size <= sizeof(bytes_), "a write lies within the partition");
    for (size_t i = 0; i < data.size; ++i) {
      require(bytes_[offset + i] == 0xFF, "only erased flash is written");
      bytes_[offset + i] = data.data[i];
    }
    return Error::ok;
  }

 private:
  uint8_t bytes_[kCount * kSectorSize];
};

}  // namespace otter
