// A few threads for work that may take long, in the order in which it comes. Any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace otter::server {

class Crew {
 public:
  explicit Crew(size_t threads);
  // Ends when all that was given to it is done.
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // `work` must not throw. Who gives it bounds it: a connection has one request under way.
  void run(std::function<void()> work);

 private:
  void work_until_stopped();

  std::mutex lock_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool is_stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace otter::server
