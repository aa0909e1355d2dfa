// The reader of trust payloads on any text. What it accepts a TLS library can be given.
#include <array>

#include "fuzz/require.h"
#include "ota/wire/trust.h"

namespace otter {
namespace {

void check_anchors(Json anchors, Text text) {
  size_t count = 0;
  for (JsonItems items(anchors); items.next();) {
    std::array<uint8_t, kTrustSizeMax> der;
    const Text anchor = items.value().plain_string().value;
    require(is_within(anchor, text), "what is read lies within the text");
    const Result<size_t> size = base64_decode(anchor, der);
    require(size.ok() && size.value > 0 && der[0] == 0x30, "an anchor decodes in one go as well");
    ++count;
  }
  require(count >= 1 && count <= kAnchorsMax, "an authority is there");
}

void check_pins(Json pins) {
  size_t count = 0;
  for (JsonItems items(pins); items.next();) {
    require(digest_from_hex(items.value().plain_string().value).ok(), "a pin is a digest");
    ++count;
  }
  require(count <= kPinsMax, "pins are bounded");
}

}  // namespace
}  // namespace otter

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  const Text text = as_text(Bytes(data, size));
  const Result<TrustPayload> trust = parse_trust(text);
  if (!trust.ok()) return 0;
  require(trust.value.version >= 1, "versions begin at 1");
  check_anchors(trust.value.anchors, text);
  check_pins(trust.value.pins);
  return 0;
}
