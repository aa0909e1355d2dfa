// A part of a flash partition as a flash of its own. One caller at a time.
#pragma once

#include "ota/flash.h"

namespace otter {

class FlashWindow : public Flash {
 public:
  // REQUIRES: `begin` is a multiple of kSectorSize, at most flash.size_bytes()
  void open(Flash& flash, uint32_t begin) {
    flash_ = &flash;
    begin_ = begin;
  }

  uint32_t size_bytes() const override { return flash_->size_bytes() - begin_; }
  uint32_t write_unit() const override { return flash_->write_unit(); }
  Error read(uint32_t offset, MutableBytes out) override {
    return flash_->read(begin_ + offset, out);
  }
  Result<bool> is_erased(uint32_t offset, uint32_t size) override {
    return flash_->is_erased(begin_ + offset, size);
  }
  Error erase(uint32_t offset, uint32_t size) override {
    return flash_->erase(begin_ + offset, size);
  }
  Error program(uint32_t offset, Bytes data) override {
    return flash_->program(begin_ + offset, data);
  }

 private:
  Flash* flash_ = nullptr;
  uint32_t begin_ = 0;  // [bytes]
};

}  // namespace otter
