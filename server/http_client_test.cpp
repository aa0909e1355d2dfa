// publish/https_client against servers that do what none should.
#include <gmock/gmock.h>

#include "server/scripted_server_fixture.h"

namespace otter::server {
namespace {

using ::testing::HasSubstr;
namespace asio = boost::asio;
using tcp = asio::ip::tcp;

struct Told {
  Answered answered;
  std::string detail;
};

Told tell(const std::string& answer, End end = End::with_close_notify,
          const std::string& method = "GET") {
  ScriptedServer server({answer}, end);
  HttpsClient client(server.client_settings());
  Told told;
  told.answered = ask(client, method, "/");
  told.detail = client.detail();
  return told;
}

Error error_of(const std::string& answer, End end = End::with_close_notify) {
  return tell(answer, end).answered.error;
}

const std::string kOk = "HTTP/1.1 200 OK\r\n";

TEST(HttpsClient, SendsHostLengthAndItsCallersHeaders) {
  ScriptedServer server({kOk + "Content-Length: 0\r\n\r\n"});
  const std::string port = server.client_settings().endpoint.port;
  const std::string body = "body";
  HttpsResponseHead head;
  EXPECT_EQ(HttpsClient(server.client_settings())
                .open("POST", "/a?b", {{"X-A", "1"}, {"X-B", "2"}}, as_bytes(body), &head),
            Error::ok);
  EXPECT_THAT(server.request(), HasSubstr("POST /a?b HTTP/1.1\r\nHost: 127.0.0.1:" + port +
                                          "\r\nX-A: 1\r\nX-B: 2\r\nContent-Length: 4\r\n\r\n"));
}

TEST(HttpsClient, JoinsHeadersThatComeTwice) {
  const Told told = tell(kOk + "X-A: 1\r\nx-a: 2\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(told.answered.head.headers.at("x-a"), "1, 2");
}

TEST(HttpsClient, ReadsChunksAndBodiesThatEndWithTheConnection) {
  const Told chunks =
      tell(kOk + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(chunks.answered.body, "abcde");
  EXPECT_EQ(tell(kOk + "\r\nabcde").answered.body, "abcde");
}

TEST(HttpsClient, ReadsNoBodyWhereThereIsNone) {
  const std::string length = "Content-Length: 5\r\n\r\n";
  EXPECT_EQ(tell("HTTP/1.1 304 Not Modified\r\n" + length).answered.error, Error::ok);
  EXPECT_EQ(tell("HTTP/1.1 204 No Content\r\n\r\n").answered.error, Error::ok);
  EXPECT_EQ(tell(kOk + length, End::with_close_notify, "HEAD").answered.error, Error::ok);
}

TEST(HttpsClient, PassesOverInterimAnswers) {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  const Told told = tell(interim + interim + kOk + "Content-Length: 2\r\n\r\nab");
  EXPECT_EQ(told.answered.head.status, 200u);
  EXPECT_EQ(told.answered.body, "ab");
  std::string endless;
  for (int i = 0; i < 20; ++i) endless += interim;
  EXPECT_EQ(error_of(endless), Error::malformed);
}

TEST(HttpsClient, RefusesWhatIsNoAnswer) {
  for (const char* answer :
       {"garbage\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n", "HTTP/3.0 200 OK\r\n\r\n", "\r\n\r\n\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"}) {
    EXPECT_EQ(error_of(answer), Error::malformed) << answer;
  }
}

TEST(HttpsClient, RefusesALargeHead) {
  EXPECT_EQ(error_of(kOk + "X: " + std::string(17'000, 'a') + "\r\n\r\n"), Error::malformed);
  std::string fields;
  for (int i = 0; i < 3000; ++i) fields += "X: 1\r\n";
  EXPECT_EQ(error_of(kOk + fields + "\r\n"), Error::malformed);
}

TEST(HttpsClient, NoticesAnEndThatComesTooEarly) {
  for (const End end : {End::with_close_notify, End::without_a_word}) {
    EXPECT_EQ(error_of("HTTP/1.1 20", end), Error::network_closed);
    EXPECT_EQ(error_of(kOk + "Content-Length: 5\r\n\r\nabc", end), Error::network_closed);
    EXPECT_EQ(error_of(kOk + "Transfer-Encoding: chunked\r\n\r\n5\r\nabc", end),
              Error::network_closed);
  }
}

TEST(HttpsClient, TakesATornConnectionForNoEndOfABody) {
  EXPECT_EQ(error_of(kOk + "\r\nabc", End::without_a_word), Error::network_closed);
}

TEST(HttpsClient, NoticesAServerThatGivesNoHandshake) {
  const Told told = tell("");
  EXPECT_EQ(told.answered.error, Error::network_closed);
  EXPECT_THAT(told.detail, HasSubstr("TLS with 127.0.0.1:"));
}

TEST(HttpsClient, ConnectsAgainOnceWhenItsConnectionIsDead) {
  const std::string answer = kOk + "Content-Length: 2\r\n\r\nab";
  ScriptedServer server({answer, answer});
  HttpsClient client(server.client_settings());
  EXPECT_EQ(ask(client, "GET", "/").body, "ab");
  EXPECT_EQ(ask(client, "POST", "/", "body").body, "ab") << client.detail();
}

TEST(HttpsClient, GivesUpWhenTheSecondConnectionFailsToo) {
  ScriptedServer server({kOk + "Content-Length: 0\r\n\r\n", ""});
  HttpsClient client(server.client_settings());
  EXPECT_EQ(ask(client, "GET", "/").error, Error::ok);
  EXPECT_EQ(ask(client, "GET", "/").error, Error::network_closed);
}

TEST(HttpsClient, DropsAConnectionWhoseBodyWasNotRead) {
  const std::string answer = kOk + "Content-Length: 2\r\n\r\nab";
  ScriptedServer server({answer, answer});
  HttpsClient client(server.client_settings());
  HttpsResponseHead head;
  EXPECT_EQ(client.open("GET", "/", {}, {}, &head), Error::ok);
  EXPECT_EQ(ask(client, "GET", "/").body, "ab") << client.detail();
}

TEST(HttpsClient, WaitsNoLongerThanItsTimeout) {
  for (const std::string& begin :
       {std::string("HTTP/1.1 2"), kOk + "Content-Length: 5\r\n\r\nab"}) {
    ScriptedServer server({begin}, End::when_the_client_does);
    HttpsClientSettings settings = server.client_settings();
    settings.timeout = std::chrono::milliseconds(300);  // the handshake must fit in, too
    HttpsClient client(settings);
    EXPECT_EQ(ask(client, "GET", "/").error, Error::network_timeout);
  }
}

TEST(HttpsClient, WaitsNoLongerForAHandshake) {
  asio::io_context context;
  const tcp::acceptor silent(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  HttpsClient client({.endpoint = {"127.0.0.1", std::to_string(silent.local_endpoint().port())},
                      .ca_file = local_certificates().authority(),
                      .timeout = std::chrono::milliseconds(30)});
  EXPECT_EQ(ask(client, "GET", "/").error, Error::network_timeout);
}

TEST(HttpsClient, NoticesAServerWithoutTls) {
  asio::io_context context;
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  std::thread server([&acceptor] {
    tcp::socket socket = acceptor.accept();
    asio::write(socket, asio::buffer(std::string("SSH-2.0-something\r\n")));
    socket.shutdown(tcp::socket::shutdown_send);
    std::string rest;
    boost::system::error_code ignored;
    asio::read(socket, asio::dynamic_buffer(rest), ignored);
  });
  HttpsClient client({.endpoint = {"127.0.0.1", std::to_string(acceptor.local_endpoint().port())},
                      .ca_file = local_certificates().authority()});
  EXPECT_EQ(ask(client, "GET", "/").error, Error::malformed);
  server.join();
}

}  // namespace
}  // namespace otter::server
