// What every Store must do of devices and their reports.
#include "server/store_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(StoreTest, EnrollsADeviceAgainAndAgain) {
  add_lamp();
  EXPECT_TRUE(enroll(*store_, device_named("lamp-7")));
  EXPECT_TRUE(enroll(*store_, device_named("lamp-7")));
  const std::optional<Device> device = store_->device("lamp-7");
  ASSERT_TRUE(device.has_value());
  EXPECT_EQ(device->standing, Standing::enrolled);
  EXPECT_EQ(device->chip, "esp32c3");
  EXPECT_FALSE(store_->device("lamp-8").has_value());
}

TEST_P(StoreTest, EnrollsNoDeviceOfAnotherProduct) {
  add_lamp();
  store_->add_product(product_named("fan"), digest_number(2));
  enroll(*store_, device_named("lamp-7"));
  EXPECT_FALSE(enroll(*store_, device_named("lamp-7", "fan")));
  EXPECT_EQ(store_->device("lamp-7")->product, "lamp");
}

TEST_P(StoreTest, SavesSightingsOfKnownDevices) {
  add_lamp();
  enroll(*store_, device_named("lamp-7"));
  store_->save_sightings(
      {{"lamp-7", kNow + 9, "1.0.0", "confirmed", 7000}, {"ghost", kNow, "1.0.0", "confirmed", 1}});
  const std::optional<Device> device = store_->device("lamp-7");
  EXPECT_EQ(device->last_seen_s, kNow + 9);
  EXPECT_EQ(device->version, "1.0.0");
  EXPECT_EQ(device->boot_state, "confirmed");
  EXPECT_FALSE(store_->device("ghost").has_value());
}

Sighting sighting_of(int64_t seen_s, const DeviceHealth& health) {
  return {"lamp-7", seen_s, "1.0.0", "confirmed", 7000, 1, {}, health};
}

TEST_P(StoreTest, KeepsWhatADeviceIs) {
  add_lamp();
  enroll(*store_, device_named("lamp-7"));
  EXPECT_EQ(store_->device("lamp-7")->make, DeviceMake());
  Sighting sighting = sighting_of(kNow + 9, {});
  sighting.make = {102, "bulb-b", "0123456789abcdef", "0.5.0", 7};
  store_->save_sightings({sighting});
  reopen();
  EXPECT_EQ(store_->device("lamp-7")->make, sighting.make);
}

TEST_P(StoreTest, KeepsHowADeviceFares) {
  add_lamp();
  enroll(*store_, device_named("lamp-7"));
  EXPECT_EQ(store_->device("lamp-7")->health.uptime_s, kUptimeUnknown);
  store_->save_sightings({sighting_of(kNow + 9, {0, ResetReason::brownout, 51234, -67})});
  reopen();
  const Device device = store_->devices({.product = "lamp"}).at(0).device;
  EXPECT_EQ(device.checked_in_s, kNow + 9);
  EXPECT_EQ(device.health.uptime_s, 0U);
  EXPECT_EQ(device.health.reset_reason, ResetReason::brownout);
  EXPECT_EQ(device.health.heap_low_water_bytes, 51234U);
  EXPECT_EQ(device.health.rssi_dbm, -67);
  store_->save_sightings({sighting_of(kNow + 19, {})});
  EXPECT_EQ(store_->device("lamp-7")->health.uptime_s, kUptimeUnknown);
  EXPECT_EQ(store_->device("lamp-7")->health.reset_reason, ResetReason::unknown);
}

TEST_P(StoreTest, KeepsWhatADevicesApplicationMeasures) {
  add_lamp();
  enroll(*store_, device_named("lamp-7"));
  EXPECT_EQ(store_->device("lamp-7")->metrics, "");
  Sighting sighting = sighting_of(kNow + 9, {});
  sighting.metrics = "latency_ms=41";
  store_->save_sightings({sighting});
  reopen();
  EXPECT_EQ(store_->devices({.product = "lamp"}).at(0).device.metrics, "latency_ms=41");
  store_->save_sightings({sighting_of(kNow + 19, {})});
  EXPECT_EQ(store_->device("lamp-7")->metrics, "") << "its last check-in stated none";
}

