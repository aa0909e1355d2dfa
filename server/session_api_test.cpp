#include "server/session_api.h"

#include <gmock/gmock.h>

#include "server/access.h"
#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

constexpr char kPassword[] = "correct horse battery";

// What a browser keeps of a session.
struct Browser {
  std::string cookie;
  std::string csrf_token;
};

class SessionApiTest : public testing::Test {
 protected:
  SessionApiTest() {
    server_.store->put_account(
        {"ada", Role::admin, hash_password(kPassword, server_.crypto), kNow});
    server_.store->put_account({"ci", Role::admin, "", kNow});
  }
  Response sign_in(const std::string& name, const std::string& password,
                   const std::string& remote = "192.0.2.7") {
    Request request = request_of(
        "POST", "/api/v1/session", {{"Content-Type", "application/json"}},
        boost::json::serialize(boost::json::object{{"name", name}, {"password", password}}));
    request.remote = remote;
    return server_.send(request);
  }
  Browser browser_of(const Response& response) {
    const std::string cookie = header_of(response, "Set-Cookie");
    return {cookie.substr(0, cookie.find(';')),
            json_of(response).at("csrf_token").as_string().c_str()};
  }
  Browser ada() { return browser_of(sign_in("ada", kPassword)); }
  std::string send(const Browser& browser, const std::string& method, const std::string& target,
                   const std::string& body = {}) {
    HeaderList headers = {{"Cookie", "a=b; " + browser.cookie + "; c=d"},
                          {"Content-Type", "application/json"}};
    if (!browser.csrf_token.empty()) headers.emplace_back("X-CSRF-Token", browser.csrf_token);
    const Response response = server_.send(request_of(method, target, headers, body));
    return response.status < 400 ? std::to_string(response.status) : problem_of(response);
  }
  std::string view(const Browser& browser) { return send(browser, "GET", "/api/v1/products"); }
  OfflineServer server_;
};

TEST_F(SessionApiTest, SignsInWithNameAndPassword) {
  const Response response = sign_in("ada", kPassword);
  EXPECT_EQ(response.status, 201U);
  EXPECT_THAT(header_of(response, "Set-Cookie"),
              MatchesRegex("__Host-otter=ots_[A-Za-z0-9_-]{43}; Path=/; Secure; HttpOnly; "
                           "SameSite=Strict; Max-Age=43200"));
  EXPECT_EQ(json_of(response).at("role"), "admin");
  EXPECT_EQ(view(browser_of(response)), "200");
  EXPECT_THAT(server_.log_lines.str(), Not(HasSubstr("ots_")));
}

TEST_F(SessionApiTest, TellsNobodyWhatIsWrong) {
  const Response wrong = sign_in("ada", "correct horse batterz");
  EXPECT_EQ(problem_of(wrong), "401 unauthorized");
  for (const auto& [name, password] :
       {std::pair("eve", kPassword), std::pair("ci", kPassword), std::pair("ci", ""),
        std::pair("", kPassword), std::pair("a\nb", kPassword)}) {
    const Response response = sign_in(name, password, "192.0.2.8");
    EXPECT_EQ(response.body, wrong.body) << name;
    EXPECT_EQ(response.headers, wrong.headers) << name;
  }
  EXPECT_EQ(header_of(wrong, "WWW-Authenticate"), "");
}

TEST_F(SessionApiTest, AsksForTheCsrfTokenWithEachChange) {
  Browser browser = ada();
  const std::string token = browser.csrf_token;
  for (const std::string& wrong :
       {std::string(), std::string("x"), token.substr(1), token.substr(1) + "0", browser.cookie}) {
    browser.csrf_token = wrong;
    EXPECT_EQ(send(browser, "POST", "/api/v1/products", R"({"name":"fan"})"), "403 forbidden");
    EXPECT_EQ(send(browser, "DELETE", "/api/v1/session"), "403 forbidden");
    EXPECT_EQ(view(browser), "200");
  }
  browser.csrf_token = token;
  EXPECT_EQ(send(browser, "POST", "/api/v1/products", R"({"name":"fan"})"), "201");
}

