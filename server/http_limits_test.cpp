// What a hostile or broken client meets.
#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "server/http.h"
#include "server/http_fixture.h"

namespace otter::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Short for what a test waits for [ms]; the others never come.
constexpr uint32_t kSoon = 30;
constexpr uint32_t kNever = 3'600'000;

// All deadlines far off, but for this one.
EchoServer::Tweak with_soon(uint32_t Limits::* deadline) {
  return [deadline](HttpSettings& settings) {
    settings.limits.handshake_deadline_ms = kNever;
    settings.limits.header_deadline_ms = kNever;
    settings.limits.body_deadline_ms = kNever;
    settings.limits.idle_deadline_ms = kNever;
    settings.limits.write_deadline_ms = kNever;
    settings.limits.drain_deadline_ms = kNever;
    settings.limits.*deadline = kSoon;
  };
}

EchoServer::Tweak with(uint32_t Limits::* limit, uint32_t value) {
  return [limit, value](HttpSettings& settings) { settings.limits.*limit = value; };
}

std::string answer_to(const std::string& request) {
  EchoServer server;
  RawClient client(server);
  const std::string answer = client.ask(request);
  EXPECT_EQ(server.handled(), 0);
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  return answer;
}

// The answer to a request that hits `limit`, which is counted once.
std::string answer_at(Limit limit, const EchoServer::Tweak& tweak, const std::string& request) {
  EchoServer server(tweak);
  std::string answer = RawClient(server).ask(request);
  EXPECT_EQ(server.handled(), 0);
  EXPECT_EQ(server.hits(limit), 1U) << name(limit);
  return answer;
}

constexpr char kLastRequest[] = "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

void expect_second_refused(EchoServer& server, const std::string& status, Limit limit) {
  RawClient first(server);
  RawClient second(server);
  EXPECT_THAT(second.ask(kLastRequest), StartsWith("HTTP/1.1 " + status + " "));
  EXPECT_EQ(server.hits(limit), 1U);
  EXPECT_THAT(first.ask(kLastRequest), StartsWith("HTTP/1.1 200 "));
}

std::string with_fields(const std::string& fields) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

TEST(HttpLimits, RefusesWhatIsNotHttp) {
  for (const char* request :
       {"\r\n\r\n\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/2.0\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "G@T / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        "\x16\x03\x01\x02\x01\x01 garbage\r\n\r\n", "GET / HTTP/1.1\r\nHost: \x01\r\n\r\n"}) {
    EXPECT_THAT(answer_to(request), StartsWith("HTTP/1.1 400 Bad Request\r\n")) << request;
  }
}

TEST(HttpLimits, RefusesBytesThatNoTargetHas) {
  for (const std::string& target :
       {std::string("echo"), std::string("*"), std::string("http://a/"), std::string("/\xff"),
        std::string("/a\0b", 4), std::string("/a\x7f"), std::string("/a b")}) {
    EXPECT_THAT(answer_to("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n"),
                StartsWith("HTTP/1.1 400 "))
        << target;
  }
}

TEST(HttpLimits, RefusesTwoHostsAndNone) {
  EXPECT_THAT(answer_to("GET / HTTP/1.1\r\n\r\n"), HasSubstr("exactly one Host"));
  EXPECT_THAT(answer_to(with_fields("Host: b\r\n")), HasSubstr("exactly one Host"));
}

TEST(HttpLimits, RefusesBodiesWhoseEndCouldBeReadInTwoWays) {
  for (const char* fields :
       {"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        "Content-Length: 4\r\nContent-Length: 5\r\n", "Content-Length: 4\r\nContent-Length: 4\r\n",
        "Content-Length: 4, 4\r\n", "Content-Length: 4, 5\r\n", "Content-Length: +4\r\n",
        "Content-Length: -4\r\n", "Content-Length: 0x4\r\n", "Content-Length:\r\n",
        "Content-Length: 18446744073709551616\r\n", "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: chunked, gzip\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: identity\r\n", "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding:\x0b"
        "chunked\r\n"}) {
    EXPECT_THAT(answer_to(with_fields(fields) + "body"), StartsWith("HTTP/1.1 400 ")) << fields;
  }
}

