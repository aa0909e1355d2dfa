// Makes an image from a patch (docs/spec/patch.md) and the image that it was made from: a step at a
// time, forward only, without a heap, in one block of memory of the caller's. The payload comes in
// pieces of any size. Nothing of the decoder's state is durable: after a power cut it begins again
// at the payload's first byte, gives out the same bytes, and the caller skips writing what its
// flash already holds. What it gives out is worth nothing until its SHA-256 was compared: a wrong
// payload can give any bytes, but never reads or writes outside of what is said here. One caller at
// a time.
#pragma once

#include "ota/patch/patch_header.h"
#include "ota/wire/crypto.h"

namespace otter {

// What the decoder reads besides its payload.
class PatchSource {
 public:
  // Fills `out` from `offset` [bytes from the base's start].
  //
  // REQUIRES: offset + out.size <= the header's base_size
  // Errors:   flash_io
  virtual Error read_base(uint32_t offset, MutableBytes out) = 0;

  // Fills `out` from `offset` [bytes from the result's start] with what earlier calls of decode()
  // gave out, wherever that is now. It lies before what the running call gives out.
  //
  // REQUIRES: offset + out.size <= PatchDecoder::size_done()
  // Errors:   flash_io
  virtual Error read_result(uint32_t offset, MutableBytes out) = 0;

 protected:
  ~PatchSource() = default;
};

class PatchDecoder {
 public:
  // Begins at the result's first byte, and at the payload's. `memory` and `source` are in use until
  // is_complete() or the next begin(). Occupies HashLane::image of `crypto` where the header says
  // appends_sha256.
  //
  // REQUIRES: memory.data is aligned to 8 bytes
  // Errors:   low_memory (memory.size < header.memory_size)
  Error begin(const PatchHeader& header, PatchSource& source, Crypto& crypto, MutableBytes memory);

  // True while decode() can't go on without more of the payload: call feed().
  bool needs_payload() const;

  // Takes the next bytes of the payload, as many as there is room for; gives how many. Some, if
  // needs_payload() and `payload` is not empty.
  size_t feed(Bytes payload);

  // Writes the result's next bytes to `out`; gives how many. 0: the payload's head is being read,
  // or needs_payload(); call again, after feed() in the second case. An error is final.
  //
  // REQUIRES: out.size > 0
  // Errors:   malformed; truncated; trailing_bytes; bad_checksum (the payload's CRC); low_memory
  // (of
  //           `crypto`); those of `source`
  // Cost:     at most out.size + 64 steps, each of at most one instruction of the base, 64 bytes
  //           copied, or one entry of the head
  Result<size_t> decode(MutableBytes out);

  // [bytes] that decode() has given out.
  uint32_t size_done() const { return size_done_; }
  // All of the result was given out, and all of the payload was used for it.
  bool is_complete() const { return is_complete_; }

 private:
  class Engine;

  Result<size_t> decode_body(MutableBytes out);
  size_t append_sha256(MutableBytes out);

  PatchHeader header_;
  Engine* engine_ = nullptr;  // lives in the caller's memory
  uint32_t size_done_ = 0;
  bool is_complete_ = false;
};

}  // namespace otter
