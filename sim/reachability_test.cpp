#include "sim/reachability.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "sim/otadata_text.h"
#include "sim/vendor_hazards.h"

namespace otter::sim {
namespace {

using History = std::vector<std::string>;

constexpr BenchLayout kTwoSlots = {2, false, false};
const BenchLayout kLayouts[] = {kTwoSlots, {2, true, false}, {3, false, false}, {3, true, false}};

Outcome play(IdfVersion idf, const History& history, const BenchLayout& layout = kTwoSlots,
             const std::optional<UpdateState>& start = std::nullopt) {
  const auto replayed = replay(*make_vendor_rules(idf, layout), layout, history, start);
  EXPECT_TRUE(replayed);
  return replayed.value_or(Outcome());
}

Outcome play_otter(const History& history, const BenchLayout& layout = kTwoSlots,
                   const std::optional<UpdateState>& start = std::nullopt) {
  const auto replayed = replay(*make_otter_rules(layout), layout, history, start);
  EXPECT_TRUE(replayed);
  return replayed.value_or(Outcome());
}

bool loops(const Outcome& replayed) { return replayed.loss == LossKind::bad_loops; }

Otadata otadata(const std::string& first, const std::string& second) {
  return Otadata{{parse_entry_text(first).value(), parse_entry_text(second).value()}};
}

TEST(Reachability, OtterLosesNothingWhereverThePowerFails) {
  for (const BenchLayout& layout : kLayouts) {
    const Reachability found = explore(*make_otter_rules(layout), {layout, true});
    EXPECT_EQ(found.lost_states, 0u);
    EXPECT_GE(found.states, 50u);
    EXPECT_GE(found.transitions, 1000u);
  }
}

TEST(Reachability, OtterLosesNothingAfterTheVendorsFunctions) {
  for (const BenchLayout& layout : kLayouts) {
    for (const IdfVersion idf : {IdfVersion::v5_1, IdfVersion::v5_5_4, IdfVersion::v6_0}) {
      const Reachability before = explore(*make_vendor_rules(idf, layout), {layout, false});
      const Reachability found =
          explore_from(*make_otter_rules(layout), {layout, true}, before.reached);
      EXPECT_EQ(found.lost_states, 0u) << name(idf);
      EXPECT_GE(found.states, 200u);
    }
  }
}

TEST(Reachability, VendorsFunctionsLoseOnEveryVersion) {
  for (const IdfVersion idf : kIdfVersions) {
    const Reachability found = explore(*make_vendor_rules(idf, kTwoSlots), {kTwoSlots, false});
    EXPECT_GT(found.lost_states, 0u) << name(idf);
    EXPECT_FALSE(found.losses.empty());
  }
}

TEST(Reachability, FindsTheShortestHistoryFirst) {
  const Reachability found =
      explore(*make_vendor_rules(IdfVersion::v6_0, kTwoSlots), {kTwoSlots, false});
  ASSERT_FALSE(found.losses.empty());
  EXPECT_EQ(found.losses[0].history, (History{"bad update", "mark_valid", "restart"}));
  EXPECT_EQ(found.losses[0].otadata, "{1 valid}{2 valid}");
}

TEST(Reachability, OffersNoMoveThatTheRulesDoNot) {
  const auto rules = make_otter_rules(kTwoSlots);
  EXPECT_FALSE(replay(*rules, kTwoSlots, {"mark_valid"}));
  EXPECT_FALSE(replay(*rules, kTwoSlots, {"confirm"})) << "nothing is on trial";
}

struct HazardRow {
  std::string name, before_60, from_60;  // otadata before the last restart; "!" first if it loses
};

void PrintTo(const HazardRow& row, std::ostream* out) { *out << row.name; }

class VendorHazards : public testing::TestWithParam<HazardRow> {};

TEST_P(VendorHazards, LoseTheDeviceWhereTheVersionSaysSo) {
  const HazardRow& row = GetParam();
  const auto hazard = std::find_if(vendor_hazards().begin(), vendor_hazards().end(),
                                   [&row](const VendorHazard& h) { return h.name == row.name; });
  ASSERT_NE(hazard, vendor_hazards().end());
  for (const IdfVersion idf : kIdfVersions) {
    const Outcome replayed = play(idf, hazard->history, hazard->layout, hazard->start);
    const std::string found = (loops(replayed) ? "!" : "") + to_text(replayed.before_restart);
    EXPECT_EQ(found, idf < IdfVersion::v6_0 ? row.before_60 : row.from_60) << name(idf);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Row, VendorHazards,
    testing::Values(
        HazardRow{"confirmed before the restart", "!{1 valid}{2 valid}", "!{1 valid}{2 valid}"},
        HazardRow{"two updates without a restart", "!{3 fresh}{3 fresh}", "{3 fresh}{2 valid}"},
        HazardRow{"a cut download over a staged update", "!{3 pending_verify}{3 fresh}",
                  "{3 fresh}{2 valid}"},
        HazardRow{"the running slot set, then a bad update", "!{2 pending_verify}{3 aborted}",
                  "!{3 aborted}{2 pending_verify}"},
        HazardRow{"one slot, whose entry outlived its image", "!{1 valid}{1 fresh}",
                  "{1 fresh}{erased}"}));

TEST(Reachability, SettingTheRunningSlotTakesTheFallbackAwayBefore60) {
  const History history = {"good update", "restart", "mark_valid", "set_boot(running)"};
  EXPECT_EQ(to_text(play(IdfVersion::v5_5_4, history).state.otadata), "{2 fresh}{2 valid}");
  EXPECT_EQ(to_text(play(IdfVersion::v6_0, history).state.otadata), "{1 valid}{2 fresh}");
}

// What Otter does about them.

TEST(OtterRules, ASecondUpdateTakesTheStagedOneBack) {
  const Outcome replayed = play_otter({"good update", "restart", "confirm", "good update",
                                       "trial concluded", "bad update", "restart"});
  EXPECT_FALSE(replayed.loss);
  EXPECT_EQ(replayed.state.running, 1);
}

TEST(OtterRules, AnUpdateFromFactoryFindsNoEntryOfItsSlot) {
  const BenchLayout layout = {2, true, false};
  UpdateState start;
  start.otadata = otadata("1 valid", "erased");
  const Outcome replayed = play_otter({"bad update", "restart"}, layout, start);
  EXPECT_FALSE(replayed.loss);
  EXPECT_EQ(replayed.state.running, kFactoryIndex);
}

// An image that never ran is no fallback, so it must not boot when this trial ends unconfirmed.
TEST(OtterRules, AnUnprovenImageBesideATrialIsDestroyed) {
  UpdateState start;
  start.otadata = otadata("3 fresh", "2 fresh");
  start.slots = {Content::good, Content::bad};
  const Outcome replayed = play_otter({}, kTwoSlots, start);
  EXPECT_FALSE(replayed.loss);
  EXPECT_EQ(replayed.state.slots[1], Content::nothing);
  EXPECT_EQ(to_text(replayed.state.otadata), "{3 pending_verify}{2 fresh}");
}

}  // namespace
}  // namespace otter::sim
