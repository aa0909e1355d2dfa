#include "server/tls.h"

#include <openssl/err.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <boost/asio/redirect_error.hpp>
#include <cerrno>

namespace otter::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

Task<bool> never() { co_return false; }

}  // namespace

TimedSocket::TimedSocket(Socket socket)
    : socket_(std::move(socket)), timer_(socket_.get_executor()) {}

void TimedSocket::set_deadline(Clock::time_point deadline) {
  deadline_ = deadline;
  expired_ = false;
}

void TimedSocket::arm() {
  armed_for_ = deadline_;
  timer_.expires_at(deadline_);
  timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (error || !self || self->aborted_) return;
    self->armed_for_ = Clock::time_point::max();
    if (Clock::now() < self->deadline_) return self->arm();
    self->expired_ = true;
    error_code ignored;  // there may be no wait to end
    self->socket_.cancel(ignored);
  });
}

Task<bool> TimedSocket::wait(Socket::wait_type direction) {
  if (expired_ || aborted_) co_return false;
  if (deadline_ < armed_for_) arm();
  error_code error;
  co_await socket_.async_wait(direction, asio::redirect_error(kUseTask, error));
  co_return !error && !expired_ && !aborted_;
}

void TimedSocket::abort() {
  aborted_ = true;
  timer_.cancel();
  // The descriptor stays open until the destructor: OpenSSL knows it by its number.
  error_code ignored;  // the peer may be gone
  socket_.shutdown(Socket::shutdown_both, ignored);
  socket_.cancel(ignored);
}

TlsStream::TlsStream(Socket socket, const TlsContext& context)
    : socket_(std::make_shared<TimedSocket>(std::move(socket))), ssl_(context.new_session()) {
  error_code ignored;  // costs speed alone
  socket_->socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  error_code error;
  socket_->socket().non_blocking(true, error);
  if (error || !ssl_ || SSL_set_fd(ssl_.get(), socket_->socket().native_handle()) != 1) {
    ssl_.reset();  // no memory, most likely: there will be no handshake
  }
  ERR_clear_error();
}

TlsStream::~TlsStream() { socket_->abort(); }

Task<bool> TlsStream::wait() {
  if (last_error_ == SSL_ERROR_WANT_READ) return socket_->wait(Socket::wait_read);
  if (last_error_ == SSL_ERROR_WANT_WRITE) return socket_->wait(Socket::wait_write);
  return never();
}

Task<bool> TlsStream::wait_readable() {
  if (SSL_has_pending(ssl_.get()) != 0) co_return true;
  co_return co_await socket_->wait(Socket::wait_read);
}

Task<Handshake> TlsStream::shake_hands() {
  if (!ssl_) co_return Handshake::failed;
  for (;;) {
    ERR_clear_error();
    const int result = SSL_accept(ssl_.get());
    if (result == 1) {
      established_ = true;
      co_return Handshake::done;
    }
    last_error_ = SSL_get_error(ssl_.get(), result);
    const bool go_on = co_await wait();
    if (go_on) continue;
    // Without a wait in between the queue holds this connection's errors alone.
    const bool plain =
        last_error_ == SSL_ERROR_SSL && ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
    ERR_clear_error();
    co_return plain ? Handshake::plain_http : Handshake::failed;
  }
}

size_t TlsStream::try_read(MutableBytes out) {
  ERR_clear_error();
  size_t size = 0;
  const int result = SSL_read_ex(ssl_.get(), out.data, out.size, &size);
  last_error_ = SSL_get_error(ssl_.get(), result);
  return result == 1 ? size : 0;
}

size_t TlsStream::try_write(Bytes data) {
  size_t total = 0;
  last_error_ = SSL_ERROR_NONE;
  while (total < data.size) {
    ERR_clear_error();
    size_t size = 0;
    const int result = SSL_write_ex(ssl_.get(), data.data + total, data.size - total, &size);
    if (result != 1) {
      last_error_ = SSL_get_error(ssl_.get(), result);
      break;
    }
    total += size;
  }
  return total;
}

uint64_t TlsStream::unsent_bytes() const {
  int size = 0;  // SIOCOUTQ of tcp(7), by its other name
  return ::ioctl(socket_->socket().native_handle(), TIOCOUTQ, &size) == 0
             ? static_cast<uint64_t>(size)
             : 0;
}

void TlsStream::end_sending() {
  ERR_clear_error();
  // OpenSSL forbids it after a fatal error; a write that waits would be overtaken by it.
  const bool sane = last_error_ != SSL_ERROR_SSL && last_error_ != SSL_ERROR_SYSCALL;
  if (established_ && sane) SSL_shutdown(ssl_.get());
  ERR_clear_error();
  error_code ignored;  // the peer may be gone
  socket_->socket().shutdown(Socket::shutdown_send, ignored);
}

void TlsStream::close() {
  end_sending();
  socket_->abort();
}

Task<void> TlsStream::linger() {
  static thread_local char dropped[64 * 1024];
  end_sending();
  // It waits before each piece, so that a peer that sends without end can't hold up the thread.
  for (bool go_on = co_await socket_->wait(Socket::wait_read); go_on;
       go_on = co_await socket_->wait(Socket::wait_read)) {
    const ssize_t size = ::recv(socket_->socket().native_handle(), dropped, sizeof dropped, 0);
    if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) break;
  }
  socket_->abort();
}

void TlsStream::write_plain(Text text) {
  // It is shorter than any send buffer; what does not fit is of no use to anyone.
  [[maybe_unused]] const ssize_t sent =
      ::send(socket_->socket().native_handle(), text.data, text.size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace otter::server
