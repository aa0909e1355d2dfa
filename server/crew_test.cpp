#include "server/crew.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace otter::server {
namespace {

TEST(Crew, DoesAllThatWasGivenToItBeforeItEnds) {
  std::atomic<int> done{0};
  {
    Crew crew(3);
    for (int i = 0; i < 1000; ++i) crew.run([&done] { ++done; });
  }
  EXPECT_EQ(done, 1000);
}

TEST(Crew, WorksOnAsManyThingsAtOnceAsItHasThreads) {
  Crew crew(2);
  std::promise<void> met;
  std::promise<void> done;
  crew.run([&] { met.get_future().wait(); });  // waits for the other
  crew.run([&] {
    met.set_value();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace
}  // namespace otter::server
