#include "sim/otadata_states.h"

#include <gtest/gtest.h>

#include <set>

#include "sim/move_runner.h"

namespace otter::sim {
namespace {

using Slots = std::array<Content, kUpdateSlotsMax>;

// Which slots hold a good image at the start.
const Slots kContents[] = {{Content::good, Content::good},
                           {Content::good, Content::nothing},
                           {Content::nothing, Content::good}};

TEST(OtadataStates, AreAllDifferent) {
  std::set<std::string> seen;
  for (size_t i = 0; i < kOtadataStartCount; ++i) {
    const OtadataStart start = otadata_start(i);
    UpdateState state;
    state.otadata = start.otadata;
    state.running = start.has_factory ? kFactoryIndex : 0;
    seen.insert(key_of(state));
  }
  EXPECT_EQ(seen.size(), kOtadataStartCount);
}

TEST(OtadataStates, AreInAFixedOrder) {
  EXPECT_EQ(to_text(otadata_start(0).otadata), "{-1 fresh}{-1 fresh}");
  EXPECT_EQ(to_text(otadata_start(9604).otadata), "{2 invalid bad-crc}{-1 fresh}");
  EXPECT_EQ(to_text(otadata_start(kOtadataStartCount - 1).otadata),
            "{5 unknown bad-crc}{5 unknown bad-crc}");
}

TEST(OtadataStates, AreWrittenIntoAFlash) {
  NorFlash flash(4 * kMebibyte);
  const Otadata wanted = otadata_start(12345).otadata;
  ASSERT_EQ(write_otadata(flash, 0xE000, wanted), Error::ok);
  ASSERT_EQ(write_otadata(flash, 0xE000, wanted), Error::ok) << "over what was there";
  uint8_t raw[kOtadataEntrySize];
  ASSERT_EQ(flash.read(0xE000 + kSectorSize, raw), Error::ok);
  EXPECT_EQ(to_text(parse_otadata_entry(raw)), to_text(wanted.entries[1]));
}

TEST(OtadataStates, AreNotWrittenWithoutPower) {
  NorFlash flash(4 * kMebibyte);
  CutAtOperation fault(flash.operation_count(), {PowerCut::before, 0});
  flash.set_fault(&fault);
  EXPECT_EQ(write_otadata(flash, 0xE000, Otadata()), Error::flash_io);
}

// From one state to the end of an update, and a good update after that.
class Journey {
 public:
  Journey(const UpdateRules& rules, const BenchLayout& layout) : runner_(rules, layout) {}

  void start(const UpdateState& state) {
    outcome_ = runner_.run(state, restart_move());
    try_move("confirm");
  }
  // False if the rules do not offer it, or all is lost already.
  bool try_move(const std::string& name) {
    if (outcome_.loss) return false;
    const std::optional<Outcome> next = runner_.run(outcome_.state, name);
    if (next) outcome_ = *next;
    return next.has_value();
  }
  bool update(const std::string& move) {
    return try_move(move) && try_move("restart") && !outcome_.loss;
  }
  // The slot that the next update goes to.
  int target() const { return outcome_.state.running == 0 ? 1 : 0; }
  bool runs(int index) const { return !outcome_.loss && outcome_.state.running == index; }
  bool is_alive() const { return !outcome_.loss; }

 private:
  MoveRunner runner_;
  Outcome outcome_;
};

class FromEveryState : public testing::TestWithParam<size_t> {
 protected:
  template <typename Check>
  void for_each_state(const Check& check) {
    for (const bool has_factory : {false, true}) {
      const BenchLayout layout = {2, has_factory, false};
      const auto rules = make_otter_rules(layout);
      Journey journey(*rules, layout);
      for (size_t i = has_factory ? 1 : 0; i < kOtadataStartCount; i += 2) {
        UpdateState state;
        state.otadata = otadata_start(i).otadata;
        state.slots = kContents[GetParam()];
        journey.start(state);
        ASSERT_TRUE(journey.is_alive()) << i << ": an image verifies, so one boots";
        check(journey, i);
        if (HasFatalFailure()) return;
      }
    }
  }
};

TEST_P(FromEveryState, AGoodUpdateArrives) {
  for_each_state([](Journey& journey, size_t number) {
    const int target = journey.target();
    ASSERT_TRUE(journey.update("good update")) << number;
    ASSERT_TRUE(journey.runs(target)) << number;
    ASSERT_TRUE(journey.try_move("confirm")) << number;
  });
}

TEST_P(FromEveryState, ABadUpdateLosesNothing) {
  for_each_state([](Journey& journey, size_t number) {
    const int target = journey.target();
    ASSERT_TRUE(journey.update("bad update")) << number;
    ASSERT_FALSE(journey.runs(target)) << number;
    ASSERT_TRUE(journey.try_move("trial concluded")) << number;
    ASSERT_TRUE(journey.update("good update") && journey.runs(target)) << number;
  });
}

INSTANTIATE_TEST_SUITE_P(Contents, FromEveryState, testing::Values(0, 1, 2));

}  // namespace
}  // namespace otter::sim
