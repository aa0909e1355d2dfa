#include "ota/wire/bytes.h"

namespace otter {

bool equal_constant_time(Bytes a, Bytes b) {
  if (a.size != b.size) return false;
  volatile uint8_t difference = 0;
  for (size_t i = 0; i < a.size; ++i) {
    difference = static_cast<uint8_t>(difference | (a.data[i] ^ b.data[i]));
  }
  return difference == 0;
}

Bytes Cursor::take(size_t size) {
  if (failed_ || size > rest_.size) {
    failed_ = true;
    return Bytes();
  }
  const Bytes taken = rest_.part(0, size);
  rest_ = rest_.part(size);
  return taken;
}

uint8_t Cursor::u8() {
  const Bytes taken = take(1);
  return failed_ ? uint8_t{0} : taken.data[0];
}
uint16_t Cursor::le16() {
  const Bytes taken = take(2);
  return failed_ ? uint16_t{0} : load_le16(taken.data);
}
uint32_t Cursor::le32() {
  const Bytes taken = take(4);
  return failed_ ? 0 : load_le32(taken.data);
}
uint64_t Cursor::le64() {
  const Bytes taken = take(8);
  return failed_ ? 0 : load_le64(taken.data);
}

void Appender::bytes(Bytes data) {
  if (failed_ || data.size > buffer_.size - size_) {
    failed_ = true;
    return;
  }
  if (data.size > 0) memcpy(buffer_.data + size_, data.data, data.size);
  size_ += data.size;
}
void Appender::le16(uint16_t value) {
  uint8_t raw[2];
  store_le16(raw, value);
  bytes(raw);
}
void Appender::le32(uint32_t value) {
  uint8_t raw[4];
  store_le32(raw, value);
  bytes(raw);
}
void Appender::le64(uint64_t value) {
  uint8_t raw[8];
  store_le64(raw, value);
  bytes(raw);
}
void Appender::decimal(int64_t value) {
  uint8_t digits[20];
  size_t at = sizeof(digits);
  uint64_t rest = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  do {
    digits[--at] = static_cast<uint8_t>('0' + rest % 10);
    rest /= 10;
  } while (rest > 0);
  if (value < 0) u8('-');
  bytes(Bytes(digits + at, sizeof(digits) - at));
}

}  // namespace otter
