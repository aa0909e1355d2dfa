// What every Store must remember of how devices fared.
#include "server/store_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int64_t kDay0 = kNow / kSecondsPerDay * kSecondsPerDay;  // a whole day

// Two lamps that check in and report.
struct Lamps {
  explicit Lamps(Store& store_in) : store(store_in) {
    store.add_product(product_named("lamp"), digest_number(1));
    for (const char* id : {"lamp-7", "lamp-8"}) enroll(store, device_named(id));
  }
  void see(int64_t seen_s, const std::string& version, DeviceHealth health = {},
           const std::string& device = "lamp-7") {
    store.save_sightings({{device, seen_s, version, "confirmed", 7000, 1, {}, health}});
  }
  std::vector<Sample> samples() { return store.samples({.device = "lamp-7"}); }
  // "DAY VERSION DEVICES", days from the first.
  std::vector<std::string> versions(int64_t from_day = 0) {
    std::vector<std::string> lines;
    for (const VersionCount& count : store.version_counts("lamp", from_day)) {
      lines.push_back(std::to_string(count.day - kDay0 / kSecondsPerDay) + " " + count.version +
                      " " + std::to_string(count.devices));
    }
    return lines;
  }
  void report(const std::string& id, const std::string& device, Outcome outcome,
              const Release& release) {
    Report report = report_of(id, outcome, release);
    report.device = device;
    add_report(store, report);
  }
  // "OUTCOME ERROR VERSION DEVICES REPORTS"
  std::vector<std::string> failures(int64_t from_s = 0) {
    std::vector<std::string> lines;
    for (const FailureCount& count : store.failure_counts("lamp", from_s)) {
      lines.push_back(std::string(name(count.outcome)) + " " + count.error + " " + count.version +
                      " " + std::to_string(count.devices) + " " + std::to_string(count.reports));
    }
    return lines;
  }
  Store& store;
};

TEST_P(StoreTest, KeepsASampleForEachHour) {
  Lamps lamps(*store_);
  lamps.see(kDay0 + 100, "1.0.0", {60, ResetReason::power_on, 50000, -60});
  lamps.see(kDay0 + 3700, "1.0.1", {30, ResetReason::panic, 40000, -70});
  reopen();
  const std::vector<Sample> all = store_->samples({.device = "lamp-7"});
  ASSERT_THAT(all, SizeIs(2));
  const Sample newest = {.device = "lamp-7",
                         .start_s = kDay0 + 3600,
                         .span_s = 3600,
                         .version = "1.0.1",
                         .boot_state = "confirmed",
                         .uptime_s = 30,
                         .reset_reason = ResetReason::panic,
                         .resets = 1,
                         .heap_low_water_bytes = 40000,
                         .rssi_dbm = -70};
  EXPECT_EQ(all[0], newest);
  EXPECT_EQ(all[1].start_s, kDay0);
  EXPECT_EQ(all[1].version, "1.0.0");
}

TEST_P(StoreTest, JoinsWhatAnHourHas) {
  Lamps lamps(*store_);
  lamps.see(kDay0 + 100, "1.0.0", {60, ResetReason::power_on, 50000, -80});
  lamps.see(kDay0 + 200, "1.0.0", {20, ResetReason::panic, 60000, -60});
  lamps.see(kDay0 + 300, "", {});
  const std::vector<Sample> all = lamps.samples();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].version, "1.0.0");
  EXPECT_EQ(all[0].uptime_s, kUptimeUnknown);
  EXPECT_EQ(all[0].resets, 1);
  EXPECT_EQ(all[0].heap_low_water_bytes, 50000U);
  EXPECT_EQ(all[0].rssi_dbm, -80);
}

TEST_P(StoreTest, KeepsNoneOfUnknownDevices) {
  Lamps lamps(*store_);
  lamps.see(kDay0, "1.0.0", {}, "ghost");
  EXPECT_THAT(store_->samples({.device = "ghost"}), IsEmpty());
  EXPECT_THAT(lamps.versions(), IsEmpty());
}

TEST_P(StoreTest, GivesSamplesInPages) {
  Lamps lamps(*store_);
  for (int hour = 0; hour < 3; ++hour) lamps.see(kDay0 + hour * 3600, "1.0.0");
  const std::vector<Sample> page = store_->samples({.device = "lamp-7", .count_max = 2});
  ASSERT_THAT(page, SizeIs(2));
  const std::vector<Sample> rest =
      store_->samples({.device = "lamp-7", .before_s = page[1].start_s});
  ASSERT_THAT(rest, SizeIs(1));
  EXPECT_EQ(rest[0].start_s, kDay0);
}

