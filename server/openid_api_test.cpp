#include "server/openid_api.h"

#include <gmock/gmock.h>

#include "server/access.h"
#include "server/openid_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class OpenIdApiTest : public testing::Test {
 protected:
  OpenIdApiTest() { server_.backend.openid = &provider_; }

  Response begin() { return server_.send(request_of("GET", "/api/v1/sign-in/openid")); }
  static std::string cookie_in(const Response& response) {
    const std::string cookie = header_of(response, "Set-Cookie");
    return cookie.substr(0, cookie.find(';'));
  }
  SignInProof proof_in(const std::string& cookie) {
    return proof_of(server_.crypto, cookie.substr(cookie.find('=') + 1));
  }
  Response come_back(const std::string& cookie, const std::string& query,
                     const std::string& remote = "192.0.2.7") {
    Request request = request_of("GET", "/api/v1/sign-in/openid/callback?" + query,
                                 {{"Cookie", "a=b; " + cookie}});
    request.remote = remote;
    return server_.send(request);
  }
  // All of one sign-in, of the person whom these claims describe.
  Response sign_in(const boost::json::object& more = {}) {
    const std::string cookie = cookie_in(begin());
    const SignInProof proof = proof_in(cookie);
    boost::json::object claims = good_claims(proof.nonce);
    for (const auto& [name, value] : more) claims[name] = value;
    outside_.grant(claims);
    return come_back(cookie, "code=code-of-ada&state=" + proof.state + "&session_state=x");
  }
  std::string role_of(const std::string& name) {
    const std::optional<Account> found = account(*server_.store, name);
    return found.has_value() ? otter::server::name(found->role) : "none";
  }
  std::string status_of(const std::string& cookie) {
    return std::to_string(
        server_.send(request_of("GET", "/api/v1/products", {{"Cookie", cookie}})).status);
  }
  std::vector<std::string> audited() {
    std::vector<std::string> lines;
    for (const AuditEntry& entry : server_.store->audit_entries({})) lines.push_back(entry.line);
    return lines;
  }
  OfflineServer server_;
  OpenIdSettings settings_ = openid_settings();
  FixtureProvider outside_;
  OpenIdProvider provider_{settings_, "https://otter.example/api/v1/sign-in/openid/callback",
                           outside_.fetcher()};
};

TEST_F(OpenIdApiTest, SaysWhetherItIsOffered) {
  const Request request = request_of("GET", "/api/v1/sign-in");
  EXPECT_EQ(server_.send(request).body,
            "{\"openid\":{\"name\":\"Example staff\",\"path\":\"/api/v1/sign-in/openid\"}}\n");
  server_.backend.openid = nullptr;
  EXPECT_EQ(server_.send(request).body, "{\"openid\":null}\n");
  EXPECT_EQ(problem_of(begin()), "404 not_found");
  EXPECT_EQ(problem_of(come_back("", "state=x&code=y")), "404 not_found");
}

TEST_F(OpenIdApiTest, SendsTheBrowserToTheProvider) {
  const Response response = begin();
  EXPECT_EQ(response.status, 303U);
  const std::string cookie = cookie_in(response);
  EXPECT_THAT(cookie, StartsWith("__Host-otter-sign-in=otp_"));
  EXPECT_THAT(header_of(response, "Set-Cookie"),
              HasSubstr("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600"));
  EXPECT_THAT(header_of(response, "Location"), HasSubstr("&state=" + proof_in(cookie).state + "&"));
  EXPECT_THAT(header_of(response, "Location"), Not(HasSubstr("otp_")));
  EXPECT_NE(cookie_in(begin()), cookie);
}

