// The engine on a board whose resets and fuses a test chooses. Whole updates: sim/.
#include "ota/updater.h"

#include "device/test/engine_bench.h"

namespace otter {
namespace {

constexpr uint64_t kMinute = 60 * 1000;  // [ms]

// Runs 1.0.1 from slot 1, with 1.0.0 to go back to.
class UpdaterTest : public testing::Test, protected EngineBench {
 protected:
  UpdaterTest() {
    put_image(1, "1.0.1");
    put_entry(1, 2, OtaState::valid);
    board.running = 1;
  }
  bool goes_back() const { return board.lines.find("Going back") != std::string::npos; }
  sim::ServedRelease release_with(uint32_t security_version, uint64_t sequence) {
    ImageRecipe recipe = recipe_of("1.1." + std::to_string(sequence));
    recipe.secure_version = security_version;
    return release_of(recipe, sequence);
  }
};

TEST_F(UpdaterTest, FiveCrashesInARowSendItBack) {
  for (int i = 0; i < 4; ++i) {
    ASSERT_EQ(boot(ResetReason::panic), Error::ok);
    EXPECT_FALSE(goes_back()) << i;
  }
  ASSERT_EQ(boot(ResetReason::task_watchdog), Error::ok);
  EXPECT_TRUE(goes_back());
}

// An engine that could not start is started again in the same boot.
class RestartedEngineTest : public UpdaterTest {
 protected:
  RestartedEngineTest() {
    DocumentStore configurations(board.storage, kConfigurationOffset);
    EXPECT_EQ(configurations.save(1, as_bytes(Text("{\"version\":1,\"values\":{}}"))), Error::ok);
  }
  // Lets each call in the first boot fail, which is then begun again, and expects that five crashes
  // are five. Gives how many of them kept the engine from starting.
  int count_failed_starts() {
    const std::vector<uint8_t> storage = board.storage.bytes;
    EXPECT_EQ(boot(ResetReason::panic), Error::ok);
    const uint64_t calls = guard.faults.calls;
    int failed = 0;
    for (uint64_t n = 1; n <= calls; ++n) {
      board.storage.bytes = storage;
      board.lines.clear();
      guard.faults.calls = 0;
      guard.faults.fails_at = n;
      if (boot(ResetReason::panic) != Error::ok) {
        ++failed;
        guard.faults.fails_at = 0;
        EXPECT_EQ(begin(), Error::ok) << n;
      }
      guard.faults.fails_at = 0;
      for (int i = 1; i < 4; ++i) EXPECT_EQ(boot(ResetReason::panic), Error::ok) << n;
      EXPECT_FALSE(goes_back()) << n;
      EXPECT_EQ(boot(ResetReason::panic), Error::ok) << n;
      EXPECT_TRUE(goes_back()) << n;
      put_entry(0, 1, OtaState::valid);
      put_entry(1, 2, OtaState::valid);
    }
    return failed;
  }
};

TEST_F(RestartedEngineTest, ACrashCountsOnce) { EXPECT_GT(count_failed_starts(), 5); }

TEST_F(RestartedEngineTest, ACrashCountsOnceWhileAConfigurationIsTakenBack) {
  Journal journal(board.storage);
  ASSERT_EQ(journal.open(), Error::ok);
  JournalState state = journal.state();
  state.config_stage = ConfigStage::with_update;  // whose update is gone
  state.config_generation = 1;
  ASSERT_EQ(journal.save(state), Error::ok);
  guard.faults.fails_for = 20;  // longer than anything is tried again
  // What was written, but could not be compared, would count: the engine can't know that it is
  // there.
  guard.faults.spares_reads = true;
  EXPECT_GT(count_failed_starts(), 3);
}

TEST_F(UpdaterTest, CrashesThatAreFarApartDoNotCountTogether) {
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(boot(ResetReason::panic), Error::ok);
    if (i % 4 == 3) rest(2 * kMinute);
  }
  EXPECT_FALSE(goes_back());
}

TEST_F(UpdaterTest, AnImageThatRunsOnIsWrittenDownOnce) {
  ASSERT_EQ(boot(ResetReason::panic), Error::ok);
  rest(2 * kMinute);
  const int operations = board.storage.operations;
  rest(60 * kMinute);
  EXPECT_EQ(board.storage.operations, operations);
}

TEST_F(UpdaterTest, OtherResetsAreNoCrashes) {
  for (const ResetReason reason :
       {ResetReason::power_on, ResetReason::software, ResetReason::deep_sleep,
        ResetReason::brownout, ResetReason::external, ResetReason::unknown}) {
    for (int i = 0; i < 10; ++i) ASSERT_EQ(boot(reason), Error::ok);
  }
  EXPECT_FALSE(goes_back());
  EXPECT_FALSE(updater().in_safe_mode());
}

TEST_F(UpdaterTest, NothingBelowTheBurnedSecurityVersionIsTaken) {
  board.burned = 3;
  ASSERT_EQ(boot(ResetReason::power_on), Error::ok);
  server.offer(release_with(2, 1));
  rest(10 * kMinute);
  EXPECT_NE(last_report().find("\"error\":\"below_floor\""), std::string::npos) << board.lines;
  server.offer(release_with(3, 2));
  rest(10 * kMinute);
  EXPECT_EQ(board.restarts, 1) << board.lines;
}

TEST_F(UpdaterTest, NorGoneBackTo) {
  board.burned = 1;
  for (int i = 0; i < 5; ++i) ASSERT_EQ(boot(ResetReason::panic), Error::ok);
  EXPECT_FALSE(goes_back());
  EXPECT_TRUE(updater().in_safe_mode());
}

TEST_F(UpdaterTest, AnImageForALaterRevisionIsNotGoneBackTo) {
  ImageRecipe recipe = recipe_of("1.0.0");
  recipe.min_revision = 400;
  const std::vector<uint8_t> image = make_image(recipe);
  memcpy(board.slots[0].bytes.data(), image.data(), image.size());
  for (int i = 0; i < 5; ++i) ASSERT_EQ(boot(ResetReason::panic), Error::ok);
  EXPECT_FALSE(goes_back());
  EXPECT_TRUE(updater().in_safe_mode());
}

TEST_F(UpdaterTest, WaitsForTheNetwork) {
  application.is_up = false;
  ASSERT_EQ(boot(ResetReason::power_on), Error::ok);
  rest(60 * kMinute);
  EXPECT_TRUE(server.requests.empty());
  application.is_up = true;
  rest(1000);
  EXPECT_FALSE(server.requests.empty()) << "it looks every half second";
}

TEST_F(UpdaterTest, ChecksAtOnceWhenItIsAsked) {
  ASSERT_EQ(boot(ResetReason::power_on), Error::ok);
  rest(5 * kMinute);
  while (step() <= now_ms) continue;
  const size_t before = server.requests.size();
  step();
  EXPECT_EQ(server.requests.size(), before) << "it is not time yet";
  check_now();
  while (step() <= now_ms) continue;
  EXPECT_EQ(server.requests.size(), before + 1);
}

// Something else has erased otadata: a confirmation would be in vain, another trial is not.
TEST_F(UpdaterTest, StartsAnotherTrialWhereOtadataNoLongerNamesItsImage) {
  server.offer(release_with(0, 1));
  ASSERT_EQ(boot(ResetReason::power_on), Error::ok);
  rest(10 * kMinute);
  ASSERT_EQ(board.restarts, 1) << board.lines;
  follow_otadata();
  ASSERT_EQ(boot(ResetReason::software), Error::ok);
  EXPECT_EQ(updater().state(), UpdaterState::trial);
  board.boot_data = MemoryFlash(2 * kSectorSize);
  rest(kMinute);
  EXPECT_NE(board.lines.find("Confirmation failed"), std::string::npos) << board.lines;
  EXPECT_EQ(board.restarts, 1);
}

TEST_F(UpdaterTest, SaysHowMuchHeapWasLeft) {
  board.known.heap_low_water_bytes = 54321;
  server.offer(release_with(0, 1));
  ASSERT_EQ(boot(ResetReason::power_on), Error::ok);
  ASSERT_TRUE(run_to_report(1)) << board.lines;
  EXPECT_NE(last_report().find("\"heap_min\":54321"), std::string::npos) << last_report();
}

// What the server would refuse would cost the whole report.
TEST_F(UpdaterTest, ReportsTheMetricsThatAServerTakes) {
  application.measured = {{"battery_mv", 3700},   {"no name", 1},
                          {"most", kMetricMax},   {"more", kMetricMax + 1},
                          {"least", -kMetricMax}, {"less", -kMetricMax - 1}};
  server.offer(release_with(0, 1));
  ASSERT_EQ(boot(ResetReason::power_on), Error::ok);
  ASSERT_TRUE(run_to_report(1)) << board.lines;
  EXPECT_NE(last_report().find("\"metrics\":{\"battery_mv\":3700,\"most\":1000000000000000,"
                               "\"least\":-1000000000000000}"),
            std::string::npos)
      << last_report();
}

TEST_F(UpdaterTest, SaysWithEachCheckinWhatTheApplicationMeasures) {
  application.measured = {{"battery_mv", 3700}, {"Not a key", 1}};
  ASSERT_EQ(boot(ResetReason::power_on), Error::ok);
  rest(5 * kMinute);
  EXPECT_EQ(server.requests.back().headers.at(kDeviceMetricsHeader), "battery_mv=3700");
}

TEST_F(UpdaterTest, SaysNothingOfMetricsWhereThereAreNone) {
  ASSERT_EQ(boot(ResetReason::power_on), Error::ok);
  rest(5 * kMinute);
  EXPECT_EQ(server.requests.back().headers.count(kDeviceMetricsHeader), 0u);
}

TEST_F(UpdaterTest, UpdatesFromFactory) {
  board.slots[0] = board.slots[1] = MemoryFlash(kSlotSize);
  board.boot_data = MemoryFlash(2 * kSectorSize);
  board.running = kNoSlot;
  board.factory = true;
  server.offer(release_with(0, 1));
  ASSERT_EQ(boot(ResetReason::power_on), Error::ok);
  ASSERT_TRUE(run_to_report(1)) << board.lines;
  EXPECT_NE(last_report().find("\"phase\":\"confirmed\""), std::string::npos) << last_report();
  EXPECT_EQ(board.running, 0);
}

TEST_F(UpdaterTest, SaysHowItFaresWithEachCheckin) {
  board.known.heap_low_water_bytes = 54321;
  board.known.rssi_dbm = -67;
  ASSERT_EQ(boot(ResetReason::brownout), Error::ok);
  rest(kMinute);
  const uint32_t first_s = server.last_checkin.value().health.uptime_s;
  rest(120 * kMinute);
  const DeviceHealth health = server.last_checkin.value().health;
  EXPECT_LT(first_s, 60u);
  EXPECT_GE(health.uptime_s, first_s + 3600);
  EXPECT_EQ(health.reset_reason, ResetReason::brownout);
  EXPECT_EQ(health.heap_low_water_bytes, 54321u);
  EXPECT_EQ(health.rssi_dbm, -67);
  ASSERT_EQ(boot(ResetReason::software), Error::ok);
  rest(kMinute);
  EXPECT_LT(server.last_checkin.value().health.uptime_s, 60u);
}

// A board that runs from factory alone has no slot to go back to.
TEST_F(UpdaterTest, SaysOnceThatItCanNotGoBack) {
  board.slots[0] = board.slots[1] = MemoryFlash(kSlotSize);
  board.boot_data = MemoryFlash(2 * kSectorSize);
  board.running = kNoSlot;
  board.factory = true;
  server.command = "rollback";
  ASSERT_EQ(boot(ResetReason::power_on), Error::ok);
  ASSERT_TRUE(run_to_report(1)) << board.lines;
  EXPECT_NE(last_report().find("\"error\":\"no_fallback\""), std::string::npos) << last_report();
  EXPECT_NE(last_report().find("\"phase\":\"failed\""), std::string::npos) << last_report();
  rest(60 * kMinute);
  EXPECT_EQ(server.reports.size(), 1u) << board.lines;
  server.offer(release_with(0, 1));  // and it keeps no release away
  ASSERT_TRUE(run_to_report(2)) << board.lines;
  EXPECT_NE(last_report().find("\"phase\":\"confirmed\""), std::string::npos) << last_report();
}

TEST_F(UpdaterTest, RefusesAWrongFileInPlainModeOnce) {
  config.mode = UpdateMode::plain;
  config.hmac_secret = as_bytes(Text("shared"));
  server.set_hmac_secret("shared");
  ImageRecipe recipe = recipe_of("1.1.1");
  recipe.chip = 0;  // an ESP32's
  server.offer(release_of(recipe, 1));
  ASSERT_EQ(boot(ResetReason::power_on), Error::ok);
  ASSERT_TRUE(run_to_report(1)) << board.lines;
  EXPECT_NE(last_report().find("\"error\":\"wrong_chip\""), std::string::npos) << last_report();
  EXPECT_NE(last_report().find("\"phase\":\"refused\""), std::string::npos);
  const uint64_t sent = server.image_bytes_sent;
  rest(60 * kMinute);
  EXPECT_EQ(server.image_bytes_sent, sent);
  EXPECT_EQ(board.slots[0].erases, 0);
}

TEST(UpdaterStateNames, AreTheStates) {
  EXPECT_EQ(name(UpdaterState::idle), Text("idle"));
  EXPECT_EQ(name(UpdaterState::refreshing), Text("refreshing"));
  EXPECT_EQ(name(UpdaterState::reporting), Text("reporting"));
}

TEST_F(UpdaterTest, SaysWhatItDoesNotStartWith) {
  board.storage = MemoryFlash(2 * kSectorSize);
  EXPECT_EQ(boot(ResetReason::power_on), Error::wrong_layout);
  board.storage = MemoryFlash(8 * kSectorSize);
  board.storage.is_cut = true;
  EXPECT_EQ(boot(ResetReason::power_on), Error::flash_io);
  board.storage.power_on();
  EXPECT_EQ(boot(ResetReason::power_on), Error::ok);
}

}  // namespace
}  // namespace otter
