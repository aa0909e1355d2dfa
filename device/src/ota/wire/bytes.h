// Views of memory that somebody else owns, and little-endian access to them. Pure, any thread.
// Only C headers: the core also builds for toolchains that come without a C++ library.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace otter {

// `size` readable bytes at `data`.
struct Bytes {
  const uint8_t* data = nullptr;
  size_t size = 0;

  constexpr Bytes() = default;
  constexpr Bytes(const uint8_t* data_in, size_t size_in) : data(data_in), size(size_in) {}
  // Any container of bytes: std::vector<uint8_t>, std::array<uint8_t, N>.
  template <typename C, typename = decltype(static_cast<const uint8_t*>(
                            static_cast<const C*>(nullptr)->data()))>
  constexpr Bytes(const C& container) : data(container.data()), size(container.size()) {}
  template <size_t N>
  constexpr Bytes(const uint8_t (&array)[N]) : data(array), size(N) {}

  // The part [offset, offset + length), cut off at the end of the view.
  constexpr Bytes part(size_t offset, size_t length = SIZE_MAX) const {
    if (offset > size) offset = size;
    const size_t left = size - offset;
    return Bytes(data + offset, length < left ? length : left);
  }
};

// `size` writable bytes at `data`.
struct MutableBytes {
  uint8_t* data = nullptr;
  size_t size = 0;

  constexpr MutableBytes() = default;
  constexpr MutableBytes(uint8_t* data_in, size_t size_in) : data(data_in), size(size_in) {}
  template <typename C,
            typename = decltype(static_cast<uint8_t*>(static_cast<C*>(nullptr)->data()))>
  constexpr MutableBytes(C& container) : data(container.data()), size(container.size()) {}
  template <size_t N>
  constexpr MutableBytes(uint8_t (&array)[N]) : data(array), size(N) {}

  constexpr operator Bytes() const { return Bytes(data, size); }
  constexpr MutableBytes part(size_t offset, size_t length = SIZE_MAX) const {
    if (offset > size) offset = size;
    const size_t left = size - offset;
    return MutableBytes(data + offset, length < left ? length : left);
  }
};

// `size` characters at `data`; not NUL terminated.
struct Text {
  const char* data = "";
  size_t size = 0;

  constexpr Text() = default;
  constexpr Text(const char* data_in, size_t size_in) : data(data_in), size(size_in) {}
  Text(const char* terminated) : data(terminated), size(strlen(terminated)) {}
  // Any container of characters: std::string, std::string_view.
  template <typename C,
            typename = decltype(static_cast<const char*>(static_cast<const C*>(nullptr)->data()))>
  constexpr Text(const C& container) : data(container.data()), size(container.size()) {}

  constexpr Text part(size_t offset, size_t length = SIZE_MAX) const {
    if (offset > size) offset = size;
    const size_t left = size - offset;
    return Text(data + offset, length < left ? length : left);
  }
  constexpr bool empty() const { return size == 0; }
};

inline Bytes as_bytes(Text text) {
  return Bytes(reinterpret_cast<const uint8_t*>(text.data), text.size);
}
inline Text as_text(Bytes bytes) {
  return Text(reinterpret_cast<const char*>(bytes.data), bytes.size);
}

inline bool operator==(Bytes a, Bytes b) {
  return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}
inline bool operator!=(Bytes a, Bytes b) { return !(a == b); }
inline bool operator==(Text a, Text b) { return as_bytes(a) == as_bytes(b); }
inline bool operator!=(Text a, Text b) { return !(a == b); }
inline bool starts_with(Text text, Text prefix) { return text.part(0, prefix.size) == prefix; }

// Compares secrets: the time depends on the sizes alone.
bool equal_constant_time(Bytes a, Bytes b);

constexpr uint16_t load_le16(const uint8_t* p) { return static_cast<uint16_t>(p[0] | p[1] << 8); }
constexpr uint32_t load_le32(const uint8_t* p) {
  return load_le16(p) | static_cast<uint32_t>(load_le16(p + 2)) << 16;
}
constexpr uint64_t load_le64(const uint8_t* p) {
  return load_le32(p) | static_cast<uint64_t>(load_le32(p + 4)) << 32;
}
constexpr void store_le16(uint8_t* p, uint16_t value) {
  p[0] = static_cast<uint8_t>(value);
  p[1] = static_cast<uint8_t>(value >> 8);
}
constexpr void store_le32(uint8_t* p, uint32_t value) {
  store_le16(p, static_cast<uint16_t>(value));
  store_le16(p + 2, static_cast<uint16_t>(value >> 16));
}
constexpr void store_le64(uint8_t* p, uint64_t value) {
  store_le32(p, static_cast<uint32_t>(value));
  store_le32(p + 4, static_cast<uint32_t>(value >> 32));
}

// Takes values off the front of a view. A read past the end gives zeros and makes failed() true
// for good, so that a parser may check once, after its last read.
class Cursor {
 public:
  explicit Cursor(Bytes bytes) : rest_(bytes) {}
  Bytes take(size_t size);
  uint8_t u8();
  uint16_t le16();
  uint32_t le32();
  uint64_t le64();
  size_t left() const { return rest_.size; }
  bool failed() const { return failed_; }

 private:
  Bytes rest_;
  bool failed_ = false;
};

// Appends to a buffer of the caller's. What does not fit is dropped and makes failed() true for
// good.
class Appender {
 public:
  explicit Appender(MutableBytes buffer) : buffer_(buffer) {}
  void bytes(Bytes data);
  void text(Text data) { bytes(as_bytes(data)); }
  void u8(uint8_t value) { bytes(Bytes(&value, 1)); }
  void le16(uint16_t value);
  void le32(uint32_t value);
  void le64(uint64_t value);
  void decimal(int64_t value);
  Bytes written() const { return Bytes(buffer_.data, size_); }
  bool failed() const { return failed_; }

 private:
  MutableBytes buffer_;
  size_t size_ = 0;
  bool failed_ = false;
};

}  // namespace otter