TEST_F(SessionApiTest, TakesNoOtherSessionsCsrfToken) {
  Browser browser = ada();
  browser.csrf_token = ada().csrf_token;
  EXPECT_EQ(send(browser, "POST", "/api/v1/products", R"({"name":"fan"})"), "403 forbidden");
}

TEST_F(SessionApiTest, TellsAPageItsCsrfTokenAgain) {
  const Browser browser = ada();
  const Response response =
      server_.send(request_of("GET", "/api/v1/session", {{"Cookie", browser.cookie}}));
  EXPECT_EQ(json_of(response).at("csrf_token"), browser.csrf_token.c_str());
  EXPECT_EQ(json_of(response).at("account"), "ada");
  EXPECT_EQ(json_of(response).at("kind"), "session");
}

TEST_F(SessionApiTest, TellsATokenWhoseItIs) {
  const boost::json::object answer = json_of(server_.admin("GET", "/api/v1/session"));
  EXPECT_EQ(answer.at("account"), "admin");
  EXPECT_EQ(answer.at("kind"), "token");
  EXPECT_FALSE(answer.contains("csrf_token"));
}

TEST_F(SessionApiTest, TakesASessionsSecretAsNothingElse) {
  const Browser browser = ada();
  const std::string secret = browser.cookie.substr(browser.cookie.find('=') + 1);
  const auto sent = [&](const char* name, const std::string& value) {
    return server_.send(request_of("GET", "/api/v1/products", {{name, value}})).status;
  };
  EXPECT_EQ(sent("Authorization", "Bearer " + secret), 401U);
  EXPECT_EQ(sent("Cookie", "otter=" + secret), 401U);
  EXPECT_EQ(sent("Cookie", "__Host-otter=" + server_.admin_token), 401U);
  EXPECT_EQ(sent("Cookie", "x__Host-otter=" + secret), 401U);
  EXPECT_EQ(sent("cookie", "__Host-otter=" + secret), 200U);
}

TEST_F(SessionApiTest, EndsWithoutUse) {
  const Browser browser = ada();
  server_.now_s = kNow + 1799;
  EXPECT_EQ(view(browser), "200");
  server_.now_s += 1799;
  EXPECT_EQ(view(browser), "200");
  server_.now_s += 1800;
  EXPECT_EQ(view(browser), "401 unauthorized");
}

// Also when the request that ends it is the one that notes its use.
TEST_F(SessionApiTest, StaysEndedWhenItIsSignedOut) {
  const Browser browser = ada();
  server_.now_s = kNow + 60;
  EXPECT_EQ(send(browser, "DELETE", "/api/v1/session"), "200");
  EXPECT_EQ(view(browser), "401 unauthorized");
}

TEST_F(SessionApiTest, EndsAtLastHoweverItIsUsed) {
  const Browser browser = ada();
  while (server_.now_s + 1000 < kNow + 43200) {
    server_.now_s += 1000;
    ASSERT_EQ(view(browser), "200");
  }
  server_.now_s = kNow + 43199;
  EXPECT_EQ(view(browser), "200");
  server_.now_s = kNow + 43200;
  EXPECT_EQ(view(browser), "401 unauthorized");
}

TEST_F(SessionApiTest, EndsBySigningOut) {
  const Browser browser = ada();
  const Browser other = ada();
  const Response response =
      server_.send(request_of("DELETE", "/api/v1/session",
                              {{"Cookie", browser.cookie}, {"X-CSRF-Token", browser.csrf_token}}));
  EXPECT_THAT(header_of(response, "Set-Cookie"), HasSubstr("__Host-otter=; "));
  EXPECT_THAT(header_of(response, "Set-Cookie"), HasSubstr("Max-Age=0"));
  EXPECT_EQ(view(browser), "401 unauthorized");
  EXPECT_EQ(view(other), "200");
  EXPECT_EQ(problem_of(server_.admin("DELETE", "/api/v1/session")), "404 not_found");
}

