#include "ota/patch/patch_decoder.h"

#include "ota/crc32.h"
#include "ota/patch/delta_decoder.h"
#include "ota/patch/whole_decoder.h"

namespace otter {
namespace {

constexpr uint32_t kSilentStepsMax = 64;  // that one call of decode() makes without a byte

uint32_t body_size_of(const PatchHeader& header) {
  return header.result_size - (header.appends_sha256 ? static_cast<uint32_t>(kDigestSize) : 0);
}

constexpr size_t aligned(size_t size) { return (size + 7) / 8 * 8; }

}  // namespace

// All state of a decoding, at the beginning of the caller's memory; behind it the decoder of the
// method, and its tables. As a source it adds what the running call has given out so far.
class PatchDecoder::Engine : private PatchSource {
 public:
  // In memory that is there already.
  void* operator new(size_t, void* memory) { return memory; }
  void operator delete(void*, void*) {}

  Engine(const PatchHeader& header, PatchSource& source, Crypto& crypto, MutableBytes memory)
      : source_(source), crypto_(crypto), payload_(header.payload_size) {
    const uint32_t body_size = body_size_of(header);
    if (header.method == PatchMethod::lzma) {
      steps_ = new (memory.data)
          WholeDecoder(body_size, payload_, *this, memory.part(aligned(sizeof(WholeDecoder))));
    } else {
      steps_ = new (memory.data)
          DeltaDecoder({header.method, header.base_size, body_size}, payload_, *this,
                       table_sizes(header.memory_size), memory.part(aligned(sizeof(DeltaDecoder))));
    }
  }

  size_t feed(Bytes payload) {
    const size_t taken = payload_.feed(payload);
    crc_ = crc32(crc_, payload.part(0, taken));
    return taken;
  }
  bool is_hungry() const { return !is_body_done() && payload_.is_hungry(); }

  // Writes the next bytes of the body, the result without an appended SHA-256.
  Result<size_t> decode(MutableBytes out, uint32_t size_done) {
    running_offset_ = size_done;
    uint32_t silent_steps = 0;
    size_t size = take_made(out);
    while (size < out.size && !steps_->is_done() && silent_steps < kSilentStepsMax) {
      if (payload_.is_hungry()) break;
      running_out_ = Bytes(out.data, size);
      OTTER_TRY(steps_->step());
      if (payload_.is_exhausted()) return Error::truncated;
      made_taken_ = 0;
      const size_t taken = take_made(out.part(size));
      silent_steps += taken == 0 ? 1 : 0;
      size += taken;
    }
    return size;
  }

  bool is_body_done() const { return steps_->is_done() && made_taken_ == steps_->made().size; }

  // Nothing may be left, and what was used must be what was meant.
  Error check_payload(uint32_t expected_crc) const {
    if (!payload_.is_used_up()) return Error::trailing_bytes;
    return crc_ == expected_crc ? Error::ok : Error::bad_checksum;
  }

  Crypto& crypto() { return crypto_; }
  Digest& appended() { return appended_; }

 private:
  size_t take_made(MutableBytes out) {
    const Bytes left = steps_->made().part(made_taken_, out.size);
    if (left.size > 0) memcpy(out.data, left.data, left.size);
    made_taken_ += left.size;
    return left.size;
  }

  Error read_base(uint32_t offset, MutableBytes out) override {
    return source_.read_base(offset, out);
  }

  Error read_result(uint32_t offset, MutableBytes out) override {
    size_t size_before = 0;
    if (offset < running_offset_) {
      size_before = running_offset_ - offset;
      if (size_before > out.size) size_before = out.size;
      OTTER_TRY(source_.read_result(offset, out.part(0, size_before)));
    }
    const MutableBytes rest = out.part(size_before);
    if (rest.size == 0) return Error::ok;
    const Bytes running = running_out_.part(offset + size_before - running_offset_, rest.size);
    if (running.size != rest.size) return Error::malformed;
    memcpy(rest.data, running.data, rest.size);
    return Error::ok;
  }

  PatchSource& source_;
  Crypto& crypto_;
  PayloadBuffer payload_;
  StepDecoder* steps_;
  uint32_t crc_ = 0;
  size_t made_taken_ = 0;  // of what the last step made
  Bytes running_out_;      // what the running call has written so far
  uint32_t running_offset_ = 0;
  Digest appended_;
};

Error PatchDecoder::begin(const PatchHeader& header, PatchSource& source, Crypto& crypto,
                          MutableBytes memory) {
  engine_ = nullptr;
  header_ = header;
  size_done_ = 0;
  is_complete_ = false;
  if (memory.size < header.memory_size) return Error::low_memory;
  static_assert(aligned(sizeof(Engine)) + aligned(sizeof(DeltaDecoder)) <= kEngineSizeMax);
  engine_ = new (memory.data)
      Engine(header, source, crypto,
             memory.part(aligned(sizeof(Engine)), header.memory_size - aligned(sizeof(Engine))));
  if (header.appends_sha256) crypto.sha256_begin(HashLane::image);
  return Error::ok;
}

bool PatchDecoder::needs_payload() const { return engine_ != nullptr && engine_->is_hungry(); }

size_t PatchDecoder::feed(Bytes payload) { return engine_ == nullptr ? 0 : engine_->feed(payload); }

// After an error nothing more can come.
Result<size_t> PatchDecoder::decode(MutableBytes out) {
  if (engine_ == nullptr) return Error::malformed;
  const Result<size_t> body = decode_body(out);
  if (!body.ok()) {
    engine_ = nullptr;
    return body;
  }
  if (!engine_->is_body_done()) return body;
  const size_t size = body.value + append_sha256(out.part(body.value));
  is_complete_ = size_done_ == header_.result_size;
  return size;
}

Result<size_t> PatchDecoder::decode_body(MutableBytes out) {
  if (size_done_ >= body_size_of(header_) && engine_->is_body_done()) return size_t{0};
  size_t size = 0;
  OTTER_TRY_SET(size, engine_->decode(out, size_done_));
  size_done_ += static_cast<uint32_t>(size);
  if (header_.appends_sha256) {
    engine_->crypto().sha256_update(HashLane::image, Bytes(out.data, size));
  }
  if (!engine_->is_body_done()) return size;
  OTTER_TRY(engine_->check_payload(header_.payload_crc));
  if (header_.appends_sha256) {
    OTTER_TRY(engine_->crypto().sha256_finish(HashLane::image, &engine_->appended()));
  }
  return size;
}

size_t PatchDecoder::append_sha256(MutableBytes out) {
  const Bytes left = Bytes(engine_->appended().bytes)
                         .part(size_done_ - body_size_of(header_), header_.result_size - size_done_)
                         .part(0, out.size);
  if (left.size > 0) memcpy(out.data, left.data, left.size);
  size_done_ += static_cast<uint32_t>(left.size);
  return left.size;
}

}  // namespace otter
