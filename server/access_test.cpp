#include "server/access.h"

#include <gmock/gmock.h>

#include "server/server_fixture.h"
#include "server/store_sqlite_connection.h"

namespace otter::server {
namespace {

class AccessTest : public testing::Test {
 protected:
  std::string send(const char* method, const char* target, const std::string& token) {
    const Response response =
        server_.send(request_of(method, target, {{"Authorization", "Bearer " + token}}, "{}"));
    return response.status < 400 ? std::to_string(response.status) : problem_of(response);
  }
  std::string view(const std::string& token) { return send("GET", "/api/v1/products", token); }
  Token stored(const std::string& secret) {
    return token(*server_.store, hash_secret(server_.crypto, secret)).value();
  }
  OfflineServer server_;
};

TEST_F(AccessTest, RefusesATokenFromTheSecondItExpires) {
  Token token = stored(server_.admin_token);
  server_.store->remove_token(token.id);
  token.expires_s = kNow + 10;
  server_.store->put_token(token);
  server_.now_s = kNow + 9;
  EXPECT_EQ(view(server_.admin_token), "200");
  server_.now_s = kNow + 10;
  EXPECT_EQ(view(server_.admin_token), "401 unauthorized");
}

TEST_F(AccessTest, RefusesARevokedToken) {
  server_.store->remove_token(stored(server_.admin_token).id);
  EXPECT_EQ(view(server_.admin_token), "401 unauthorized");
}

TEST_F(AccessTest, GivesATokenNoMoreThanItsAccountHas) {
  server_.add_token("ota_x", "bob", Role::admin);
  server_.store->put_account({"bob", Role::viewer, "", kNow});
  EXPECT_EQ(view("ota_x"), "200");
  EXPECT_EQ(send("POST", "/api/v1/products", "ota_x"), "403 forbidden");
}

TEST_F(AccessTest, GivesAnAccountNoMoreThanItsTokenHas) {
  server_.add_token("ota_x", "bob", Role::viewer);
  server_.store->put_account({"bob", Role::admin, "", kNow});
  EXPECT_EQ(view("ota_x"), "200");
  EXPECT_EQ(send("POST", "/api/v1/products", "ota_x"), "403 forbidden");
}

TEST_F(AccessTest, NotesTheUseOfATokenOnceAMinute) {
  view(server_.admin_token);
  EXPECT_EQ(stored(server_.admin_token).used_s, kNow);
  server_.now_s = kNow + 59;
  view(server_.admin_token);
  EXPECT_EQ(stored(server_.admin_token).used_s, kNow);
  server_.now_s = kNow + 60;
  view(server_.admin_token);
  EXPECT_EQ(stored(server_.admin_token).used_s, kNow + 60);
}

TEST_F(AccessTest, TakesNoSessionForAToken) {
  Token token = stored(server_.admin_token);
  server_.store->remove_token(token.id);
  token.kind = TokenKind::session;
  server_.store->put_token(token);
  EXPECT_EQ(view(server_.admin_token), "401 unauthorized");
}

TEST_F(AccessTest, AnswersAlsoWhenItCantNoteWhenATokenWasUsed) {
  SqliteConnection(server_.folder.file("otter.sqlite"))
      .execute("CREATE TRIGGER full BEFORE UPDATE ON tokens BEGIN SELECT RAISE(FAIL, 'full'); END");
  EXPECT_EQ(server_.admin("POST", "/api/v1/products", R"({"name":"fan"})").status, 201U);
  EXPECT_TRUE(server_.store->product("fan").has_value());
  EXPECT_THAT(server_.log_lines.str(), testing::HasSubstr("Can't save when a token was used"));
}

}  // namespace
}  // namespace otter::server
