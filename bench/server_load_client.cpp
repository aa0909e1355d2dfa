#include "bench/server_load_client.h"

#include <netinet/in.h>
#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <string_view>

namespace otter::bench {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

// A port of an address may serve many connections, to different ends: bind() can't know that.
using PortAtConnect = asio::detail::socket_option::boolean<IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT>;

constexpr size_t kHeaderSizeMax = 64 * 1024;  // [bytes]
constexpr size_t kPieceSize = 64 * 1024;      // [bytes]

// Where a connection names its KeptSession: Asio has the application's own place for itself.
int kept_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int keep_session(SSL* ssl, SSL_SESSION* session) {
  auto* const kept = static_cast<KeptSession*>(SSL_get_ex_data(ssl, kept_index()));
  if (kept == nullptr) return 0;
  kept->reset(session);
  return 1;  // the reference is ours
}

// The number behind "\r\n<name>: " in a header, 0 without one. All servers that are measured write
// names in this case.
size_t field(std::string_view header, std::string_view name) {
  const size_t at = header.find("\r\n" + std::string(name) + ": ");
  if (at == std::string_view::npos) return 0;
  const std::string_view digits = header.substr(at + name.size() + 4);
  size_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// 127.0.0.1, 127.0.0.2, ...: all of 127.0.0.0/8 is this machine.
asio::ip::address_v4 loopback(size_t number) {
  return asio::ip::address_v4(static_cast<asio::ip::address_v4::uint_type>(0x7F000001 + number));
}

}  // namespace

asio::ssl::context client_tls() {
  asio::ssl::context context(asio::ssl::context::tls_client);
  SSL_CTX* const raw = context.native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION);
  SSL_CTX_set1_groups_list(raw, "P-256");
  SSL_CTX_set_ciphersuites(raw, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(raw, keep_session);
  return context;
}

LoadClient::LoadClient(asio::io_context& context, asio::ssl::context& tls)
    : stream_(context, tls), deadline_(context) {}

// OpenSSL resumes no session of a connection that was not shut down; the word is not sent.
LoadClient::~LoadClient() {
  SSL_set_quiet_shutdown(stream_.native_handle(), 1);
  SSL_shutdown(stream_.native_handle());
}

void LoadClient::set_deadline(std::chrono::milliseconds from_now) {
  deadline_.expires_after(from_now);
  deadline_.async_wait([this](const error_code& error) {
    if (!error) close();
  });
}

void LoadClient::close() {
  error_code ignored;  // it may be closed
  stream_.lowest_layer().close(ignored);
}

Task<bool> LoadClient::connect(uint16_t port, size_t address, KeptSession* session) {
  error_code error;
  stream_.lowest_layer().open(tcp::v4(), error);
  if (!error) stream_.lowest_layer().set_option(PortAtConnect(true), error);
  if (!error) stream_.lowest_layer().bind({loopback(address), 0}, error);
  if (error) co_return false;
  const tcp::endpoint server(asio::ip::address_v4::loopback(), port);
  co_await stream_.lowest_layer().async_connect(server,
                                                asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return false;
  stream_.lowest_layer().set_option(tcp::no_delay(true), error);
  if (session != nullptr) {
    SSL_set_ex_data(stream_.native_handle(), kept_index(), session);
    if (*session) SSL_set_session(stream_.native_handle(), session->get());
  }
  co_await stream_.async_handshake(asio::ssl::stream_base::client,
                                   asio::redirect_error(asio::use_awaitable, error));
  co_return !error;
}

bool LoadClient::resumed() const {
  return SSL_session_reused(const_cast<LoadClient*>(this)->stream_.native_handle()) == 1;
}

Task<Answer> LoadClient::exchange(const std::string& request) {
  error_code error;
  co_await asio::async_write(stream_, asio::buffer(request),
                             asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return Answer{};
  co_return co_await read_answer();
}

Task<Answer> LoadClient::read_answer() {
  error_code error;
  const size_t header_size =
      co_await asio::async_read_until(stream_, asio::dynamic_buffer(buffer_, kHeaderSizeMax),
                                      "\r\n\r\n", asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return Answer{};
  const std::string_view header(buffer_.data(), header_size);
  Answer answer;
  std::from_chars(header.data() + 9, header.data() + 12, answer.status);  // "HTTP/1.1 200"
  answer.retry_after_s = static_cast<unsigned>(field(header, "Retry-After"));
  answer.body_size = field(header, "Content-Length");
  size_t here = std::min(answer.body_size, buffer_.size() - header_size);
  buffer_.erase(0, header_size + here);
  static thread_local char dropped[kPieceSize];
  while (here < answer.body_size) {
    const size_t wanted = std::min(answer.body_size - here, sizeof dropped);
    here += co_await stream_.async_read_some(asio::buffer(dropped, wanted),
                                             asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return Answer{};
  }
  co_return answer;
}

}  // namespace otter::bench
