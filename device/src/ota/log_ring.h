// The last lines of the log, in memory that the caller hands in, until the server asks for them.
// docs/spec/device-log.md. One caller at a time.
#pragma once

#include "ota/board.h"

namespace otter {

class LogRing {
 public:
  // Keeps lines in `block` from now on; an empty one keeps none.
  explicit LogRing(MutableBytes block) : block_(block) {}

  // [s] that the lines from now on are marked with.
  void set_time(uint32_t uptime_s) { uptime_s_ = uptime_s; }
  // Keeps "TIME LEVEL LINE\n"; the oldest lines make room for it. Those of the level `debug` are
  // passed over.
  void keep(LogLevel level, Text line);

  // Copies what is kept, the oldest first: whole lines, as many of the last as fit.
  Text read(MutableBytes out) const;

 private:
  void put(uint8_t byte);
  void drop_line();
  uint8_t at(size_t index) const { return block_.data[(start_ + index) % block_.size]; }

  MutableBytes block_;
  size_t start_ = 0;  // of the oldest line
  size_t size_ = 0;
  uint32_t uptime_s_ = 0;
};

}  // namespace otter
