// One device's connection: TLS 1.3 with P-256, HTTP/1.1, one request at a time. It looks at no
// certificate: what is measured is the server. One thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <string>

namespace otter::bench {

template <typename T>
using Task = boost::asio::awaitable<T>;
using Clock = std::chrono::steady_clock;

struct Answer {
  unsigned status = 0;         // 0: none, the connection broke or took too long
  unsigned retry_after_s = 0;  // [s] 0: not given
  size_t body_size = 0;        // [bytes]
};

// What the connections of a run share: settings of TLS, and the newest session ticket.
class ClientTls {
 public:
  ClientTls();
  ClientTls(const ClientTls&) = delete;
  ~ClientTls();
  boost::asio::ssl::context& context() { return context_; }
  // nullptr: none yet.
  SSL_SESSION* session() const { return session_; }
  void keep(SSL_SESSION* session);

 private:
  boost::asio::ssl::context context_;
  SSL_SESSION* session_ = nullptr;
};

class LoadClient {
 public:
  LoadClient(boost::asio::io_context& context, ClientTls& tls);
  LoadClient(const LoadClient&) = delete;
  ~LoadClient();

  // All operations until the next call fail when this much time has passed.
  void set_deadline(std::chrono::milliseconds from_now);
  // Connects to a port of this machine, from the loopback address of that number. False if it
  // can't. `resume`: with the newest ticket.
  Task<bool> connect(uint16_t port, size_t address, bool resume);
  bool resumed() const;
  Task<Answer> exchange(const std::string& request);
  void close();

 private:
  Task<Answer> read_answer();

  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
  boost::asio::steady_timer deadline_;
  ClientTls& tls_;
  std::string buffer_;
};

}  // namespace otter::bench
