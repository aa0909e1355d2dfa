#include "sim/host_http.h"

#include <gtest/gtest.h>

namespace otter::sim {
namespace {

HttpResponse map(unsigned status, std::map<std::string, std::string> headers) {
  HttpResponse response;
  EXPECT_EQ(map_response_head({status, std::move(headers)}, &response), Error::ok);
  return response;
}

Error refuse(std::map<std::string, std::string> headers) {
  HttpResponse response;
  return map_response_head({206, std::move(headers)}, &response);
}

TEST(ResponseHead, CarriesLengthEtagAndRetryAfter) {
  const HttpResponse response =
      map(503, {{"content-length", "12"}, {"etag", "\"ab\""}, {"retry-after", "30"}});
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.content_length, 12u);
  EXPECT_STREQ(response.etag, "\"ab\"");
  EXPECT_EQ(response.retry_after_s, 30u);
}

TEST(ResponseHead, WithoutHeadersStatesNothing) {
  const HttpResponse response = map(200, {});
  EXPECT_EQ(response.content_length, kLengthUnknown);
  EXPECT_STREQ(response.etag, "");
  EXPECT_EQ(response.retry_after_s, 0u);
}

TEST(ResponseHead, SkipsWhatItCannotRead) {
  const HttpResponse response =
      map(200, {{"content-length", "12x"}, {"retry-after", "Fri, 01 Jan 2027 00:00:00 GMT"}});
  EXPECT_EQ(response.content_length, kLengthUnknown);
  EXPECT_EQ(response.retry_after_s, 0u);
}

TEST(ResponseHead, DropsAnEtagThatIsTooLong) {
  EXPECT_STREQ(map(200, {{"etag", std::string(kEtagSizeMax + 1, 'e')}}).etag, "");
  EXPECT_EQ(strlen(map(200, {{"etag", std::string(kEtagSizeMax, 'e')}}).etag), kEtagSizeMax);
}

TEST(ResponseHead, CarriesALocationThatIsNotTooLong) {
  EXPECT_STREQ(map(302, {{"location", "https://a/b"}}).location, "https://a/b");
  EXPECT_STREQ(map(302, {{"location", std::string(kLocationSizeMax + 1, 'l')}}).location, "");
}

TEST(ResponseHead, TellsWhereAPartBegins) {
  EXPECT_EQ(map(206, {{"content-range", "bytes 65536-99999/100000"}}).range_start, 65536u);
}

TEST(ResponseHead, RefusesAPartThatDoesNotSayWhereItBegins) {
  EXPECT_EQ(refuse({}), Error::malformed);
  EXPECT_EQ(refuse({{"content-range", "bytes */100"}}), Error::malformed);
  EXPECT_EQ(refuse({{"content-range", "items 1-2/3"}}), Error::malformed);
  EXPECT_EQ(refuse({{"content-range", "bytes 1"}}), Error::malformed);
  EXPECT_EQ(refuse({{"content-range", "bytes 18446744073709551616-1/2"}}), Error::malformed);
}

HttpsTrust usable(Text anchors, Text pins) {
  return usable_trust({Json::parse(anchors).value, Json::parse(pins).value});
}

TEST(UsableTrust, PassesOverWhatIsNone) {
  const HttpsTrust trust = usable("[\"\",\"bm8gY2VydGlmaWNhdGU=\",\"?\",7]", "[\"ab\",7]");
  EXPECT_TRUE(trust.anchors.empty());
  EXPECT_TRUE(trust.pins.empty());
}

TEST(UsableTrust, TakesPins) {
  const std::string hex(kDigestHexSize, 'a');
  const std::string list = "[\"" + hex + "\"]";
  const HttpsTrust trust = usable("null", Text(list));
  ASSERT_EQ(trust.pins.size(), 1u);
  EXPECT_EQ(to_hex(trust.pins[0]).characters, hex);
}

// Port 1 of loopback: nobody listens there.
Error open_at(Text origin, bool verify_peer = true) {
  HostHttp http({.endpoint = {"127.0.0.1", "1"}, .ca_file = ""}, {});
  HttpRequest request;
  request.origin = origin;
  request.target = "/";
  request.verify_peer = verify_peer;
  HttpResponse response;
  return http.open(request, &response);
}

TEST(HostHttp, GoesWhereItIsSent) {
  EXPECT_EQ(open_at(""), Error::network_unreachable);
  EXPECT_EQ(open_at("", false), Error::network_unreachable);
  EXPECT_EQ(open_at("http://127.0.0.1:1"), Error::network_unreachable);
  EXPECT_EQ(open_at("https://127.0.0.1:1"), Error::network_unreachable);
  EXPECT_EQ(open_at("ftp://127.0.0.1:1"), Error::malformed);
}

TEST(HostHttp, ReadsNothingWithoutAnAnswer) {
  HostHttp http({.endpoint = {"127.0.0.1", "1"}, .ca_file = ""}, {});
  std::vector<uint8_t> piece(10);
  EXPECT_EQ(http.read(piece).error, Error::network_closed);
}

}  // namespace
}  // namespace otter::sim
