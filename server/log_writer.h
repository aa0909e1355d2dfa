// Brings the log's lines to a stream: each before add() returns, or many at once from a thread of
// its own, so that a request does not wait for the terminal, the pipe or the disk. Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <ostream>
#include <string>
#include <string_view>
#include <thread>

namespace otter::server {

class LogWriter {
 public:
  // The line, with its end, that tells of this many lines that were dropped.
  using Confession = std::function<std::string(uint64_t dropped)>;

  // `out` must outlive it. With a delay lines are collected for that long; 0: written at once.
  LogWriter(std::ostream& out, std::chrono::milliseconds delay, Confession confession);
  // Writes what is left.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // `line` with its end. While the stream takes nothing, kPendingMax bytes are kept; what comes
  // then is dropped and counted.
  void add(std::string_view line);

  static constexpr size_t kPendingMax = 4 * 1024 * 1024;  // [bytes]

 private:
  void run();
  void write(std::string_view lines);

  std::ostream& out_;
  const std::chrono::milliseconds delay_;
  const Confession confession_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string pending_;
  uint64_t dropped_ = 0;  // lines
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace otter::server
