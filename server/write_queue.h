// What is on its way to the disk: all that came in while the disk was busy goes there together, so
// that a sync is shared, and no thread that serves requests waits for it. Any thread.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace otter::server {

template <typename Item>
class WriteQueue {
 public:
  // Told once the item is durable: whether it is a new one. Or why it can't be kept, a StoreError
  // for one; then nothing of it is. Called by the queue's thread; must not throw.
  using Done = std::function<void(bool is_new, std::exception_ptr error)>;
  // Makes all items durable, or none if it throws, and says of each whether it is new.
  using Write = std::function<std::vector<bool>(std::span<const Item>)>;

  explicit WriteQueue(Write write)
      : write_(std::move(write)), thread_([this] { write_until_stopped(); }) {}
  // Ends when all that was added is done.
  ~WriteQueue() {
    {
      const std::lock_guard<std::mutex> lock(lock_);
      is_stopped_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  WriteQueue(const WriteQueue&) = delete;
  WriteQueue& operator=(const WriteQueue&) = delete;

  // Cost: no wait for the disk. Who adds bounds the queue: a connection has one item under way.
  void add(Item item, Done done) {
    {
      const std::lock_guard<std::mutex> lock(lock_);
      items_.push_back(std::move(item));
      done_.push_back(std::move(done));
    }
    changed_.notify_one();
  }

 private:
  void write_until_stopped() {
    std::unique_lock<std::mutex> lock(lock_);
    for (;;) {
      changed_.wait(lock, [this] { return is_stopped_ || !items_.empty(); });
      if (items_.empty()) return;
      const std::vector<Item> items = std::exchange(items_, {});
      const std::vector<Done> done = std::exchange(done_, {});
      lock.unlock();
      write_all(items, done);
      lock.lock();
    }
  }

  void write_all(const std::vector<Item>& items, const std::vector<Done>& done) {
    std::vector<bool> are_new;
    try {
      are_new = write_(items);
    } catch (const std::exception&) {
      // One that can't be kept must not take the others with it.
      for (size_t i = 0; i < items.size(); ++i) write_one(items[i], done[i]);
      return;
    }
    for (size_t i = 0; i < items.size(); ++i) done[i](are_new[i], nullptr);
  }

  void write_one(const Item& item, const Done& done) {
    bool is_new = false;
    try {
      is_new = write_({&item, 1}).front();
    } catch (const std::exception&) {
      return done(false, std::current_exception());
    }
    done(is_new, nullptr);
  }

  const Write write_;
  std::mutex lock_;
  std::condition_variable changed_;
  std::vector<Item> items_;
  std::vector<Done> done_;  // of each of items_
  bool is_stopped_ = false;
  std::thread thread_;
};

}  // namespace otter::server
