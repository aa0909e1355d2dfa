#include "server/events.h"

#include <gmock/gmock.h>

#include "server/problem.h"
#include "server/server_fixture.h"
#include "server/store_sqlite_connection.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::Not;

// Someone who listens, as the engine does: takes what there is, and waits for the next piece.
class Listener {
 public:
  explicit Listener(Response response) : response_(std::move(response)) { ask(); }

  // What came since the last call, without comments.
  std::string take() {
    while (!is_waiting_ && !has_ended_) ask();
    return std::exchange(got_, {});
  }
  bool has_ended() const { return has_ended_; }
  // From now on it takes nothing.
  void stall() { stalls_ = true; }

 private:
  void ask() {
    is_waiting_ = true;
    response_.more([this](Response piece) {
      is_waiting_ = false;
      got_ += piece.body;
      has_ended_ = piece.body.empty();
      if (!has_ended_ && !stalls_) ask();
    });
  }

  Response response_;
  std::string got_;
  bool is_waiting_ = false;
  bool has_ended_ = false;
  bool stalls_ = false;
};

Event report_of(const std::string& product, const std::string& device) {
  return {"report", product, {{"device", device}}};
}

class EventsTest : public testing::Test {
 protected:
  std::string id(int number) { return std::to_string(kNow) + "-" + std::to_string(number); }
  std::string text(int number, const std::string& device) {
    return "id: " + id(number) + "\nevent: report\ndata: {\"device\":\"" + device + "\"}\n\n";
  }
  Events events_;
};

TEST_F(EventsTest, TellsThoseWhoListen) {
  events_.publish(report_of("lamp", "before"), kNow);
  Listener first(events_.listen("", "", kNow));
  Listener second(events_.listen("", "", kNow));
  events_.publish(report_of("lamp", "a\nb"), kNow);
  EXPECT_EQ(first.take(), text(2, "a\\nb"));  // one line, whatever it holds
  EXPECT_EQ(second.take(), text(2, "a\\nb"));
  EXPECT_EQ(first.take(), "");
}

TEST_F(EventsTest, TellsOfOneProductWhoAsksForOne) {
  Listener fan(events_.listen("fan", "", kNow));
  events_.publish(report_of("lamp", "a"), kNow);
  events_.publish(report_of("fan", "b"), kNow);
  events_.mention({"seen", "lamp", {}});
  EXPECT_EQ(fan.take(), text(2, "b"));
}

TEST_F(EventsTest, RepeatsWhatCameSinceTheLastEventThatAClientGot) {
  for (const char* device : {"a", "b", "c"}) events_.publish(report_of("lamp", device), kNow);
  events_.publish(report_of("fan", "d"), kNow);
  Listener back(events_.listen("lamp", id(1), kNow));
  EXPECT_EQ(back.take(), text(2, "b") + text(3, "c"));
  Listener current(events_.listen("", id(4), kNow));
  EXPECT_EQ(current.take(), "");
}

TEST_F(EventsTest, SaysThatSomethingWasMissed) {
  for (size_t i = 0; i < Events::kReplayMax + 1; ++i) events_.publish(report_of("lamp", "a"), kNow);
  for (const std::string& gone : {id(1), std::string("1-2"), std::string("x"), id(5000)}) {
    Listener back(events_.listen("", gone, kNow));
    EXPECT_EQ(back.take(), "event: missed\ndata: {}\n\n") << gone;
  }
  Listener just(events_.listen("fan", id(2), kNow));
  EXPECT_EQ(just.take(), "");
}

TEST_F(EventsTest, KeepsNoMentionForLater) {
  EXPECT_FALSE(events_.has_listeners());
  Listener listener(events_.listen("", "", kNow));
  EXPECT_TRUE(events_.has_listeners());
  events_.mention({"seen", "lamp", {{"device", "a"}}});
  EXPECT_EQ(listener.take(), "event: seen\ndata: {\"device\":\"a\"}\n\n");
}

TEST_F(EventsTest, CutsOffAListenerThatIsTooSlow) {
  Listener slow(events_.listen("", "", kNow));
  slow.stall();
  const Event large = report_of("lamp", std::string(Events::kQueueMax / 4, 'a'));
  for (int i = 0; i < 6; ++i) events_.publish(large, kNow);
  slow.take();
  EXPECT_TRUE(slow.has_ended());
  Listener next(events_.listen("", "", kNow));
  events_.publish(report_of("lamp", "b"), kNow);
  EXPECT_EQ(next.take(), text(7, "b"));
}

TEST_F(EventsTest, LetsAListenerThatLagsDoWithoutMentions) {
  Listener slow(events_.listen("", "", kNow));
  slow.stall();
  const Event seen = {"seen", "lamp", {{"device", std::string(1000, 'a')}}};
  for (int i = 0; i < 1000; ++i) events_.mention(seen);
  events_.publish(report_of("lamp", "b"), kNow);
  const std::string got = slow.take();
  EXPECT_FALSE(slow.has_ended());
  EXPECT_LT(got.size(), Events::kQueueMax);
  EXPECT_TRUE(got.ends_with(text(1, "b")));
}

TEST_F(EventsTest, HasAsManyListenersAsItMay) {
  std::vector<std::unique_ptr<Listener>> listeners;
  for (size_t i = 0; i < Events::kListenersMax; ++i) {
    listeners.push_back(std::make_unique<Listener>(events_.listen("", "", kNow)));
  }
  EXPECT_THROW(events_.listen("", "", kNow), HttpError);
  events_.close();  // what waits is answered, as at the end of a connection
  listeners.pop_back();
  EXPECT_NO_THROW(events_.listen("", "", kNow));
}

