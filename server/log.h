// The server's log: one line an event, for people or as JSON. docs/operating.md. Any thread.
//
// What comes from outside is escaped: a line holds no byte below 0x20 or above 0x7E, so nobody can
// forge a line or move a terminal's cursor. A secret is never handed to it; one that a client put
// where it does not belong, into a path, is hidden by its form.
#pragma once

#include <chrono>
#include <initializer_list>
#include <ostream>
#include <string>
#include <string_view>

#include "server/log_writer.h"
#include "server/settings.h"

namespace otter::server {

// A fact that belongs to an event; an empty value is left out.
struct LogField {
  std::string_view name;
  std::string value;
};
using LogFields = std::initializer_list<LogField>;

class Log {
 public:
  // `out` must outlive it. `delay`: log_writer.h.
  Log(LogFormat format, std::ostream& out, std::chrono::milliseconds delay = {});

  // "[2025-10-07 14:30:15] Serving manifest v1.0.1 product=lamp remote=192.0.2.7"
  void info(const std::string& event, LogFields fields);
  // As info(), with "warning: " before the event: a request was refused.
  void warning(const std::string& event, LogFields fields);
  // As info(), with "error: " before the event: the server itself has a fault.
  void error(const std::string& event, LogFields fields);

 private:
  enum class Level : uint8_t { info, warning, error };
  std::string line(Level level, const std::string& event, LogFields fields) const;
  void write(Level level, const std::string& event, LogFields fields);

  const LogFormat format_;
  LogWriter writer_;
};

// `text` with everything but printable ASCII, and the backslash, as \xNN; of what looks like one of
// make_secret()'s secrets, the prefix and "...".
std::string escape_for_log(std::string_view text);

}  // namespace otter::server
