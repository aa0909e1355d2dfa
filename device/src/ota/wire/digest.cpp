#include "ota/wire/digest.h"

namespace otter {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr char kBase64Digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

}  // namespace

bool Digest::is_zero() const {
  for (uint8_t byte : bytes) {
    if (byte != 0) return false;
  }
  return true;
}

void hex_encode(Bytes data, char* out) {
  for (size_t i = 0; i < data.size; ++i) {
    out[2 * i] = kHexDigits[data.data[i] >> 4];
    out[2 * i + 1] = kHexDigits[data.data[i] & 15];
  }
}

DigestHex to_hex(const Digest& digest) {
  DigestHex hex;
  hex_encode(digest.bytes, hex.characters);
  hex.characters[kDigestHexSize] = 0;
  return hex;
}

Error hex_decode(Text text, MutableBytes out) {
  if (text.size != 2 * out.size) return Error::malformed;
  for (size_t i = 0; i < out.size; ++i) {
    const int high = hex_value(text.data[2 * i]);
    const int low = hex_value(text.data[2 * i + 1]);
    if (high < 0 || low < 0) return Error::malformed;
    out.data[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return Error::ok;
}

Result<Digest> digest_from_hex(Text text) {
  Digest digest;
  OTTER_TRY(hex_decode(text, digest.bytes));
  return digest;
}

void base64_encode(Bytes data, Appender& out) {
  for (size_t at = 0; at < data.size; at += 3) {
    const Bytes group = data.part(at, 3);
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; ++i) bits = bits << 8 | (i < group.size ? group.data[i] : 0u);
    for (size_t i = 0; i < 4; ++i) {
      const bool padding = i > group.size;
      out.u8(static_cast<uint8_t>(padding ? '=' : kBase64Digits[bits >> (18 - 6 * i) & 63]));
    }
  }
}

Result<size_t> base64_decode(Text text, MutableBytes out) {
  if (text.size % 4 != 0) return Error::malformed;
  size_t written = 0;
  for (size_t at = 0; at < text.size; at += 4) {
    size_t padding = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; ++i) {
      const char c = text.data[at + i];
      const bool is_padding = c == '=' && at + 4 == text.size && i >= 2;
      const int value = is_padding ? 0 : base64_value(c);
      if (value < 0 || (padding > 0 && !is_padding)) return Error::malformed;
      if (is_padding) ++padding;
      bits = bits << 6 | static_cast<uint32_t>(value);
    }
    if (padding > 0 && (bits & ((1u << (8 * padding)) - 1)) != 0) return Error::malformed;
    const size_t count = 3 - padding;
    if (out.size - written < count) return Error::too_large;
    for (size_t i = 0; i < count; ++i) {
      out.data[written++] = static_cast<uint8_t>(bits >> (16 - 8 * i));
    }
  }
  return written;
}

}  // namespace otter
