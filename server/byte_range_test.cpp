#include "server/byte_range.h"

#include <gtest/gtest.h>

namespace otter::server {
namespace {

constexpr char kEtag[] = "\"abc\"";
constexpr uint64_t kSize = 1000;

ByteRange select(std::vector<std::pair<std::string, std::string>> headers,
                 const std::string& method = "GET") {
  return select_bytes({method, "/", std::move(headers), "", ""}, kEtag, kSize);
}

void expect_part(const std::string& range, uint64_t offset, uint64_t size) {
  const ByteRange got = select({{"Range", range}});
  EXPECT_EQ(got.selection, Selection::part) << range;
  EXPECT_EQ(got.offset, offset) << range;
  EXPECT_EQ(got.size, size) << range;
}

void expect_whole(std::vector<std::pair<std::string, std::string>> headers) {
  const std::string shown = headers.empty() ? "none" : headers.back().second;
  const ByteRange got = select(std::move(headers));
  EXPECT_EQ(got.selection, Selection::whole) << shown;
  EXPECT_EQ(got.offset, 0U);
  EXPECT_EQ(got.size, kSize);
}

TEST(ByteRange, IsTheWholeFileWithoutARange) { expect_whole({}); }

TEST(ByteRange, TakesASingleRange) {
  expect_part("bytes=0-499", 0, 500);
  expect_part("bytes=500-", 500, 500);
  expect_part("bytes=999-999", 999, 1);
  expect_part("bytes= 0-0 ", 0, 1);
}

TEST(ByteRange, EndsAtTheFilesEnd) {
  expect_part("bytes=900-5000", 900, 100);
  expect_part("bytes=900-99999999999999999999999999", 900, 100);
}

TEST(ByteRange, TakesASuffix) {
  expect_part("bytes=-1", 999, 1);
  expect_part("bytes=-1000", 0, 1000);
  expect_part("bytes=-5000", 0, 1000);
}

TEST(ByteRange, IsUnsatisfiableBehindTheEnd) {
  for (const char* range :
       {"bytes=1000-", "bytes=1000-1001", "bytes=99999999999999999999-", "bytes=-0"}) {
    EXPECT_EQ(select({{"Range", range}}).selection, Selection::unsatisfiable) << range;
  }
}

TEST(ByteRange, GivesAllForSeveralRanges) { expect_whole({{"Range", "bytes=0-1,5-6"}}); }

TEST(ByteRange, IgnoresWhatIsNoRange) {
  for (const char* range : {"bytes=5-2", "bytes=", "bytes=-", "bytes=a-b", "bytes=1-b", "items=0-1",
                            "bytes 0-1", "bytes=--1", "bytes=+1-2", "bytes=0x1-2", ""}) {
    expect_whole({{"Range", range}});
  }
}

TEST(ByteRange, IgnoresARangeOfHead) {
  EXPECT_EQ(select({{"Range", "bytes=0-1"}}, "HEAD").selection, Selection::whole);
}

TEST(ByteRange, HonoursIfRangeOnlyForTheSameFile) {
  EXPECT_EQ(select({{"If-Range", kEtag}, {"Range", "bytes=0-1"}}).selection, Selection::part);
  for (const char* other : {"\"other\"", "W/\"abc\"", "Wed, 21 Oct 2015 07:28:00 GMT", "abc", ""}) {
    expect_whole({{"If-Range", other}, {"Range", "bytes=0-1"}});
  }
}

TEST(ByteRange, IsNotModifiedForAClientThatHasIt) {
  for (const char* tags : {"\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "*"}) {
    EXPECT_EQ(select({{"If-None-Match", tags}}).selection, Selection::not_modified) << tags;
  }
  EXPECT_EQ(select({{"If-None-Match", "\"x\""}}).selection, Selection::whole);
}

TEST(ByteRange, FailsAPreconditionForAnotherFile) {
  EXPECT_EQ(select({{"If-Match", "\"x\""}}).selection, Selection::precondition);
  EXPECT_EQ(select({{"If-Match", "W/\"abc\""}}).selection, Selection::precondition);
  EXPECT_EQ(select({{"If-Match", "\"x\", \"abc\""}}).selection, Selection::whole);
  EXPECT_EQ(select({{"If-Match", "*"}}).selection, Selection::whole);
}

}  // namespace
}  // namespace otter::server
