#include "server/request_rates.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace otter::server {
namespace {

constexpr RequestRates::Time kStart{std::chrono::hours(1)};

RequestRates::Time after(int ms) { return kStart + std::chrono::milliseconds(ms); }

// How many of `count` requests at one time are served.
int served(RequestRates& rates, const char* key, int count, RequestRates::Time now) {
  int good = 0;
  for (int i = 0; i < count; ++i) good += !rates.admit(key, now).has_value();
  return good;
}

TEST(RequestRates, ServesABurstAndThenTheRate) {
  RequestRates rates(10);
  EXPECT_EQ(served(rates, "a", 60, after(0)), 50);
  EXPECT_EQ(served(rates, "a", 5, after(99)), 0);
  EXPECT_EQ(served(rates, "a", 5, after(100)), 1);
  EXPECT_EQ(served(rates, "a", 20, after(1100)), 10);
}

TEST(RequestRates, FillsNoFurtherThanABurst) {
  RequestRates rates(10);
  EXPECT_EQ(served(rates, "a", 60, after(0)), 50);
  EXPECT_EQ(served(rates, "a", 60, after(3'600'000)), 50);
}

TEST(RequestRates, CountsEachKeyByItself) {
  RequestRates rates(1);
  EXPECT_EQ(served(rates, "a", 9, after(0)), 5);
  EXPECT_EQ(served(rates, "b", 9, after(0)), 5);
}

TEST(RequestRates, SaysHowLongToWait) {
  RequestRates rates(1);
  EXPECT_EQ(served(rates, "a", 5, after(0)), 5);
  EXPECT_EQ(rates.admit("a", after(0)), 1);
  EXPECT_EQ(rates.admit("a", after(999)), 1);
  EXPECT_EQ(rates.admit("a", after(1000)), std::nullopt);
}

TEST(RequestRates, ServesAnyNumberWithoutALimit) {
  RequestRates rates(0);
  EXPECT_EQ(served(rates, "a", 10'000, after(0)), 10'000);
}

TEST(RequestRates, CountsOnceWhateverTheThread) {
  RequestRates rates(100);
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { good += served(rates, "a", 400, kStart); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 500);
}

}  // namespace
}  // namespace otter::server
