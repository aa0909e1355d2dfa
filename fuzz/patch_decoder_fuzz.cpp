// The decoder of patches on any base and payload: it reads nothing outside of what there is, it
// ends, and what it gives does not depend on the pieces in which bytes come and go. The header's
// checksum is mended first; sizes are kept small.
#include <algorithm>

#include "fuzz/require.h"
#include "ota/crc32.h"
#include "ota/patch/patch_decoder.h"
#include "publish/host_crypto.h"

namespace otter {
namespace {

constexpr uint32_t kResultSizeMax = 16 * 1024;  // [bytes]

class CheckedSource : public PatchSource {
 public:
  CheckedSource(Bytes base, const std::vector<uint8_t>& result) : base_(base), result_(result) {}
  Error read_base(uint32_t offset, MutableBytes out) override { return read(base_, offset, out); }
  Error read_result(uint32_t offset, MutableBytes out) override {
    return read(result_, offset, out);
  }

 private:
  static Error read(Bytes from, uint32_t offset, MutableBytes out) {
    require(out.size <= from.size && offset <= from.size - out.size, "reads are inside");
    if (out.size > 0) memcpy(out.data, from.data + offset, out.size);
    return Error::ok;
  }

  Bytes base_;
  const std::vector<uint8_t>& result_;
};

struct Outcome {
  Error error = Error::ok;
  std::vector<uint8_t> result;
};

Outcome decode(const PatchHeader& header, Bytes base, Bytes payload, size_t piece_size) {
  Outcome outcome;
  CheckedSource source(base, outcome.result);
  HostCrypto crypto;
  PatchDecoder decoder;
  std::vector<uint64_t> memory(header.memory_size / sizeof(uint64_t));
  outcome.error =
      decoder.begin(header, source, crypto,
                    MutableBytes(reinterpret_cast<uint8_t*>(memory.data()), header.memory_size));
  std::vector<uint8_t> piece(piece_size);
  size_t calls = 0;
  while (outcome.error == Error::ok && !decoder.is_complete()) {
    const size_t taken = decoder.feed(payload.part(0, piece_size));
    payload = payload.part(taken);
    if (decoder.needs_payload() && payload.size == 0) outcome.error = Error::truncated;
    const Result<size_t> decoded = decoder.decode(piece);
    if (!decoded.ok()) outcome.error = decoded.error;
    require(decoded.value <= piece_size, "no more is given out than there is room for");
    outcome.result.insert(outcome.result.end(), piece.begin(),
                          piece.begin() + static_cast<std::ptrdiff_t>(decoded.value));
    require(++calls < 2 * kResultSizeMax + 4 * header.payload_size + 10000, "decoding ends");
  }
  require(outcome.result.size() <= header.result_size, "no more comes than the header says");
  return outcome;
}

}  // namespace
}  // namespace otter

// The base's size, the base, the patch.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  const Bytes input(data, size);
  if (size < 4 + kPatchHeaderSize) return 0;
  const Bytes base = input.part(4, load_le32(data));
  std::vector<uint8_t> patch(base.data + base.size, data + size);
  if (patch.size() < kPatchHeaderSize) return 0;
  const Bytes payload = Bytes(patch).part(kPatchHeaderSize);
  store_le32(&patch[8], static_cast<uint32_t>(base.size));
  store_le32(&patch[12], std::min(load_le32(&patch[12]), kResultSizeMax));
  store_le32(&patch[16], static_cast<uint32_t>(payload.size));
  store_le32(&patch[24], crc32(0, payload));
  if (base.size == 0) std::fill_n(&patch[28], kDigestSize, uint8_t{0});
  store_le32(&patch[92], crc32(0, Bytes(patch).part(0, 92)));
  const Result<PatchHeader> header = parse_patch_header(patch);
  if (!header.ok()) return 0;
  const Outcome small = decode(header.value, base, payload, 13);
  const Outcome large = decode(header.value, base, payload, 5000);
  require(small.error == large.error, "an error does not depend on the pieces");
  if (small.error == Error::ok) require(small.result == large.result, "nor does the result");
  return 0;
}
