#include "server/log_writer.h"

#include <utility>

namespace otter::server {

LogWriter::LogWriter(std::ostream& out, std::chrono::milliseconds delay, Confession confession)
    : out_(out), delay_(delay), confession_(std::move(confession)) {
  if (delay.count() > 0) thread_ = std::thread([this] { run(); });
}

LogWriter::~LogWriter() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void LogWriter::write(std::string_view lines) {
  out_.write(lines.data(), static_cast<std::streamsize>(lines.size()));
  out_.flush();
}

void LogWriter::add(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (!thread_.joinable()) return write(line);
  if (pending_.size() + line.size() >= kPendingMax) {
    ++dropped_;
    return;
  }
  const bool was_empty = pending_.empty();
  pending_.append(line);
  if (was_empty) changed_.notify_one();
}

void LogWriter::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return is_over_ || !pending_.empty(); });
    // The first line woke it; those that follow soon come along.
    changed_.wait_for(lock, delay_, [this] { return is_over_; });
    std::string lines = std::exchange(pending_, {});
    if (const uint64_t dropped = std::exchange(dropped_, 0)) lines += confession_(dropped);
    if (lines.empty() && is_over_) return;
    lock.unlock();
    write(lines);
    lock.lock();
  }
}

}  // namespace otter::server
