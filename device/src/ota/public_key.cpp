#include "ota/public_key.h"

namespace otter {
namespace {

constexpr char kBegin[] = "-----BEGIN PUBLIC KEY-----";
constexpr char kEnd[] = "-----END PUBLIC KEY-----";

// SEQUENCE { SEQUENCE { id-ecPublicKey, secp256r1 }, BIT STRING of the point }: RFC 5480 section 2.
constexpr uint8_t kHeader[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                               0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
                               0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
constexpr size_t kKeyInfoSize = sizeof(kHeader) + kPublicKeySize;

bool is_space(char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; }

// Where `part` begins in `text`; text.size if it is not there.
size_t find(Text text, Text part) {
  for (size_t i = 0; i + part.size <= text.size; ++i) {
    if (text.part(i, part.size) == part) return i;
  }
  return text.size;
}

}  // namespace

Result<ReleaseKey> release_key_of_pem(Crypto& crypto, Text pem) {
  const size_t begin = find(pem, kBegin);
  if (begin == pem.size) return Error::malformed;
  const Text rest = pem.part(begin + sizeof(kBegin) - 1);
  const size_t end = find(rest, kEnd);
  if (end == rest.size) return Error::malformed;

  char encoded[base64_size(kKeyInfoSize)];
  size_t size = 0;
  for (size_t i = 0; i < end; ++i) {
    if (is_space(rest.data[i])) continue;
    if (size == sizeof(encoded)) return Error::unsupported;
    encoded[size++] = rest.data[i];
  }
  uint8_t info[base64_size(kKeyInfoSize) / 4 * 3];
  OTTER_TRY_SET(const size_t info_size, base64_decode(Text(encoded, size), info));
  const Bytes decoded = Bytes(info).part(0, info_size);
  if (info_size != kKeyInfoSize || decoded.part(0, sizeof(kHeader)) != Bytes(kHeader)) {
    return Error::unsupported;
  }
  ReleaseKey key;
  memcpy(key.point, info + sizeof(kHeader), kPublicKeySize);
  constexpr uint8_t kUncompressed = 4;  // SEC1 section 2.3.3
  if (key.point[0] != kUncompressed) return Error::unsupported;
  OTTER_TRY_SET(const Digest digest, sha256(crypto, key.point));
  memcpy(key.id, digest.bytes, sizeof(key.id));
  return key;
}

}  // namespace otter