TEST_P(StoreTest, AddsUpADevicesResets) {
  add_lamp();
  enroll(*store_, device_named("lamp-7"));
  store_->save_sightings({sighting_of(kNow, {30, ResetReason::panic})});
  store_->save_sightings({sighting_of(kNow + 99, {30, ResetReason::panic})});
  store_->save_sightings({sighting_of(kNow + 199, {130, ResetReason::panic})});
  EXPECT_EQ(store_->device("lamp-7")->resets, 1);
  Sighting several = sighting_of(kNow + 299, {230, ResetReason::panic});
  several.resets = 4;
  several.first = BootSign{kNow + 239, 10, ResetReason::panic};
  store_->save_sightings({several});
  EXPECT_EQ(store_->device("lamp-7")->resets, 6);
}

TEST_P(StoreTest, KeepsADevicesCommandInTheOrderOfNumbers) {
  add_lamp();
  enroll(*store_, device_named("lamp-7"));
  const DeviceCommand first = successor({}, Command::reboot, kNow);
  EXPECT_TRUE(store_->set_command("lamp-7", first));
  DeviceCommand told = first;
  told.told_s = kNow + 9;
  told.told_uptime_s = UINT32_MAX - 1;
  EXPECT_TRUE(store_->set_command("lamp-7", told));
  reopen();
  const DeviceCommand kept = store_->device("lamp-7")->command;
  EXPECT_EQ(kept.command, Command::reboot);
  EXPECT_EQ(kept.requested_s, kNow);
  EXPECT_EQ(kept.told_s, kNow + 9);
  EXPECT_EQ(kept.told_uptime_s, UINT32_MAX - 1);
  EXPECT_TRUE(store_->set_command("lamp-7", successor(kept, Command::none, 0)));
  EXPECT_FALSE(store_->set_command("lamp-7", told));
  EXPECT_EQ(store_->device("lamp-7")->command.command, Command::none);
  EXPECT_FALSE(store_->set_command("ghost", first));
}

TEST_P(StoreTest, CountsDevicesWithOlderKeys) {
  add_lamp();
  for (const char* id : {"a", "b", "c"}) enroll(*store_, device_named(id));
  EXPECT_EQ(store_->devices_behind(1), 0);
  EXPECT_EQ(store_->devices_behind(2), 3);
  store_->save_sightings({{"a", kNow, "", "", 0, 2}, {"b", kNow, "", "", 0, 2}});
  EXPECT_EQ(store_->devices_behind(2), 1);
  store_->save_sightings({{"a", kNow, "", "", 0, 1}});  // it has lost the new one
  EXPECT_EQ(store_->devices_behind(2), 2);
}

TEST_P(StoreTest, KeepsAnEnrolledDevicesEpochUntilItUsesTheNewKey) {
  add_lamp();
  enroll(*store_, device_named("lamp-7"));
  Device again = device_named("lamp-7");
  again.key_epoch = 2;
  enroll(*store_, again);
  EXPECT_EQ(store_->device("lamp-7")->key_epoch, 1U);
}

TEST_P(StoreTest, CountsOnlyDevicesWithAKeyOfTheirOwn) {
  add_lamp();
  add_report(*store_, report_of("1", Outcome::claimed, add_release("1.0.1", 1)));
  EXPECT_EQ(store_->devices_behind(2), 0);
  Device device = device_named("lamp-7");
  device.key_epoch = 2;
  enroll(*store_, device);
  EXPECT_EQ(store_->device("lamp-7")->key_epoch, 2U);
}

