#include "server/tls.h"

#include <gtest/gtest.h>

#include "server/http_fixture.h"

namespace otter::server {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using ClientStream = asio::ssl::stream<tcp::socket>;

struct Offer {
  int version = TLS1_3_VERSION;     // the only one that the client offers
  std::string ciphers = "DEFAULT";  // of TLS 1.2
};

// A client of OpenSSL that offers what it is told to.
class OfferingClient {
 public:
  explicit OfferingClient(const Offer& offer) {
    SSL_CTX* const raw = tls_.native_handle();
    SSL_CTX_set_security_level(raw, 0);  // else it would not even offer what is weak
    SSL_CTX_set_min_proto_version(raw, offer.version);
    SSL_CTX_set_max_proto_version(raw, offer.version);
    SSL_CTX_set_cipher_list(raw, offer.ciphers.c_str());
  }

  // Connects, sends a request and reads its answer; false if the server refuses the handshake.
  // The session is kept for the next time.
  bool talk(const EchoServer& server) {
    ClientStream stream(context_, tls_);
    stream.next_layer().connect({asio::ip::address_v4::loopback(), server.port()});
    if (session_) SSL_set_session(stream.native_handle(), session_.get());
    boost::system::error_code error;
    stream.handshake(asio::ssl::stream_base::client, error);
    if (error) return false;
    const std::string request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    asio::write(stream, asio::buffer(request), error);
    std::string answer;
    asio::read(stream, asio::dynamic_buffer(answer), error);
    session_.reset(SSL_get1_session(stream.native_handle()));
    resumed_ = SSL_session_reused(stream.native_handle()) == 1;
    stream.shutdown(error);  // else OpenSSL takes the session for a broken one
    return answer.starts_with("HTTP/1.1 200 ");
  }
  bool resumed() const { return resumed_; }

 private:
  asio::io_context context_;
  asio::ssl::context tls_{asio::ssl::context::tls_client};
  std::unique_ptr<SSL_SESSION, CDeleter<SSL_SESSION_free>> session_;
  bool resumed_ = false;
};

bool accepts(const Offer& offer) {
  EchoServer server;
  return OfferingClient(offer).talk(server);
}

TEST(Tls, SpeaksTwoVersions) {
  EXPECT_TRUE(accepts({.version = TLS1_2_VERSION}));
  EXPECT_TRUE(accepts({.version = TLS1_3_VERSION}));
  EXPECT_FALSE(accepts({.version = TLS1_1_VERSION}));
  EXPECT_FALSE(accepts({.version = TLS1_VERSION}));
}

TEST(Tls, TakesForwardSecretCiphersWithAuthenticationAlone) {
  for (const char* ciphers : {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
    EXPECT_TRUE(accepts({.version = TLS1_2_VERSION, .ciphers = ciphers})) << ciphers;
  }
  for (const char* ciphers : {"ECDHE-ECDSA-AES128-SHA256", "AES128-GCM-SHA256", "aNULL", "eNULL"}) {
    EXPECT_FALSE(accepts({.version = TLS1_2_VERSION, .ciphers = ciphers})) << ciphers;
  }
}

TEST(Tls, ResumesASessionByItsTicket) {
  EchoServer server;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    OfferingClient client({.version = version});
    EXPECT_TRUE(client.talk(server));
    EXPECT_FALSE(client.resumed());
    EXPECT_TRUE(client.talk(server));
    EXPECT_TRUE(client.resumed()) << version;
  }
}

}  // namespace
}  // namespace otter::server
