// What every Store must do of people whom identity providers know.
#include "server/store_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> subjects_of(Store& store, const IdentityQuery& query) {
  std::vector<std::string> subjects;
  for (const Identity& identity : store.identities(query)) subjects.push_back(identity.subject);
  return subjects;
}

void add_three(Store& store) {
  store.put_account({"ada", Role::admin, "", kNow});
  store.put_account({"bob", Role::viewer, "", kNow});
  store.add_identity({"https://b", "1", "ada", kNow});
  store.add_identity({"https://a", "2", "bob", kNow + 1});
  store.add_identity({"https://a", "1", "ada", kNow + 2});
}

TEST_P(StoreTest, KeepsIdentitiesByIssuerAndSubject) {
  add_three(*store_);
  reopen();
  EXPECT_THAT(subjects_of(*store_, {}), ElementsAre("1", "2", "1"));
  EXPECT_THAT(subjects_of(*store_, {.issuer = "https://a"}), ElementsAre("1", "2"));
  EXPECT_THAT(subjects_of(*store_, {.account = "bob"}), ElementsAre("2"));
  EXPECT_THAT(subjects_of(*store_, {.issuer = "https://b", .subject = "2"}), IsEmpty());
  const Identity one = store_->identities({.issuer = "https://a", .subject = "1"}).front();
  EXPECT_EQ(one.issuer, "https://a");
  EXPECT_EQ(one.account, "ada");
  EXPECT_EQ(one.created_s, kNow + 2);
}

TEST_P(StoreTest, GivesAnIdentityToOneAccountAlone) {
  add_three(*store_);
  EXPECT_FALSE(store_->add_identity({"https://a", "1", "bob", kNow}));
  EXPECT_EQ(store_->identities({.issuer = "https://a", .subject = "1"}).front().account, "ada");
}

TEST_P(StoreTest, RemovesIdentitiesWithTheirAccount) {
  add_three(*store_);
  store_->remove_account("ada");
  EXPECT_THAT(subjects_of(*store_, {}), ElementsAre("2"));
}

}  // namespace
}  // namespace otter::server
