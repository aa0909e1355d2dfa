// Versions: three texts, split at zero bytes, in a total order.
#include "fuzz/require.h"
#include "ota/wire/version.h"

namespace otter {
namespace {

int order(Text a, Text b) {
  const int result = compare_versions(a, b);
  return (result > 0) - (result < 0);
}

Text take_text(Text* rest) {
  const void* nul = rest->size == 0 ? nullptr : memchr(rest->data, 0, rest->size);
  const size_t size =
      nul == nullptr ? rest->size : static_cast<size_t>(static_cast<const char*>(nul) - rest->data);
  const Text taken = rest->part(0, size);
  *rest = rest->part(size + 1);
  return taken;
}

void check_parts(Text text) {
  const Version version = Version::parse(text);
  require(is_within(version.numbers, text) && is_within(version.pre_release, text),
          "the parts lie within the text");
  require(version.whole == text, "the whole is kept");
}

void check_order(Text a, Text b, Text c) {
  require(order(a, a) == 0, "the order is reflexive");
  require(order(a, b) == -order(b, a), "the order is antisymmetric");
  if (order(a, b) <= 0 && order(b, c) <= 0) {
    require(order(a, c) <= 0, "the order is transitive");
    if (order(a, c) == 0) require(order(a, b) == 0 && order(b, c) == 0, "so is equality");
  }
}

}  // namespace
}  // namespace otter

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  Text rest = as_text(Bytes(data, size));
  const Text a = take_text(&rest);
  const Text b = take_text(&rest);
  for (Text text : {a, b, rest}) check_parts(text);
  check_order(a, b, rest);
  check_order(rest, a, b);
  check_order(b, rest, a);
  return 0;
}
