#include "server/device_removal.h"

#include <gmock/gmock.h>

#include "server/fleet_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class DeviceRemovalTest : public testing::Test {
 protected:
  DeviceRemovalTest() { server_.publish("1.1.0", 2); }
  Response remove(const std::string& id) {
    return server_.admin("DELETE", "/api/v1/devices/" + id);
  }
  fleet::Tally tally() {
    return server_.rollouts.book().view_one("lamp/1.1.0", server_.now_s)->all;
  }
  void start() {
    const Response response = server_.admin("POST", "/api/v1/products/lamp/rollouts",
                                            R"({"version":"1.1.0","template":"all_at_once"})");
    ASSERT_EQ(response.status, 201U) << response.body;
    server_.tick();
  }
  LampFleet server_{3};
};

TEST_F(DeviceRemovalTest, ForgetsADevice) {
  server_.admin("PATCH", "/api/v1/devices/lamp-1", R"({"tags":["kitchen"]})");
  server_.report("lamp-1", "1.1.0", "confirmed");
  EXPECT_EQ(remove("lamp-1").status, 200U);
  EXPECT_FALSE(server_.store->device("lamp-1").has_value());
  EXPECT_THAT(server_.store->reports({.device = "lamp-1"}), IsEmpty());
  EXPECT_THAT(server_.store->labels("lamp-1").tags, IsEmpty());
  EXPECT_EQ(problem_of(remove("lamp-1")), "404 not_found");
  EXPECT_THAT(server_.store->audit_entries({}).back().line, HasSubstr("Device removed"));
}

TEST_F(DeviceRemovalTest, ShutsItsKeyOut) {
  remove("lamp-1");
  EXPECT_THROW(server_.check_in({.id = "lamp-1"}), std::runtime_error);
  EXPECT_EQ(server_.check_in({.id = "lamp-2"}).at("device").as_string(), "lamp-2");
}

TEST_F(DeviceRemovalTest, TakesItOutOfARolloutWithoutCountingIt) {
  start();
  EXPECT_EQ(server_.offered({.id = "lamp-1"}), "1.1.0");
  EXPECT_EQ(server_.offered({.id = "lamp-2"}), "1.1.0");
  EXPECT_EQ(tally().open(), 2U);
  remove("lamp-1");
  EXPECT_EQ(tally().open(), 1U);
  EXPECT_EQ(tally().failing(), 0U);
  EXPECT_EQ(tally().skipped, 1U);
  Rollouts again(*server_.store, server_.sightings, 3600);
  again.load(server_.now_s);
  EXPECT_EQ(again.book().view_one("lamp/1.1.0", server_.now_s)->all, tally());
}

TEST_F(DeviceRemovalTest, LeavesWhatHasEndedInARollout) {
  start();
  server_.offered({.id = "lamp-1"});
  server_.report("lamp-1", "1.1.0", "confirmed");
  remove("lamp-1");
  EXPECT_EQ(tally().confirmed, 1U);
}

// Its product's enrolment decides, as for any device.
TEST_F(DeviceRemovalTest, LetsItComeBackAsItsProductSays) {
  const auto enrol = [&] {
    return server_.post("/firmware/enroll", server_.api_key,
                        R"({"device_id":"lamp-1","product":"lamp","chip":"esp32c3"})");
  };
  server_.change_product({.enrolment = Enrolment::listed});
  remove("lamp-1");
  EXPECT_EQ(enrol().status, 403U);
  server_.change_product({.enrolment = Enrolment::open});
  const Response response = enrol();
  EXPECT_LT(response.status, 300U) << response.body;
}

}  // namespace
}  // namespace otter::server
