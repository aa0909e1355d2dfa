// A file's bytes as the core's Readable. Any thread.
#pragma once

#include "ota/flash.h"

namespace otter {

// The bytes must outlive it.
class MemoryImage : public Readable {
 public:
  explicit MemoryImage(Bytes bytes) : bytes_(bytes) {}
  uint32_t size_bytes() const override { return static_cast<uint32_t>(bytes_.size); }
  Error read(uint32_t offset, MutableBytes out) override {
    if (out.size > bytes_.size || offset > bytes_.size - out.size) return Error::flash_io;
    if (out.size > 0) memcpy(out.data, bytes_.data + offset, out.size);
    return Error::ok;
  }

 private:
  Bytes bytes_;
};

}  // namespace otter
