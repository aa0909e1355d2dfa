#include "server/command.h"

#include <gtest/gtest.h>

namespace otter::server {
namespace {

constexpr int64_t kNow = 1'760'000'000;

// What a device is told in check-ins one after the other.
class CommandTest : public testing::Test {
 protected:
  void give(Command command) { command_ = successor(command_, command, kNow); }
  Command check_in(int64_t seen_s, uint32_t uptime_s) {
    const CommandStep step = step_of(command_, {.seen_s = seen_s, .uptime_s = uptime_s});
    if (step.next.has_value()) command_ = *step.next;
    come_within_ = step.come_within.value_or(0);
    return step.told;
  }
  bool has_ended() const { return command_.command == Command::none; }
  DeviceCommand command_;
  uint32_t come_within_ = 0;
};

TEST_F(CommandTest, WithoutOneNothingHasToBeKept) {
  const CommandStep step = step_of({}, {.seen_s = kNow, .uptime_s = 60});
  EXPECT_EQ(step.told, Command::none);
  EXPECT_FALSE(step.next.has_value());
}

TEST_F(CommandTest, IsToldUntilTheChipHasStartedAnew) {
  give(Command::reboot);
  EXPECT_EQ(check_in(kNow + 10, 60), Command::reboot);
  EXPECT_EQ(check_in(kNow + 3610, 3660), Command::reboot);
  EXPECT_FALSE(has_ended());
  EXPECT_EQ(check_in(kNow + 3616, 4), Command::none);
  EXPECT_TRUE(has_ended());
  EXPECT_EQ(check_in(kNow + 7216, 3604), Command::none);
}

TEST_F(CommandTest, AsksForTheLogUntilItIsThere) {
  give(Command::send_logs);
  EXPECT_EQ(check_in(kNow + 10, 5), Command::send_logs);
  EXPECT_EQ(command_.told_s, kNow + 10);
  EXPECT_EQ(check_in(kNow + 3610, 1), Command::send_logs);
  EXPECT_EQ(check_in(kNow + 7210, kUptimeUnknown), Command::send_logs);
  EXPECT_EQ(command_.told_s, kNow + 10);
  EXPECT_FALSE(has_ended());
}

// One that crashes soon loses no command by that.
TEST_F(CommandTest, IsNotToldInABootThatIsTooYoungToObey) {
  give(Command::rollback);
  const int64_t number = command_.number;
  for (const uint32_t uptime_s : {5U, 59U, 0U}) {
    EXPECT_EQ(check_in(kNow + 10, uptime_s), Command::none);
    EXPECT_EQ(come_within_, kObeyedFrom + 5 - uptime_s);
  }
  EXPECT_EQ(command_.number, number);
  EXPECT_EQ(check_in(kNow + 70, 60), Command::rollback);
  EXPECT_EQ(come_within_, 0U);
}

// The first check-in after a reboot may come late.
TEST_F(CommandTest, IsNotToldInABootThatIsOlderThanTheOneBeforeWas) {
  give(Command::reboot);
  EXPECT_EQ(check_in(kNow, 60), Command::reboot);
  EXPECT_EQ(check_in(kNow + 1000, 998), Command::none);
  EXPECT_TRUE(has_ended());
}

TEST_F(CommandTest, IsNotToldAgainAfterTheClockWasSet) {
  for (const int64_t step : {1000, -1000}) {
    give(Command::reboot);
    EXPECT_EQ(check_in(kNow, 60), Command::reboot);
    EXPECT_EQ(check_in(kNow + 100 + step, 160), Command::none);
    EXPECT_TRUE(has_ended());
  }
}

TEST_F(CommandTest, IsToldAgainThoughTheCheckinWasSlow) {
  give(Command::rollback);
  EXPECT_EQ(check_in(kNow, 3600), Command::rollback);
  EXPECT_EQ(check_in(kNow + 109, 3700), Command::rollback);
  EXPECT_EQ(check_in(kNow + 200, 3800), Command::rollback);
}

TEST_F(CommandTest, IsToldOnceToADeviceThatDoesNotSayWhenItStarted) {
  give(Command::reboot);
  EXPECT_EQ(check_in(kNow, kUptimeUnknown), Command::reboot);
  EXPECT_EQ(check_in(kNow + 1, kUptimeUnknown), Command::none);
}

// The image before may be one that does not say it.
TEST_F(CommandTest, HasEndedIfTheUptimeIsNotStatedAnyMore) {
  give(Command::rollback);
  EXPECT_EQ(check_in(kNow, 3600), Command::rollback);
  EXPECT_EQ(check_in(kNow + 60, kUptimeUnknown), Command::none);
  EXPECT_TRUE(has_ended());
}

TEST_F(CommandTest, CheckNowIsToldOnce) {
  give(Command::check_now);
  EXPECT_EQ(check_in(kNow, 3600), Command::check_now);
  EXPECT_EQ(come_within_, kCheckNowDelay);
  EXPECT_EQ(check_in(kNow + 60, 3660), Command::none);
  give(Command::check_now);
  EXPECT_EQ(check_in(kNow + 60, 1), Command::check_now);  // nothing has to be obeyed
}

TEST_F(CommandTest, EachHasANumberOfItsOwn) {
  give(Command::reboot);
  const int64_t first = command_.number;
  check_in(kNow, 60);
  EXPECT_EQ(command_.number, first);
  check_in(kNow + 99, 1);
  give(Command::reboot);
  EXPECT_EQ(command_.number, first + 2);
  EXPECT_EQ(command_.told_s, 0);
}

}  // namespace
}  // namespace otter::server
