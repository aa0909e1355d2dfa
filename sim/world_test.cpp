#include "sim/world.h"

#include <gtest/gtest.h>

#include "sim/exhaust.h"

namespace otter::sim {
namespace {

constexpr uint64_t kSeed = 1;

// The trace of a world whose power fails right after `operation`, copied while the device lived.
uint64_t trace_of_copy(const World& before, const FlashOperation& operation, const Cut& cut) {
  World world(before);
  NorFlash later = before.flash().fork();
  EXPECT_EQ(operation.action, FlashAction::erase);
  EXPECT_EQ(later.erase(operation.offset, operation.size), Error::ok);
  world.cut_within(operation, later, cut);
  world.check_end(world.live(LifePlan()) == LifeEnd::settled);
  world.check_further_update();
  return world.ledger().trace.value();
}

TEST(World, GoesOnInACopyAsItDoesItself) {
  const Stage stage({Scenario::retries});
  Workshop workshop;
  World world = prepare_world(stage, workshop, kSeed);
  std::vector<std::pair<Cut, uint64_t>> traces;
  LifePlan plan;
  uint64_t number = 0;
  plan.on_operation = [&](const World& before, const FlashOperation& operation) {
    const Cut cut{number++, TearKind::after};
    if (operation.action != FlashAction::erase) return;
    traces.emplace_back(cut, trace_of_copy(before, operation, cut));
  };
  ASSERT_EQ(world.live(plan), LifeEnd::settled);
  ASSERT_GE(traces.size(), 10u);
  for (const auto& [cut, trace] : traces) {
    Trouble trouble;
    trouble.cuts = {cut};
    const World again = replay(stage, workshop, kSeed, trouble, nullptr);
    EXPECT_EQ(again.ledger().trace.value(), trace)
        << replay_command(stage.options(), kSeed, trouble);
  }
}

// What became of `scenario` without any trouble.
Ledger played(Scenario scenario) {
  const Stage stage({scenario});
  Workshop workshop;
  return replay(stage, workshop, kSeed, Trouble(), nullptr).ledger();
}

TEST(World, OfKeysEndsWhenTheServerHasHeardOfAllNewOnes) {
  const Ledger ledger = played(Scenario::keys);
  EXPECT_TRUE(ledger.violations.empty());
  EXPECT_EQ(ledger.checkin->root_version, 2u);
  EXPECT_EQ(ledger.checkin->trust_version, 1u);
  EXPECT_EQ(ledger.checkin->key_epoch, 2u);
  EXPECT_EQ(ledger.checkin->sequence, 1u) << "in the first epoch it was 7";
}

// Of each way the whole way: it fetches no image whole.
TEST(World, OfPatchesTakesThem) {
  for (const Scenario scenario : {Scenario::patch, Scenario::compressed}) {
    const Stage stage({scenario});
    Workshop workshop;
    std::string log;
    const auto sink = [&](LogLevel, const std::string& line) { log += line + "\n"; };
    const World world = replay(stage, workshop, kSeed, Trouble(), sink);
    EXPECT_TRUE(world.ledger().violations.empty());
    EXPECT_NE(log.find("By a patch of"), std::string::npos) << log;
    EXPECT_EQ(log.find("Patch stopped"), std::string::npos) << log;
  }
}

TEST(World, OfConfigurationsEndsWithTheOneOfItsRelease) {
  const Ledger ledger = played(Scenario::config);
  EXPECT_TRUE(ledger.violations.empty());
  EXPECT_EQ(ledger.checkin->config_version, 2u);
  EXPECT_EQ(ledger.in_force, good_configurations()[1].values);
}

TEST(World, OfABadConfigurationEndsWithTheOneFromBefore) {
  const Ledger ledger = played(Scenario::bad_config);
  EXPECT_TRUE(ledger.violations.empty());
  EXPECT_EQ(ledger.checkin->config_version, 1u);
  EXPECT_EQ(ledger.in_force, bad_configurations()[0].values);
  ASSERT_FALSE(ledger.told.empty());
  EXPECT_EQ(ledger.told.back().error, Error::bad_config);
}

}  // namespace
}  // namespace otter::sim
