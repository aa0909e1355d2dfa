#include "server/sightings.h"

#include <gtest/gtest.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

TEST(Sightings, WritesTheLatestOfEachDevice) {
  OfflineServer server;
  server.enroll("lamp-7");
  server.sightings.note({"lamp-7", kNow + 1, "1.0.0", "trial", 10});
  server.sightings.note({"lamp-7", kNow + 2, "1.0.1", "confirmed", 20});
  EXPECT_EQ(server.store->device("lamp-7")->version, "");
  server.sightings.flush(*server.store);
  EXPECT_EQ(server.store->device("lamp-7")->version, "1.0.1");
  EXPECT_EQ(server.store->device("lamp-7")->last_seen_s, kNow + 2);
}

TEST(Sightings, WritesEachOnce) {
  OfflineServer server;
  server.enroll("lamp-7");
  server.sightings.note({"lamp-7", kNow + 1, "1.0.0", "confirmed", 10});
  server.sightings.flush(*server.store);
  server.store->save_sightings({{"lamp-7", kNow + 5, "1.0.1", "confirmed", 10}});
  server.sightings.flush(*server.store);
  EXPECT_EQ(server.store->device("lamp-7")->version, "1.0.1");
}

}  // namespace
}  // namespace otter::server
