#include "sim/cut_plan.h"

#include <gtest/gtest.h>

#include <bit>

namespace otter::sim {
namespace {

using Vector = std::vector<uint8_t>;

// What is left of programming zeros over FF.
Vector torn(const std::string& text, size_t size = 256) {
  return tear(*parse_cut(text), Vector(size, 0xFF), Vector(size, 0));
}

double share_cleared(const Vector& bytes) {
  int count = 0;
  for (const uint8_t byte : bytes) count += 8 - std::popcount(byte);
  return static_cast<double>(count) / static_cast<double>(8 * bytes.size());
}

TEST(CutPlan, ReadsWhatItWrites) {
  for (const char* text :
       {"0:before", "57:torn:prefix:13", "57:torn:random:9", "57:torn:bias:0.97:9",
        "57:torn:bias:0.5:9", "57:torn:bias:0.999:0", "9999999999999999999:after"}) {
    const std::optional<Cut> cut = parse_cut(text);
    ASSERT_TRUE(cut) << text;
    EXPECT_EQ(text_of(*cut), text);
  }
}

TEST(CutPlan, RefusesEverythingElse) {
  for (const char* text :
       {"", "57", "before", "57:", "x:before", "-1:before", "57:torn", "57:torn:prefix",
        "57:torn:prefix:x", "57:torn:bias:0.97", "57:torn:bias:1.0:9", "57:torn:bias:0.9999:9",
        "57:before:1", "18446744073709551616:after", "57:torn:prefix:4294967296"}) {
    EXPECT_FALSE(parse_cut(text)) << text;
  }
}

TEST(CutPlan, ReadsWireFaults) {
  const std::optional<WireFault> fault = parse_wire_fault("2:120:changed-etag");
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->request, 2u);
  EXPECT_EQ(fault->byte, 120u);
  EXPECT_EQ(text_of(*fault), "2:120:changed-etag");
  for (const char* text : {"", "2:120", "2:120:melt", "x:120:drop", "2:4294967296:drop"}) {
    EXPECT_FALSE(parse_wire_fault(text)) << text;
  }
}

TEST(CutPlan, TellsAllOfATroubleAsOptions) {
  Trouble trouble;
  trouble.otadata_state = 7;
  trouble.failing_operation = 0;
  trouble.wire = parse_wire_fault("2:120:stall");
  trouble.cuts = {*parse_cut("57:after"), *parse_cut("3:before")};
  EXPECT_EQ(text_of(trouble),
            " --otadata 7 --fail 0 --net 2:120:stall --cut 57:after --cut 3:before");
}

TEST(Tear, LeavesNothingAllOrTheFront) {
  EXPECT_EQ(torn("0:before", 4), Vector(4, 0xFF));
  EXPECT_EQ(torn("0:after", 4), Vector(4, 0));
  EXPECT_EQ(torn("0:torn:prefix:3", 4), (Vector{0, 0, 0, 0xFF}));
}

TEST(Tear, ChangesOnlyWhatTheOperationChanges) {
  const Vector before = {0xF0, 0x00, 0xAA};
  const Vector after = {0xFF, 0xFF, 0xAA};
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const Cut cut{0, TearKind::biased, 0, 500, seed};
    const Vector left = tear(cut, before, after);
    EXPECT_EQ(left[0] & 0xF0, 0xF0);
    EXPECT_EQ(left[2], 0xAA);
  }
}

TEST(Tear, FollowsFromItsSeed) {
  EXPECT_EQ(torn("0:torn:random:9"), torn("1:torn:random:9"));
  EXPECT_NE(torn("0:torn:random:9"), torn("0:torn:random:10"));
  EXPECT_EQ(torn("0:torn:bias:0.9:9"), torn("1:torn:bias:0.9:9"));
  EXPECT_NE(torn("0:torn:bias:0.9:9"), torn("0:torn:bias:0.9:10"));
}

TEST(Tear, ClearsEachBitWithItsProbability) {
  EXPECT_NEAR(share_cleared(torn("0:torn:bias:0.5:1")), 0.5, 0.05);
  EXPECT_NEAR(share_cleared(torn("0:torn:bias:0.97:1")), 0.97, 0.02);
  EXPECT_NEAR(share_cleared(torn("0:torn:bias:0.999:1")), 0.999, 0.003);
}

TEST(Tear, AtRandomLeavesWholeAndPartialBytes) {
  const Vector bytes = torn("0:torn:random:1");
  size_t untouched = 0;
  size_t whole = 0;
  for (const uint8_t byte : bytes) {
    untouched += byte == 0xFF ? 1 : 0;
    whole += byte == 0 ? 1 : 0;
  }
  EXPECT_GT(untouched, 50u);
  EXPECT_GT(whole, 50u);
  EXPECT_LT(untouched + whole, 220u);
}

}  // namespace
}  // namespace otter::sim