TEST_P(StoreTest, CountsWhoHasAConfiguration) {
  add_lamp();
  for (const char* id : {"a", "b", "c"}) enroll(*store_, device_named(id));
  store_->save_sightings(
      {{"a", kNow, "", "", 0, 1, {4, 5, 2, 0}}, {"b", kNow, "", "", 0, 1, {0, 0, 1, 2}}});
  const AppliedVersions applied = store_->device("a")->applied;
  EXPECT_EQ(applied.root, 4U);
  EXPECT_EQ(applied.trust, 5U);
  EXPECT_EQ(store_->devices({.product = "lamp"})[1].device.applied.config_failed, 2U);
  const ConfigurationSpread spread = store_->configuration_spread("lamp", 2);
  EXPECT_EQ(spread.devices, 3);
  EXPECT_EQ(spread.applied, 1);
  EXPECT_EQ(spread.failed, 1);
}

TEST_P(StoreTest, KnowsTheSmallestSlotOfAProduct) {
  add_lamp();
  EXPECT_EQ(store_->products({.name = "lamp"}).at(0).smallest_slot_bytes, 0U);
  for (const char* id : {"a", "b", "c"}) enroll(*store_, device_named(id));
  store_->save_sightings({{"a", kNow, "", "", 7000}, {"b", kNow, "", "", 5000}});
  EXPECT_EQ(store_->products({.name = "lamp"}).at(0).smallest_slot_bytes, 5000U);
}

TEST_P(StoreTest, CountsAReportOnce) {
  add_lamp();
  const Release release = add_release("1.0.0", 1);
  EXPECT_TRUE(add_report(*store_, report_of("r1", Outcome::confirmed, release)));
  EXPECT_FALSE(add_report(*store_, report_of("r1", Outcome::rolled_back, release)));
  EXPECT_EQ(store_->reports({.device = "lamp-7", .count_max = 10}).size(), 1U);
  EXPECT_EQ(outcome_of_lamp_7(), "confirmed");
}

TEST_P(StoreTest, KeepsAReportAcrossARestart) {
  add_lamp();
  Report report = report_of("r1", Outcome::rolled_back, add_release("1.0.0", 1));
  report.body = "{\"a\":1}";
  add_report(*store_, report);
  reopen();
  const std::vector<Report> reports = store_->reports({.device = "lamp-7", .count_max = 10});
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].outcome, Outcome::rolled_back);
  EXPECT_EQ(reports[0].error, "crashed");
  EXPECT_EQ(reports[0].release_version, "1.0.0");
  EXPECT_EQ(reports[0].manifest, report.manifest);
  EXPECT_EQ(reports[0].body, "{\"a\":1}");
}

TEST_P(StoreTest, GivesTheNewestReportsFirst) {
  add_lamp();
  const Release release = add_release("1.0.0", 1);
  for (const char* id : {"r1", "r2", "r3"}) {
    add_report(*store_, report_of(id, Outcome::downloading, release));
  }
  const std::vector<Report> reports = store_->reports({.device = "lamp-7", .count_max = 2});
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].id, "r3");
  EXPECT_EQ(reports[1].id, "r2");
}

TEST_P(StoreTest, LearnsOfADeviceByItsReport) {
  add_lamp("esp32");
  Report report = report_of("r1", Outcome::claimed, release_of("1.0.0", 1));
  report.manifest.reset();
  report.version = "1.0.0";
  EXPECT_TRUE(add_report(*store_, report));
  const std::optional<Device> device = store_->device("lamp-7");
  ASSERT_TRUE(device.has_value());
  EXPECT_EQ(device->standing, Standing::plain);
  EXPECT_EQ(device->chip, "esp32");
  EXPECT_EQ(device->version, "1.0.0");
  EXPECT_EQ(device->last_seen_s, kNow + 5);
}

TEST_P(StoreTest, KeepsWhatAReportDoesNotState) {
  add_lamp();
  const Release release = add_release("1.0.0", 1);
  enroll(*store_, device_named("lamp-7"));
  store_->save_sightings({{"lamp-7", kNow + 9, "0.9", "confirmed", 7000}});
  add_report(*store_, report_of("r1", Outcome::failed, release));
  const std::optional<Device> device = store_->device("lamp-7");
  EXPECT_EQ(device->version, "0.9");
  EXPECT_EQ(device->boot_state, "confirmed");
  EXPECT_EQ(device->last_seen_s, kNow + 9);
}

