// What every Store must do of accounts and of the tokens that act for them.
#include "server/store_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Token token_number(uint8_t number, const std::string& account) {
  Token token;
  token.hash = digest_number(number);
  token.id = token_id_of(token.hash);
  token.account = account;
  token.role = Role::publisher;
  token.product = "lamp";
  token.created_s = kNow;
  token.expires_s = kNow + 100;
  return token;
}

void add_ada_and_bob(Store& store) {
  store.put_account({"ada", Role::admin, "", kNow});
  store.put_account({"bob", Role::viewer, "$argon2id$x", kNow + 1});
}

std::vector<std::string> ids_of(Store& store, const TokenQuery& query) {
  std::vector<std::string> ids;
  for (const Token& token : store.tokens(query)) ids.push_back(token.id);
  return ids;
}

TEST_P(StoreTest, KeepsAccountsByName) {
  add_ada_and_bob(*store_);
  reopen();
  const std::vector<Account> all = store_->accounts("");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "ada");
  EXPECT_EQ(all[0].role, Role::admin);
  EXPECT_EQ(all[1].name, "bob");
  EXPECT_EQ(all[1].password, "$argon2id$x");
  EXPECT_EQ(all[1].created_s, kNow + 1);
  EXPECT_FALSE(account(*store_, "eve").has_value());
  EXPECT_FALSE(account(*store_, "").has_value());
}

TEST_P(StoreTest, ChangesRoleAndPassword) {
  add_ada_and_bob(*store_);
  store_->put_token(token_number(1, "bob"));
  store_->put_account({"bob", Role::operator_, "$argon2id$y", kNow + 9});
  const std::optional<Account> bob = account(*store_, "bob");
  EXPECT_EQ(bob->role, Role::operator_);
  EXPECT_EQ(bob->password, "$argon2id$y");
  EXPECT_EQ(bob->created_s, kNow + 1);
  EXPECT_EQ(store_->tokens({.account = "bob"}).size(), 1U);
}

TEST_P(StoreTest, KeepsAllOfAToken) {
  add_ada_and_bob(*store_);
  Token session = token_number(2, "bob");
  session.kind = TokenKind::session;
  store_->put_token(token_number(1, "ada"));
  store_->put_token(session);
  reopen();
  const std::optional<Token> found = token(*store_, digest_number(1));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->id, "010000000000");
  EXPECT_EQ(found->kind, TokenKind::token);
  EXPECT_EQ(found->account, "ada");
  EXPECT_EQ(found->role, Role::publisher);
  EXPECT_EQ(found->product, "lamp");
  EXPECT_EQ(found->created_s, kNow);
  EXPECT_EQ(found->expires_s, kNow + 100);
  EXPECT_EQ(found->used_s, 0);
  EXPECT_EQ(token(*store_, digest_number(2))->kind, TokenKind::session);
  EXPECT_FALSE(token(*store_, digest_number(3)).has_value());
}

TEST_P(StoreTest, NotesWhenATokenWasUsedAndNothingElse) {
  add_ada_and_bob(*store_);
  store_->put_token(token_number(1, "ada"));
  Token used = token_number(1, "ada");
  used.used_s = kNow + 7;
  used.role = Role::admin;
  store_->put_token(used);
  EXPECT_EQ(token(*store_, digest_number(1))->used_s, kNow + 7);
  EXPECT_EQ(token(*store_, digest_number(1))->role, Role::publisher);
}

TEST_P(StoreTest, FindsTokensForWhichAllHolds) {
  add_ada_and_bob(*store_);
  store_->put_token(token_number(1, "ada"));
  store_->put_token(token_number(2, "ada"));
  store_->put_token(token_number(3, "bob"));
  EXPECT_THAT(ids_of(*store_, {}), ElementsAre("010000000000", "020000000000", "030000000000"));
  EXPECT_THAT(ids_of(*store_, {.account = "bob"}), ElementsAre("030000000000"));
  EXPECT_THAT(ids_of(*store_, {.id = "020000000000"}), ElementsAre("020000000000"));
  EXPECT_THAT(ids_of(*store_, {.account = "bob", .id = "020000000000"}), IsEmpty());
  EXPECT_THAT(ids_of(*store_, {.account = "bob", .hash = digest_number(1)}), IsEmpty());
}

TEST_P(StoreTest, RemovesATokenOnce) {
  add_ada_and_bob(*store_);
  store_->put_token(token_number(1, "ada"));
  store_->put_token(token_number(2, "ada"));
  EXPECT_TRUE(store_->remove_token("010000000000"));
  EXPECT_FALSE(store_->remove_token("010000000000"));
  EXPECT_THAT(ids_of(*store_, {}), ElementsAre("020000000000"));
}

TEST_P(StoreTest, RemovesAnAccountWithAllThatActsForIt) {
  add_ada_and_bob(*store_);
  store_->put_token(token_number(1, "ada"));
  store_->put_token(token_number(2, "bob"));
  EXPECT_TRUE(store_->remove_account("bob"));
  EXPECT_FALSE(store_->remove_account("bob"));
  EXPECT_THAT(ids_of(*store_, {}), ElementsAre("010000000000"));
}

TEST_P(StoreTest, KeepsNoTokenOfAnUnknownAccount) {
  add_ada_and_bob(*store_);
  EXPECT_THROW(store_->put_token(token_number(1, "eve")), StoreError);
}

}  // namespace
}  // namespace otter::server
