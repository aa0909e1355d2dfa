#include "server/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <boost/asio/redirect_error.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace otter::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Ephemeral key exchange and AEAD only (TLS 1.3 has nothing else). The ECDSA ones come first: a
// P-256 signature is what the server has to make most often.
constexpr const char* kTls12Ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305";

std::string openssl_words() {
  char words[256] = "unknown reason";
  if (const unsigned long code = ERR_peek_last_error()) {
    if (const char* reason = ERR_reason_error_string(code)) {
      std::strncpy(words, reason, sizeof words - 1);
    }
  }
  ERR_clear_error();
  return words;
}

void need_readable(const std::string& what, const std::string& file) {
  errno = 0;
  if (std::ifstream(file).peek() != std::ifstream::traits_type::eof()) return;
  throw std::runtime_error("cannot read the " + what + " " + file + ": " +
                           (errno != 0 ? std::strerror(errno) : "the file is empty") +
                           ": make one with otter certs make");
}

// In place of OpenSSL's prompt on the terminal.
int no_password(char*, int, int, void*) { return 0; }

void load_files(SSL_CTX* context, const std::string& certificate, const std::string& key) {
  SSL_CTX_set_default_passwd_cb(context, no_password);
  need_readable("certificate", certificate);
  need_readable("private key", key);
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    throw std::runtime_error("the certificate " + certificate +
                             " is not a PEM certificate: " + openssl_words());
  }
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1 &&
      SSL_CTX_check_private_key(context) == 1) {
    return;
  }
  const bool mismatch = ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_X509;
  throw std::runtime_error("the private key " + key +
                           (mismatch ? " does not belong to the certificate " + certificate
                                     : " is not a PEM private key without a password") +
                           ": " + openssl_words());
}

Task<bool> never() { co_return false; }

}  // namespace

TlsContext::TlsContext(const std::string& certificate_file, const std::string& key_file)
    : context_(SSL_CTX_new(TLS_server_method())) {
  SSL_CTX* const raw = context_.get();
  if (raw == nullptr) throw std::runtime_error("cannot start TLS: " + openssl_words());
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(raw, kTls12Ciphers);
  // A device without AES in hardware lists ChaCha20 first, and is given it.
  SSL_CTX_set_options(raw, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                               SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Idle connections give their record buffers back; a blocked write may be repeated from another
  // address, because a download keeps no buffer of its own while it waits.
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(raw, 1);  // one read() for each record in place of two
  // Tickets carry the session: nothing is kept here, so nothing can be exhausted.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(raw, 1);
  constexpr unsigned char kSessionContext[] = "otter";
  SSL_CTX_set_session_id_context(raw, kSessionContext, sizeof kSessionContext - 1);
  load_files(raw, certificate_file, key_file);
}

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
    : socket_(std::make_shared<TimedSocket>(std::move(socket))), ssl_(SSL_new(context.native())) {
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
