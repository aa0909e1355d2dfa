#include "ota/log_ring.h"

namespace otter {
namespace {

constexpr char kLevels[] = {'E', 'I', 'D'};  // of LogLevel

}  // namespace

void LogRing::drop_line() {
  bool is_end = false;
  while (size_ > 0 && !is_end) {
    is_end = at(0) == '\n';
    start_ = (start_ + 1) % block_.size;
    --size_;
  }
}

void LogRing::put(uint8_t byte) {
  if (size_ == block_.size) drop_line();
  block_.data[(start_ + size_) % block_.size] = byte;
  ++size_;
}

void LogRing::keep(LogLevel level, Text line) {
  if (block_.size == 0 || level == LogLevel::debug) return;
  uint8_t head[16];
  Appender appender(head);
  appender.decimal(uptime_s_);
  appender.u8(' ');
  appender.u8(static_cast<uint8_t>(kLevels[static_cast<size_t>(level)]));
  appender.u8(' ');
  const Bytes written = appender.written();
  for (size_t i = 0; i < written.size; ++i) put(written.data[i]);
  for (size_t i = 0; i < line.size; ++i) {
    const auto byte = static_cast<uint8_t>(line.data[i]);
    put(byte >= 0x20 && byte < 0x7F ? byte : '?');  // nobody can make two lines of one
  }
  put('\n');
}

Text LogRing::read(MutableBytes out) const {
  size_t skipped = 0;
  while (size_ - skipped > out.size) {
    while (at(skipped) != '\n') ++skipped;
    ++skipped;
  }
  for (size_t i = skipped; i < size_; ++i) out.data[i - skipped] = at(i);
  return as_text(Bytes(out.part(0, size_ - skipped)));
}

}  // namespace otter
