// One log line, put together on the stack. Any thread.
#pragma once

#include "ota/board.h"

namespace otter {

// `LogLine(board, LogLevel::info).text("Download progress: ").number(45).text("%");` logs at the
// end of the statement. What does not fit is cut off.
class LogLine {
 public:
  explicit LogLine(Board& board, LogLevel level = LogLevel::info);
  ~LogLine();
  LogLine(const LogLine&) = delete;
  LogLine& operator=(const LogLine&) = delete;

  LogLine& text(Text part);
  LogLine& number(int64_t value);

 private:
  Board& board_;
  LogLevel level_;
  uint8_t line_[160];
  Appender appender_{MutableBytes(line_)};
};

}  // namespace otter