TEST_P(StoreTest, TurnsOldHoursIntoDays) {
  Lamps lamps(*store_);
  lamps.see(kDay0 + 100, "1.0.0", {60, ResetReason::panic, 50000, -60});
  lamps.see(kDay0 + 7300, "1.0.1", {10, ResetReason::panic, 40000, -50});
  lamps.see(kDay0 + kSecondsPerDay, "1.0.1");
  RetentionLimits limits;
  limits.samples_before_s = kDay0 + kSecondsPerDay;
  EXPECT_EQ(store_->roll_up(limits, 1), 1U);
  EXPECT_EQ(store_->roll_up(limits, 10), 1U);
  EXPECT_EQ(store_->roll_up(limits, 10), 0U);
  const std::vector<Sample> all = lamps.samples();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].span_s, kSecondsPerHour);
  EXPECT_EQ(all[1].span_s, kSecondsPerDay);
  EXPECT_EQ(all[1].start_s, kDay0);
  EXPECT_EQ(all[1].version, "1.0.1");
  EXPECT_EQ(all[1].resets, 1);
  EXPECT_EQ(all[1].heap_low_water_bytes, 40000U);
  EXPECT_EQ(all[1].rssi_dbm, -60);
}

TEST_P(StoreTest, ForgetsOldDays) {
  Lamps lamps(*store_);
  lamps.see(kDay0, "1.0.0");
  RetentionLimits limits;
  limits.samples_before_s = kDay0 + kSecondsPerDay;
  limits.days_before_s = kDay0;
  store_->roll_up(limits, 10);
  EXPECT_THAT(lamps.samples(), SizeIs(1));
  limits.days_before_s = kDay0 + kSecondsPerDay;
  EXPECT_EQ(store_->roll_up(limits, 10), 1U);
  EXPECT_THAT(lamps.samples(), IsEmpty());
}

TEST_P(StoreTest, CountsADeviceOnceOnADay) {
  Lamps lamps(*store_);
  lamps.see(kDay0, "1.0.0");
  lamps.see(kDay0, "1.0.0", {}, "lamp-8");
  EXPECT_THAT(lamps.versions(), ElementsAre("0 1.0.0 2"));
  lamps.see(kDay0 + 3600, "1.0.1");
  EXPECT_THAT(lamps.versions(), ElementsAre("0 1.0.0 1", "0 1.0.1 1"));
  lamps.see(kDay0 + kSecondsPerDay, "1.0.1");
  lamps.see(kDay0 + kSecondsPerDay, "1.0.1", {}, "lamp-8");
  EXPECT_THAT(lamps.versions(), ElementsAre("0 1.0.0 1", "0 1.0.1 1", "1 1.0.1 2"));
  EXPECT_THAT(lamps.versions(kDay0 / kSecondsPerDay + 1), ElementsAre("1 1.0.1 2"));
}

TEST_P(StoreTest, CountsADeviceOnceAlsoWhenTheClockIsSetBack) {
  Lamps lamps(*store_);
  lamps.see(kDay0 + kSecondsPerDay, "1.0.1");
  lamps.see(kDay0, "1.0.0");
  lamps.see(kDay0 + kSecondsPerDay, "1.0.1");
  EXPECT_THAT(lamps.versions(), ElementsAre("1 1.0.1 1"));
}

TEST_P(StoreTest, KeepsTheVersionsOfDaysWhoseSamplesAreJoined) {
  Lamps lamps(*store_);
  lamps.see(kDay0, "1.0.0");
  RetentionLimits limits;
  limits.samples_before_s = kDay0 + kSecondsPerDay;
  store_->roll_up(limits, 10);
  lamps.see(kDay0 + kSecondsPerDay, "1.0.0");
  EXPECT_THAT(lamps.versions(), ElementsAre("0 1.0.0 1", "1 1.0.0 1"));
  limits.counts_before_day = kDay0 / kSecondsPerDay + 1;
  EXPECT_EQ(store_->roll_up(limits, 10), 1U);
  EXPECT_THAT(lamps.versions(), ElementsAre("1 1.0.0 1"));
}

TEST_P(StoreTest, RanksReasonsByDevices) {
  Lamps lamps(*store_);
  const Release release = add_release("1.0.1", 2);
  lamps.report("a", "lamp-7", Outcome::refused, release);
  lamps.report("b", "lamp-7", Outcome::refused, release);
  lamps.report("c", "lamp-7", Outcome::rolled_back, release);
  lamps.report("d", "lamp-8", Outcome::rolled_back, release);
  lamps.report("e", "lamp-8", Outcome::confirmed, release);
  lamps.report("f", "lamp-8", Outcome::downloading, release);
  EXPECT_THAT(lamps.failures(),
              ElementsAre("rolled_back crashed 1.0.1 2 2", "refused crashed 1.0.1 1 2"));
  EXPECT_THAT(lamps.failures(kNow + 6), IsEmpty());
}

TEST_P(StoreTest, CountsFailuresOfUnknownReleasesTogether) {
  Lamps lamps(*store_);
  Report report = report_of("a", Outcome::failed, release_of("9.9.9", 9));
  report.manifest.reset();
  add_report(*store_, report);
  EXPECT_THAT(lamps.failures(), ElementsAre("failed crashed  1 1"));
}

}  // namespace
}  // namespace otter::server
