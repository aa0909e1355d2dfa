#include "ota/log_line.h"

namespace otter {

LogLine::LogLine(Board& board, LogLevel level) : board_(board), level_(level) {}

LogLine::~LogLine() { board_.log(level_, as_text(appender_.written())); }

LogLine& LogLine::text(Text part) {
  appender_.text(part.part(0, sizeof(line_) - appender_.written().size));
  return *this;
}

LogLine& LogLine::number(int64_t value) {
  appender_.decimal(value);
  return *this;
}

}  // namespace otter
