// Writes a streamed image into a slot and proves what it wrote by reading it back. One caller at a
// time.
#pragma once

#include "ota/flash.h"
#include "ota/release.h"

namespace otter {

// What is to be written, kept while the manifest's bytes are at hand.
struct SlotPlan {
  uint32_t size_bytes = 0;
  const Manifest* manifest = nullptr;  // with block digests; nullptr: none (plain mode)
};

class SlotWriter {
 public:
  // To be assigned to.
  SlotWriter() = default;
  // REQUIRES: buffer.size is a power of two in [512, kSectorSize]; it is the writer's until done
  SlotWriter(Crypto& crypto, MutableBytes buffer) : crypto_(&crypto), buffer_(buffer) {}

  // Goes on at `offset` [bytes], a multiple of the plan's block size.
  void start(Flash& slot, const SlotPlan& plan, uint32_t offset);
  // Begins at 0 with what has been written before, in whole or in part: a piece that the slot holds
  // already is neither erased nor programmed again. Of the first `kept` bytes, a multiple of the
  // block size, which have been proved before, no other piece is taken at all.
  //
  // REQUIRES: the buffer's size is kSectorSize
  void start_again(Flash& slot, const SlotPlan& plan, uint32_t kept);

  // The next byte to be fetched [bytes from the image's start].
  uint32_t offset() const { return offset_ + filled_; }
  // Everything before it has been read back and proved.
  uint32_t verified() const { return verified_; }
  bool is_complete() const { return verified_ == plan_.size_bytes; }
  // Everything before it is in the slot, whether proved or not [bytes].
  uint32_t written() const { return offset_; }

  // Where fetched bytes are to be put; never empty before is_complete().
  MutableBytes space() const;
  // Takes `size` bytes that were put into space(). True once the piece is full: call write().
  bool take(size_t size);
  // What was taken since the last write(): when full, the piece that it will program.
  Bytes piece() const { return Bytes(buffer_.data, filled_); }
  // After start_again(): there is a piece, and the slot holds it already.
  //
  // Errors: flash_io
  Result<bool> is_held() const;

  // Erases ahead, programs the piece and, at a block's end, reads the block back.
  // In the plain mode there are no blocks: then the only proof is that of the whole image.
  //
  // Errors: flash_io; bad_hash (the block is wrong, and offset() has gone back to its beginning;
  //         after start_again() it may be that the piece isn't what was proved there, which stays)
  Error write();

 private:
  uint32_t block_end() const;
  Bytes padded_piece();
  Error erase_ahead(uint32_t end);
  Error verify_block();

  Crypto* crypto_ = nullptr;
  MutableBytes buffer_;
  Flash* slot_ = nullptr;
  SlotPlan plan_;
  uint32_t offset_ = 0;  // of the piece in the buffer
  uint32_t filled_ = 0;  // bytes in the buffer
  uint32_t erased_until_ = 0;
  uint32_t verified_ = 0;
  bool is_again_ = false;
  uint32_t kept_ = 0;
};

// Reads an image in a slot back and hashes it, a step at a time.
class SlotReader {
 public:
  explicit SlotReader(Crypto& crypto) : crypto_(crypto), hmac_(crypto, HashLane::block) {}
  // With an empty `hmac_key` hmac() means nothing.
  void start(Flash& slot, uint32_t size_bytes, Bytes hmac_key);
  // Hashes up to 64 KiB more. True when all is read.
  //
  // Errors: flash_io
  Result<bool> step(MutableBytes buffer);
  // Errors: low_memory
  Result<Digest> sha256();
  Result<Digest> hmac();

 private:
  Crypto& crypto_;
  Flash* slot_ = nullptr;
  uint32_t size_bytes_ = 0;
  uint32_t offset_ = 0;
  HmacSha256 hmac_;
};

}  // namespace otter
