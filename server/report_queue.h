// Reports on their way to the disk: all that came in while the disk was busy go there together, so
// that a sync is shared, and no thread that serves requests waits for it. Any thread.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "server/store.h"

namespace otter::server {

class ReportQueue {
 public:
  // Told once the report is durable: whether it is a new one. Or why it can't be kept, a StoreError
  // for one; then nothing of it is. Called by the queue's thread; must not throw.
  using Done = std::function<void(bool is_new, std::exception_ptr error)>;

  // `store` must outlive it.
  explicit ReportQueue(Store& store);
  // Ends when all that was added is done.
  ~ReportQueue();
  ReportQueue(const ReportQueue&) = delete;
  ReportQueue& operator=(const ReportQueue&) = delete;

  // Cost: no wait for the disk. Who adds bounds the queue: a connection has one report under way.
  void add(Report report, Done done);

 private:
  void write_until_stopped();
  void write(std::vector<Report> reports, const std::vector<Done>& done);
  void write_one(const Report& report, const Done& done);

  Store& store_;
  std::mutex lock_;
  std::condition_variable changed_;
  std::vector<Report> reports_;
  std::vector<Done> done_;  // of each of reports_
  bool is_stopped_ = false;
  std::thread thread_;
};

}  // namespace otter::server
