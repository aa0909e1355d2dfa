#include "ota/http_head.h"

#include <gtest/gtest.h>

#include <string>

#include "device/test/printers.h"

namespace otter {
namespace {

HttpResponse head(const std::string& name, const std::string& value) {
  HttpResponse response;
  take_header(name, value, &response);
  return response;
}

TEST(HttpHead, SaysNothingWithoutHeaders) {
  const HttpResponse response;
  EXPECT_EQ(response.content_length, kLengthUnknown);
  EXPECT_EQ(response.range_start, kLengthUnknown);
  EXPECT_STREQ(response.etag, "");
  EXPECT_STREQ(response.location, "");
  EXPECT_EQ(response.retry_after_s, 0u);
}

TEST(HttpHead, TakesWhatTheCoreWants) {
  EXPECT_EQ(head("content-length", "12").content_length, 12u);
  EXPECT_EQ(head("content-range", "bytes 65536-99999/100000").range_start, 65536u);
  EXPECT_EQ(head("content-range", "bytes 0-99/*").range_start, 0u);
  EXPECT_EQ(head("retry-after", "30").retry_after_s, 30u);
  EXPECT_STREQ(head("etag", "\"ab\"").etag, "\"ab\"");
  EXPECT_STREQ(head("location", "https://a/b").location, "https://a/b");
}

TEST(HttpHead, KnowsNamesInAnyCase) {
  EXPECT_EQ(head("Content-Length", "12").content_length, 12u);
  EXPECT_EQ(head("CONTENT-LENGTH", "12").content_length, 12u);
  EXPECT_EQ(head("content-lengths", "12").content_length, kLengthUnknown);
}

TEST(HttpHead, PassesOverWhatItCannotRead) {
  for (const char* wrong :
       {"", "12x", "-1", "+1", " 1", "18446744073709551615", "99999999999999999999"}) {
    EXPECT_EQ(head("content-length", wrong).content_length, kLengthUnknown) << wrong;
  }
  EXPECT_EQ(head("content-length", "18446744073709551614").content_length, kLengthUnknown - 1);
  EXPECT_EQ(head("retry-after", "Fri, 01 Jan 2027 00:00:00 GMT").retry_after_s, 0u);
  EXPECT_EQ(head("retry-after", "4294967296").retry_after_s, 0u);
  EXPECT_EQ(head("retry-after", "4294967295").retry_after_s, UINT32_MAX);
  for (const char* wrong : {"", "bytes ", "bytes */100", "items 1-2/3", "bytes 1", "bytes -1",
                            "bytes 18446744073709551616-1/2"}) {
    EXPECT_EQ(head("content-range", wrong).range_start, kLengthUnknown) << wrong;
  }
}

TEST(HttpHead, DropsWhatIsTooLong) {
  EXPECT_STREQ(head("etag", std::string(kEtagSizeMax + 1, 'e')).etag, "");
  EXPECT_EQ(strlen(head("etag", std::string(kEtagSizeMax, 'e')).etag), kEtagSizeMax);
  EXPECT_STREQ(head("location", std::string(kLocationSizeMax + 1, 'l')).location, "");
}

}  // namespace
}  // namespace otter