TEST_F(OpenIdApiTest, BeginsASessionAsAPasswordDoes) {
  const Response response = sign_in();
  EXPECT_EQ(response.status, 200U);
  EXPECT_THAT(header_of(response, "Set-Cookie"), HasSubstr("SameSite=Strict; Max-Age=43200"));
  EXPECT_THAT(response.body, HasSubstr("content=\"0; url=/\""));
  const std::string cookie = cookie_in(response);
  EXPECT_EQ(status_of(cookie), "200");
  const Response session = server_.send(request_of("GET", "/api/v1/session", {{"Cookie", cookie}}));
  EXPECT_EQ(json_of(session).at("account"), "ada");
  EXPECT_EQ(json_of(session).at("role"), "operator");
  EXPECT_TRUE(json_of(session).contains("csrf_token"));
  EXPECT_EQ(response.headers[2].second.substr(0, 22), "__Host-otter-sign-in=;");
}

TEST_F(OpenIdApiTest, LeavesItsTraceInTheAuditLogAndNoSecretInAny) {
  const Response response = sign_in();
  const std::vector<std::string> lines = audited();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[0], HasSubstr(R"("account":"ada",)"));
  EXPECT_THAT(lines[0], HasSubstr(R"("action":"Account added","subject":"ada")"));
  EXPECT_THAT(lines[0], HasSubstr(R"("subject":"248289761001")"));
  EXPECT_THAT(lines[1], HasSubstr(R"("remote":"192.0.2.7","action":"Signed in")"));
  EXPECT_THAT(lines[1], HasSubstr(R"({"by":"openid"})"));
  const std::string log = server_.log_lines.str() + lines[0] + lines[1];
  for (const char* secret : {"ots_", "otp_", "code-of", "eyJ"})
    EXPECT_THAT(log, Not(HasSubstr(secret)));
}

TEST_F(OpenIdApiTest, KnowsAPersonBySubjectAlone) {
  sign_in();
  sign_in({{"preferred_username", "countess"}});
  EXPECT_EQ(server_.store->tokens({.account = "ada"}).size(), 2U);
  EXPECT_EQ(role_of("countess"), "none");
  sign_in({{"sub", "other"}});
  EXPECT_EQ(server_.store->identities({.subject = "other"}).front().account.substr(0, 4), "ada-");
}

TEST_F(OpenIdApiTest, GivesNobodyALocalAccountByItsName) {
  sign_in({{"preferred_username", "admin"}});
  EXPECT_TRUE(server_.store->identities({.account = "admin"}).empty());
  EXPECT_EQ(role_of("admin"), "admin");
  const std::string account = server_.store->identities({}).front().account;
  EXPECT_THAT(account, testing::MatchesRegex("admin-[0-9a-f]{6}"));
  EXPECT_EQ(role_of(account), "operator");
}

TEST_F(OpenIdApiTest, TakesTheRoleAnewAtEachSignIn) {
  const std::string first = cookie_in(sign_in({{"roles", {"otter-admin"}}}));
  EXPECT_EQ(role_of("ada"), "admin");
  const std::string second = cookie_in(sign_in({{"roles", {"staff"}}}));
  EXPECT_EQ(role_of("ada"), "viewer");
  EXPECT_EQ(status_of(first), "401");
  EXPECT_EQ(status_of(second), "200");
  EXPECT_THAT(audited()[2], HasSubstr(R"("action":"Account changed")"));
}

TEST_F(OpenIdApiTest, SignsOutWhoHasNoRoleAnyMore) {
  const std::string cookie = cookie_in(sign_in());
  const Response refused = sign_in({{"roles", {"other"}}});
  EXPECT_EQ(problem_of(refused), "403 forbidden");
  EXPECT_EQ(header_of(refused, "Set-Cookie"), "");
  EXPECT_THAT(audited().back(), HasSubstr(R"("action":"Sessions ended","subject":"ada")"));
  EXPECT_EQ(status_of(cookie), "401");
}

TEST_F(OpenIdApiTest, MakesNoAccountForWhoHasNoRole) {
  EXPECT_EQ(problem_of(sign_in({{"roles", {"other"}}})), "403 forbidden");
  EXPECT_EQ(role_of("ada"), "none");
}

