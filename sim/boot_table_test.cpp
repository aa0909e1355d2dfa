#include "sim/boot_table.h"

#include <gtest/gtest.h>

#include "sim/sim_error.h"

namespace otter::sim {
namespace {

const std::string kValid1 = "00000001:00000002:4743989a";
const std::string kErased = "ffffffff:ffffffff:ffffffff";

std::string boots(const std::string& images, const std::string& first, const std::string& second) {
  return BootTable().boot_line(images + " " + first + " " + second);
}

TEST(BootTable, BootsALine) {
  EXPECT_EQ(boots("1 gg - -", kValid1, kErased), "ota_0 " + kValid1 + " " + kErased);
  EXPECT_EQ(boots("1 bg - -", kValid1, kErased), "ota_1 " + kValid1 + " " + kErased);
  EXPECT_EQ(boots("1 bb g -", kValid1, kErased), "factory " + kValid1 + " " + kErased);
  EXPECT_EQ(boots("1 bb b g", kValid1, kErased), "test " + kValid1 + " " + kErased);
  EXPECT_EQ(boots("1 - b -", kValid1, kErased), "- " + kValid1 + " " + kErased);
}

TEST(BootTable, ShowsWhatTheBootWrote) {
  const std::string fresh = "00000002:00000000:55f63774";
  EXPECT_EQ(boots("1 gg - -", kValid1, fresh), "ota_1 " + kValid1 + " 00000002:00000001:55f63774");
  EXPECT_EQ(boots("0 gg - -", kValid1, fresh), "ota_1 " + kValid1 + " " + fresh);
}

TEST(BootTable, ForgetsTheLineBefore) {
  BootTable table;
  table.boot_line("1 gg g g " + kValid1 + " " + kErased);
  EXPECT_EQ(table.boot_line("1 bb b b " + kErased + " " + kErased), "- " + kErased + " " + kErased);
}

TEST(BootTable, BootsALineWithAntiRollback) {
  const std::string valid2 = "00000002:00000002:55f63774";
  EXPECT_EQ(boots("a0/4 01 - -", kValid1, valid2), "ota_1 " + kValid1 + " " + valid2 + " 1");
  EXPECT_EQ(boots("a1/4 01 - -", kValid1, kErased), "ota_1 " + kValid1 + " " + kErased + " 1");
  EXPECT_EQ(boots("a0/4 0B - 1", kValid1, valid2), "test " + kValid1 + " " + valid2 + " 1");
  EXPECT_EQ(boots("a0/4 bg 0 -", kErased, kErased), "factory " + kErased + " " + kErased + " 0");
}

TEST(BootTable, ForgetsTheVersionsOfTheLineBefore) {
  BootTable table;
  const std::string otadata = " - - " + kValid1 + " " + kErased;
  EXPECT_EQ(table.boot_line("a0/4 3" + otadata), "ota_0 " + kValid1 + " " + kErased + " 3");
  EXPECT_EQ(table.boot_line("a0/4 b" + otadata), "- " + kValid1 + " " + kErased + " 0");
  EXPECT_EQ(table.boot_line("a0/4 g" + otadata), "- " + kValid1 + " " + kErased + " 0");
  EXPECT_EQ(table.boot_line("1 g" + otadata), "ota_0 " + kValid1 + " " + kErased);
}

TEST(BootTable, RefusesOtherLines) {
  for (const std::string images :
       {"2 gg - -", "1 gggg - -", "1 gx - -", "1 gg x -", "1 gg -", "", "1 01 - -", "a 01 - -",
        "a5/4 01 - -", "a1/33 01 - -", "a1/4x 01 - -", "a0/4 0K - -"}) {
    EXPECT_THROW(boots(images, kValid1, kErased), SimError) << images;
  }
  EXPECT_THROW(boots("1 gg - -", kValid1, "1:2"), SimError);
  EXPECT_THROW(boots("1 gg - -", kValid1, kErased + " more"), SimError);
}

}  // namespace
}  // namespace otter::sim