TEST(HttpLimits, RefusesChunksInHttp10) {
  EXPECT_THAT(answer_to("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
}

TEST(HttpLimits, RefusesBrokenChunks) {
  for (const char* body : {"x\r\n", "4\r\nbodyXX\r\n", "4;=\r\nbody\r\n0\r\n\r\n", "-1\r\n",
                           "\r\n\r\n", "fffffffffffffffff\r\n"}) {
    EXPECT_THAT(answer_to(with_fields("Transfer-Encoding: chunked\r\n") + body),
                StartsWith("HTTP/1.1 400 "))
        << body;
  }
}

TEST(HttpLimits, RefusesUnknownExpectations) {
  EXPECT_THAT(answer_to(with_fields("Expect: miracles\r\n")), StartsWith("HTTP/1.1 417 "));
}

TEST(HttpLimits, RefusesALongTarget) {
  const std::string request = "GET /" + std::string(999, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_THAT(answer_at(Limit::target_bytes_max, with(&Limits::target_bytes_max, 999), request),
              StartsWith("HTTP/1.1 414 "));
  EchoServer server(with(&Limits::target_bytes_max, 1000));
  RawClient client(server);
  client.send(request);
  EXPECT_THAT(client.read_until("\r\n"), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpLimits, RefusesALargeHeader) {
  const EchoServer::Tweak tweak = with(&Limits::header_bytes_max, 2000);
  // With an end and without.
  for (const std::string& request :
       {with_fields("X: " + std::string(2000, 'a') + "\r\n"), std::string(20000, 'a')}) {
    EXPECT_THAT(answer_at(Limit::header_bytes_max, tweak, request), StartsWith("HTTP/1.1 431 "));
  }
}

TEST(HttpLimits, RefusesALargeHeaderThatComesInPieces) {
  EchoServer server;
  RawClient client(server);
  client.send("GET / HTTP/1.1\r\nHost: a\r\nX");
  // Each piece completes one field and begins the next.
  for (int i = 0; i < 20; ++i) client.send(": " + std::string(997, 'a') + "\r\nX");
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 431 "));
}

TEST(HttpLimits, RefusesTooManyFields) {
  std::string fields;
  for (int i = 0; i < 10; ++i) fields += "X: y\r\n";
  EXPECT_THAT(answer_at(Limit::header_fields_max, with(&Limits::header_fields_max, 10),
                        with_fields(fields)),
              StartsWith("HTTP/1.1 431 "));
}

TEST(HttpLimits, RefusesALargeBodyBeforeItComes) {
  const std::string fields = "Content-Length: " + std::to_string(kBodySizeMax + 1) + "\r\n";
  EXPECT_THAT(answer_at(Limit::body_bytes_max, {}, with_fields(fields)),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(answer_to(with_fields(fields + "Expect: 100-continue\r\n")),
              StartsWith("HTTP/1.1 413 "));
}

TEST(HttpLimits, RefusesChunksThatGrowTooLarge) {
  const std::string chunk = "1f4\r\n" + std::string(500, 'a') + "\r\n";
  EXPECT_THAT(answer_to(with_fields("Transfer-Encoding: chunked\r\n") + chunk + chunk + "1\r\n"),
              StartsWith("HTTP/1.1 413 "));
}

TEST(HttpLimits, LetsAClientThatStillSendsReadItsRefusal) {
  EchoServer server;
  HttpsClient client(server.client_settings());
  const Answered answered = ask(client, "PUT", "/echo", std::string(4'000'000, 'a'));
  EXPECT_EQ(answered.error, Error::ok) << client.detail();
  EXPECT_EQ(answered.head.status, 413u);
}

TEST(HttpLimits, TakesABodyOfTheLargestSize) {
  EchoServer server;
  HttpsClient client(server.client_settings());
  const std::string body(kBodySizeMax, 'a');
  EXPECT_EQ(ask(client, "PUT", "/echo", body).body, "PUT /echo " + body);
}

TEST(HttpLimits, TellsAClientWithoutTlsThatThisIsHttps) {
  EchoServer server;
  RawClient client(server.port());
  client.send_plain("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.read_all_plain(), HasSubstr("This port speaks HTTPS"));
}

TEST(HttpLimits, ClosesOnGarbageInPlaceOfTls) {
  EchoServer server;
  RawClient client(server.port());
  client.send_plain(std::string(100, 'x'));
  EXPECT_THAT(client.read_all_plain().size(), testing::Lt(10u));  // an alert at most
}

TEST(HttpLimits, EndsASlowHandshake) {
  EchoServer server(with_soon(&Limits::handshake_deadline_ms));
  EXPECT_EQ(RawClient(server.port()).read_all_plain(), "");
  EXPECT_EQ(server.hits(Limit::handshake_deadline_ms), 1U);
}

TEST(HttpLimits, EndsAHandshakeThatStops) {
  EchoServer server(with_soon(&Limits::handshake_deadline_ms));
  RawClient client(server.port());
  client.send_plain(std::string("\x16\x03\x01\x02\x00\x01\x00", 7));  // half a ClientHello
  EXPECT_EQ(client.read_all_plain(), "");
  EXPECT_EQ(server.hits(Limit::handshake_deadline_ms), 1U);
}

TEST(HttpLimits, EndsASlowHeader) {
  EXPECT_THAT(
      answer_at(Limit::header_deadline_ms, with_soon(&Limits::header_deadline_ms), "GET / HTT"),
      StartsWith("HTTP/1.1 408 "));
}

TEST(HttpLimits, EndsASlowBody) {
  EXPECT_THAT(answer_at(Limit::body_deadline_ms, with_soon(&Limits::body_deadline_ms),
                        with_fields("Content-Length: 4\r\n") + "bod"),
              StartsWith("HTTP/1.1 408 "));
}

TEST(HttpLimits, EndsAnIdleConnectionWithoutAWord) {
  EchoServer server(with_soon(&Limits::idle_deadline_ms));
  EXPECT_EQ(RawClient(server).read_all(), "");
  EXPECT_EQ(server.hits(Limit::idle_deadline_ms), 1U);
}

TEST(HttpLimits, TakesHalfATlsRecordForNoRequest) {
  EchoServer server(with_soon(&Limits::idle_deadline_ms));
  RawClient client(server);
  client.send_plain("\x17\x03\x03");
  EXPECT_EQ(client.read_all(), "");
}

TEST(HttpLimits, LetsAClientComeBackAfterItWasIdle) {
  EchoServer server(with_soon(&Limits::idle_deadline_ms));
  HttpsClient client(server.client_settings());
  EXPECT_EQ(ask(client, "GET", "/echo").head.status, 200u);
  // This one is idle later, and closed later.
  RawClient(server).read_all();
  EXPECT_EQ(ask(client, "GET", "/echo").head.status, 200u) << client.detail();
}

TEST(HttpLimits, EndsADownloadThatNobodyReads) {
  EchoServer server(with_soon(&Limits::write_deadline_ms));
  RawClient client(server);
  client.send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
  client.read_until("\r\n\r\n");
  // It drains for an hour if it must: only the write deadline ends this download.
  server.server().stop();
  EXPECT_LT(client.read_all().size(), kFileSize);
  EXPECT_EQ(server.hits(Limit::write_deadline_ms), 1U);
}

// It takes what the socket buffers hold, and that is not enough.
TEST(HttpLimits, EndsADownloadThatIsTooSlow) {
  EchoServer server([](HttpSettings& settings) {
    settings.limits.write_deadline_ms = 200;
    settings.limits.download_bytes_per_s_min = 4'000'000'000;
  });
  RawClient client(server);
  client.send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
  client.read_until("\r\n\r\n");
  while (server.hits(Limit::download_bytes_per_s_min) == 0) {
    ASSERT_EQ(server.hits(Limit::write_deadline_ms), 0U);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_LT(client.read_all().size(), kFileSize);
}

TEST(HttpLimits, AnswersAClientThatSendsNothingMore) {
  EchoServer server(with_soon(&Limits::idle_deadline_ms));
  RawClient client(server);
  client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  client.half_close();
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(server.hits(Limit::idle_deadline_ms), 0U);
}

TEST(HttpLimits, LeavesAClientThatEndsInTheMiddle) {
  for (const char* half : {"GET /echo HT", "GET /echo HTTP/1.1\r\nHost: a\r\n",
                           "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nbo"}) {
    EchoServer server(with_soon(&Limits::drain_deadline_ms));
    RawClient client(server);
    client.send(half);
    client.half_close();
    client.read_all();  // else it would wait for an hour
    EXPECT_EQ(server.handled(), 0) << half;
  }
}

TEST(HttpLimits, LetsADownloadTakeManyWindows) {
  EchoServer server([](HttpSettings& settings) {
    settings.limits.write_deadline_ms = 500;
    settings.limits.download_bytes_per_s_min = 1;
  });
  RawClient client(server);
  client.send("GET /file HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_GT(client.read_all().size(), kFileSize);
}

TEST(HttpLimits, AnswersBusyWhenThereAreTooManyConnections) {
  EchoServer server(with(&Limits::connections_max, 1));
  expect_second_refused(server, "503", Limit::connections_max);
}

TEST(HttpLimits, AnswersAnAddressThatHasTooManyConnections) {
  EchoServer server(with(&Limits::connections_per_address_max, 1));
  expect_second_refused(server, "429", Limit::connections_per_address_max);
}

TEST(HttpLimits, LetsAnAddressComeBackThatHadTooManyConnections) {
  EchoServer server(with(&Limits::connections_per_address_max, 1));
  while (RawClient(server).ask(kLastRequest).rfind("HTTP/1.1 200 ", 0) != 0) {
  }
  while (RawClient(server).ask(kLastRequest).rfind("HTTP/1.1 200 ", 0) != 0) {
  }
}

TEST(HttpLimits, ClosesUnheardWhenThereAreFarTooManyConnections) {
  EchoServer server(with(&Limits::connections_max, 1));
  std::vector<std::unique_ptr<RawClient>> crowd;
  for (int i = 0; i < 65; ++i) crowd.push_back(std::make_unique<RawClient>(server.port()));
  EXPECT_EQ(RawClient(server.port()).read_all_plain(), "");
}

TEST(HttpLimits, SurvivesClientsThatVanish) {
  EchoServer server;
  for (const char* begin :
       {"", "GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nb",
        "GET /file HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    RawClient(server).send(begin);
  }
  HttpsClient client(server.client_settings());
  EXPECT_EQ(ask(client, "GET", "/echo").head.status, 200u) << client.detail();
}

}  // namespace
}  // namespace otter::server
