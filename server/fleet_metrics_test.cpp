#include "server/fleet_metrics.h"

#include <gmock/gmock.h>

#include "server/offer.h"
#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(FleetMetrics, CountCheckinsByWhatTheyWereTold) {
  OfflineServer server;
  const std::string key = server.enroll("lamp-7");
  const HeaderList headers = {
      {"X-API-Key", key},
      {"Accept", kCheckinType},
      {kDeviceFactsHeader,
       "id=\"lamp-7\", ver=\"0.9.0\", product=\"lamp\", chip=\"esp32c3\", slot=1048576, "
       "nonce=:AAECAwQFBgcICQoLDA0ODw==:"}};
  EXPECT_EQ(server.send(request_of("GET", "/firmware/manifest", headers)).status, 200U);
  server.publish("1.0.0", 1);
  for (int i = 0; i < 2; ++i) server.send(request_of("GET", "/firmware/manifest", headers));
  const std::string text = server.metrics.text();
  EXPECT_THAT(text, HasSubstr("otter_checkins_total{product=\"lamp\",told=\"nothing\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("otter_checkins_total{product=\"lamp\",told=\"release\"} 2\n"));
}

TEST(FleetMetrics, CountDownloadsWhereTheyBegin) {
  OfflineServer server;
  server.publish("1.0.0", 1);
  server.get("/firmware/1.0.0.bin", {{"Range", "bytes=0-999"}});
  server.get("/firmware/1.0.0.bin", {{"Range", "bytes=1000-1009"}});
  const std::string labels = "{product=\"lamp\",version=\"1.0.0\"} ";
  const std::string text = server.metrics.text();
  EXPECT_THAT(text, HasSubstr("otter_downloads_total" + labels + "1\n"));
  EXPECT_THAT(text, HasSubstr("otter_download_bytes_total" + labels + "1010\n"));
}

TEST(FleetMetrics, CountNoDownloadOfWhatTheClientHas) {
  OfflineServer server;
  server.publish("1.0.0", 1);
  const std::string etag = header_of(server.get("/firmware/1.0.0.bin"), "ETag");
  EXPECT_EQ(server.get("/firmware/1.0.0.bin", {{"If-None-Match", etag}}).status, 304U);
  EXPECT_THAT(server.metrics.text(), HasSubstr("otter_downloads_total{product=\"lamp\","
                                               "version=\"1.0.0\"} 1\n"));
}

TEST(FleetMetrics, CountAReportOnce) {
  OfflineServer server;
  server.publish("1.0.0", 1);
  const std::string body =
      "{\"device_id\":\"s-1\",\"status\":\"SUCCESS\",\"version\":\"1.0.0\",\"error\":\"\","
      "\"report_id\":\"" +
      std::string(32, 'a') + "\"}";
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(server.post("/firmware/report", server.api_key, body).status, 200U);
  }
  EXPECT_THAT(server.metrics.text(),
              HasSubstr("otter_outcomes_total{product=\"lamp\",version=\"1.0.0\","
                        "outcome=\"claimed\"} 1\n"));
}

TEST(FleetMetrics, SayWhenTheNewestReleaseExpires) {
  OfflineServer server;
  ManifestOptions options = OfflineServer::options_of("1.0.0", 1);
  options.expires_s = server.now_s + 1;
  server.publish(OfflineServer::image_of("1.0.0"), options);
  options = OfflineServer::options_of("1.0.1", 2);
  options.expires_s = server.now_s + 3600;
  server.publish(OfflineServer::image_of("1.0.1"), options);
  const std::string series = "otter_release_expires_seconds{product=\"lamp\",channel=\"stable\"} ";
  EXPECT_THAT(server.admin("GET", "/metrics").body,
              HasSubstr(series + std::to_string(server.now_s + 3600) + "\n"));
  server.publish("1.0.2", 3);
  EXPECT_THAT(server.admin("GET", "/metrics").body, HasSubstr(series + "0\n"));
}

// By each device's own interval, which is up to a tenth above the server's.
TEST(FleetMetrics, CountDevicesThatAreOverdue) {
  OfflineServer server;
  server.enroll("lamp-7");
  server.sightings.note({"lamp-7", server.now_s, "1.0.0", "confirmed"});
  const std::string series = "otter_devices_overdue{product=\"lamp\"} ";
  const int64_t own_s = next_checkin_of("lamp-7", server.settings.check_interval_s);
  server.now_s += 3 * own_s;
  EXPECT_THAT(server.admin("GET", "/metrics").body, HasSubstr(series + "0\n"));
  server.now_s += 1;
  EXPECT_THAT(server.admin("GET", "/metrics").body, HasSubstr(series + "1\n"));
  const Response late = server.admin("GET", "/api/v1/devices?filter=late%20%3E%202");
  EXPECT_EQ(json_of(late).at("devices").as_array().size(), 1U);
}

TEST(StoreMetrics, CountReadsAndWrites) {
  const TemporaryFolder folder;
  Metrics metrics;
  const std::unique_ptr<Store> store = open_sqlite_store(folder.file("otter.sqlite"), &metrics);
  const Histogram& reads = metrics.histogram({"otter_store_seconds", ""}, {{"kind", "read"}});
  const Histogram& writes = metrics.histogram({"otter_store_seconds", ""}, {{"kind", "write"}});
  const uint64_t before = writes.count();
  store->put_account({"ada", Role::admin, "", kNow});
  EXPECT_EQ(writes.count(), before + 1);
  store->accounts("ada");
  EXPECT_EQ(reads.count(), 1U);
}

TEST(FleetMetrics, SayNothingOfAnEmptyFleet) {
  OfflineServer server;
  EXPECT_THAT(server.metrics.text(), Not(HasSubstr("otter_checkins_total")));
}

}  // namespace
}  // namespace otter::server
