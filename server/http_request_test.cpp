#include "server/http_request.h"

#include <gtest/gtest.h>

namespace otter::server {
namespace {

constexpr Limits kLimits{
    .header_bytes_max = 1000, .header_fields_max = 10, .target_bytes_max = 100};

// Gives `bytes` to a parser in pieces of `piece`, as a connection does; what it took.
size_t feed(RequestParser& parser, std::string_view bytes, size_t piece) {
  size_t taken = 0;
  for (size_t known = 0; known < bytes.size() && !parser.complete() && !parser.refusal();) {
    known = std::min(known + piece, bytes.size());
    size_t size = 0;
    do {
      size = parser.take(bytes.substr(taken, known - taken));
      taken += size;
    } while (size > 0 && taken < known && !parser.complete() && !parser.refusal());
  }
  return taken;
}

TEST(RequestParser, ReadsTheSameInPiecesOfAnySize) {
  const std::string request =
      "PUT /a?b HTTP/1.1\r\nHost: a\r\nX-One:  1 \r\nTransfer-Encoding: chunked\r\n\r\n"
      "4\r\nbody\r\n6;x=\"y\"\r\n again\r\n0\r\nHost: b\r\n\r\n";
  for (size_t piece = 1; piece <= request.size(); ++piece) {
    RequestParser parser(kLimits);
    EXPECT_EQ(feed(parser, request + "GET", piece), request.size()) << piece;
    EXPECT_TRUE(parser.complete()) << piece << parser.refusal().detail;
    EXPECT_EQ(parser.request().target, "/a?b");
    EXPECT_EQ(*parser.request().header("x-one"), "1");
    EXPECT_EQ(parser.request().headers.size(), 3u);
    EXPECT_EQ(parser.request().body, "body again");
  }
}

TEST(RequestParser, StopsAfterTheHeader) {
  RequestParser parser(kLimits);
  const std::string header = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n";
  EXPECT_EQ(parser.take(header + "body"), header.size());
  EXPECT_TRUE(parser.header_complete());
  EXPECT_FALSE(parser.complete());
  EXPECT_EQ(parser.take("bodyGET"), 4u);
  EXPECT_TRUE(parser.complete());
}

TEST(RequestParser, LimitsTheBodyItIsToldTo) {
  RequestParser parser(kLimits);
  parser.take("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n");
  parser.limit_body(3);
  EXPECT_EQ(parser.refusal().status, 413u);
}

TEST(RequestParser, LimitsALineOfChunksThatNeverEnds) {
  RequestParser parser(kLimits);
  const std::string header = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  feed(parser, header + "1;" + std::string(2000, 'x'), 100);
  EXPECT_EQ(parser.refusal().status, 431u);
}

TEST(RequestParser, TakesAnAbsoluteTargetForItsPath) {
  for (const auto& [target, path] : {std::pair{"https://a/b?c", "/b?c"}, {"HTTPS://a:1", "/"}}) {
    RequestParser parser(kLimits);
    parser.take(std::string("GET ") + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(parser.complete()) << target;
    EXPECT_EQ(parser.request().target, path);
  }
}

TEST(RequestParser, KeepsNoConnectionOfHttp10) {
  RequestParser parser(kLimits);
  parser.take("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(parser.complete());
  EXPECT_FALSE(parser.wants_keep_alive());
}

}  // namespace
}  // namespace otter::server
