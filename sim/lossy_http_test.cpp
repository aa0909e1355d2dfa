#include "sim/lossy_http.h"

#include <gtest/gtest.h>

namespace otter::sim {
namespace {

struct Counts {
  int opened = 0, closed = 0;
};

class CountingHttp : public Http {
 public:
  explicit CountingHttp(Counts& counts) : counts_(counts) {}
  Error open(const HttpRequest&, HttpResponse* response) override {
    ++counts_.opened;
    response->status = 200;
    return Error::ok;
  }
  Result<size_t> read(MutableBytes) override { return size_t{0}; }
  void close() override { ++counts_.closed; }
  void use_trust(const TlsTrust&) override {}

 private:
  Counts& counts_;
};

struct AskResult {
  Counts counts;
  int answered = 0;
};

AskResult ask(LossRates rates, int times) {
  AskResult told;
  LossyHttp http(std::make_unique<CountingHttp>(told.counts), rates, 1);
  for (int i = 0; i < times; ++i) {
    HttpResponse response;
    const Error error = http.open({}, &response);
    EXPECT_TRUE(error == Error::ok || error == Error::network_timeout);
    if (error == Error::ok) ++told.answered;
  }
  return told;
}

TEST(LossyHttp, PassesAllOnIfNothingIsLost) {
  const AskResult told = ask({}, 100);
  EXPECT_EQ(told.answered, 100);
  EXPECT_EQ(told.counts.opened, 100);
}

// 0.9 * 0.9 of 10,000 are answered, 0.9 of them arrive; three standard deviations are 120.
TEST(LossyHttp, LosesRequestsAndAnswers) {
  const AskResult told = ask({.lost = 0.1}, 10'000);
  EXPECT_NEAR(told.answered, 8100, 120);
  EXPECT_NEAR(told.counts.opened, 9000, 120);
}

TEST(LossyHttp, DeliversRequestsTwice) {
  const AskResult told = ask({.doubled = 1}, 100);
  EXPECT_EQ(told.answered, 100);
  EXPECT_EQ(told.counts.opened, 200);
}

}  // namespace
}  // namespace otter::sim
