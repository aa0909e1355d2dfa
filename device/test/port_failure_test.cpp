// Each call of each port that can fail does so once: nothing is lost by it. Power cuts and failing
// writes on whole boards: sim/exhaust.h.
#include <gtest/gtest.h>

#include "device/test/engine_bench.h"

namespace otter {
namespace {

constexpr uint64_t kDay = 24 * 3600 * 1000;  // [ms]

// A board that is offered 1.0.1, whose n-th call fails.
class Failure : public EngineBench {
 public:
  Failure(const sim::ServedRelease& release, uint64_t fails_at, SelfTest verdict) {
    server.offer(release);
    application.verdict = verdict;
    guard.faults.fails_at = fails_at;
  }
  // Until the server was told `phase`; begin() is called again where it fails.
  bool comes_to(const std::string& phase) {
    ResetReason reason = ResetReason::power_on;
    for (const uint64_t end = now_ms + kDay; now_ms < end;) {
      if (boot(reason) != Error::ok) continue;
      while (now_ms < end && board.restarts == 0) {
        if (last_report().find("\"phase\":\"" + phase + '"') != std::string::npos) return true;
        rest(1000);
      }
      follow_otadata();
      reason = ResetReason::software;
    }
    return false;
  }
};

class PortFailure : public testing::Test {
 protected:
  static ImageRecipe small(const std::string& version) {
    ImageRecipe recipe = EngineBench::recipe_of(version);
    recipe.size_bytes = 72 * 1024;  // two blocks
    return recipe;
  }
  const sim::ServedRelease release_ = EngineBench().release_of(small("1.0.1"), 1);
};

TEST_F(PortFailure, AGoodReleaseArrivesWhicheverCallFails) {
  Failure clean(release_, 0, SelfTest::passed);
  ASSERT_TRUE(clean.comes_to("confirmed")) << clean.board.lines;
  const uint64_t calls = clean.guard.faults.calls;
  ASSERT_GT(calls, 200u);
  for (uint64_t n = 1; n <= calls; ++n) {
    Failure failure(release_, n, SelfTest::passed);
    ASSERT_TRUE(failure.comes_to("confirmed")) << "call " << n << "\n" << failure.board.lines;
    ASSERT_EQ(failure.board.running, 1) << "call " << n;
  }
}

TEST_F(PortFailure, ABadReleaseGoesBackWhicheverCallFails) {
  Failure clean(release_, 0, SelfTest::failed);
  ASSERT_TRUE(clean.comes_to("rolled_back")) << clean.board.lines;
  const uint64_t calls = clean.guard.faults.calls;
  for (uint64_t n = 1; n <= calls; ++n) {
    Failure failure(release_, n, SelfTest::failed);
    ASSERT_TRUE(failure.comes_to("rolled_back")) << "call " << n << "\n" << failure.board.lines;
    ASSERT_EQ(failure.board.running, 0) << "call " << n;
  }
}

// Root metadata, trust payload, device key and configuration, all new.
TEST_F(PortFailure, AllThatIsNewArrivesWhicheverCallFails) {
  const auto has_all = [](Failure& failure) {
    const std::vector<uint8_t>& key = failure.settings.values[Setting::device_key];
    return failure.logged("Root metadata: now 2") && failure.logged("Trust payload: now 4") &&
           load_le32(key.data()) == 2 && failure.logged("Configuration 1 confirmed");
  };
  const auto start = [this](uint64_t fails_at) {
    auto failure = std::make_unique<Failure>(release_, fails_at, SelfTest::passed);
    failure->change_everything();
    return failure;
  };
  const auto clean = start(0);
  ASSERT_TRUE(clean->comes_to("confirmed"));
  clean->rest(kDay / 24);
  ASSERT_TRUE(has_all(*clean)) << clean->board.lines;
  for (uint64_t n = 1; n <= clean->guard.faults.calls; ++n) {
    const auto failure = start(n);
    ASSERT_TRUE(failure->comes_to("confirmed")) << "call " << n << "\n" << failure->board.lines;
    failure->rest(kDay / 24);
    ASSERT_TRUE(has_all(*failure)) << "call " << n << "\n" << failure->board.lines;
  }
}

}  // namespace
}  // namespace otter
