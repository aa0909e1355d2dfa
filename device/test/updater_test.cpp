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
