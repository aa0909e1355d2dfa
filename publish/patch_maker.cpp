#include "publish/patch_maker.h"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "ota/crc32.h"
#include "ota/patch/patch_codec.h"
#include "publish/host_crypto.h"
#include "publish/memory_patch_source.h"
#include "publish/patch_plan.h"
#include "publish/range_encoder.h"
#include "publish/whole_encoder.h"

namespace otter {
namespace {

// Ways to align, the best first: what one is best for depends on how much has changed.
struct Way {
  double step_max;
  uint32_t size_min;
};
constexpr Way kWays[] = {{36, 8}, {30, 5}, {30, 10}, {26, 6}, {22, 7}, {40, 6}};

// A patch above this part of its image has so much new code that more tries take seconds, and gain
// two thousandths of it. bench/delta.py
constexpr size_t kTriedOnce = 8;

Digest digest_of(Bytes bytes) {
  HostCrypto crypto;
  const Result<Digest> digest = sha256(crypto, bytes);
  if (!digest.ok()) throw std::runtime_error("no memory for a SHA-256");
  return digest.value;
}

// 1 where a unit begins.
std::vector<uint8_t> unit_begins(const PatchImage& image) {
  std::vector<uint8_t> begins(image.bytes.size + 4, 0);
  visit_units(image, [&](const UnitPlace& place, const Unit&) { begins[place.offset] = 1; });
  return begins;
}

std::vector<uint8_t> encode(const PatchImage& base, const PatchImage& result, const PatchPlan& plan,
                            const PatchTableSizes& sizes) {
  std::vector<uint8_t> memory(size_of_tables(sizes));
  PatchTables tables;
  divide_memory(sizes, memory, &tables);
  const std::vector<uint8_t> begins = unit_begins(base);
  PatchTruth truth;
  truth.result = result.body();
  truth.base_map = &base.map;
  truth.result_map = &result.map;
  truth.blocks = plan.blocks.data();
  truth.block_count = static_cast<uint32_t>(plan.blocks.size());
  truth.overlay = plan.overlay.data();
  truth.overlay_count = static_cast<uint32_t>(plan.overlay.size());
  truth.copies = plan.copies.data();
  truth.copy_count = static_cast<uint32_t>(plan.copies.size());
  truth.unit_begins = begins.data();
  MemoryPatchSource source(base.bytes, result.bytes);
  RangeEncoder coder;
  const PatchSetup setup{base.method, static_cast<uint32_t>(base.bytes.size),
                         static_cast<uint32_t>(truth.result.size)};
  const auto codec = std::make_unique<PatchCodec<RangeEncoder>>(setup, coder, source, tables);
  codec->set_truth(truth);
  while (!codec->is_done()) {
    if (codec->step() != Error::ok) throw std::runtime_error("a patch could not be encoded");
  }
  return coder.finish();
}

std::vector<uint8_t> with_header(PatchHeader header, const std::vector<uint8_t>& payload) {
  header.payload_size = static_cast<uint32_t>(payload.size());
  header.payload_crc = crc32(0, payload);
  std::vector<uint8_t> patch(kPatchHeaderSize);
  write_patch_header(header, patch);
  patch.insert(patch.end(), payload.begin(), payload.end());
  return patch;
}

// The methods of both images must be one.
void agree(PatchImage& base, PatchImage& result) {
  if (base.method == result.method && base.map.chip() == result.map.chip()) return;
  for (PatchImage* image : {&base, &result}) {
    image->method = PatchMethod::bytes;
    image->map = ImageMap();
  }
}

std::string words(Error error) { return std::string(meaning(error).data, meaning(error).size); }

std::vector<uint8_t> decode(const PatchHeader& header, Bytes base, Bytes payload) {
  std::vector<uint64_t> memory(header.memory_size / sizeof(uint64_t));
  std::vector<uint8_t> result(header.result_size);
  MemoryPatchSource source(base, result);
  HostCrypto crypto;
  PatchDecoder decoder;
  Error error =
      decoder.begin(header, source, crypto,
                    MutableBytes(reinterpret_cast<uint8_t*>(memory.data()), header.memory_size));
  uint8_t spare = 0;
  while (error == Error::ok && !decoder.is_complete()) {
    payload = payload.part(decoder.feed(payload));
    MutableBytes out = MutableBytes(result).part(decoder.size_done());
    if (out.size == 0) out = MutableBytes(&spare, 1);
    error = decoder.decode(out).error;
    if (decoder.needs_payload() && payload.size == 0) error = Error::truncated;
  }
  if (error != Error::ok) throw std::runtime_error("the patch can't be decoded: " + words(error));
  return result;
}

std::vector<uint8_t> make_delta(PatchHeader header, Bytes base_bytes, PatchImage result,
                                const PatchOptions& options) {
  PatchImage base = read_patch_image(base_bytes);
  agree(base, result);
  header.method = base.method;
  const PatchTableSizes sizes = table_sizes(options.memory_size);
  std::vector<uint8_t> best;
  const int count = std::clamp(options.tries, 1, static_cast<int>(std::size(kWays)));
  for (int i = 0; i < count; ++i) {
    if (options.progress) options.progress(i, count);
    AlignmentCosts costs;
    costs.step_max = kWays[i].step_max;
    costs.size_min = kWays[i].size_min;
    const PatchPlan plan = plan_patch(base, result, costs, {sizes.blocks, sizes.overlay});
    std::vector<uint8_t> payload = encode(base, result, plan, sizes);
    if (i == 0 || payload.size() < best.size()) best = std::move(payload);
    if (best.size() > result.body().size / kTriedOnce) break;
  }
  return with_header(header, best);
}

// Without a base: LZMA, unless the result is so small that LZMA's own head costs more than it
// gives.
std::vector<uint8_t> make_whole(PatchHeader header, const PatchImage& result,
                                const PatchOptions& options) {
  constexpr size_t kSmallSize = 4096;  // [bytes]
  std::vector<uint8_t> small;
  if (result.body().size <= kSmallSize) small = make_delta(header, Bytes(), result, options);
  if (result.body().size == 0) return small;
  if (options.progress) options.progress(0, 1);
  header.method = PatchMethod::lzma;
  std::vector<uint8_t> whole =
      with_header(header, encode_whole(result, options.memory_size, options.tries));
  return small.empty() || whole.size() < small.size() ? whole : small;
}

}  // namespace

std::vector<uint8_t> make_patch(Bytes base_bytes, Bytes result_bytes, const PatchOptions& options) {
  if (base_bytes.size > kPatchImageSizeMax || result_bytes.size > kPatchImageSizeMax) {
    throw std::runtime_error("too large for a patch: images have less than 16 MiB");
  }
  const PatchImage result = read_patch_image(result_bytes);
  PatchHeader header;
  header.appends_sha256 = result.ends_with_own_sha256;
  header.base_size = static_cast<uint32_t>(base_bytes.size);
  header.result_size = static_cast<uint32_t>(result_bytes.size);
  header.memory_size = options.memory_size;
  if (base_bytes.size > 0) header.base_sha256 = digest_of(base_bytes);
  header.result_sha256 = digest_of(result_bytes);
  const std::vector<uint8_t> patch = base_bytes.size == 0
                                         ? make_whole(header, result, options)
                                         : make_delta(header, base_bytes, result, options);
  if (Bytes(apply_patch(base_bytes, patch)) != result_bytes) {
    throw std::runtime_error("a patch was made that does not give its result");
  }
  return patch;
}

std::vector<uint8_t> apply_patch(Bytes base, Bytes patch) {
  const Result<PatchHeader> header = parse_patch_header(patch);
  if (!header.ok()) throw std::runtime_error("not a patch: " + words(header.error));
  if (header.value.base_size > 0 &&
      (base.size != header.value.base_size || digest_of(base) != header.value.base_sha256)) {
    throw std::runtime_error("the patch is for another image: " +
                             std::string(to_hex(header.value.base_sha256).characters));
  }
  std::vector<uint8_t> result = decode(header.value, base, patch.part(kPatchHeaderSize));
  if (digest_of(result) != header.value.result_sha256) {
    throw std::runtime_error("the patch does not give what it says");
  }
  return result;
}

}  // namespace otter
