// What happens, told to those who listen, as server-sent events. docs/spec/admin-api.md. Any
// thread.
//
// Bounds: kListenersMax listeners; a ring of the newest kReplayMax events; for each listener at
// most
//         kQueueMax bytes that it has not taken: a slower one is cut off, and comes back with the
//         id of the last event that it got.
// Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
#pragma once

#include <atomic>
#include <boost/json.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/http.h"

namespace otter::server {

struct Event {
  const char* kind = "";  // "report"
  std::string product;    // that it is about
  boost::json::object data = {};
};

class Events {
 public:
  static constexpr size_t kListenersMax = 100;
  static constexpr size_t kReplayMax = 1000;
  static constexpr size_t kQueueMax = 256 * 1024;  // [bytes]
  static constexpr int64_t kQuietMax = 15;         // [s] then a comment says that the line is good

  Events() = default;
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  // Tells all who listen, and keeps it for who comes back.
  void publish(const Event& event, int64_t now_s);
  // Tells all who listen, and that is all: what happens so often is not worth more. One who lags
  // does without. Ask has_listeners() first.
  void mention(const Event& event);
  bool has_listeners() const { return count_.load(std::memory_order_relaxed) > 0; }

  // A stream of what happens from now on, of one product or, empty, of all. `last_id`: the last
  // event that the client got; what came after it goes first. If that is not known any more, an
  // event `missed` says so.
  //
  // Errors: HttpError busy
  Response listen(const std::string& product, const std::string& last_id, int64_t now_s);

  // To be called every few seconds: keeps quiet lines open, and notices those that are dead.
  void tick(int64_t now_s);
  // Ends all streams, also those to come.
  void close();

 private:
  struct Kept {
    uint64_t number = 0;
    std::string product;
    std::string text;
  };
  struct Listener {
    std::string product;
    std::string queue;  // what is to be sent
    Reply waiting;      // where it goes, if the connection waits for it
    int64_t quiet_since_s = 0;
    bool has_ended = false;
  };
  using ListenerPtr = std::shared_ptr<Listener>;
  // What is to be done when the lock is free again.
  using Replies = std::vector<std::pair<Reply, std::string>>;

  std::string id_of(uint64_t number) const;
  void replay(Listener& listener, const std::string& last_id) const;
  void add(Listener& listener, const std::string& text, Replies& replies);
  void next_piece(const ListenerPtr& listener, const Reply& reply);
  void leave(const ListenerPtr& listener);

  mutable std::mutex lock_;
  std::atomic<size_t> count_ = 0;  // of listeners
  std::vector<ListenerPtr> listeners_;
  std::deque<Kept> ring_;
  int64_t run_ = 0;  // tells this process's ids from those of the one before
  uint64_t number_ = 0;
  int64_t now_s_ = 0;
  bool is_closed_ = false;
};

}  // namespace otter::server
