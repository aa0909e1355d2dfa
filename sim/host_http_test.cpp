#include "sim/host_http.h"

#include <gtest/gtest.h>

namespace otter::sim {
namespace {

TEST(ResponseHead, IsWhatTheHeadersSay) {
  const HttpResponse response =
      map_response_head({206, {{"content-length", "12"}, {"content-range", "bytes 4-15/16"}}});
  EXPECT_EQ(response.status, 206);
  EXPECT_EQ(response.content_length, 12u);
  EXPECT_EQ(response.range_start, 4u);
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
