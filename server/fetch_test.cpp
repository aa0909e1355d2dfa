#include "server/fetch.h"

#include <gmock/gmock.h>

#include "server/scripted_server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;

// What is fetched from a server that answers so.
Fetched fetched(const std::string& answer, Fetch fetch = {}) {
  ScriptedServer server({answer}, End::without_a_word);
  const HttpsClientSettings settings = server.client_settings();
  fetch.url = "https://127.0.0.1:" + settings.endpoint.port + "/a/b?c=d";
  fetch.ca_file = settings.ca_file;
  return fetch_https(fetch);
}

std::string answer_of(size_t size) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
         std::string(size, 'x');
}

TEST(Fetch, GivesStatusAndBody) {
  const Fetched found = fetched(answer_of(10'000));
  EXPECT_EQ(found.error, Error::ok) << found.detail;
  EXPECT_EQ(found.status, 200U);
  EXPECT_EQ(found.body, std::string(10'000, 'x'));
  EXPECT_EQ(fetched("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").status, 404U);
}

TEST(Fetch, SendsItsRequest) {
  ScriptedServer server({answer_of(0)}, End::without_a_word);
  const HttpsClientSettings settings = server.client_settings();
  fetch_https({.method = "POST",
               .url = "https://127.0.0.1:" + settings.endpoint.port + "/a/b?c=d",
               .headers = {{"X-A", "1"}},
               .body = "four",
               .ca_file = settings.ca_file});
  const std::string request = server.request();
  EXPECT_THAT(request, HasSubstr("POST /a/b?c=d HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("X-A: 1\r\n"));
  EXPECT_THAT(request, HasSubstr("Content-Length: 4\r\n"));
}

TEST(Fetch, FollowsNoRedirect) {
  const Fetched found =
      fetched("HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(found.status, 302U);
}

TEST(Fetch, TakesNoAnswerWithoutEnd) {
  EXPECT_EQ(fetched(answer_of(kFetchSizeMax)).body.size(), kFetchSizeMax);
  const Fetched found = fetched(answer_of(kFetchSizeMax + 1));
  EXPECT_EQ(found.error, Error::malformed);
  EXPECT_EQ(found.detail, "the answer is too large");
}

TEST(Fetch, TrustsNobodyElse) {
  ScriptedServer server({answer_of(1)}, End::without_a_word);
  const Fetched found =
      fetch_https({.url = "https://127.0.0.1:" + server.client_settings().endpoint.port + "/"});
  EXPECT_EQ(found.error, Error::tls_untrusted);
}

TEST(Fetch, AsksNothingButHttps) {
  for (const char* url : {"http://127.0.0.1/", "ftp://x/", "", "https://", "https://u@x/"}) {
    EXPECT_NE(fetch_https({.url = url}).error, Error::ok) << url;
  }
}

}  // namespace
}  // namespace otter::server
