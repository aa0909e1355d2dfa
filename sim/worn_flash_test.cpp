// Whole updates on flash that is broken: bits that are stuck, and reads that differ from one time
// to the next after an erase was cut. Whatever the place, the board boots, runs what is proved, and
// says what became of the update.
#include <gtest/gtest.h>

#include <map>

#include "sim/exhaust.h"

namespace otter::sim {
namespace {

constexpr char kOld[] = "1.0.0";
constexpr char kNew[] = "1.0.1";

// The boards of one scenario, each with its own defect.
class Boards {
 public:
  explicit Boards(Scenario scenario) : stage_(options_of(scenario)) {}

  const Stage& stage() const { return stage_; }
  World board(uint64_t seed = 1) { return prepare_world(stage_, workshop_, seed); }
  World board(const StuckBit& stuck) {
    World world(base_);
    FlashTraits traits;
    traits.stuck_bits = {stuck};
    world.set_flash_traits(traits);
    return world;
  }

 private:
  static StageOptions options_of(Scenario scenario) {
    StageOptions options;
    options.scenario = scenario;
    return options;
  }
  Stage stage_;
  Workshop workshop_;
  World base_{board()};
};

// Until the server was told what became of the release, and the device is at rest.
void update(World& world) {
  LifePlan plan;
  plan.is_over = [&world] { return !world.ledger().told.empty(); };
  world.live(plan);
}

std::string told_by(const World& world) {
  std::string out;
  for (const Told& told : world.ledger().told) {
    out += std::string(name(told.phase).data, name(told.phase).size) + " " +
           std::string(name(told.error).data, name(told.error).size) + ", ";
  }
  return out;
}

// Invariants that do not hold. A release that can't be installed costs more erases than one that
// can: each attempt tries everything again.
std::string broken(const World& world) {
  const bool failed = told_by(world).find("failed") == 0;
  std::string out;
  for (const Violation& found : world.ledger().violations) {
    if (failed && found.invariant == 8 && world.ledger().erases_most <= 25) continue;
    out += "I" + std::to_string(found.invariant) + " " + found.what + "\n";
  }
  return out;
}

TEST(StuckBit, InTheTargetSlotIsSaid) {
  Boards boards(Scenario::full);
  const uint32_t slot = boards.stage().slot(1).offset;
  const std::vector<uint8_t>& image = boards.stage().releases()[0].image;
  for (uint32_t at = 0; at < image.size() + kSectorSize; at += 61) {
    for (const bool value : {false, true}) {
      const StuckBit stuck{slot + at, static_cast<uint8_t>(at % 8), value};
      World world = boards.board(stuck);
      update(world);
      const bool fits = at >= image.size() || (image[at] >> stuck.bit & 1) == (value ? 1 : 0);
      ASSERT_EQ(told_by(world), fits ? "confirmed ok, " : "failed flash_io, ") << text_of(stuck);
      ASSERT_EQ(world.running(), fits ? kNew : kOld) << text_of(stuck);
      ASSERT_EQ(broken(world), "") << text_of(stuck);
    }
  }
}

// How many boards came to each end.
using Ends = std::map<std::string, int>;

class Sweep {
 public:
  explicit Sweep(Scenario scenario) : boards_(scenario) {}

  // A board for each bit that `begin` + n * `step` leads to. After the update the power is off and
  // on again: what was written is read.
  void play(const Partition& place, uint32_t bits_of_sector, uint32_t step) {
    for (uint32_t sector = 0; sector < 2 * kSectorSize; sector += kSectorSize) {
      for (uint32_t at = 0; at < bits_of_sector; at += step) {
        for (const bool value : {false, true}) {
          const uint32_t offset = place.offset + sector + at / 8;
          play({offset, static_cast<uint8_t>(at % 8), value});
        }
      }
    }
  }
  const Partition& partition(uint8_t subtype) const {
    return boards_.stage().partition(kTypeData, subtype);
  }
  int count(const std::string& end) const { return ends_.count(end) != 0 ? ends_.at(end) : 0; }
  const Ends& ends() const { return ends_; }

