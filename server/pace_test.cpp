#include "server/pace.h"

#include <gtest/gtest.h>

namespace otter::server {
namespace {

using std::chrono::milliseconds;

constexpr Pace::Time kStart{std::chrono::hours(1)};

// 10 s, in which 1000 bytes must be taken.
Pace pace() {
  Limits limits;
  limits.write_deadline_ms = 10'000;
  limits.download_bytes_per_s_min = 100;
  return {limits, kStart};
}

TEST(Pace, LetsAClientGoOnThatIsJustFastEnough) {
  Pace judge = pace();
  EXPECT_EQ(judge.deadline(), kStart + milliseconds(10'000));
  EXPECT_EQ(judge.judge(1000, judge.deadline()), std::nullopt);
  EXPECT_EQ(judge.deadline(), kStart + milliseconds(20'000));
  EXPECT_EQ(judge.judge(2000, judge.deadline()), std::nullopt);
}

TEST(Pace, EndsAClientThatIsTooSlow) {
  Pace judge = pace();
  EXPECT_EQ(judge.judge(999, judge.deadline()), Limit::download_bytes_per_s_min);
}

TEST(Pace, CountsEachWindowByItself) {
  Pace judge = pace();
  EXPECT_EQ(judge.judge(1'000'000, judge.deadline()), std::nullopt);
  EXPECT_EQ(judge.judge(1'000'999, judge.deadline()), Limit::download_bytes_per_s_min);
}

TEST(Pace, EndsAClientThatTakesNothing) {
  Pace judge = pace();
  EXPECT_EQ(judge.judge(5000, judge.deadline()), std::nullopt);
  EXPECT_EQ(judge.judge(5000, judge.deadline()), Limit::write_deadline_ms);
  EXPECT_EQ(judge.judge(4000, judge.deadline()), Limit::write_deadline_ms);
}

TEST(Pace, AsksForMoreWhenItIsAskedLate) {
  Pace judge = pace();
  EXPECT_EQ(judge.judge(1500, kStart + milliseconds(20'000)), Limit::download_bytes_per_s_min);
}

TEST(Pace, DemandsOneByteWhenThereIsNoRate) {
  Limits limits;
  limits.download_bytes_per_s_min = 0;
  Pace judge(limits, kStart);
  EXPECT_EQ(judge.judge(1, judge.deadline()), std::nullopt);
  EXPECT_EQ(judge.judge(1, judge.deadline()), Limit::write_deadline_ms);
}

}  // namespace
}  // namespace otter::server
