#include "server/account_api.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kPassword[] = "correct horse battery";

class AccountApiTest : public testing::Test {
 protected:
  std::string told(const Response& response) {
    return response.status < 400 ? std::to_string(response.status) : problem_of(response);
  }
  std::string add(const std::string& body) {
    return told(server_.admin("POST", "/api/v1/accounts", body));
  }
  std::string change(const std::string& name, const std::string& body) {
    return told(server_.admin("PATCH", "/api/v1/accounts/" + name, body));
  }
  std::string remove(const std::string& path) {
    return told(server_.admin("DELETE", "/api/v1/" + path));
  }
  boost::json::object make_token(const std::string& body) {
    return json_of(server_.admin("POST", "/api/v1/tokens", body));
  }
  std::string refused_token(const std::string& body) {
    return told(server_.admin("POST", "/api/v1/tokens", body));
  }
  std::string view_with(const boost::json::object& token) {
    const std::string secret = token.at("token").as_string().c_str();
    return told(server_.send(
        request_of("GET", "/api/v1/products/lamp", {{"Authorization", "Bearer " + secret}})));
  }
  std::string first_token_id() {
    return token_id_of(hash_secret(server_.crypto, server_.admin_token));
  }
  std::string last_entry() {
    return server_.store->audit_entries({.count_max = 1, .newest_first = true}).at(0).line;
  }
  OfflineServer server_;
};

TEST_F(AccountApiTest, AddsAnAccountWithoutAPassword) {
  const Response response =
      server_.admin("POST", "/api/v1/accounts", R"({"name":"ci","role":"publisher"})");
  EXPECT_EQ(response.status, 201U);
  EXPECT_EQ(json_of(response).at("has_password"), false);
  EXPECT_EQ(account(*server_.store, "ci")->role, Role::publisher);
  EXPECT_EQ(account(*server_.store, "ci")->created_s, kNow);
}

TEST_F(AccountApiTest, KeepsAPasswordAsAHashAndTellsItNobody) {
  server_.admin("POST", "/api/v1/accounts",
                R"({"name":"ada","role":"viewer","password":"correct horse battery"})");
  const std::string hash = account(*server_.store, "ada")->password;
  EXPECT_TRUE(is_password(kPassword, hash));
  const std::string list = server_.admin("GET", "/api/v1/accounts").body;
  EXPECT_THAT(list, HasSubstr("\"has_password\":true"));
  for (const std::string& text : {list, last_entry(), server_.log_lines.str()}) {
    EXPECT_THAT(text, Not(HasSubstr("argon2")));
    EXPECT_THAT(text, Not(HasSubstr(kPassword)));
  }
}

TEST_F(AccountApiTest, RefusesAnAccountThatIsNone) {
  EXPECT_EQ(add(R"({"name":"a b","role":"viewer"})"), "422 invalid_field");
  EXPECT_EQ(add(R"({"name":"ada"})"), "422 invalid_field");
  EXPECT_EQ(add(R"({"name":"ada","role":"root"})"), "422 invalid_field");
  EXPECT_EQ(add(R"({"name":"ada","role":"viewer","password":"14 characters."})"),
            "422 invalid_field");
  EXPECT_EQ(add(R"({"name":"admin","role":"viewer"})"), "409 exists");
  EXPECT_EQ(server_.store->accounts("").size(), 1U);
}

TEST_F(AccountApiTest, ChangesRoleAndPasswordApart) {
  add(R"({"name":"ada","role":"viewer"})");
  EXPECT_EQ(change("ada", R"({"role":"publisher"})"), "200");
  EXPECT_EQ(account(*server_.store, "ada")->role, Role::publisher);
  EXPECT_THAT(last_entry(), HasSubstr(R"("before":{"name":"ada","role":"viewer")"));
  EXPECT_EQ(change("ada", R"({"password":"correct horse battery"})"), "200");
  EXPECT_TRUE(is_password(kPassword, account(*server_.store, "ada")->password));
  EXPECT_EQ(account(*server_.store, "ada")->role, Role::publisher);
  EXPECT_EQ(change("eve", R"({"role":"admin"})"), "404 not_found");
}

TEST_F(AccountApiTest, RemovesAnAccountWithItsTokens) {
  add(R"({"name":"ci","role":"viewer"})");
  const boost::json::object token = make_token(R"({"account":"ci"})");
  EXPECT_EQ(view_with(token), "200");
  EXPECT_EQ(remove("accounts/ci"), "200");
  EXPECT_EQ(view_with(token), "401 unauthorized");
  EXPECT_EQ(remove("accounts/ci"), "404 not_found");
}

TEST_F(AccountApiTest, NeverLosesTheLastAdmin) {
  EXPECT_EQ(remove("accounts/admin"), "409 last_admin");
  EXPECT_EQ(change("admin", R"({"role":"publisher"})"), "409 last_admin");
  EXPECT_EQ(remove("tokens/" + first_token_id()), "409 last_admin");
  add(R"({"name":"ada","role":"admin"})");  // has no way in yet
  EXPECT_EQ(remove("accounts/admin"), "409 last_admin");
  EXPECT_EQ(account(*server_.store, "admin")->role, Role::admin);
  EXPECT_EQ(server_.admin("GET", "/api/v1/accounts").status, 200U);
}