 private:
  void play(const StuckBit& stuck) {
    if (testing::Test::HasFailure()) return;
    World world = boards_.board(stuck);
    update(world);
    ++ends_[told_by(world) + world.running()];
    const size_t told = world.ledger().told.size();
    LifePlan again;
    again.is_over = [&] { return world.ledger().told.size() > told; };
    world.live(again);
    EXPECT_EQ(broken(world), "") << text_of(stuck) << " " << told_by(world);
  }

  Boards boards_;
  Ends ends_;
};

constexpr char kConfirmed[] = "confirmed ok, 1.0.1";
constexpr char kRolledBack[] = "rolled_back crashed, 1.0.0";
constexpr char kGivenUp[] = "failed flash_io, 1.0.0";

// 97 of 100 update all the same. The others can't begin a sector, and say so.
TEST(StuckBit, InTheJournalLetsTheUpdateArriveOrIsSaid) {
  for (const Scenario scenario : {Scenario::full, Scenario::rollback}) {
    Sweep sweep(scenario);
    sweep.play(sweep.partition(kSubtypeOtterJournal), kSectorSize * 8, 73);
    const char* const good = scenario == Scenario::full ? kConfirmed : kRolledBack;
    EXPECT_GT(sweep.count(good), 1700);
    EXPECT_GT(sweep.count(kGivenUp), 0);
    EXPECT_EQ(sweep.ends().size(), 2u) << sweep.ends().begin()->first;
  }
}

// In the entry that is to be written, or in the one that is followed: then the bootloader goes on
// with the other one, whose image is good.
TEST(StuckBit, InOtadataLetsTheUpdateArriveOrIsSaid) {
  for (const Scenario scenario : {Scenario::full, Scenario::rollback}) {
    Sweep sweep(scenario);
    sweep.play(sweep.partition(kSubtypeDataOta), kOtadataEntrySize * 8, 1);
    const char* const good = scenario == Scenario::full ? kConfirmed : kRolledBack;
    EXPECT_GT(sweep.count(good), 500);
    EXPECT_EQ(sweep.count(good) + sweep.count(kGivenUp) + sweep.count("failed flash_io, 0.9.0"),
              1024);
  }
}

// A board whose reads after a torn erase are a matter of chance.
class UnstableErase : public testing::TestWithParam<Scenario> {
 protected:
  std::vector<uint64_t> erases() {
    std::vector<uint64_t> numbers;
    uint64_t number = 0;
    LifePlan plan;
    plan.on_operation = [&](const World&, const FlashOperation& operation) {
      if (operation.action == FlashAction::erase) numbers.push_back(number);
      ++number;
    };
    World world = boards_.board();
    world.live(plan);
    return numbers;
  }
  World cut(uint64_t seed, const Cut& where) {
    Trouble trouble;
    trouble.cuts = {where};
    trouble.flash.has_unstable_erase = true;
    return replay(boards_.stage(), workshop_, seed, trouble, nullptr);
  }

  Boards boards_{GetParam()};
  Workshop workshop_;
};

// Slot, journal and otadata: every erase of the update is cut, on sixteen boards that differ in how
// many cells are at the edge and in what they read.
TEST_P(UnstableErase, LetsNothingUnverifiedRunAndTheUpdateArrives) {
  uint64_t worlds = 0;
  for (const uint64_t number : erases()) {
    for (uint64_t seed = 1; seed <= 16; ++seed) {
      for (const Cut& where :
           {Cut{number, TearKind::prefix, 16, 0, 0},
            Cut{number, TearKind::prefix, kSectorSize, 0, 0},
            Cut{number, TearKind::random, 0, 0, seed}, Cut{number, TearKind::biased, 0, 900, seed},
            Cut{number, TearKind::biased, 0, 999, seed}}) {
        const World world = cut(seed, where);
        ASSERT_EQ(broken(world), "")
            << "otter sim run " << seed << " --unstable-erase --cut " << text_of(where);
        ++worlds;
      }
    }
  }
  EXPECT_GE(worlds, 64u);
}

INSTANTIATE_TEST_SUITE_P(EachScenario, UnstableErase, testing::ValuesIn(kScenarios),
                         [](const auto& row) {
                           std::string text = name(row.param);
                           std::erase(text, '-');
                           return text;
                         });

}  // namespace
}  // namespace otter::sim
