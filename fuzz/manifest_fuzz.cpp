// The manifest reader on any text. What it accepts keeps the limits that its users rely on.
#include "fuzz/require.h"
#include "ota/wire/device_facts.h"
#include "ota/wire/manifest.h"
#include "ota/wire/version.h"

namespace otter {
namespace {

void check_blocks(const Manifest& manifest) {
  uint64_t total = 0;
  for (uint32_t i = 0; i < manifest.block_count(); ++i) {
    uint8_t digest[kBlockDigestSize];
    require(manifest.block_digest(i, digest) == Error::ok, "each block has a digest");
    require(manifest.block_size_of(i) > 0, "no block is empty");
    total += manifest.block_size_of(i);
  }
  require(total == manifest.image_size_bytes, "the blocks make up the image");
  uint8_t digest[kBlockDigestSize];
  require(manifest.block_digest(manifest.block_count(), digest) == Error::out_of_range,
          "there is no further block");
}

void check_fields(const Manifest& manifest) {
  require(is_identifier(manifest.product) && is_identifier(manifest.channel),
          "product and channel are identifiers");
  require(is_version(manifest.version), "the version can stand in a URL");
  require(find_chip(manifest.chip) != nullptr, "the chip is known");
  require(manifest.revision_min <= manifest.revision_max, "some revision is allowed");
  require(manifest.sequence >= 1 && manifest.sequence <= static_cast<uint64_t>(kSequenceMax),
          "a device can report the sequence");
  require(manifest.created_s >= 0 && manifest.expires_s >= 0, "times are not negative");
  for (JsonItems items(manifest.layouts); items.next();) {
    require(items.value().plain_string().value.size == 2 * kLayoutSize, "layouts are complete");
  }
}

}  // namespace
}  // namespace otter

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  const Text text = as_text(Bytes(data, size));
  const Result<Manifest> manifest = parse_manifest(text);
  if (!manifest.ok()) return 0;
  require(is_within(manifest.value.product, text) && is_within(manifest.value.blocks, text),
          "what is read lies within the text");
  check_blocks(manifest.value);
  check_fields(manifest.value);
  return 0;
}