TEST_F(SessionApiTest, EndsWithAllOfItsAccount) {
  const Browser first = ada();
  const Browser second = ada();
  EXPECT_EQ(server_.admin("DELETE", "/api/v1/accounts/ada/sessions").status, 200U);
  EXPECT_EQ(view(first), "401 unauthorized");
  EXPECT_EQ(view(second), "401 unauthorized");
  EXPECT_EQ(server_.admin("GET", "/api/v1/products").status, 200U);
}

TEST_F(SessionApiTest, EndsWhenItsAccountIsChanged) {
  for (const char* body : {R"({"role":"viewer"})", R"({"password":"another long password"})"}) {
    server_.store->put_account(
        {"ada", Role::admin, hash_password(kPassword, server_.crypto), kNow});
    const Browser browser = ada();
    EXPECT_EQ(server_.admin("PATCH", "/api/v1/accounts/ada", body).status, 200U);
    EXPECT_EQ(view(browser), "401 unauthorized") << body;
  }
}

TEST_F(SessionApiTest, EndsTheOldestOfTooMany) {
  const Browser first = ada();
  std::vector<Browser> others;
  for (int i = 0; i < 20; ++i) {
    server_.now_s = kNow + i + 1;
    others.push_back(ada());
  }
  EXPECT_EQ(view(first), "401 unauthorized");
  EXPECT_EQ(view(others.front()), "200");
  EXPECT_EQ(server_.store->tokens({.account = "ada"}).size(), 20U);
}

TEST_F(SessionApiTest, MakesAGuesserWait) {
  for (int i = 0; i < 5; ++i) sign_in("ada", "wrong");
  const Response response = sign_in("ada", kPassword);
  EXPECT_EQ(problem_of(response), "429 too_many_requests");
  EXPECT_EQ(header_of(response, "Retry-After"), "1");
  server_.now_s = kNow + 1;
  EXPECT_EQ(sign_in("ada", kPassword).status, 201U);
}

TEST_F(SessionApiTest, MakesAGuesserOfNamesWait) {
  for (int i = 0; i < 5; ++i) sign_in("name-" + std::to_string(i), "wrong", "2001:db8::1");
  EXPECT_EQ(problem_of(sign_in("ada", kPassword, "2001:db8::2")), "429 too_many_requests");
  EXPECT_EQ(sign_in("ada", kPassword, "2001:db8:1::2").status, 201U);
}

TEST_F(SessionApiTest, ChecksNoMorePasswordsAtOnceThanThereArePlaces) {
  const PasswordPlaces::Place first(server_.logins.places);
  const PasswordPlaces::Place second(server_.logins.places);
  EXPECT_EQ(problem_of(sign_in("ada", kPassword)), "429 too_many_requests");
}

TEST_F(SessionApiTest, ChangesOnesOwnPassword) {
  const Browser browser = ada();
  const Browser other = ada();
  const char* const target = "/api/v1/session/password";
  EXPECT_EQ(send(browser, "POST", target,
                 R"({"password":"wrong","new_password":"another long password"})"),
            "401 unauthorized");
  EXPECT_EQ(send(browser, "POST", target,
                 R"({"password":"correct horse battery","new_password":"short"})"),
            "422 invalid_field");
  EXPECT_EQ(send(browser, "POST", target,
                 R"({"password":"correct horse battery","new_password":"another long password"})"),
            "200");
  EXPECT_EQ(view(browser), "200");
  EXPECT_EQ(view(other), "401 unauthorized");
  EXPECT_EQ(sign_in("ada", "another long password").status, 201U);
  EXPECT_EQ(account(*server_.store, "ada")->role, Role::admin);
}

TEST_F(SessionApiTest, LeavesItsTraceInTheAuditLog) {
  const Browser browser = ada();
  send(browser, "DELETE", "/api/v1/session");
  const std::vector<AuditEntry> entries = server_.store->audit_entries({});
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_THAT(entries[0].line, HasSubstr(R"("account":"ada",)"));
  EXPECT_THAT(entries[0].line, HasSubstr(R"("remote":"192.0.2.7","action":"Signed in")"));
  EXPECT_THAT(entries[1].line, HasSubstr(R"("action":"Signed out","subject":"ada")"));
}

}  // namespace
}  // namespace otter::server
