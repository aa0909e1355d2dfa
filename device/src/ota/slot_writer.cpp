#include "ota/slot_writer.h"

namespace otter {
namespace {

constexpr uint32_t kReadBackStep = 64 * 1024;  // [bytes]

uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

}  // namespace

void SlotWriter::start(Flash& slot, const SlotPlan& plan, uint32_t offset) {
  slot_ = &slot;
  plan_ = plan;
  offset_ = offset;
  verified_ = offset;
  erased_until_ = offset;
  filled_ = 0;
  is_again_ = false;
  kept_ = 0;
}

void SlotWriter::start_again(Flash& slot, const SlotPlan& plan, uint32_t kept) {
  start(slot, plan, 0);
  is_again_ = true;
  kept_ = kept;
}

Result<bool> SlotWriter::is_held() const {
  if (!is_again_ || filled_ == 0) return false;
  return holds(*slot_, offset_, piece());
}

uint32_t SlotWriter::block_end() const {
  if (plan_.manifest == nullptr) return plan_.size_bytes;
  const uint32_t block_size = plan_.manifest->block_size_bytes;
  return smaller(plan_.size_bytes, (offset_ / block_size + 1) * block_size);
}

MutableBytes SlotWriter::space() const {
  const uint32_t piece_size = smaller(static_cast<uint32_t>(buffer_.size), block_end() - offset_);
  return buffer_.part(0, piece_size).part(filled_);
}

bool SlotWriter::take(size_t size) {
  filled_ += static_cast<uint32_t>(size);
  return space().size == 0;
}

Error SlotWriter::write() {
  OTTER_TRY_SET(const bool is_there, is_held());
  if (!is_there) {
    if (offset_ < kept_) return Error::bad_hash;
    OTTER_TRY(erase_ahead(offset_ + filled_));
    OTTER_TRY(program_and_compare(*slot_, offset_, padded_piece()));
  } else if (erased_until_ < offset_ + filled_) {
    erased_until_ = offset_ + kSectorSize;
  }
  const bool at_block_end = offset_ + filled_ == block_end();
  offset_ += filled_;
  filled_ = 0;
  if (!at_block_end) return Error::ok;
  if (plan_.manifest == nullptr) {
    verified_ = offset_;
    return Error::ok;
  }
  return verify_block();
}

// Encrypted flash takes whole units; only an image's last piece may need filling up.
Bytes SlotWriter::padded_piece() {
  const uint32_t unit = slot_->write_unit();
  const uint32_t size = (filled_ + unit - 1) / unit * unit;
  memset(buffer_.data + filled_, 0xFF, size - filled_);
  return Bytes(buffer_.data, size);
}

// A block at once, where the image fills it: that takes a fifth of the time of its sectors.
Error SlotWriter::erase_ahead(uint32_t end) {
  while (erased_until_ < end) {
    const bool is_block =
        erased_until_ % kEraseBlockSize == 0 && plan_.size_bytes - erased_until_ >= kEraseBlockSize;
    const uint32_t size = is_block ? kEraseBlockSize : kSectorSize;
    OTTER_TRY(slot_->erase(erased_until_, size));
    erased_until_ += size;
  }
  return Error::ok;
}

Error SlotWriter::verify_block() {
  const Manifest& manifest = *plan_.manifest;
  const uint32_t index = verified_ / manifest.block_size_bytes;
  uint8_t expected[kBlockDigestSize];
  OTTER_TRY(manifest.block_digest(index, expected));
  crypto_->sha256_begin(HashLane::block);
  for (uint32_t at = verified_; at < offset_;) {
    const MutableBytes piece = buffer_.part(0, offset_ - at);
    OTTER_TRY(slot_->read(at, piece));
    crypto_->sha256_update(HashLane::block, piece);
    at += static_cast<uint32_t>(piece.size);
  }
  Digest digest;
  OTTER_TRY(crypto_->sha256_finish(HashLane::block, &digest));
  if (Bytes(digest.bytes, kBlockDigestSize) != Bytes(expected)) {
    offset_ = verified_;
    erased_until_ = verified_;
    return Error::bad_hash;
  }
  verified_ = offset_;
  return Error::ok;
}

void SlotReader::start(Flash& slot, uint32_t size_bytes, Bytes hmac_key) {
  slot_ = &slot;
  size_bytes_ = size_bytes;
  offset_ = 0;
  crypto_.sha256_begin(HashLane::image);
  hmac_.begin(hmac_key);
}

Result<bool> SlotReader::step(MutableBytes buffer) {
  const uint32_t end = smaller(size_bytes_, offset_ + kReadBackStep);
  while (offset_ < end) {
    const MutableBytes piece = buffer.part(0, end - offset_);
    OTTER_TRY(slot_->read(offset_, piece));
    crypto_.sha256_update(HashLane::image, piece);
    hmac_.update(piece);
    offset_ += static_cast<uint32_t>(piece.size);
  }
  return offset_ == size_bytes_;
}

Result<Digest> SlotReader::sha256() {
  Digest digest;
  OTTER_TRY(crypto_.sha256_finish(HashLane::image, &digest));
  return digest;
}

Result<Digest> SlotReader::hmac() { return hmac_.finish(); }

}  // namespace otter
