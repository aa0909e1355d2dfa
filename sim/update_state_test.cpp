#include "sim/update_state.h"

#include <gtest/gtest.h>

#include "sim/otadata_text.h"

namespace otter::sim {
namespace {

std::string small(const std::string& first, const std::string& second, uint8_t slot_count = 2) {
  const Otadata otadata{{parse_entry_text(first).value(), parse_entry_text(second).value()}};
  return to_text(with_small_sequences(otadata, slot_count));
}

TEST(UpdateState, KeepsOrderAndSlotsOfSequences) {
  EXPECT_EQ(small("7 valid", "8 fresh"), "{1 valid}{2 fresh}");
  EXPECT_EQ(small("8 valid", "7 fresh"), "{2 valid}{1 fresh}") << "in either order";
  EXPECT_EQ(small("8 valid", "9 fresh"), "{2 valid}{3 fresh}");
  EXPECT_EQ(small("12 valid", "8 fresh"), "{4 valid}{2 fresh}") << "one slot, two numbers";
  EXPECT_EQ(small("7 valid", "12 fresh", 3), "{1 valid}{3 fresh}");
}

TEST(UpdateState, KeepsTies) { EXPECT_EQ(small("9 valid", "9 fresh"), "{1 valid}{1 fresh}"); }

TEST(UpdateState, KeepsErasedAndWrongEntries) {
  EXPECT_EQ(small("erased", "erased"), "{erased}{erased}");
  EXPECT_EQ(small("erased", "8 valid"), "{erased}{2 valid}");
  EXPECT_EQ(small("9 valid bad-crc", "8 valid"), "{3 valid bad-crc}{2 valid}");
}

TEST(UpdateState, TellsItselfInWords) {
  UpdateState state;
  state.otadata.entries[0] = make_entry(1, OtaState::valid);
  state.slots = {Content::good, Content::bad};
  state.running = 0;
  state.trial = 1;
  EXPECT_EQ(to_text(state, 2),
            "{1 valid}{erased} ota_0 good, ota_1 bad, running ota_0, trial of ota_1");
}

TEST(UpdateState, HasAKeyForEachPartOfIt) {
  UpdateState state;
  const std::string before = key_of(state);
  state.trial = 1;
  const std::string with_trial = key_of(state);
  state.slots[1] = Content::bad;
  EXPECT_NE(before, with_trial);
  EXPECT_NE(with_trial, key_of(state));
}

}  // namespace
}  // namespace otter::sim
