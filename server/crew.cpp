#include "server/crew.h"

namespace otter::server {

Crew::Crew(size_t threads) {
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work_until_stopped(); });
}

Crew::~Crew() {
  {
    const std::lock_guard<std::mutex> lock(lock_);
    is_stopped_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Crew::run(std::function<void()> work) {
  {
    const std::lock_guard<std::mutex> lock(lock_);
    waiting_.push_back(std::move(work));
  }
  changed_.notify_one();
}

void Crew::work_until_stopped() {
  std::unique_lock<std::mutex> lock(lock_);
  for (;;) {
    changed_.wait(lock, [this] { return is_stopped_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::function<void()> work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
    lock.lock();
  }
}

}  // namespace otter::server
