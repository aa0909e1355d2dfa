// The server's side of TLS over a non-blocking socket, and the deadlines of that socket. OpenSSL
// writes to the socket itself: Asio's own ssl::stream keeps four buffers of 17 KiB for each
// connection, this keeps none while a connection is idle. For the thread of its executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>

#include "ota/wire/bytes.h"
#include "server/tls_context.h"

namespace otter::server {

// The executor is named, not erased: that saves an allocation and a virtual call for each wait.
using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
using Clock = std::chrono::steady_clock;
using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor>;
template <typename T>
using Task = boost::asio::awaitable<T, Executor>;
constexpr boost::asio::use_awaitable_t<Executor> kUseTask;

// A socket whose waits end at a deadline. The timer is touched only by a wait, and only if the
// deadline came nearer: a request that needs no wait, and then moves the deadline away, costs
// nothing.
class TimedSocket : public std::enable_shared_from_this<TimedSocket> {
 public:
  explicit TimedSocket(Socket socket);
  Socket& socket() { return socket_; }

  void set_deadline(Clock::time_point deadline);
  // True when the socket is ready; false when the deadline passed, or after abort().
  Task<bool> wait(Socket::wait_type direction);
  bool expired() const { return expired_; }
  // Ends the connection and all waits, now and later.
  void abort();

 private:
  void arm();

  Socket socket_;
  Timer timer_;
  Clock::time_point deadline_ = Clock::time_point::max();
  Clock::time_point armed_for_ = Clock::time_point::max();
  bool expired_ = false;
  bool aborted_ = false;
};

enum class Handshake : uint8_t {
  done,
  failed,
  plain_http,  // the peer speaks HTTP without TLS
};

class TlsStream {
 public:
  // The context must outlive it.
  TlsStream(Socket socket, const TlsContext& context);
  ~TlsStream();

  void set_deadline(Clock::time_point deadline) { socket_->set_deadline(deadline); }
  bool expired() const { return socket_->expired(); }
  void abort() { socket_->abort(); }
  Executor executor() { return socket_->socket().get_executor(); }

  Task<Handshake> shake_hands();
  // REQUIRES: shake_hands() gave Handshake::done
  const char* version() const { return SSL_get_version(ssl_.get()); }  // "TLSv1.3"
  bool is_resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  std::vector<std::string> client_names() const { return server::client_names(ssl_.get()); }
  // One attempt to read or send, without waiting: how many bytes were taken. If that is 0, or less
  // than all of `data`, wait() must come next. After it try_write() is to be called with the bytes
  // that were not taken, at the same or another address.
  size_t try_read(MutableBytes out);
  size_t try_write(Bytes data);
  // What try_write() gave to the socket and the peer has not yet acknowledged [bytes], with what
  // TLS adds.
  uint64_t unsent_bytes() const;
  // Waits for what the last attempt needs. False at the deadline; at once if waiting is of no use,
  // because the peer has ended or the connection is broken.
  Task<bool> wait();
  // True when there may be something to read; false at the deadline. Before an attempt of which
  // nothing is expected for some time: it saves that. After an attempt there is wait(): half a
  // record that was read would make this one return at once.
  Task<bool> wait_readable();

  // Tells the peer that nothing more will come, and closes.
  void close();
  // The same, but takes and drops what the peer still sends, until it ends or the deadline: an
  // answer that is sent before its request was read would else be lost by a reset.
  //
  // Source: RFC 9112 section 9.6
  Task<void> linger();
  // Sends bytes without TLS: the answer to a peer that speaks none.
  void write_plain(Text text);

 private:
  void end_sending();

  std::shared_ptr<TimedSocket> socket_;
  TlsSession ssl_;
  int last_error_ = SSL_ERROR_NONE;  // of the last attempt
  bool established_ = false;
};

}  // namespace otter::server
