// docs/threats.md: what the server has to stand from clients that it does not know, over real
// sockets.
#include <gmock/gmock.h>

#include "server/tls_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kGoodRequest[] = "GET /good HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

EchoServer::Tweak with_soon(uint32_t Limits::* deadline) {
  return [deadline](HttpSettings& settings) {
    settings.threads = 1;
    settings.limits.*deadline = 50;
  };
}

// Clients that stop in the middle of something are ended, each at its own deadline, and hold up
// nobody.
TEST(HttpThreat, threat_slow_client) {
  EchoServer deaf(with_soon(&Limits::handshake_deadline_ms));
  EXPECT_EQ(RawClient(deaf.port()).read_all_plain(), "");
  for (const auto& [deadline, half] :
       {std::pair{&Limits::header_deadline_ms, "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "},
        std::pair{&Limits::body_deadline_ms,
                  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"}}) {
    EchoServer server(with_soon(deadline));
    RawClient slow(server);
    slow.send(half);
    EXPECT_THAT(RawClient(server).ask(kGoodRequest), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(slow.read_all(), StartsWith("HTTP/1.1 408 "));
    EXPECT_EQ(server.handled(), 1);
  }
}

// One address can't take all places: what it has too much is closed, and another is served.
TEST(HttpThreat, threat_connection_flood) {
  EchoServer server(
      [](HttpSettings& settings) { settings.limits.connections_per_address_max = 4; });
  std::vector<std::unique_ptr<RawClient>> flood;
  for (int i = 0; i < 100; ++i) flood.push_back(std::make_unique<RawClient>(server.port()));
  EXPECT_EQ(flood.back()->read_all_plain(), "");
  EXPECT_GE(server.hits(Limit::connections_per_address_max), 30U);
  RawClient other(server.port(), "127.0.0.2");
  other.shake_hands();
  EXPECT_THAT(other.ask(kGoodRequest), StartsWith("HTTP/1.1 200 "));
}

// A request whose end two readers could see in two places is refused, and what stands behind it is
// never taken for a request of its own.
TEST(HttpThreat, threat_request_smuggling) {
  const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const std::string length = "Content-Length: 5\r\n";
  for (const std::string& front :
       {"Content-Length: 0\r\n" + chunked + "\r\n0\r\n\r\n", chunked + length + "\r\n0\r\n\r\n",
        length + "Content-Length: 0\r\n\r\n", "Content-Length: 0\r\n" + length + "\r\n",
        std::string("Content-Length: 0, 5\r\n\r\n"), std::string("Content-Length : 5\r\n\r\n"),
        std::string("Content-Length: 0\r\n Transfer-Encoding: chunked\r\n\r\n"),
        std::string("X: a\r\n folded\r\n\r\n"), std::string("X: a\nContent-Length: 5\r\n\r\n"),
        std::string("Transfer-Encoding: chunked\r\n\r\n5x\r\n"),
        std::string("Transfer-Encoding: chunked\r\n\r\n1\r\naX\r\n0\r\n\r\n"),
        std::string("Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n")}) {
    EchoServer server;
    RawClient client(server);
    const std::string answer = client.ask("POST /front HTTP/1.1\r\nHost: a\r\n" + front + smuggled);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 ")) << front;
    EXPECT_THAT(answer, Not(HasSubstr("/smuggled HTTP"))) << front;
    EXPECT_EQ(server.handled(), 0) << front;
  }
}

// Nobody in between can talk the two ends into an old version or a weak cipher.
TEST(HttpThreat, threat_tls_downgrade) {
  EchoServer server;
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    EXPECT_FALSE(OfferingClient({.version = version}).talk(server));
  }
  for (const char* ciphers : {"aNULL", "eNULL", "kRSA", "AES128-SHA", "ECDHE-ECDSA-AES128-SHA"}) {
    EXPECT_FALSE(OfferingClient({.version = TLS1_2_VERSION, .ciphers = ciphers}).talk(server));
  }
  EXPECT_EQ(server.handled(), 0);
}

}  // namespace
}  // namespace otter::server
