#include "ota/log_ring.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "device/test/memory_ports.h"
#include "ota/log_line.h"

namespace otter {
namespace {

class LogRingTest : public testing::Test {
 protected:
  std::string kept(size_t size = 4096) {
    std::vector<uint8_t> out(size);
    return string_of(ring_.read(out));
  }
  std::vector<uint8_t> block_ = std::vector<uint8_t>(64);
  LogRing ring_{block_};
};

TEST_F(LogRingTest, KeepsLinesWithTimeAndLevel) {
  ring_.keep(LogLevel::info, "Current version: 1.0.0");
  ring_.set_time(4000000000U);
  ring_.keep(LogLevel::error, "no");
  EXPECT_EQ(kept(), "0 I Current version: 1.0.0\n4000000000 E no\n");
}

TEST_F(LogRingTest, PassesOverWhatIsForDebugging) {
  ring_.keep(LogLevel::debug, "No update");
  EXPECT_EQ(kept(), "");
}

TEST_F(LogRingTest, DropsTheOldestLinesAsAWhole) {
  for (int i = 0; i < 100; ++i) {
    ring_.keep(LogLevel::info, std::string(20, static_cast<char>('a' + i % 26)));
  }
  const std::string u(20, 'u');
  const std::string v(20, 'v');
  EXPECT_EQ(kept(), "0 I " + u + "\n0 I " + v + "\n");
}

TEST_F(LogRingTest, KeepsTheEndOfALineThatIsTooLong) {
  ring_.keep(LogLevel::info, "first");
  ring_.keep(LogLevel::info, std::string(70, 'x') + "end");
  const std::string left = kept();
  EXPECT_LE(left.size(), block_.size());
  EXPECT_TRUE(left.ends_with("end\n"));
  ring_.keep(LogLevel::info, "next");
  EXPECT_TRUE(kept().ends_with("end\n0 I next\n"));
}

TEST_F(LogRingTest, GivesTheLastLinesThatFit) {
  ring_.keep(LogLevel::info, "one");
  ring_.keep(LogLevel::info, "two");
  EXPECT_EQ(kept(16), "0 I one\n0 I two\n");
  EXPECT_EQ(kept(15), "0 I two\n");
  EXPECT_EQ(kept(7), "");
  EXPECT_EQ(kept(0), "");
}

TEST_F(LogRingTest, MakesNoTwoLinesOfOne) {
  ring_.keep(LogLevel::info, "a\nb\x1b\xff");
  EXPECT_EQ(kept(), "0 I a?b??\n");
}

TEST_F(LogRingTest, KeepsNothingInNoMemory) {
  LogRing none{MutableBytes()};
  none.keep(LogLevel::error, "line");
  EXPECT_EQ(none.read(block_).size, 0U);
}

TEST_F(LogRingTest, KeepsWhatTheCoreLogs) {
  MemoryBoard board;
  LogLine(board).text("before");
  board.keep_log(&ring_);
  LogLine(board).text("kept: ").number(7);
  board.keep_log(nullptr);
  LogLine(board).text("after");
  EXPECT_EQ(kept(), "0 I kept: 7\n");
  EXPECT_EQ(board.lines, "before\nkept: 7\nafter\n");
}

}  // namespace
}  // namespace otter
