// A SHA-256 value, and its spelling in hexadecimal and base64. Pure, any thread.
#pragma once

#include "ota/wire/error.h"

namespace otter {

constexpr size_t kDigestSize = 32;       // [bytes] SHA-256, FIPS 180-4
constexpr size_t kDigestHexSize = 64;    // [characters]
constexpr size_t kBlockDigestSize = 16;  // [bytes] the truncated SHA-256 of one block

struct Digest {
  uint8_t bytes[kDigestSize] = {};

  bool is_zero() const;
};

inline bool operator==(const Digest& a, const Digest& b) {
  return Bytes(a.bytes) == Bytes(b.bytes);
}
inline bool operator!=(const Digest& a, const Digest& b) { return !(a == b); }

// Lower-case hexadecimal of a digest, kept as a value so that it can be logged or sent.
struct DigestHex {
  char characters[kDigestHexSize + 1];  // NUL terminated

  operator Text() const { return Text(characters, kDigestHexSize); }
};
DigestHex to_hex(const Digest& digest);

// Writes two characters per byte into `out` [2 * data.size characters], lower case.
void hex_encode(Bytes data, char* out);

// Reads exactly out.size bytes; upper or lower case.
//
// Errors: malformed (length is not 2 * out.size, or not a hexadecimal digit)
Error hex_decode(Text text, MutableBytes out);

// Errors: malformed
Result<Digest> digest_from_hex(Text text);

// Characters of padded base64 (RFC 4648 section 4) for `size` bytes.
constexpr size_t base64_size(size_t size) { return (size + 2) / 3 * 4; }

// Appends the padded base64 of `data`.
void base64_encode(Bytes data, Appender& out);

// Strict: padded, no white space, no bits set past the end. Gives the number of bytes written.
// `out` may begin where `text` does: what is written never overtakes what is read.
//
// Errors: malformed; too_large (out is too small)
Result<size_t> base64_decode(Text text, MutableBytes out);

}  // namespace otter
