// Answers that come later than the handler returns.
#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "server/http_fixture.h"

namespace otter::server {
namespace {

std::future<Answered> ask_later(const EchoServer& server, const std::string& target,
                                const std::string& body) {
  return std::async(std::launch::async, [&server, target, body] {
    HttpsClient client(server.client_settings());
    return ask(client, "POST", target, body);
  });
}

TEST(HttpLater, SendsTheAnswerWhenItIsThere) {
  EchoServer server;
  std::future<Answered> answered = ask_later(server, "/later", "of a report");
  server.next_reply()({});
  EXPECT_EQ(answered.get().body, "POST /later of a report");
}

TEST(HttpLater, ServesOthersMeanwhile) {
  EchoServer server([](HttpSettings& settings) { settings.threads = 1; });
  std::future<Answered> first = ask_later(server, "/later/1", "");
  const Reply reply = server.next_reply();
  HttpsClient other(server.client_settings());
  EXPECT_EQ(ask(other, "GET", "/now").body, "GET /now ");
  reply({});
  EXPECT_EQ(first.get().body, "POST /later/1 ");
}

TEST(HttpLater, AnswersInWhateverOrderTheAnswersCome) {
  EchoServer server;
  std::future<Answered> first = ask_later(server, "/later/1", "");
  const Reply first_reply = server.next_reply();
  std::future<Answered> second = ask_later(server, "/later/2", "");
  server.next_reply()({});
  EXPECT_EQ(second.get().body, "POST /later/2 ");
  first_reply({});
  EXPECT_EQ(first.get().body, "POST /later/1 ");
}

TEST(HttpLater, KeepsTheConnectionForMore) {
  EchoServer server;
  RawClient client(server);
  client.send(
      "GET /later HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /close HTTP/1.1\r\nHost: x\r\n\r\n");
  server.next_reply()({});
  const std::string all = client.read_all();
  EXPECT_THAT(all, testing::HasSubstr("GET /later "));
  EXPECT_THAT(all, testing::EndsWith("bye"));
}

TEST(HttpLater, WaitsForTheAnswerBeforeItStops) {
  EchoServer server;
  std::future<Answered> answered = ask_later(server, "/later", "");
  const Reply reply = server.next_reply();
  std::thread stopping([&server] { server.server().stop(); });
  reply({});
  EXPECT_EQ(answered.get().body, "POST /later ");
  stopping.join();
}

TEST(HttpLater, OutlivesAClientThatLeaves) {
  EchoServer server;
  Reply reply;
  {
    RawClient client(server);
    client.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    reply = server.next_reply();
  }
  reply({});
  HttpsClient other(server.client_settings());
  EXPECT_EQ(ask(other, "GET", "/now").body, "GET /now ");
}

Response piece_of(const std::string& text) {
  Response piece;
  piece.body = text;
  return piece;
}

TEST(HttpMore, SendsEachPieceWhenItIsThere) {
  EchoServer server;
  RawClient client(server);
  client.send("GET /more HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string head = client.read_until("begun");
  EXPECT_THAT(head, testing::HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(head, testing::Not(testing::HasSubstr("Content-Length")));
  server.next_reply()(piece_of("one"));
  EXPECT_EQ(client.read_until("one"), "one");
  server.next_reply()(piece_of(std::string(100'000, 'a') + "two"));
  EXPECT_EQ(client.read_until("two").size(), 100'003U);
  server.next_reply()({});
  EXPECT_EQ(client.read_all(), "");
}

TEST(HttpMore, IsNotAskedForByAHead) {
  EchoServer server;
  RawClient client(server);
  const std::string all = client.ask(
      "HEAD /more HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /close HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(all, testing::EndsWith("\r\n\r\n"));
}

TEST(HttpMore, ServesOthersMeanwhile) {
  EchoServer server([](HttpSettings& settings) { settings.threads = 1; });
  RawClient client(server);
  client.send("GET /more HTTP/1.1\r\nHost: x\r\n\r\n");
  const Reply reply = server.next_reply();
  HttpsClient other(server.client_settings());
  EXPECT_EQ(ask(other, "GET", "/now").body, "GET /now ");
  reply({});
  EXPECT_THAT(client.read_all(), testing::EndsWith("begun"));
}

}  // namespace
}  // namespace otter::server
