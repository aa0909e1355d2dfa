#include "server/reset_count.h"

#include <gtest/gtest.h>

namespace otter::server {
namespace {

constexpr int64_t kNow = 1'760'000'000;
constexpr int64_t kHour = 3600;

// Checked in a minute after it had started from a power cut.
constexpr BootSign kBefore = {kNow, 60, ResetReason::power_on};

BootSign sign(int64_t seen_s, uint32_t uptime_s, ResetReason reason = ResetReason::panic) {
  return {seen_s, uptime_s, reason};
}

TEST(ResetCount, CountsABootThatBeganAfterTheCheckinBefore) {
  EXPECT_TRUE(counts_as_reset(kBefore, sign(kNow + kHour, 30)));
  EXPECT_TRUE(counts_as_reset(kBefore, sign(kNow + kHour, kHour - 100)));
  EXPECT_FALSE(counts_as_reset(kBefore, sign(kNow + kHour, kHour + 60)));
}

TEST(ResetCount, CountsTheSameBootOnce) {
  const BootSign first = sign(kNow + kHour, 30);
  EXPECT_FALSE(counts_as_reset(first, sign(kNow + 2 * kHour, kHour + 30)));
  EXPECT_FALSE(counts_as_reset(first, first));
}

TEST(ResetCount, CountsNoFirstCheckin) {
  EXPECT_FALSE(counts_as_reset({}, sign(kNow, 30)));
  EXPECT_FALSE(counts_as_reset({}, sign(kNow, 0)));
}

TEST(ResetCount, CountsWhatIsNobodysWish) {
  for (const ResetReason reason :
       {ResetReason::panic, ResetReason::interrupt_watchdog, ResetReason::task_watchdog,
        ResetReason::other_watchdog, ResetReason::brownout}) {
    EXPECT_TRUE(counts_as_reset(kBefore, sign(kNow + kHour, 30, reason)));
  }
  for (const ResetReason reason :
       {ResetReason::unknown, ResetReason::power_on, ResetReason::external, ResetReason::software,
        ResetReason::deep_sleep}) {
    EXPECT_FALSE(counts_as_reset(kBefore, sign(kNow + kHour, 30, reason)));
  }
}

TEST(ResetCount, CountsNothingThatIsNotStated) {
  EXPECT_FALSE(counts_as_reset(kBefore, sign(kNow + kHour, kUptimeUnknown)));
  EXPECT_TRUE(counts_as_reset({kNow}, sign(kNow + kHour, 30)));  // it was an older device
  EXPECT_FALSE(counts_as_reset({kNow}, sign(kNow + kHour, kHour)));
}

// A check-in that was on its way for long seems to come from a later boot.
TEST(ResetCount, LeavesACheckinSomeTime) {
  const BootSign before = sign(kNow, 2);
  EXPECT_FALSE(counts_as_reset(before, sign(kNow + 60, 60 - kClockSlack)));
  EXPECT_TRUE(counts_as_reset(before, sign(kNow + 60, 60 - kClockSlack - 1)));
}

// Also one that came before the slack was over.
TEST(ResetCount, BelievesAnUptimeThatHasFallen) {
  EXPECT_TRUE(counts_as_reset(sign(kNow, kHour), sign(kNow + 4, 3)));
  EXPECT_TRUE(counts_as_reset(sign(kNow, kHour), sign(kNow - 10 * kHour, 3)));
}

TEST(ResetCount, CountsNoStepOfTheClock) {
  const BootSign before = sign(kNow, 60);
  BootSign now = sign(kNow + 100 * kHour, kHour + 60);  // an hour later
  now.clock_set_s = kNow + 100 * kHour - 30;
  EXPECT_FALSE(counts_as_reset(before, now));
  now.clock_set_s = kNow - 30;  // it was set before both
  EXPECT_TRUE(counts_as_reset(before, now));
  EXPECT_FALSE(counts_as_reset(before, sign(kNow - 100 * kHour, kHour + 60)));
}

}  // namespace
}  // namespace otter::server
