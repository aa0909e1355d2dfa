#include "ota/patch_unpacker.h"

namespace otter {
namespace {

constexpr uint32_t kHashStep = 64 * 1024;  // [bytes]

uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

uint32_t in_sectors(uint32_t size) { return (size + kSectorSize - 1) / kSectorSize * kSectorSize; }

}  // namespace

void PatchUnpacker::begin(const PatchPlan& plan) {
  plan_ = plan;
  store_ = SlotWriter(*plan.crypto, plan.piece);
  header_ = PatchHeader();
  step_ = Step::looking;
  is_stored_ = false;
  is_waiting_ = false;
  begins_to_wait_ = false;
  received_ = 0;
  input_begin_ = 0;
  input_end_ = 0;
  const uint32_t slot_size = plan.target->size_bytes();
  const uint32_t image_size = in_sectors(plan.manifest->image_size_bytes);
  const uint32_t patch_size = in_sectors(plan.offer.size_bytes);
  const bool fits = image_size <= slot_size && patch_size <= slot_size - image_size;
  tail_begin_ = fits ? slot_size - patch_size : 0;
  if (fits) tail_.open(*plan.target, tail_begin_);
}

Result<PatchNeed> PatchUnpacker::advance() {
  switch (step_) {
    case Step::looking:
      OTTER_TRY(look());
      return PatchNeed::again;
    case Step::fetching:
      if (received_ < kPatchHeaderSize) return wait();
      OTTER_TRY(take_header());
      return PatchNeed::again;
    case Step::finding:
    case Step::base:
    case Step::proving:
      OTTER_TRY(hash_on());
      return PatchNeed::again;
    case Step::storing:
      return store_next();
    case Step::decoding:
      return decode_next();
  }
  return Error::malformed;  // not reached: a closed list
}

// A boot before may have stored it.
Error PatchUnpacker::look() {
  step_ = Step::fetching;
  if (!has_tail() || plan_.offer.size_bytes < kPatchHeaderSize) return Error::ok;
  const MutableBytes head = plan_.input.part(0, kPatchHeaderSize);
  OTTER_TRY(tail_.read(0, head));
  if (parse_patch_header(head).ok()) {
    start_hashing(Step::finding, tail_, plan_.offer.size_bytes);
  }
  return Error::ok;
}

Error PatchUnpacker::take_header() {
  OTTER_TRY_SET(header_, parse_patch_header(plan_.input.part(0, kPatchHeaderSize)));
  OTTER_TRY(check_header());
  return begin_base();
}

Error PatchUnpacker::check_header() const {
  const Manifest& manifest = *plan_.manifest;
  const bool is_offered = header_.payload_size == plan_.offer.size_bytes - kPatchHeaderSize &&
                          header_.base_sha256 == plan_.offer.base_sha256 &&
                          header_.result_size == manifest.image_size_bytes &&
                          header_.result_sha256 == manifest.image_sha256;
  if (!is_offered) return Error::wrong_offer;
  if (header_.memory_size > memory_bytes()) return Error::low_memory;
  if (header_.base_size == 0) return Error::ok;
  const bool has_base =
      plan_.running != nullptr && header_.base_size <= plan_.running->size_bytes();
  return has_base ? Error::ok : Error::wrong_base;
}

Error PatchUnpacker::begin_base() {
  if (header_.base_size == 0) return leave_base();
  start_hashing(Step::base, *plan_.running, header_.base_size);
  return Error::ok;
}

Error PatchUnpacker::leave_base() {
  if (is_stored_ || !has_tail()) return start_decoding();
  SlotPlan plan;
  plan.size_bytes = plan_.offer.size_bytes;
  store_.start_again(tail_, plan, 0);
  memcpy(store_.space().data, plan_.input.data, kPatchHeaderSize);
  (void)store_.take(kPatchHeaderSize);  // whether that fills the piece is asked in store_next()
  step_ = Step::storing;
  return Error::ok;
}

void PatchUnpacker::start_hashing(Step step, Flash& flash, uint32_t size) {
  step_ = step;
  hash_of_ = &flash;
  hash_size_ = size;
  hashed_ = 0;
  plan_.crypto->sha256_begin(HashLane::image);
}

Error PatchUnpacker::hash_on() {
  const uint32_t end = smaller(hash_size_, hashed_ + kHashStep);
  while (hashed_ < end) {
    const MutableBytes piece = plan_.piece.part(0, end - hashed_);
    OTTER_TRY(hash_of_->read(hashed_, piece));
    plan_.crypto->sha256_update(HashLane::image, piece);
    hashed_ += static_cast<uint32_t>(piece.size);
  }
  if (hashed_ < hash_size_) return Error::ok;
  Digest sha256;
  OTTER_TRY(plan_.crypto->sha256_finish(HashLane::image, &sha256));
  return hashed(sha256);
}

Error PatchUnpacker::hashed(const Digest& sha256) {
  if (step_ == Step::base) {
    return sha256 == header_.base_sha256 ? leave_base() : Error::wrong_base;
  }
  is_stored_ = sha256 == plan_.offer.sha256;
  if (step_ == Step::proving) return is_stored_ ? start_decoding() : Error::bad_hash;
  step_ = Step::fetching;  // finding: its header is in `input`, too
  return is_stored_ ? take_header() : Error::ok;
}

Result<PatchNeed> PatchUnpacker::store_next() {
  if (store_.is_complete()) {
    start_hashing(Step::proving, tail_, plan_.offer.size_bytes);
    return PatchNeed::again;
  }
  return store_.space().size == 0 ? PatchNeed::keeping : wait();
}

Error PatchUnpacker::start_decoding() {
  step_ = Step::decoding;
  is_waiting_ = false;
  received_ = kPatchHeaderSize;
  input_begin_ = 0;
  input_end_ = 0;
  return decoder_.begin(header_, *this, *plan_.crypto, memory_);
}

Result<PatchNeed> PatchUnpacker::decode_next() {
  const bool is_full =
      input_end_ == plan_.input.size || received_ == plan_.offer.size_bytes || is_stored_;
  if (is_waiting_ && !is_full) return wait();
  is_waiting_ = false;
  if (decoder_.needs_payload()) {
    if (input_begin_ == input_end_) {
      if (received_ == plan_.offer.size_bytes) return Error::truncated;
      input_begin_ = 0;
      input_end_ = 0;
      if (!is_stored_) return wait();
      OTTER_TRY(refill());
    }
    const Bytes input = plan_.input;
    input_begin_ +=
        static_cast<uint32_t>(decoder_.feed(input.part(input_begin_, input_end_ - input_begin_)));
  }
  OTTER_TRY_SET(const size_t size, decoder_.decode(plan_.writer->space()));
  return plan_.writer->take(size) ? PatchNeed::image : PatchNeed::again;
}

Error PatchUnpacker::refill() {
  const MutableBytes piece = plan_.input.part(0, plan_.offer.size_bytes - received_);
  OTTER_TRY(tail_.read(received_, piece));
  input_end_ = static_cast<uint32_t>(piece.size);
  received_ += input_end_;
  return Error::ok;
}

PatchNeed PatchUnpacker::wait() {
  begins_to_wait_ = !is_waiting_;
  is_waiting_ = true;
  return PatchNeed::payload;
}

MutableBytes PatchUnpacker::space() const {
  if (step_ == Step::storing) return store_.space();
  if (step_ == Step::fetching) return plan_.input.part(received_, kPatchHeaderSize - received_);
  return plan_.input.part(input_end_, plan_.offer.size_bytes - received_);
}

void PatchUnpacker::take(size_t size) {
  received_ += static_cast<uint32_t>(size);
  if (step_ == Step::storing) (void)store_.take(size);
  if (step_ == Step::decoding) input_end_ += static_cast<uint32_t>(size);
}

Error PatchUnpacker::read_base(uint32_t offset, MutableBytes out) {
  return plan_.running->read(offset, out);
}

// What is not in the slot yet is in the writer's piece.
Error PatchUnpacker::read_result(uint32_t offset, MutableBytes out) {
  const uint32_t written = plan_.writer->written();
  const MutableBytes in_slot = out.part(0, offset < written ? written - offset : 0);
  OTTER_TRY(plan_.target->read(offset, in_slot));
  const MutableBytes rest = out.part(in_slot.size);
  if (rest.size == 0) return Error::ok;
  const Bytes piece =
      plan_.writer->piece().part(offset + static_cast<uint32_t>(in_slot.size) - written, rest.size);
  if (piece.size < rest.size) return Error::malformed;  // no decoder asks for that
  memcpy(rest.data, piece.data, rest.size);
  return Error::ok;
}

}  // namespace otter