TEST_F(OpenIdApiTest, ForgetsAPersonWithTheirAccount) {
  sign_in();
  EXPECT_EQ(server_.admin("DELETE", "/api/v1/accounts/ada").status, 200U);
  EXPECT_TRUE(server_.store->identities({}).empty());
  EXPECT_EQ(sign_in().status, 200U);
}

TEST_F(OpenIdApiTest, TakesNoAnswerThatThisBrowserHasNotAskedFor) {
  const std::string cookie = cookie_in(begin());
  const std::string state = proof_in(cookie).state;
  const std::string good = "code=c1&state=" + state;
  outside_.grant(good_claims(proof_in(cookie).nonce));
  EXPECT_EQ(problem_of(come_back("", good)), "401 unauthorized");
  EXPECT_EQ(problem_of(come_back(cookie_in(begin()), good)), "401 unauthorized");
  EXPECT_EQ(problem_of(come_back(cookie, "code=c1")), "401 unauthorized");
  EXPECT_EQ(problem_of(come_back(cookie, "code=c1&state=x")), "401 unauthorized");
  // What follows from no secret is known to everybody.
  const std::string nobodys = proof_of(server_.crypto, "").state;
  EXPECT_EQ(problem_of(come_back("", "code=c1&state=" + nobodys)), "401 unauthorized");
  EXPECT_EQ(problem_of(come_back("__Host-otter-sign-in=", "code=c1&state=" + nobodys)),
            "401 unauthorized");
  EXPECT_EQ(outside_.posted.body, "");
}

TEST_F(OpenIdApiTest, TellsThatTheProviderSaysNo) {
  const std::string cookie = cookie_in(begin());
  const std::string state = "&state=" + proof_in(cookie).state;
  const Response refused = come_back(cookie, "error=access_denied" + state);
  EXPECT_EQ(problem_of(refused), "401 unauthorized");
  EXPECT_THAT(refused.body, HasSubstr("access_denied"));
  EXPECT_EQ(problem_of(come_back(cookie, "x=y" + state)), "400 bad_query");
}

TEST_F(OpenIdApiTest, TellsAStrangerNothingOfWhatIsWrongWithAToken) {
  const Response refused = sign_in({{"aud", "other"}});
  EXPECT_EQ(problem_of(refused), "401 unauthorized");
  EXPECT_THAT(refused.body, Not(HasSubstr("aud")));
  EXPECT_THAT(server_.log_lines.str(), HasSubstr("aud"));
  EXPECT_TRUE(server_.store->identities({}).empty());
}

TEST_F(OpenIdApiTest, TellsThatTheProviderFails) {
  outside_.is_down = true;
  EXPECT_EQ(problem_of(begin()), "502 provider_failed");
  EXPECT_THAT(server_.log_lines.str(), HasSubstr("no such host"));
}

TEST_F(OpenIdApiTest, LetsNoMoreWaitForTheProviderThanThereArePlaces) {
  provider_.places().acquire();
  provider_.places().acquire();
  EXPECT_EQ(problem_of(begin()), "429 too_many_requests");
  provider_.places().release();
  EXPECT_EQ(begin().status, 303U);
  EXPECT_EQ(begin().status, 303U);
}

TEST_F(OpenIdApiTest, MakesWhoSendsMadeUpCodesWait) {
  const std::string cookie = cookie_in(begin());
  const std::string query = "code=c1&state=" + proof_in(cookie).state;
  outside_.token_status = 400;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(problem_of(come_back(cookie, query)), "502 provider_failed");
  }
  EXPECT_EQ(problem_of(come_back(cookie, query)), "429 too_many_requests");
  outside_.token_status = 200;
  outside_.grant(good_claims(proof_in(cookie).nonce));
  EXPECT_EQ(come_back(cookie, query, "192.0.2.99").status, 200U);
}

}  // namespace
}  // namespace otter::server
