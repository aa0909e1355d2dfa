// The engine's stories on tapes: recorded, and played again without any port. The same tapes are
// played on the chip's instruction set: device/test/chip/.
#include "device/test/engine_scenarios.h"
#include "device/test/recording_tape.h"

namespace otter {
namespace {

std::vector<uint8_t> record(const EngineScenario& scenario) {
  RecordingTape tape;
  EngineBench bench;
  bench.tape = &tape;
  scenario.play(bench);
  bench.note(EngineAct::end);
  EXPECT_NE(bench.last_report().find(scenario.told), std::string::npos) << bench.last_report();
  return tape.bytes;
}

bool plays(const std::vector<uint8_t>& bytes) {
  std::vector<uint8_t> workspace(kWorkspaceSize);
  PlayedTape tape{Bytes(bytes)};
  return EnginePlayer(tape, workspace).play();
}

TEST(Tape, EveryScenarioPlaysAgain) {
  for (const EngineScenario& scenario : kEngineScenarios) {
    const std::vector<uint8_t> tape = record(scenario);
    EXPECT_TRUE(plays(tape)) << scenario.name;
    leave_tape(scenario.name, tape);
  }
}

TEST(Tape, AnyByteOfARequestCounts) {
  const std::vector<uint8_t> tape = record(kEngineScenarios[0]);
  size_t tried = 0;
  for (size_t at = 0; at + 4 < tape.size();) {
    const Bytes entry = Bytes(tape).part(at + 4, load_le32(tape.data() + at));
    const size_t size = starts_with(as_text(entry), "/firmware/") ? entry.size : 0;  // its target
    for (size_t i = 0; i < size; ++i, ++tried) {
      std::vector<uint8_t> other = tape;
      other[at + 4 + i] ^= 1;
      EXPECT_FALSE(plays(other)) << at + 4 + i;
    }
    at += 4 + entry.size;
  }
  EXPECT_GT(tried, 50u);
}

TEST(Tape, IsPlayedToItsEnd) {
  std::vector<uint8_t> tape = record(kEngineScenarios[0]);
  tape.push_back(0);
  EXPECT_FALSE(plays(tape)) << "more than was done";
  tape.pop_back();
  tape.pop_back();
  EXPECT_FALSE(plays(tape)) << "less than was done";
}

}  // namespace
}  // namespace otter
