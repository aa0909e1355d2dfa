// The reader of root metadata on any text. What it accepts keeps the limits that checking a
// signature relies on.
#include "fuzz/require.h"
#include "ota/wire/root.h"
#include "publish/host_crypto.h"

namespace otter {
namespace {

size_t count_of(Json list) {
  size_t count = 0;
  for (JsonItems items(list); items.next();) ++count;
  return count;
}

Text point_of(Json key) {
  return key.type() == JsonType::object ? key.member("point").value.plain_string().value
                                        : key.plain_string().value;
}

void check_points(Json keys, Text text) {
  for (JsonItems items(keys); items.next();) {
    const Text point = point_of(items.value());
    uint8_t decoded[kPublicKeySize + 1];
    require(is_within(point, text), "what is read lies within the text");
    require(base64_decode(point, decoded).value == kPublicKeySize, "each key is a point");
    size_t seen = 0;
    for (JsonItems others(keys); others.next();) seen += point_of(others.value()) == point;
    require(seen == 1, "no key is listed twice");
  }
}

void check_thresholds(const RootMetadata& root) {
  require(root.root_threshold >= 1 && root.root_threshold <= count_of(root.root_keys) &&
              count_of(root.root_keys) <= kRoleKeysMax,
          "the root threshold can be met");
  require(root.release_threshold >= 1 && root.release_threshold <= count_of(root.release_keys) &&
              count_of(root.release_keys) <= kRoleKeysMax,
          "the release threshold can be met");
}

// Nothing is consent: neither no signature nor one that nobody made.
void check_refusals(const RootMetadata& root, Text text) {
  HostCrypto crypto;
  Envelope envelope;
  envelope.body = as_bytes(text);
  require(verify_root_signatures(crypto, kRootType, envelope, root) == Error::unknown_key,
          "metadata without a signature is refused");
  require(verify_release_signatures(crypto, envelope, root, "a", "b") == Error::unknown_key,
          "a release without a signature is refused");
  const Error revoked = check_not_revoked(crypto, root);
  require(revoked == Error::ok || revoked == Error::key_not_allowed, "keys can be told");
}

}  // namespace
}  // namespace otter

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace otter;
  const Text text = as_text(Bytes(data, size));
  const Result<RootMetadata> root = parse_root(text);
  if (!root.ok()) return 0;
  require(root.value.version >= 1 && root.value.epoch >= 1, "version and epoch begin at 1");
  check_points(root.value.root_keys, text);
  check_points(root.value.release_keys, text);
  check_thresholds(root.value);
  check_refusals(root.value, text);
  return 0;
}
