#include "ota/wire/version.h"

#include <algorithm>

#include "device/test/printers.h"

namespace otter {
namespace {

int order(std::string_view a, std::string_view b) {
  const int result = compare_versions(a, b);
  return (result > 0) - (result < 0);
}

// In ascending order; the versions on one line are equal.
const std::vector<std::vector<std::string>> kAscending = {
    {"b1c75d1"},
    {"b1c75d1-dirty"},
    {"main"},
    {"0.0.0-alpha"},
    {"0", "0.0", "0.0.0", "v0.0.0"},
    {"0.0.1"},
    {"0.9.9"},
    {"0.10.0", "0.10"},
    {"1.0.0-10"},
    {"1.0.0-a"},
    {"1.0.0-alpha", "1.0.0alpha", "v1.0.0_alpha"},
    {"1.0.0-alpha.1"},
    {"1.0.0-alpha.2"},
    {"1.0.0-alpha.10"},
    {"1.0.0-beta"},
    {"1.0.0-rc1", "1.0.0rc1", "1.0.0_rc1", "v1.0.0-rc01", "1-rc1"},
    {"1.0.0-rc1-3-gabcdef1"},
    {"1.0.0-rc2"},
    {"1.0.0-rc10"},
    {"1", "1.0", "1.0.0", "v1.0.0", "V1", "1.0.0+build.7", "1.0.0.0", "1.0.0-0-gabcdef1"},
    {"1.0.0-dirty", "v1-dirty"},
    {"1.0.0-1-gabcdef1"},
    {"1.0.0-1-gabcdef1-dirty"},
    {"1.0.0-2-gabcdef1", "1.0.0-2-g1234567"},
    {"1.0.0-14-gabcdef1"},
    {"1.0.1-rc1"},
    {"1.0.1", "v1.0.1", "01.00.01"},
    {"1.0.1.1"},
    {"1.2"},
    {"1.10"},
    {"2"},
    {"10.0"},
    {"2024.12.31"},
    {"20240101"},
    {"99999999999999999999.0"},
    {"100000000000000000000.0"},
};

// Versions as people and tools really write them, and what a hostile header might hold.
std::vector<std::string> corpus() {
  std::vector<std::string> all = {"",
                                  "v",
                                  "-",
                                  "-dirty",
                                  "+",
                                  "+1",
                                  ".",
                                  "..",
                                  "1.",
                                  ".1",
                                  "1..0",
                                  "1.-rc1",
                                  "1-",
                                  "1_",
                                  "1.0.0-",
                                  "1.0-0-gxyz",
                                  "487f743",
                                  "4875743",
                                  "v1",
                                  "vv1",
                                  "1.0.0.rc1",
                                  "1.0.0--rc",
                                  "1.0.0-rc.1",
                                  "1.0.0-1",
                                  "1.0.0-01",
                                  "release1",
                                  "1.0.0-rc",
                                  "5.5-dev-1-gab",
                                  "v5.5-dev-22-g1234abcd",
                                  "14-gabcdef1",
                                  "1-14-gabcdef1",
                                  "1.0b",
                                  "1b",
                                  "1.0.0-RC1",
                                  "\xff\xfe",
                                  "1.0-\xff",
                                  "1.0-\x01",
                                  "1.0 beta",
                                  "1.0-x9",
                                  "1.0-x:",
                                  "1.0-x/"};
  for (const auto& group : kAscending) all.insert(all.end(), group.begin(), group.end());
  return all;
}

TEST(Version, OrderIsAsDocumented) {
  for (size_t i = 0; i < kAscending.size(); ++i) {
    for (size_t j = 0; j < kAscending.size(); ++j) {
      const int expected = (i > j) - (i < j);
      for (const std::string& a : kAscending[i]) {
        for (const std::string& b : kAscending[j])
          EXPECT_EQ(order(a, b), expected) << a << ' ' << b;
      }
    }
  }
}

TEST(Version, OrderIsReflexiveAndAntisymmetric) {
  const std::vector<std::string> all = corpus();
  EXPECT_GE(all.size(), 60u);
  for (const std::string& a : all) {
    EXPECT_EQ(order(a, a), 0) << a;
    for (const std::string& b : all) EXPECT_EQ(order(a, b), -order(b, a)) << a << ' ' << b;
  }
}

TEST(Version, OrderIsTransitive) {
  const std::vector<std::string> all = corpus();
  for (const std::string& a : all) {
    for (const std::string& b : all) {
      if (order(a, b) > 0) continue;
      for (const std::string& c : all) {
        if (order(b, c) > 0) continue;
        const int expected = order(a, b) == 0 ? order(b, c) : (order(b, c) == 0 ? order(a, b) : -1);
        EXPECT_EQ(order(a, c), expected) << a << ' ' << b << ' ' << c;
      }
    }
  }
}

TEST(Version, OrderDoesNotDependOnTheSignOfChar) {
  EXPECT_EQ(order("1.0-\xff", "1.0-a"), 1);
  EXPECT_EQ(order("\xff", "a"), 1);
}

TEST(Version, ComparesNothingWithoutTouchingIt) {
  const Text nothing(nullptr, 0);
  EXPECT_EQ(compare_versions(nothing, nothing), 0);
  EXPECT_LT(compare_versions(nothing, "a"), 0);
  EXPECT_LT(compare_versions(nothing, "1.0"), 0);
}

TEST(Version, IsTakenApart) {
  const Version version = Version::parse("v1.2.3-rc1-14-gabcdef1-dirty");
  EXPECT_EQ(version.numbers, Text("1.2.3"));
  EXPECT_EQ(version.pre_release, Text("rc1"));
  EXPECT_EQ(version.commits_after, 14u);
  EXPECT_TRUE(version.dirty);
  EXPECT_EQ(version.whole, Text("v1.2.3-rc1-14-gabcdef1-dirty"));
}

TEST(Version, ACommitIsNotANumber) {
  EXPECT_TRUE(Version::parse("487f743").numbers.empty());
  EXPECT_TRUE(Version::parse("487f743-dirty").numbers.empty());
  EXPECT_EQ(Version::parse("20240101").numbers, Text("20240101"));
}

TEST(Version, OnlyWholeDescribeSuffixesCount) {
  for (const char* text : {"1.0-14-gabc", "1.0-14-gABCDEF1", "1.0-14-abcdef1", "1.0-x-gabcdef1",
                           "1.0--gabcdef1", "1.0-1234567890-gabcdef1", "14-gabcdef1"}) {
    EXPECT_EQ(Version::parse(text).commits_after, 0u) << text;
  }
  EXPECT_EQ(Version::parse("1.0-999999999-gabcd").commits_after, 999999999u);
}

TEST(IsVersion, AcceptsWhatCanStandInAUrl) {
  for (const char* text : {"1", "v1.0.1-rc1", "1.0.0+build_7", "...", "main", "A-Z_a-z"}) {
    EXPECT_TRUE(is_version(text)) << text;
  }
  EXPECT_TRUE(is_version(std::string(32, '1')));
}

TEST(IsVersion, RefusesTheRest) {
  for (const char* text : {"", ".", "..", "1/2", "1 0", "1%30", "1:0", "\xC3\xA4", "a\n", "a\\b"}) {
    EXPECT_FALSE(is_version(text)) << text;
  }
  EXPECT_FALSE(is_version(std::string(33, '1')));
  EXPECT_FALSE(is_version(std::string_view("1\0", 2)));
  EXPECT_FALSE(is_version(Text(nullptr, 0)));
}

TEST(IsIdentifier, AcceptsIds) {
  for (const char* text : {"a", "aa:bb:cc:dd:ee:ff", "kitchen-sensor_2.b", "0"}) {
    EXPECT_TRUE(is_identifier(text)) << text;
  }
  EXPECT_TRUE(is_identifier(std::string(64, 'x')));
}

TEST(IsIdentifier, RefusesTheRest) {
  for (const char* text : {"", ".", "..", "a+b", "a b", "a/b", "a\"b", "a\x7F", "a,b", "a=b"}) {
    EXPECT_FALSE(is_identifier(text)) << text;
  }
  EXPECT_FALSE(is_identifier(std::string(65, 'x')));
  EXPECT_FALSE(is_identifier(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace otter
