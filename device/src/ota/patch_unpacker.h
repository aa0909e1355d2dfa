// The patch decoder with the memory that it works in, which is the caller's. One caller at a time.
#pragma once

#include "ota/patch/patch_decoder.h"
#include "ota/unpacker.h"

namespace otter {

class PatchUnpacker : public Unpacker {
 public:
  // `memory` must outlive it. Patches are made for 16, 32 and 64 KiB: the more, the smaller they
  // are. It is cut to the next multiple of 8 at its front.
  explicit PatchUnpacker(MutableBytes memory) : memory_(memory.part(misfit(memory))) {}

  uint32_t memory_bytes() const override { return static_cast<uint32_t>(memory_.size); }
  Error begin(const PatchHeader& header, PatchSource& source, Crypto& crypto) override {
    return decoder_.begin(header, source, crypto, memory_);
  }
  bool needs_payload() const override { return decoder_.needs_payload(); }
  size_t feed(Bytes payload) override { return decoder_.feed(payload); }
  Result<size_t> decode(MutableBytes out) override { return decoder_.decode(out); }

 private:
  static size_t misfit(MutableBytes memory) {
    return (8 - reinterpret_cast<uintptr_t>(memory.data) % 8) % 8;
  }

  MutableBytes memory_;
  PatchDecoder decoder_;
};

}  // namespace otter