TEST_F(EventsTest, KeepsAQuietLineOpen) {
  Listener listener(events_.listen("", "", kNow));
  events_.tick(kNow + Events::kQuietMax - 1);
  EXPECT_EQ(listener.take(), "");
  events_.tick(kNow + Events::kQuietMax);
  EXPECT_EQ(listener.take(), ":\n\n");
  events_.tick(kNow + Events::kQuietMax + 1);
  EXPECT_EQ(listener.take(), "");
}

TEST_F(EventsTest, EndsAllStreams) {
  Listener listener(events_.listen("", "", kNow));
  events_.close();
  EXPECT_TRUE(listener.has_ended());
  Listener late(events_.listen("", "", kNow));
  EXPECT_TRUE(late.has_ended());
}

// What the server's own doings tell.
TEST(EventsApi, TellsWhatHappens) {
  OfflineServer server;
  Listener listener(server.admin("GET", "/api/v1/events"));
  server.publish("1.0.1", 1);
  EXPECT_THAT(listener.take(),
              HasSubstr("event: release\ndata: {\"product\":\"lamp\",\"channel\":\"stable\","
                        "\"version\":\"1.0.1\",\"sequence\":1}\n\n"));
  server.post("/firmware/enroll", server.api_key,
              R"({"device_id":"lamp-7","product":"lamp","chip":"esp32c3"})");
  EXPECT_THAT(listener.take(),
              HasSubstr("event: enrolment\ndata: {\"device\":\"lamp-7\",\"product\":\"lamp\"}"));
  server.admin("PUT", "/api/v1/products/lamp/config", R"({"version":3,"values":{}})");
  server.admin("POST", "/api/v1/products/lamp/config", R"({"version":3})");
  EXPECT_THAT(listener.take(),
              HasSubstr("event: configuration\ndata: {\"product\":\"lamp\",\"version\":3}"));
}

TEST(EventsApi, TellsOfAReportOnce) {
  OfflineServer server;
  Listener listener(server.admin("GET", "/api/v1/events?product=lamp"));
  const std::string body = R"({"device_id":"x","status":"FAILED","version":"1.0.1","error":"e",)"
                           R"("report_id":"000102030405060708090a0b0c0d0e0f"})";
  server.post("/firmware/report", server.api_key, body);
  EXPECT_THAT(listener.take(), HasSubstr("event: report\ndata: {\"device\":\"x\""));
  server.post("/firmware/report", server.api_key, body);
  EXPECT_EQ(listener.take(), "");
}

TEST(EventsApi, MentionsCheckins) {
  OfflineServer server;
  const std::string key = server.enroll("lamp-7");
  Listener listener(server.admin("GET", "/api/v1/events"));
  server.send(
      request_of("GET", "/firmware/manifest",
                 {{"X-API-Key", key},
                  {"Accept", "application/vnd.otter.checkin.v1"},
                  {"X-Otter-Device", R"(id="lamp-7", ver="1.0.0", product="lamp", chip="esp32c3", )"
                                     R"(nonce=:AAECAwQFBgcICQoLDA0ODw==:)"}}));
  const std::string told = listener.take();
  EXPECT_THAT(told, HasSubstr("event: seen\ndata: {\"device\":\"lamp-7\""));
  EXPECT_THAT(told, HasSubstr("\"version\":\"1.0.0\""));
  EXPECT_THAT(told, Not(HasSubstr("id: ")));
}

TEST(EventsApi, TellsATokenOfItsProductAlone) {
  OfflineServer server;
  server.add_product("fan", "otk_of-fan", "esp32c3");
  server.add_token("ota_fan", "ci-fan", Role::publisher, "fan");
  const auto listen = [&](const std::string& target) {
    return server.send(request_of("GET", target, {{"Authorization", "Bearer ota_fan"}}));
  };
  Listener listener(listen("/api/v1/events"));
  listener.take();
  server.publish("1.0.1", 1);
  server.enroll("lamp-7");
  EXPECT_EQ(listener.take(), "");
  server.post("/firmware/report", "otk_of-fan",
              R"({"device_id":"fan-1","status":"FAILED","version":"1.0.1","error":"e"})");
  EXPECT_THAT(listener.take(), HasSubstr("event: report\ndata: {\"device\":\"fan-1\""));
  EXPECT_EQ(problem_of(listen("/api/v1/events?product=lamp")), "403 forbidden");
}

TEST(EventsApi, HasTheHeadersOfAStream) {
  OfflineServer server;
  const Response response = server.admin("GET", "/api/v1/events");
  EXPECT_EQ(header_of(response, "Content-Type"), "text/event-stream");
  EXPECT_EQ(header_of(response, "Cache-Control"), "no-store");
  EXPECT_EQ(response.body, "retry: 3000\n\n");
}

TEST(EventsApi, TellsNothingOfAChangeThatDidNotHappen) {
  OfflineServer server;
  Listener listener(server.admin("GET", "/api/v1/events"));
  SqliteConnection(server.folder.file("otter.sqlite")).execute("DROP TABLE audit");
  EXPECT_EQ(problem_of(server.publish("1.0.1", 1)), "503 store_unavailable");
  EXPECT_EQ(release_of_version(*server.store, "lamp", "1.0.1"), nullptr);
  EXPECT_EQ(listener.take(), "");
}

}  // namespace
}  // namespace otter::server
