// A partition of NOR flash in memory, with a power cut at a chosen operation, operations that fail
// and bytes that do not stay: enough to test the core where the simulator does not run.
#pragma once

#include <functional>
#include <vector>

#include "ota/flash.h"

namespace otter {

class MemoryFlash : public Flash {
 public:
  explicit MemoryFlash(uint32_t size_bytes) : bytes(size_bytes, 0xFF) {}

  uint32_t write_unit() const override { return unit; }
  Result<bool> is_erased(uint32_t offset, uint32_t size) override {
    if (is_cut || offset + size > bytes.size()) return Error::flash_io;
    for (uint32_t i = 0; i < size; ++i) {
      if (bytes[offset + i] != 0xFF) return false;
    }
    return true;
  }

  uint32_t size_bytes() const override { return static_cast<uint32_t>(bytes.size()); }
  Error read(uint32_t offset, MutableBytes out) override {
    if (is_cut || offset + out.size > bytes.size()) return Error::flash_io;
    memcpy(out.data, bytes.data() + offset, out.size);
    return Error::ok;
  }
  Error erase(uint32_t offset, uint32_t size) override {
    if (offset % kSectorSize != 0 || size % kSectorSize != 0) return Error::flash_io;
    const std::vector<uint8_t> erased(size, 0xFF);
    ++erases;
    return change(offset, erased, true);
  }
  Error program(uint32_t offset, Bytes data) override {
    if (offset % unit != 0 || data.size % unit != 0) return Error::flash_io;
    return change(offset, data, false);
  }

  // The operation number `index` [0, ...) from now on stops after `bytes_done` bytes, and the power
  // is off.
  void cut_at(int index, size_t bytes_done) {
    operations_left_ = index;
    bytes_done_ = bytes_done;
  }
  void power_on() {
    is_cut = false;
    operations_left_ = -1;
  }

  // The operation number `index` [0, ...) from now on, and the `count` - 1 after it, stop after
  // `bytes_done` bytes and say so; the power stays on.
  void fail_at(int index, int count, size_t bytes_done = 0) {
    failures_begin_ = operations + index;
    failures_end_ = failures_begin_ + count;
    bytes_done_ = bytes_done;
  }

  std::vector<uint8_t> bytes;
  std::function<void()> wear;  // called after each operation; may spoil `bytes`
  uint32_t unit = 1;
  int erases = 0;
  int operations = 0;
  bool is_cut = false;

 private:
  Error change(uint32_t offset, Bytes data, bool set) {
    if (is_cut || offset + data.size > bytes.size()) return Error::flash_io;
    const bool fails = operations >= failures_begin_ && operations < failures_end_;
    ++operations;
    is_cut = operations_left_ == 0;
    if (operations_left_ >= 0) --operations_left_;
    const bool is_short = (is_cut || fails) && bytes_done_ < data.size;
    const size_t size = is_short ? bytes_done_ : data.size;
    for (size_t i = 0; i < size; ++i) {
      uint8_t& byte = bytes[offset + i];
      byte = set ? data.data[i] : byte & data.data[i];
    }
    if (wear) wear();
    return is_cut || fails ? Error::flash_io : Error::ok;
  }

  int operations_left_ = -1;
  int failures_begin_ = 0;
  int failures_end_ = 0;
  size_t bytes_done_ = 0;
};

}  // namespace otter
