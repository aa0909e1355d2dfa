// The encoder of patches on any two images: it makes one, the same each time, that gives the new
// image; and bytes that repeat nothing cost hardly more than themselves.
#include "fuzz/require.h"
#include "publish/patch_maker.h"

// The base's size, the base, the result.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  if (size < 4) return 0;
  const Bytes images = Bytes(data, size).part(4);
  const Bytes base = images.part(0, load_le32(data));
  const Bytes result = images.part(base.size);
  PatchOptions options;
  options.memory_size = kPatchMemorySizes[data[0] % 3];
  options.tries = 1 + data[0] % 2;
  const std::vector<uint8_t> patch = make_patch(base, result, options);
  require(apply_patch(base, patch) == std::vector<uint8_t>(result.data, result.data + result.size),
          "it gives the new image");
  require(make_patch(base, result, options) == patch, "it is the same each time");
  require(patch.size() <= kPatchHeaderSize + result.size + result.size / 8 + 64,
          "it is hardly larger than the image");
  return 0;
}
