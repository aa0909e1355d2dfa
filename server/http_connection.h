// One client's connection, from its TLS handshake to its end: reads requests, gives them to the
// handler, sends the answers, under the deadlines and limits of HttpSettings. Lives on one thread,
// that of its executor.
//
//   handshake -> idle -> request -> answer -> idle ...
//       |         |         |         |
//       +---------+---------+---------+--> closed
//
// Each state but a running handler has its deadline of limits.h: handshake_, idle_, header_ and
// body_, write_deadline_ms.
//   handshake: shake_hands   idle: wait_idle   request: read_header, read_body
//   answer: answer, refuse, send, send_more
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <ctime>
#include <list>

#include "server/http.h"
#include "server/http_metrics.h"
#include "server/http_request.h"
#include "server/http_response.h"
#include "server/pace.h"
#include "server/tls.h"

namespace otter::server {

class Connection;

// What the connections of one thread share.
struct ConnectionGroup {
  const HttpSettings& settings;
  const Routes& routes;
  const TlsContext& tls;
  HttpMetrics& metrics;
  std::list<Connection*> connections;  // each removes itself at its end
  size_t open = 0;                     // connections whose coroutine has not ended
  bool draining = false;               // answer what is in flight, then close
  std::vector<uint8_t> piece;          // the bytes on their way to a socket, used between two waits
  std::time_t date_of = 0;             // the second that `date` tells
  std::string date;
};

class Connection {
 public:
  // `excess`: the limit of connections that this one is above; its first request is refused.
  Connection(Socket socket, ConnectionGroup& group, std::optional<Limit> excess);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Ends when the connection does.
  Task<void> serve();

  // True while a request is read or answered.
  bool busy() const { return busy_; }
  void abort() { stream_.abort(); }

 private:
  enum class Next : uint8_t { keep, close, linger };

  Task<bool> shake_hands();
  Task<bool> wait_idle();
  bool try_read(size_t size);
  Task<bool> read_more(size_t size);
  Task<bool> read_header(RequestParser& parser);
  Task<bool> read_body(RequestParser& parser);
  Task<Next> serve_request();
  Task<Next> answer(RequestParser& parser);
  // A named object, in a local of the caller: g++ 12 destroys an aggregate that is a temporary of a
  // co_await expression twice.
  Task<Next> refuse(const Request& request, const Refusal& refusal);
  Task<bool> send_continue();
  // Gives how many bytes were sent; they are all when there are answer.size().
  Task<uint64_t> send(const Answer& answer);
  Task<uint64_t> send_more(const std::function<void(Reply)>& more);
  bool is_too_slow(Pace& pace, uint64_t position);
  void tell(const Request& request, const Answer& answer, uint64_t sent);
  void set_deadline(uint32_t from_now_ms);
  const std::string& date();

  ConnectionGroup& group_;
  std::list<Connection*>::iterator place_;
  std::string remote_;
  std::vector<std::string> certified_;
  TlsStream stream_;
  boost::beast::flat_buffer buffer_;  // what was read and not yet taken
  std::optional<Limit> excess_;
  Clock::time_point begin_;  // of the request that is read or answered
  bool busy_ = false;
};

}  // namespace otter::server
