// Base and result in memory, as a decoder of patches reads them. Any thread.
#pragma once

#include "ota/patch/patch_decoder.h"

namespace otter {

class MemoryPatchSource : public PatchSource {
 public:
  explicit MemoryPatchSource(Bytes base_in, Bytes result_in = Bytes())
      : result(result_in), base_(base_in) {}

  Error read_base(uint32_t offset, MutableBytes out) override { return read(base_, offset, out); }
  Error read_result(uint32_t offset, MutableBytes out) override {
    return read(result, offset, out);
  }

  Bytes result;  // with all that was given out so far

 private:
  static Error read(Bytes from, uint32_t offset, MutableBytes out) {
    const Bytes part = from.part(offset, out.size);
    if (part.size != out.size) return Error::flash_io;
    if (part.size > 0) memcpy(out.data, part.data, part.size);
    return Error::ok;
  }

  Bytes base_;
};

}  // namespace otter
