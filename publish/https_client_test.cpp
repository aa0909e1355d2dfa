// What needs no server; the rest is in server/http_client_test.cpp.
#include "publish/https_client.h"

#include <gtest/gtest.h>

namespace otter {
namespace {

std::string parsed(const char* url) {
  const Result<HttpsEndpoint> result = parse_https_url(url);
  if (!result.ok()) return std::string(name(result.error).data, name(result.error).size);
  return result.value.host + " " + result.value.port;
}

Error open_with(HttpsClientSettings settings, const std::string& target = "/") {
  HttpsClient client(std::move(settings));
  HttpsResponseHead head;
  const Error error = client.open("GET", target, {}, {}, &head);
  EXPECT_NE(client.detail(), "");
  return error;
}

TEST(HttpsUrl, NamesHostAndPort) {
  EXPECT_EQ(parsed("https://example.org"), "example.org 443");
  EXPECT_EQ(parsed("https://example.org/"), "example.org 443");
  EXPECT_EQ(parsed("https://example.org:8443"), "example.org 8443");
  EXPECT_EQ(parsed("HTTPS://127.0.0.1:1/"), "127.0.0.1 1");
  EXPECT_EQ(parsed("https://[::1]"), "::1 443");
  EXPECT_EQ(parsed("https://[2001:db8::1]:65535/"), "2001:db8::1 65535");
}

TEST(HttpsUrl, RefusesWhatIsNoHttpsUrl) {
  for (const char* url :
       {"", "https", "https:/a", "https://", "https:///", "http://a", "ftp://a", "a:8443",
        "https://a b", "https://a\n", "https://a\"b", "https://[::1", "https://::1", "https://[a]",
        "https://[::1]8443", "https://[]", "https://:8443"}) {
    EXPECT_EQ(parsed(url), "malformed") << url;
  }
}

TEST(HttpsUrl, AnOriginMayBeWithoutTls) {
  const Result<HttpsEndpoint> plain = parse_origin("http://example.org");
  EXPECT_EQ(plain.value.port, "80");
  EXPECT_FALSE(plain.value.tls);
  EXPECT_TRUE(parse_origin("https://example.org").value.tls);
  EXPECT_EQ(parse_origin("ftp://example.org").error, Error::malformed);
}

TEST(HttpsUrl, RefusesPortsThatAreNone) {
  for (const char* port : {"", "0", "65536", "99999", "123456", "-1", "+1", "1a", " 1", "1:2"}) {
    EXPECT_EQ(parsed((std::string("https://a:") + port).c_str()), "malformed") << port;
  }
}

TEST(HttpsUrl, RefusesPathsUsersAndQueries) {
  for (const char* url : {"https://a/b", "https://a//", "https://a?b", "https://a#b", "https://u@a",
                          "https://u:p@a:1/", "https://a:1/b/"}) {
    EXPECT_EQ(parsed(url), "unsupported") << url;
  }
}

TEST(HttpsClient, SaysWhenTheAuthorityCantBeRead) {
  const HttpsClientSettings settings{.endpoint = {"127.0.0.1", "1"}, .ca_file = "/nonexistent/ca"};
  EXPECT_EQ(open_with(settings), Error::settings_io);
  HttpsClient client(settings);
  EXPECT_EQ(client.open("GET", "/", {}, {}, nullptr), Error::settings_io);
  EXPECT_EQ(client.detail().rfind("cannot read the trusted authority /nonexistent/ca", 0), 0u);
}

TEST(HttpsClient, SaysWhenTheAuthorityIsNoCertificate) {
  EXPECT_EQ(open_with({.endpoint = {"127.0.0.1", "1"}, .ca_file = "/dev/null"}),
            Error::settings_io);
}

TEST(HttpsClient, SaysWhenNobodyListens) {
  EXPECT_EQ(open_with({.endpoint = {"127.0.0.1", "1"}, .ca_file = ""}), Error::network_unreachable);
}

TEST(HttpsClient, SaysWhenTheNameIsUnknown) {
  // A label of more than 63 characters: no server need be asked.
  EXPECT_EQ(open_with({.endpoint = {std::string(64, 'a') + ".invalid", "443"}, .ca_file = ""}),
            Error::network_unreachable);
}

TEST(HttpsClient, SendsNothingThatCouldEndALine) {
  const HttpsClientSettings settings{.endpoint = {"127.0.0.1", "1"}, .ca_file = ""};
  EXPECT_EQ(open_with(settings, "/a\r\nX: y"), Error::malformed);
  EXPECT_EQ(open_with(settings, "/a b"), Error::malformed);
  HttpsClient client(settings);
  EXPECT_EQ(client.open("GET", "/", {{"X-API-Key", "secret\r\nX: y"}}, {}, nullptr),
            Error::malformed);
  EXPECT_EQ(client.detail().find("secret"), std::string::npos);
}

TEST(HttpsClient, ReadsNothingWithoutAnAnswer) {
  HttpsClient client({.endpoint = {"127.0.0.1", "1"}, .ca_file = ""});
  std::vector<uint8_t> piece(10);
  EXPECT_EQ(client.read(piece).error, Error::network_closed);
}

}  // namespace
}  // namespace otter
