#include "server/address_counts.h"

#include <gtest/gtest.h>

namespace otter::server {
namespace {

TEST(AddressCounts, LetsInAsManyAsAreAllowed) {
  AddressCounts counts;
  EXPECT_TRUE(counts.enter(1, 2));
  EXPECT_TRUE(counts.enter(1, 2));
  EXPECT_FALSE(counts.enter(1, 2));
  EXPECT_TRUE(counts.enter(2, 2));
  counts.leave(1);
  EXPECT_TRUE(counts.enter(1, 2));
}

TEST(AddressCounts, ForgetsWhoHasLeft) {
  AddressCounts counts;
  counts.enter(1, 2);
  counts.enter(2, 2);
  counts.leave(1);
  EXPECT_EQ(counts.size(), 1U);
}

}  // namespace
}  // namespace otter::server
