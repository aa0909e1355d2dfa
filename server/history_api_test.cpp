#include "server/history_api.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class HistoryApiTest : public testing::Test {
 protected:
  void check_in(const std::string& version, DeviceHealth health = {}) {
    server_.backend.sightings.note(
        {"lamp-7", server_.now_s, version, "confirmed", 7000, 1, {}, health});
  }
  boost::json::object shown(const std::string& target) {
    return json_of(server_.admin("GET", target));
  }
  std::string refusal(const std::string& target) {
    return problem_of(server_.admin("GET", target));
  }
  OfflineServer server_;
};

TEST_F(HistoryApiTest, ShowsHowADeviceFares) {
  server_.enroll("lamp-7");
  check_in("1.0.0", {60, ResetReason::panic, 50000, -61});
  const boost::json::object answer = shown("/api/v1/devices/lamp-7/history");
  ASSERT_THAT(answer.at("samples").as_array(), SizeIs(1));
  EXPECT_EQ(answer.at("samples").at(0),
            boost::json::parse(R"({"start": 1759996800, "span_s": 3600, "version": "1.0.0",
                "boot_state": "confirmed", "uptime_s": 60, "reset_reason": "panic", "resets": 0,
                "heap_bytes": 50000, "rssi_dbm": -61})"));
  EXPECT_TRUE(answer.at("next").is_null());
}

TEST_F(HistoryApiTest, SaysNullOfWhatIsNotStated) {
  server_.enroll("lamp-7");
  check_in("");
  const boost::json::object answer = shown("/api/v1/devices/lamp-7/history");
  for (const char* name : {"version", "uptime_s", "reset_reason", "heap_bytes", "rssi_dbm"}) {
    EXPECT_TRUE(answer.at("samples").at(0).at(name).is_null()) << name;
  }
}

TEST_F(HistoryApiTest, ShowsTheHistoryInPages) {
  server_.enroll("lamp-7");
  for (int hour = 0; hour < 3; ++hour) {
    check_in("1.0." + std::to_string(hour));
    server_.backend.sightings.flush(*server_.store);
    server_.now_s += kSecondsPerHour;
  }
  const std::string path = "/api/v1/devices/lamp-7/history?limit=2";
  const boost::json::object first = shown(path);
  ASSERT_THAT(first.at("samples").as_array(), SizeIs(2));
  EXPECT_EQ(first.at("samples").at(1).at("version").as_string(), "1.0.1");
  const boost::json::object last = shown(path + "&cursor=" + first.at("next").as_string().c_str());
  ASSERT_THAT(last.at("samples").as_array(), SizeIs(1));
  EXPECT_EQ(last.at("samples").at(0).at("version").as_string(), "1.0.0");
  EXPECT_TRUE(last.at("next").is_null());
}

TEST_F(HistoryApiTest, CountsVersionsOfTheLastDays) {
  server_.enroll("lamp-7");
  check_in("1.0.0");
  server_.backend.sightings.flush(*server_.store);
  server_.now_s += kSecondsPerDay;
  check_in("1.0.1");
  EXPECT_THAT(shown("/api/v1/products/lamp/versions").at("counts").as_array(), SizeIs(2));
  EXPECT_EQ(shown("/api/v1/products/lamp/versions?days=1").at("counts"),
            boost::json::parse(R"([{"day": 1760054400, "version": "1.0.1", "devices": 1}])"));
}

TEST_F(HistoryApiTest, RanksFailuresOfTheLastDays) {
  const std::string key = server_.enroll("lamp-7");
  server_.publish("1.0.1", 1);
  server_.post("/firmware/report", key,
               R"({"device_id": "lamp-7", "status": "FAILED", "version": "1.0.1",
                   "error": "no_space", "phase": "failed"})");
  EXPECT_EQ(shown("/api/v1/products/lamp/failures").at("failures"),
            boost::json::parse(R"([{"outcome": "failed", "error": "no_space", "version": "1.0.1",
                "devices": 1, "reports": 1, "last": 1760000000}])"));
  server_.now_s += kSecondsPerDay;
  EXPECT_TRUE(shown("/api/v1/products/lamp/failures?days=1").at("failures").as_array().empty());
}

TEST_F(HistoryApiTest, RefusesWhatIsNotThere) {
  EXPECT_EQ(refusal("/api/v1/devices/none/history"), "404 not_found");
  for (const char* view : {"versions", "failures"}) {
    EXPECT_EQ(refusal(std::string("/api/v1/products/none/") + view), "404 not_found");
    EXPECT_EQ(refusal(std::string("/api/v1/products/lamp/") + view + "?days=0"), "400 bad_query");
    EXPECT_EQ(refusal(std::string("/api/v1/products/lamp/") + view + "?day=1"), "400 bad_query");
  }
}

}  // namespace
}  // namespace otter::server
