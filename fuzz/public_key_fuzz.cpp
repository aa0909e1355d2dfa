// A public key's PEM text. What is accepted holds the point that the text encodes.
#include <string>

#include "fuzz/require.h"
#include "ota/public_key.h"
#include "publish/host_crypto.h"

namespace {

using namespace otter;

std::string wrap(Bytes info) {
  std::string text(base64_size(info.size), '\0');
  Appender out(MutableBytes(reinterpret_cast<uint8_t*>(text.data()), text.size()));
  base64_encode(info, out);
  return "-----BEGIN PUBLIC KEY-----" + text + "-----END PUBLIC KEY-----";
}

void check_key(Text text) {
  HostCrypto crypto;
  const Result<ReleaseKey> key = release_key_of_pem(crypto, text);
  if (key.ok()) require(key.value.point[0] == 4, "a point that is not compressed");
  // With the text's own bytes as the key.
  const Result<ReleaseKey> wrapped = release_key_of_pem(crypto, wrap(as_bytes(text)));
  require(!wrapped.ok() || as_bytes(text).part(26) == Bytes(wrapped.value.point), "the same point");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  check_key(as_text(Bytes(data, size)));
  return 0;
}
