#include "server/target.h"

#include <gmock/gmock.h>

#include "server/problem.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

// The problem that a target meets, or "".
std::string problem_with(const std::string& target) {
  try {
    parse_target(target);
    return "";
  } catch (const HttpError& error) {
    return error.code;
  }
}

TEST(Target, SplitsAPath) {
  EXPECT_THAT(parse_target("/firmware/1.0.1.bin").segments, ElementsAre("firmware", "1.0.1.bin"));
  EXPECT_THAT(parse_target("/").segments, IsEmpty());
}

TEST(Target, DecodesEscapesOnce) {
  EXPECT_THAT(parse_target("/a%2Db/%2541").segments, ElementsAre("a-b", "%41"));
}

TEST(Target, ReadsTheQuery) {
  const Target target = parse_target("/devices?product=a%26b&empty&x=");
  EXPECT_THAT(target.query, ElementsAre(Pair("empty", ""), Pair("product", "a&b"), Pair("x", "")));
  EXPECT_THAT(target.segments, ElementsAre("devices"));
}

TEST(Target, TakesTheAbsoluteForm) {
  EXPECT_THAT(parse_target("https://otter.example/a/b?c=d").segments, ElementsAre("a", "b"));
  EXPECT_THAT(parse_target("http://otter.example").segments, IsEmpty());
}

TEST(Target, RefusesWhatWouldLeaveAFolder) {
  for (const char* target :
       {"/../etc/passwd", "/firmware/..", "/firmware/%2e%2e/x", "/firmware/..%2fotter.sqlite",
        "/firmware/..%5cx", "/firmware/./x", "/firmware/%2Fetc%2Fpasswd", "/firmware/a\\b"}) {
    EXPECT_EQ(problem_with(target), "bad_path") << target;
  }
}

TEST(Target, RefusesEmptySegments) {
  for (const char* target : {"//", "//firmware", "/firmware//manifest", "/firmware/manifest/"}) {
    EXPECT_EQ(problem_with(target), "bad_path") << target;
  }
}

TEST(Target, RefusesControlBytes) {
  for (const char* target : {"/a%00.bin", "/a%0d%0aX: y", "/a%7f", "/a?b=%00", "/a\tb"}) {
    EXPECT_EQ(problem_with(target), "bad_path") << target;
  }
  EXPECT_EQ(problem_with(std::string("/a\0b", 4)), "bad_path");
}

TEST(Target, RefusesBrokenEscapes) {
  for (const char* target : {"/a%", "/a%4", "/a%zz", "/%u0041"}) {
    EXPECT_EQ(problem_with(target), "bad_path") << target;
  }
}

TEST(Target, RefusesOtherForms) {
  for (const char* target : {"", "*", "firmware", "ftp://x/y"}) {
    EXPECT_EQ(problem_with(target), "bad_path") << target;
  }
}

TEST(Target, KnowsNoLongNames) {
  EXPECT_EQ(problem_with("/firmware/" + std::string(8192, 'a') + ".bin"), "not_found");
  EXPECT_EQ(problem_with("/" + std::string(kSegmentSizeMax + 1, 'a')), "not_found");
  EXPECT_EQ(problem_with("/" + std::string(kSegmentSizeMax, 'a')), "");
}

TEST(Target, RefusesDeepPathsAndRepeatedKeys) {
  std::string deep;
  for (size_t i = 0; i <= kSegmentsInPathMax; ++i) deep += "/a";
  EXPECT_EQ(problem_with(deep), "bad_path");
  EXPECT_EQ(problem_with("/a?b=1&b=2"), "bad_path");
}

}  // namespace
}  // namespace otter::server
