// The plain mode's manifest. What is accepted has a size that a device can hold and a target on the
// same server.
#include "fuzz/require.h"
#include "ota/release.h"
#include "ota/wire/version.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  const Text text = as_text(Bytes(data, size));
  const Result<Release> release = parse_plain_release(text);
  if (!release.ok()) return 0;
  const Manifest& manifest = release.value.manifest;
  require(!release.value.is_signed, "nothing is signed");
  require(manifest.image_size_bytes > 0 && manifest.image_size_bytes <= kImageSizeMax,
          "the image has a size");
  require(is_version(manifest.version), "the version is one");
  require(starts_with(release.value.target, "/") && !starts_with(release.value.target, "//"),
          "the image is on the same server");
  require(is_within(release.value.target, text), "the target lies within the text");
  return 0;
}
