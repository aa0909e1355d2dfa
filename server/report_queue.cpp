#include "server/report_queue.h"

#include <utility>

namespace otter::server {

ReportQueue::ReportQueue(Store& store)
    : store_(store), thread_([this] { write_until_stopped(); }) {}

ReportQueue::~ReportQueue() {
  {
    const std::lock_guard<std::mutex> lock(lock_);
    is_stopped_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void ReportQueue::add(Report report, Done done) {
  {
    const std::lock_guard<std::mutex> lock(lock_);
    reports_.push_back(std::move(report));
    done_.push_back(std::move(done));
  }
  changed_.notify_one();
}

void ReportQueue::write_until_stopped() {
  std::unique_lock<std::mutex> lock(lock_);
  for (;;) {
    changed_.wait(lock, [this] { return is_stopped_ || !reports_.empty(); });
    if (reports_.empty()) return;
    std::vector<Report> reports = std::exchange(reports_, {});
    const std::vector<Done> done = std::exchange(done_, {});
    lock.unlock();
    write(std::move(reports), done);
    lock.lock();
  }
}

void ReportQueue::write(std::vector<Report> reports, const std::vector<Done>& done) {
  std::vector<bool> are_new;
  try {
    are_new = store_.add_reports(reports);
  } catch (const std::exception&) {
    // One that can't be kept must not take the others with it.
    for (size_t i = 0; i < reports.size(); ++i) write_one(reports[i], done[i]);
    return;
  }
  for (size_t i = 0; i < reports.size(); ++i) done[i](are_new[i], nullptr);
}

void ReportQueue::write_one(const Report& report, const Done& done) {
  bool is_new = false;
  try {
    is_new = add_report(store_, report);
  } catch (const std::exception&) {
    return done(false, std::current_exception());
  }
  done(is_new, nullptr);
}

}  // namespace otter::server
