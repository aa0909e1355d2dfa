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
#include <memory>
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

// What the connections of a run share.
boost::asio::ssl::context client_tls();

// The newest session ticket of one device, for its next connection. Devices don't share: OpenSSL
// resumes no session for which a newer one has come, on whichever connection.
using KeptSession = std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)>;

class LoadClient {
 public:
  LoadClient(boost::asio::io_context& context, boost::asio::ssl::context& tls);
  LoadClient(const LoadClient&) = delete;
  ~LoadClient();

  // All operations until the next call fail when this much time has passed.
  void set_deadline(std::chrono::milliseconds from_now);
  // Connects to a port of this machine, from the loopback address of that number. False if it
  // can't. `session`: that is resumed, and the newest is put there; nullptr: neither. It must
  // outlive this.
  Task<bool> connect(uint16_t port, size_t address, KeptSession* session = nullptr);
  bool resumed() const;
  Task<Answer> exchange(const std::string& request);
  void close();

 private:
  Task<Answer> read_answer();

  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
  boost::asio::steady_timer deadline_;
  std::string buffer_;
};

}  // namespace otter::bench
