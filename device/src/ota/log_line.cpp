#include "ota/log_line.h"

#include "ota/log_ring.h"

namespace otter {

LogLine::LogLine(Board& board, LogLevel level) : board_(board), level_(level) {}

LogLine::~LogLine() {
  const Text line = as_text(appender_.written());
  board_.log(level_, line);
  if (board_.kept_log() != nullptr) board_.kept_log()->keep(level_, line);
}

LogLine& LogLine::text(Text part) {
  appender_.text(part.part(0, sizeof(line_) - appender_.written().size));
  return *this;
}

LogLine& LogLine::number(int64_t value) {
  appender_.decimal(value);
  return *this;
}

}  // namespace otter
