#include "server/events.h"

#include <algorithm>

#include "server/problem.h"

namespace otter::server {
namespace {

constexpr char kComment[] = ":\n\n";
constexpr char kMissed[] = "event: missed\ndata: {}\n\n";
constexpr char kBegin[] = "retry: 3000\n\n";  // [ms] until a client comes back

// JSON has no line breaks outside of strings, and escapes those inside.
std::string text_of(const Event& event, const std::string& id) {
  std::string text = id.empty() ? "" : "id: " + id + "\n";
  return text + "event: " + event.kind + "\ndata: " + boost::json::serialize(event.data) + "\n\n";
}

bool is_for(const std::string& wanted, const std::string& product) {
  return wanted.empty() || wanted == product;
}

Response piece_of(std::string text) {
  Response piece;
  piece.body = std::move(text);
  return piece;
}

}  // namespace

std::string Events::id_of(uint64_t number) const {
  return std::to_string(run_) + "-" + std::to_string(number);
}

void Events::add(Listener& listener, const std::string& text, Replies& replies) {
  if (listener.has_ended) return;
  listener.quiet_since_s = now_s_;
  if (listener.waiting) {
    replies.emplace_back(std::move(listener.waiting), text);
    listener.waiting = nullptr;
    return;
  }
  listener.queue += text;
  if (listener.queue.size() <= kQueueMax) return;
  listener.queue.clear();
  listener.has_ended = true;
}

void Events::publish(const Event& event, int64_t now_s) {
  Replies replies;
  {
    const std::lock_guard<std::mutex> lock(lock_);
    if (run_ == 0) run_ = now_s;
    const std::string text = text_of(event, id_of(++number_));
    ring_.push_back({number_, event.product, text});
    if (ring_.size() > kReplayMax) ring_.pop_front();
    for (const ListenerPtr& listener : listeners_) {
      if (is_for(listener->product, event.product)) add(*listener, text, replies);
    }
  }
  for (auto& [reply, text] : replies) reply(piece_of(std::move(text)));
}

void Events::mention(const Event& event) {
  const std::string text = text_of(event, "");
  Replies replies;
  {
    const std::lock_guard<std::mutex> lock(lock_);
    for (const ListenerPtr& listener : listeners_) {
      const bool lags = listener->queue.size() + text.size() > kQueueMax / 2;
      if (is_for(listener->product, event.product) && !lags) add(*listener, text, replies);
    }
  }
  for (auto& [reply, piece] : replies) reply(piece_of(std::move(piece)));
}

void Events::replay(Listener& listener, const std::string& last_id) const {
  const auto last = std::find_if(ring_.begin(), ring_.end(),
                                 [&](const Kept& kept) { return id_of(kept.number) == last_id; });
  if (last == ring_.end()) {
    listener.queue += kMissed;
    return;
  }
  std::for_each(last + 1, ring_.end(), [&](const Kept& kept) {
    if (is_for(listener.product, kept.product)) listener.queue += kept.text;
  });
}

Response Events::listen(const std::string& product, const std::string& last_id, int64_t now_s) {
  const auto listener = std::make_shared<Listener>();
  listener->product = product;
  listener->quiet_since_s = now_s;
  const std::lock_guard<std::mutex> lock(lock_);
  if (listeners_.size() >= kListenersMax) {
    throw HttpError(Problem::busy, "there are as many listeners as there may be",
                    {{"Retry-After", "10"}});
  }
  listener->has_ended = is_closed_;
  if (!last_id.empty()) replay(*listener, last_id);
  listeners_.push_back(listener);
  count_ = listeners_.size();
  Response response;
  response.headers = {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}};
  response.body = kBegin;
  // When the connection lets go of this, the listener has left.
  const std::shared_ptr<void> place(nullptr, [this, listener](void*) { leave(listener); });
  response.more = [this, listener, place](const Reply& reply) { next_piece(listener, reply); };
  return response;
}

void Events::next_piece(const ListenerPtr& listener, const Reply& reply) {
  std::string text;
  {
    const std::lock_guard<std::mutex> lock(lock_);
    if (listener->queue.empty() && !listener->has_ended) {
      listener->waiting = reply;
      return;
    }
    text = std::exchange(listener->queue, {});
  }
  reply(piece_of(std::move(text)));  // an empty one ends the stream
}

void Events::leave(const ListenerPtr& listener) {
  const std::lock_guard<std::mutex> lock(lock_);
  std::erase(listeners_, listener);
  count_ = listeners_.size();
}

void Events::tick(int64_t now_s) {
  Replies replies;
  {
    const std::lock_guard<std::mutex> lock(lock_);
    now_s_ = now_s;
    for (const ListenerPtr& listener : listeners_) {
      if (now_s - listener->quiet_since_s >= kQuietMax) add(*listener, kComment, replies);
    }
  }
  for (auto& [reply, text] : replies) reply(piece_of(std::move(text)));
}

void Events::close() {
  Replies replies;
  {
    const std::lock_guard<std::mutex> lock(lock_);
    is_closed_ = true;
    for (const ListenerPtr& listener : listeners_) {
      listener->has_ended = true;
      if (listener->waiting) replies.emplace_back(std::exchange(listener->waiting, {}), "");
    }
  }
  for (auto& [reply, text] : replies) reply(piece_of(std::move(text)));
}

}  // namespace otter::server
