#include "server/http.h"

#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "server/http_fixture.h"

namespace otter::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Answered ask_once(const HttpsClientSettings& settings, const std::string& target = "/echo") {
  HttpsClient client(settings);
  return ask(client, "GET", target);
}

std::string file_part(uint64_t offset, size_t size) {
  std::string out(size, '\0');
  for (size_t i = 0; i < size; ++i) out[i] = file_byte(offset + i);
  return out;
}

std::string refusal_of(const HttpSettings& settings) {
  try {
    Metrics metrics;
    HttpServer server(settings, {}, metrics);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "accepted";
}

HttpSettings local_settings() {
  HttpSettings settings;
  settings.tls.certificate_file = local_certificates().file(kServerCertificateFile);
  settings.tls.key_file = local_certificates().file(kServerKeyFile);
  return settings;
}

TEST(Http, GivesTheRequestToTheHandler) {
  EchoServer server;
  HttpsClient client(server.client_settings());
  const Answered answered = ask(client, "POST", "/a%20b?c=d", "body");
  EXPECT_EQ(answered.error, Error::ok) << client.detail();
  EXPECT_EQ(answered.head.status, 200u);
  EXPECT_EQ(answered.head.headers.at("content-type"), "text/plain");
  EXPECT_EQ(answered.body, "POST /a%20b?c=d body");
}

TEST(Http, FindsHeadersInAnyCase) {
  Request request;
  request.headers = {{"X-API-Key", "first"}, {"x-api-key", "second"}};
  EXPECT_EQ(*request.header("x-Api-key"), "first");
  EXPECT_EQ(request.header("X-API"), nullptr);
}

TEST(Http, TellsThePeersAddress) {
  EchoServer server;
  RawClient client(server);
  EXPECT_THAT(client.ask("GET /remote HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              HasSubstr("127.0.0.1"));
}

TEST(Http, KeepsTheConnection) {
  EchoServer server([](HttpSettings& settings) { settings.limits.connections_max = 1; });
  HttpsClient client(server.client_settings());
  // A second connection would be answered with 503.
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(client, "GET", "/echo").head.status, 200u);
}

TEST(Http, AnswersRequestsThatCameTogether) {
  EchoServer server;
  RawClient client(server);
  const std::string answers = client.ask(
      "GET /one HTTP/1.1\r\nHost: a\r\n\r\n"
      "POST /two HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"
      "GET /three HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answers, HasSubstr("GET /one "));
  EXPECT_THAT(answers, HasSubstr("POST /two body"));
  EXPECT_THAT(answers, HasSubstr("GET /three "));
}

TEST(Http, ReadsChunkedBodiesInAnyPieces) {
  EchoServer server;
  RawClient client(server);
  const std::string request =
      "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
      "4\r\nbody\r\nA;x=y\r\n and more!\r\n0\r\nTrailer: x\r\n\r\n";
  for (const char c : request) client.send({c});
  EXPECT_THAT(client.read_all(), HasSubstr("POST /echo body and more!"));
}

TEST(Http, TellsThePeerToGoOnWithItsBody) {
  EchoServer server;
  RawClient client(server);
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n"
      "Connection: close\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(client.ask("body"), HasSubstr("POST /echo body"));
}

TEST(Http, SendsAWholeFile) {
  EchoServer server;
  const Answered answered = ask_once(server.client_settings(), "/file");
  EXPECT_EQ(answered.error, Error::ok);
  EXPECT_EQ(answered.head.headers.at("content-length"), std::to_string(kFileSize));
  EXPECT_TRUE(answered.body == file_part(0, kFileSize));
}

TEST(Http, SendsPartsOfAFileOnOneConnection) {
  EchoServer server;
  HttpsClient client(server.client_settings());
  for (const auto& [offset, size] :
       {std::pair{0, 1}, {1000, 65536}, {65537, 200000}, {int{kFileSize} - 3, 3}, {9, 0}}) {
    const std::string range = std::to_string(offset) + "-" + std::to_string(size);
    const Answered answered = ask(client, "GET", "/file/" + range);
    EXPECT_EQ(answered.error, Error::ok) << client.detail();
    EXPECT_TRUE(answered.body ==
                file_part(static_cast<uint64_t>(offset), static_cast<size_t>(size)))
        << range;
  }
}

TEST(Http, AnswersHeadWithTheLengthAlone) {
  EchoServer server;
  HttpsClient client(server.client_settings());
  const Answered head = ask(client, "HEAD", "/file");
  EXPECT_EQ(head.error, Error::ok) << client.detail();
  EXPECT_EQ(head.head.headers.at("content-length"), std::to_string(kFileSize));
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(ask(client, "GET", "/echo").body, "GET /echo ");
}

TEST(Http, AnswersWithoutABody) {
  EchoServer server;
  HttpsClient client(server.client_settings());
  const Answered none = ask(client, "GET", "/none");
  EXPECT_EQ(none.head.status, 204u);
  EXPECT_EQ(none.head.headers.count("content-length"), 0u);
  EXPECT_EQ(ask(client, "GET", "/echo").body, "GET /echo ");
}

TEST(Http, BreaksOffWhenAFileIsShorterThanPromised) {
  EchoServer server;
  const Answered answered =
      ask_once(server.client_settings(), "/file/" + std::to_string(kFileSize - 9) + "-10");
  EXPECT_EQ(answered.error, Error::network_closed);
}

TEST(Http, Answers500ForAFileThatIsNotThere) {
  EchoServer server;
  const Answered answered = ask_once(server.client_settings(), "/missing");
  EXPECT_EQ(answered.head.status, 500u);
  EXPECT_EQ(answered.body, "cannot open /nonexistent");
}

TEST(Http, ClosesWhenTheHandlerAsksForIt) {
  EchoServer server;
  HttpsClient client(server.client_settings());
  EXPECT_EQ(ask(client, "GET", "/close").head.headers.at("connection"), "close");
  EXPECT_EQ(ask(client, "GET", "/echo").head.status, 200u);
}

TEST(Http, SendsNoHeaderWithALineBreakInIt) {
  EchoServer server;
  const Answered answered = ask_once(server.client_settings(), "/split");
  EXPECT_EQ(answered.head.headers.count("x-a"), 0u);
  EXPECT_EQ(answered.head.headers.count("x-b"), 0u);
  EXPECT_EQ(answered.head.headers.at("x-c"), "3");
}

TEST(Http, ServesManyClientsAtOnce) {
  EchoServer server;
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&server, &good] {
      HttpsClient client(server.client_settings());
      for (int k = 0; k < 50; ++k) good += ask(client, "GET", "/file/7-9").body.size() == 9;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 8 * 50);
  EXPECT_EQ(server.handled(), 8 * 50);
}

TEST(Http, IsNotTrustedWithAnotherAuthority) {
  EchoServer server;
  const TestCertificates others({"127.0.0.1"});
  HttpsClientSettings settings = server.client_settings();
  settings.ca_file = others.authority();
  EXPECT_EQ(ask_once(settings).error, Error::tls_untrusted);
  EXPECT_EQ(server.handled(), 0);
}

TEST(Http, IsNotTrustedUnderAnotherName) {
  const TestCertificates others({"example.org", "127.0.0.2"});
  EchoServer server({}, others);
  for (const char* host : {"127.0.0.1", "localhost"}) {
    HttpsClientSettings settings = server.client_settings();
    settings.ca_file = others.authority();
    settings.endpoint.host = host;
    EXPECT_EQ(ask_once(settings).error, Error::tls_untrusted) << host;
  }
}

TEST(Http, IsTrustedUnderItsDnsName) {
  EchoServer server;
  HttpsClientSettings settings = server.client_settings();
  settings.endpoint.host = "localhost";
  EXPECT_EQ(ask_once(settings).head.status, 200u);
}

TEST(Http, KeepsTheClientsTrustAfterRenewal) {
  const TestCertificates certificates({"127.0.0.1"});
  const std::string folder = std::filesystem::path(certificates.authority()).parent_path().string();
  renew_server_certificate({.names = {"127.0.0.1", "other"}, .folder = folder});
  EchoServer server({}, certificates);
  HttpsClientSettings settings = server.client_settings();
  settings.ca_file = certificates.authority();
  EXPECT_EQ(ask_once(settings).head.status, 200u);
}

TEST(Http, SaysWhenThePortIsInUse) {
  EchoServer first;
  HttpSettings settings = local_settings();
  settings.port = first.port();
  EXPECT_EQ(refusal_of(settings),
            "cannot listen on 127.0.0.1:" + std::to_string(first.port()) +
                ": Address already in use: another server runs there, or choose another port with "
                "--listen");
}

TEST(Http, SaysWhenTheAddressIsNone) {
  HttpSettings settings = local_settings();
  settings.address = "nowhere";
  EXPECT_THAT(refusal_of(settings), StartsWith("cannot listen on nowhere: not an IP address"));
}

TEST(Http, SaysWhichFileCantBeRead) {
  HttpSettings settings = local_settings();
  settings.tls.key_file = "/nonexistent/server.key";
  EXPECT_THAT(refusal_of(settings), StartsWith("cannot read the private key /nonexistent/server.key"
                                               ": No such file or directory"));
  settings.tls.certificate_file = "/nonexistent/server.crt";
  EXPECT_THAT(refusal_of(settings), StartsWith("cannot read the certificate /nonexistent/server.crt"
                                               ": No such file or directory"));
}

TEST(Http, SaysWhenAFileIsNotWhatItShouldBe) {
  HttpSettings settings = local_settings();
  std::swap(settings.tls.certificate_file, settings.tls.key_file);
  EXPECT_THAT(refusal_of(settings), HasSubstr("is not a PEM certificate"));
  settings.tls.certificate_file = settings.tls.key_file;
  EXPECT_THAT(refusal_of(settings), HasSubstr("is not a PEM private key without a password"));
}

TEST(Http, SaysWhenTheKeyIsOfAnotherCertificate) {
  HttpSettings settings = local_settings();
  settings.tls.key_file = local_certificates().file(kAuthorityKeyFile);
  EXPECT_THAT(refusal_of(settings), HasSubstr("does not belong to the certificate"));
}

// Returns when the server refuses connections.
void wait_until_closed(const HttpsClientSettings& settings) {
  HttpsResponseHead head;
  while (HttpsClient(settings).open("GET", "/echo", {}, {}, &head) == Error::ok) {
  }
}

TEST(HttpStop, FinishesADownload) {
  EchoServer server([](HttpSettings& settings) { settings.limits.drain_deadline_ms = 3'600'000; });
  HttpsClient client(server.client_settings());
  Answered answered;
  answered.error = client.open("GET", "/file", {}, {}, &answered.head);
  auto stopped = std::async(std::launch::async, [&server] { server.server().stop(); });
  wait_until_closed(server.client_settings());
  answered = read_answer(client, std::move(answered));
  EXPECT_EQ(answered.error, Error::ok) << client.detail();
  EXPECT_TRUE(answered.body == file_part(0, kFileSize));
  stopped.get();
}

TEST(HttpStop, CutsADownloadAtTheDeadline) {
  EchoServer server([](HttpSettings& settings) { settings.limits.drain_deadline_ms = 20; });
  HttpsClient client(server.client_settings());
  Answered answered;
  answered.error = client.open("GET", "/file", {}, {}, &answered.head);
  server.server().stop();
  EXPECT_EQ(read_answer(client, std::move(answered)).error, Error::network_closed);
}

TEST(HttpStop, ClosesIdleConnectionsAtOnce) {
  EchoServer server([](HttpSettings& settings) { settings.limits.drain_deadline_ms = 3'600'000; });
  HttpsClient client(server.client_settings());
  EXPECT_EQ(ask(client, "GET", "/echo").head.status, 200u);
  server.server().stop();
  EXPECT_EQ(ask(client, "GET", "/echo").error, Error::network_unreachable);
}

TEST(HttpStop, LetsAClientFindTheNextServerOnItsPort) {
  auto first = std::make_unique<EchoServer>();
  HttpsClient client(first->client_settings());
  EXPECT_EQ(ask(client, "GET", "/echo").head.status, 200u);
  const uint16_t port = first->port();
  first.reset();
  EchoServer second([port](HttpSettings& settings) { settings.port = port; });
  EXPECT_EQ(ask(client, "GET", "/echo").head.status, 200u) << client.detail();
}

TEST(HttpStop, MayComeBeforeTheStartAndTwice) {
  Metrics metrics;
  HttpServer server(local_settings(), {}, metrics);
  server.stop();
  server.stop();
  EXPECT_NE(server.port(), 0);
}

}  // namespace
}  // namespace otter::server
