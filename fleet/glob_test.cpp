#include "fleet/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace otter::fleet {
namespace {

TEST(Glob, MatchesAllOfTheText) {
  EXPECT_TRUE(glob_matches("lab-7", "lab-7"));
  EXPECT_FALSE(glob_matches("lab", "lab-7"));
  EXPECT_FALSE(glob_matches("lab-7", "lab"));
  EXPECT_FALSE(glob_matches("lab-7", "Lab-7"));
  EXPECT_TRUE(glob_matches("", ""));
  EXPECT_FALSE(glob_matches("", "a"));
}

TEST(Glob, TakesAnyRunForAStar) {
  EXPECT_TRUE(glob_matches("lab-*", "lab-"));
  EXPECT_TRUE(glob_matches("lab-*", "lab-77"));
  EXPECT_TRUE(glob_matches("*-b*n*", "x-a-b-berlin"));
  EXPECT_FALSE(glob_matches("*-b*z", "x-a-b-berlin"));
  EXPECT_TRUE(glob_matches("*ab", "aaab"));
  EXPECT_TRUE(glob_matches("**", ""));
}

TEST(Glob, TakesOneCharacterForAQuestionMark) {
  EXPECT_TRUE(glob_matches("lab-?", "lab-7"));
  EXPECT_FALSE(glob_matches("lab-?", "lab-"));
  EXPECT_FALSE(glob_matches("lab-?", "lab-77"));
  EXPECT_TRUE(glob_matches("K?che", "K\u00fcche"));
  EXPECT_FALSE(glob_matches("K??che", "K\u00fcche"));
}

// Each star tried again for each one before it would take longer than anyone lives.
TEST(Glob, TriesOnlyTheLastStarAgain) {
  std::string pattern;
  for (int i = 0; i < 60; ++i) pattern += "*a";
  EXPECT_FALSE(glob_matches(pattern + "b", std::string(128, 'a')));
}

}  // namespace
}  // namespace otter::fleet
