#include "server/dashboard_files.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr DashboardFile kFiles[] = {
    {"", "text/html; charset=utf-8", "aa", "page", "page as gzip", "page as brotli"},
    {"assets/main-1.js", "text/javascript; charset=utf-8", "bb", "code", "code as gzip", "code br"},
};

Response get(std::string_view name, HeaderList headers = {}) {
  return dashboard_response(kFiles, name, request_of("GET", "/", std::move(headers)));
}
Response accepting(const std::string& codings) {
  return get("assets/main-1.js", {{"Accept-Encoding", codings}});
}

TEST(DashboardFiles, AreInTheSmallestFormThatTheClientTakes) {
  EXPECT_EQ(get("assets/main-1.js").body, "code");
  EXPECT_EQ(header_of(get("assets/main-1.js"), "Content-Encoding"), "");
  EXPECT_EQ(accepting("gzip, deflate").body, "code as gzip");
  EXPECT_EQ(header_of(accepting("gzip, deflate"), "Content-Encoding"), "gzip");
  EXPECT_EQ(accepting("gzip, deflate, br, zstd").body, "code br");
  EXPECT_EQ(accepting("gzip;q=0.5 , br ;q=0").body, "code as gzip");
  EXPECT_EQ(accepting("br;q=0.000, gzip; q=0").body, "code");
  EXPECT_EQ(accepting("brotli, xgzip").body, "code");
  EXPECT_EQ(header_of(accepting("br"), "Vary"), "Accept-Encoding");
}

TEST(DashboardFiles, AreKeptByTheirHashButThePageIsAskedForAgain) {
  EXPECT_THAT(header_of(get("assets/main-1.js"), "Cache-Control"), HasSubstr("immutable"));
  EXPECT_EQ(header_of(get(""), "Cache-Control"), "no-cache");
  const std::string etag = header_of(get(""), "ETag");
  const Response again = get("", {{"If-None-Match", etag}});
  EXPECT_EQ(again.status, 304U);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(get("", {{"If-None-Match", "\"other\""}}).status, 200U);
  EXPECT_EQ(get("", {{"If-None-Match", etag}, {"Accept-Encoding", "br"}}).status, 200U);
}

TEST(DashboardFiles, TrustThemselvesAndTheServerAlone) {
  const std::string policy = header_of(get(""), "Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("require-trusted-types-for 'script'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_THAT(policy, Not(HasSubstr("http")));
}

TEST(DashboardFiles, AreNoOthersThanThese) {
  EXPECT_THROW(get("assets/main-2.js"), HttpError);
  OfflineServer server;
  for (const char* target : {"/assets/none.js", "/assets/index.html", "/assets/..%2f"}) {
    EXPECT_GE(server.send(request_of("GET", target)).status, 400U) << target;
  }
}

TEST(DashboardFiles, ThePageOfAProgramWithoutThemSaysHowToGetThem) {
  const Response response = dashboard_response({}, "", request_of("GET", "/"));
  EXPECT_EQ(response.status, 200U);
  EXPECT_THAT(response.body, HasSubstr("./setup.sh"));
}

TEST(DashboardFiles, AreServedToAnybody) {
  OfflineServer server;
  const Response page = server.send(request_of("GET", "/"));
  EXPECT_EQ(page.status, 200U);
  EXPECT_EQ(header_of(page, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(header_of(page, "X-Content-Type-Options"), "nosniff");
}

}  // namespace
}  // namespace otter::server
