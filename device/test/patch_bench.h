// A patch on its way into an image, as tests drive it: pieces of any size in and out, ports that
// fail, and a guard that nothing is read that must not be. One thread.
#pragma once

#include <vector>

#include "ota/patch/patch_decoder.h"
#include "publish/host_crypto.h"

namespace otter {

// Base and result in memory; fails the read number `fail_at` [0, ...).
class GuardedSource : public PatchSource {
 public:
  GuardedSource(Bytes base, const std::vector<uint8_t>& result) : base_(base), result_(result) {}

  Error read_base(uint32_t offset, MutableBytes out) override { return read(base_, offset, out); }
  Error read_result(uint32_t offset, MutableBytes out) override {
    return read(result_, offset, out);
  }

  int fail_at = -1;
  bool went_outside = false;

 private:
  Error read(Bytes from, uint32_t offset, MutableBytes out) {
    if (fail_at >= 0 && reads_++ >= fail_at) return Error::flash_io;
    if (out.size > from.size || offset > from.size - out.size) {
      went_outside = true;
      return Error::flash_io;
    }
    if (out.size > 0) memcpy(out.data, from.data + offset, out.size);
    return Error::ok;
  }

  Bytes base_;
  const std::vector<uint8_t>& result_;  // what was given out so far
  int reads_ = 0;
};

// How a patch is applied.
struct PatchRun {
  size_t in_size = 1000;   // [bytes] that are fed at a time
  size_t out_size = 1000;  // [bytes] that are asked for at a time
  int fail_at = -1;        // the source's read that fails
};

struct PatchOutcome {
  Error error = Error::ok;
  std::vector<uint8_t> result;
  bool went_outside = false;
};

// Gives what comes of `payload`. An error behind the payload's end that the decoder does not notice
// shows as Error::truncated.
inline PatchOutcome run_patch(const PatchHeader& header, Bytes base, Bytes payload,
                              const PatchRun& run) {
  PatchOutcome outcome;
  GuardedSource source(base, outcome.result);
  source.fail_at = run.fail_at;
  HostCrypto crypto;
  PatchDecoder decoder;
  std::vector<uint64_t> memory(header.memory_size / sizeof(uint64_t) + 1);
  const MutableBytes block(reinterpret_cast<uint8_t*>(memory.data()), header.memory_size);
  outcome.error = decoder.begin(header, source, crypto, block);
  std::vector<uint8_t> piece(run.out_size);
  while (outcome.error == Error::ok && !decoder.is_complete()) {
    if (decoder.needs_payload()) {
      const size_t taken = decoder.feed(payload.part(0, run.in_size));
      payload = payload.part(taken);
      if (taken == 0) outcome.error = Error::truncated;
    }
    const Result<size_t> decoded = decoder.decode(piece);
    if (!decoded.ok()) outcome.error = decoded.error;
    if (decoded.ok()) {
      outcome.result.insert(outcome.result.end(), piece.begin(),
                            piece.begin() + static_cast<std::ptrdiff_t>(decoded.value));
    }
  }
  outcome.went_outside = source.went_outside;
  return outcome;
}

}  // namespace otter