TEST_P(StoreTest, LetsNoProgressReplaceAFinalOutcome) {
  add_lamp();
  const Release release = add_release("1.0.0", 1);
  add_report(*store_, report_of("r1", Outcome::downloading, release));
  add_report(*store_, report_of("r2", Outcome::rolled_back, release));
  add_report(*store_, report_of("r3", Outcome::rebooting, release));
  EXPECT_EQ(outcome_of_lamp_7(), "rolled_back");
}

TEST_P(StoreTest, ShowsTheLatestOutcomeOfADevice) {
  add_lamp();
  const Release first = add_release("1.0.0", 1);
  const Release second = add_release("1.0.1", 2);
  add_report(*store_, report_of("r1", Outcome::confirmed, first));
  add_report(*store_, report_of("r2", Outcome::rolled_back, second));
  const std::vector<DeviceSummary> all = store_->devices({.product = "lamp"});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].outcome, Outcome::rolled_back);
  EXPECT_EQ(all[0].outcome_version, "1.0.1");
  EXPECT_EQ(all[0].error, "crashed");
  EXPECT_THAT(store_->devices({.product = "fan"}), IsEmpty());
}

TEST_P(StoreTest, NamesTheManifestsThatFailedOnADevice) {
  add_lamp();
  const Release bad = add_release("1.0.0", 1);
  const Release refused = add_release("1.0.1", 2);
  const Release cut_off = add_release("1.0.2", 3);
  add_report(*store_, report_of("r1", Outcome::rolled_back, bad));
  add_report(*store_, report_of("r2", Outcome::refused, refused));
  add_report(*store_, report_of("r3", Outcome::failed, cut_off));
  EXPECT_THAT(store_->failed_manifests("lamp-7"),
              testing::UnorderedElementsAre(bad.manifest_sha256, refused.manifest_sha256));
  EXPECT_THAT(store_->failed_manifests("lamp-8"), IsEmpty());
}

TEST_P(StoreTest, KeepsNoHalfReport) {
  add_lamp();
  Report report = report_of("r1", Outcome::confirmed, release_of("9.9.9", 9));  // never added
  EXPECT_THROW(add_report(*store_, report), StoreError);
  EXPECT_FALSE(store_->device("lamp-7").has_value());
  EXPECT_THAT(store_->reports({.device = "lamp-7", .count_max = 10}), IsEmpty());
}

TEST_P(StoreTest, KeepsManyReportsAtOnce) {
  add_lamp();
  const Release release = add_release("1.0.1", 1);
  const std::vector<Report> reports = {report_of("r1", Outcome::downloading, release),
                                       report_of("r2", Outcome::verified, release),
                                       report_of("r1", Outcome::failed, release)};
  EXPECT_THAT(store_->add_reports(reports), ElementsAre(true, true, false));
  EXPECT_THAT(store_->add_reports(reports), ElementsAre(false, false, false));
  EXPECT_EQ(store_->reports({.device = "lamp-7", .count_max = 10}).size(), 2U);
  EXPECT_EQ(store_->devices({.product = "lamp"}).at(0).outcome, Outcome::verified);
  EXPECT_THAT(store_->add_reports({}), IsEmpty());
}

TEST_P(StoreTest, KeepsNoneOfManyReportsIfOneCantBeKept) {
  add_lamp();
  const std::vector<Report> reports = {
      report_of("r1", Outcome::confirmed, add_release("1.0.1", 1)),
      report_of("r2", Outcome::confirmed, release_of("9.9.9", 9))};  // the release was never added
  EXPECT_THROW(store_->add_reports(reports), StoreError);
  EXPECT_THAT(store_->reports({.device = "lamp-7", .count_max = 10}), IsEmpty());
}

}  // namespace
}  // namespace otter::server
