// The head of a patch on any bytes, and once more with its checksum mended: what is read can be
// written again, and is within the limits.
#include "fuzz/require.h"
#include "ota/crc32.h"
#include "ota/patch/patch_header.h"

namespace otter {
namespace {

void check_header(Bytes raw) {
  const Result<PatchHeader> header = parse_patch_header(raw);
  if (!header.ok()) return;
  require(header.value.base_size <= kPatchImageSizeMax, "the base is within the limit");
  require(header.value.result_size <= kPatchImageSizeMax, "the result is within the limit");
  uint8_t again[kPatchHeaderSize];
  write_patch_header(header.value, again);
  require(Bytes(again) == raw.part(0, kPatchHeaderSize), "a header is written as it was read");
  require(!name(header.value.method).empty(), "a method has a name");
}

}  // namespace
}  // namespace otter

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  check_header(Bytes(data, size));
  if (size < kPatchHeaderSize) return 0;
  std::vector<uint8_t> mended(data, data + size);
  store_le32(&mended[92], crc32(0, Bytes(mended).part(0, 92)));
  check_header(mended);
  return 0;
}
