#include "server/log_writer.h"

#include <gmock/gmock.h>

#include <future>
#include <sstream>
#include <vector>

namespace otter::server {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using testing::EndsWith;

std::string confess(uint64_t dropped) { return "dropped " + std::to_string(dropped) + "\n"; }

// A stream that takes nothing until it is told to.
class Stuck : public std::stringbuf {
 public:
  void open() { gate_.set_value(); }
  void wait_until_tried() { tried_.get_future().wait(); }

 protected:
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    if (!std::exchange(was_tried_, true)) {
      tried_.set_value();
      gate_.get_future().wait();
    }
    return std::stringbuf::xsputn(text, size);
  }

 private:
  std::promise<void> gate_;
  std::promise<void> tried_;
  bool was_tried_ = false;
};

TEST(LogWriter, WritesAtOnceWithoutADelay) {
  std::ostringstream out;
  LogWriter writer(out, milliseconds(0), confess);
  writer.add("a\n");
  EXPECT_EQ(out.str(), "a\n");
}

TEST(LogWriter, WritesInItsOwnTimeWithOne) {
  Stuck buffer;
  std::ostream out(&buffer);
  LogWriter writer(out, milliseconds(1), confess);
  writer.add("a\n");
  buffer.wait_until_tried();
  writer.add("b\n");  // does not wait for the stream
  buffer.open();
}

TEST(LogWriter, WritesAllWhatIsLeftAtTheEnd) {
  std::ostringstream out;
  {
    LogWriter writer(out, hours(1), confess);
    for (int i = 0; i < 1000; ++i) writer.add("line\n");
  }
  EXPECT_EQ(out.str().size(), 5000U);
}

TEST(LogWriter, KeepsTheOrderOfEachThread) {
  std::ostringstream out;
  {
    LogWriter writer(out, milliseconds(1), confess);
    std::vector<std::thread> threads;
    for (const char name : {'a', 'b'}) {
      threads.emplace_back([&writer, name] {
        for (int i = 0; i < 500; ++i) writer.add(name + std::to_string(1000 + i) + "\n");
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  std::string last[2];
  std::istringstream lines(out.str());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    std::string& before = last[line[0] - 'a'];
    EXPECT_LT(before, line);
    before = line;
  }
  EXPECT_EQ(count, 1000);
}

TEST(LogWriter, DropsAndCountsWhatAStuckStreamCantTake) {
  Stuck buffer;
  std::ostream out(&buffer);
  {
    LogWriter writer(out, milliseconds(1), confess);
    writer.add("first\n");
    buffer.wait_until_tried();
    const std::string line = std::string(1023, 'x') + "\n";
    for (size_t i = 0; i < LogWriter::kPendingMax / 1024 + 9; ++i) writer.add(line);
    buffer.open();
  }
  EXPECT_THAT(buffer.str(), EndsWith("x\ndropped 10\n"));
  EXPECT_EQ(buffer.str().size(), 6 + LogWriter::kPendingMax - 1024 + 11);
}

}  // namespace
}  // namespace otter::server
