// What makes an image of a patch's payload. The update engine knows this contract only, so that a
// device without patches carries no decoder: give UpdaterConfig::unpacker a PatchUnpacker
// (patch_unpacker.h), or nothing. docs/spec/patch.md. One caller at a time.
#pragma once

#include "ota/patch/patch_header.h"
#include "ota/wire/crypto.h"

namespace otter {

class PatchSource;

class Unpacker {
 public:
  virtual ~Unpacker() = default;

  // [bytes] of working memory; patches that need more are not taken. 0: none are.
  virtual uint32_t memory_bytes() const = 0;
  // These four: as of PatchDecoder, which says what they require and give.
  virtual Error begin(const PatchHeader& header, PatchSource& source, Crypto& crypto) = 0;
  virtual bool needs_payload() const = 0;
  virtual size_t feed(Bytes payload) = 0;
  virtual Result<size_t> decode(MutableBytes out) = 0;
};

}  // namespace otter