TEST_F(AccountApiTest, CountsOnlyTokensThatCanAdminister) {
  const std::string of_admin = R"({"account":"admin",)";
  make_token(of_admin + R"("role":"publisher"})");
  make_token(of_admin + R"("product":"lamp"})");
  make_token(of_admin + "\"expires\":" + std::to_string(kNow + 1) + "}");
  server_.now_s = kNow + 1;
  EXPECT_EQ(remove("tokens/" + first_token_id()), "409 last_admin");
}

TEST_F(AccountApiTest, ReplacesTheFirstToken) {
  const boost::json::object token = make_token(R"({"account":"admin"})");
  EXPECT_EQ(remove("tokens/" + first_token_id()), "200");
  EXPECT_EQ(server_.admin("GET", "/api/v1/products").status, 401U);
  EXPECT_EQ(view_with(token), "200");
}

TEST_F(AccountApiTest, LetsAPasswordBeTheWayIn) {
  change("admin", R"({"password":"correct horse battery"})");
  EXPECT_EQ(remove("tokens/" + first_token_id()), "200");
}

TEST_F(AccountApiTest, ShowsATokenOnce) {
  const boost::json::object token = make_token(R"({"account":"admin","product":"lamp"})");
  const std::string secret = token.at("token").as_string().c_str();
  EXPECT_EQ(token.at("role"), "publisher");
  EXPECT_EQ(token.at("product"), "lamp");
  EXPECT_EQ(token.at("id"), token_id_of(hash_secret(server_.crypto, secret)).c_str());
  const std::string list = server_.admin("GET", "/api/v1/tokens").body;
  EXPECT_THAT(list, HasSubstr(token.at("id").as_string().c_str()));
  for (const std::string& text : {list, last_entry(), server_.log_lines.str()}) {
    EXPECT_THAT(text, Not(HasSubstr(secret)));
  }
}

TEST_F(AccountApiTest, ListsTheTokensOfOneAccount) {
  add(R"({"name":"ci","role":"viewer"})");
  make_token(R"({"account":"ci"})");
  const auto count = [&](const std::string& query) {
    return json_of(server_.admin("GET", "/api/v1/tokens" + query)).at("tokens").as_array().size();
  };
  EXPECT_EQ(count(""), 2U);
  EXPECT_EQ(count("?account=ci"), 1U);
  add(R"({"name":"eve","role":"viewer"})");
  EXPECT_EQ(count("?account=eve"), 0U);
  EXPECT_EQ(problem_of(server_.admin("GET", "/api/v1/tokens?acount=eve")), "400 bad_query");
  EXPECT_EQ(problem_of(server_.admin("GET", "/api/v1/audit?afer=1")), "400 bad_query");
}

TEST_F(AccountApiTest, RefusesATokenThatIsNone) {
  add(R"({"name":"ci","role":"operator"})");
  EXPECT_EQ(refused_token(R"({"account":"eve"})"), "404 not_found");
  EXPECT_EQ(refused_token(R"({"account":"ci","product":"fan"})"), "404 not_found");
  EXPECT_EQ(refused_token(R"({"account":"ci","role":"publisher"})"), "422 invalid_field");
  EXPECT_EQ(refused_token(R"({"account":"admin","role":"admin","product":"lamp"})"),
            "422 invalid_field");
  EXPECT_EQ(refused_token("{\"account\":\"ci\",\"expires\":" + std::to_string(kNow) + "}"),
            "422 invalid_field");
  // What is stated and says nothing must not count as no restriction.
  EXPECT_EQ(refused_token(R"({"account":"ci","product":""})"), "404 not_found");
  EXPECT_EQ(refused_token(R"({"account":"ci","role":""})"), "422 invalid_field");
  EXPECT_EQ(refused_token(R"({"account":"ci","expires":0})"), "422 invalid_field");
  EXPECT_EQ(server_.store->tokens({}).size(), 1U);
}

TEST_F(AccountApiTest, RevokesATokenOnce) {
  const std::string id = make_token(R"({"account":"admin"})").at("id").as_string().c_str();
  EXPECT_EQ(remove("tokens/" + id), "200");
  EXPECT_EQ(remove("tokens/" + id), "404 not_found");
}

TEST_F(AccountApiTest, HashesNoMorePasswordsAtOnceThanThereArePlaces) {
  const PasswordPlaces::Place first(server_.logins.places);
  const PasswordPlaces::Place second(server_.logins.places);
  EXPECT_EQ(add(R"({"name":"ada","role":"viewer","password":"correct horse battery"})"),
            "429 too_many_requests");
}

}  // namespace
}  // namespace otter::server
