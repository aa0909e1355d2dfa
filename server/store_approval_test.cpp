// What every Store must do of releases that wait for approval.
#include "server/store_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Release pending_release(const std::string& version, uint64_t sequence) {
  Release release = release_of(version, sequence);
  release.published_by = "ada";
  release.is_pending = true;
  return release;
}

std::vector<std::string> versions_of(Store& store, const ReleaseQuery& query) {
  std::vector<std::string> versions;
  for (const ReleasePtr& release : store.releases(query)) versions.push_back(release->version);
  return versions;
}

TEST_P(StoreTest, HidesPendingReleasesFromWhoDoesNotAskForThem) {
  add_lamp();
  add_release("1.0.0", 1);
  const Release pending = pending_release("1.0.1", 2);
  EXPECT_EQ(store_->add_release(pending), AddRelease::added);
  EXPECT_THAT(versions_of(*store_, {.product = "lamp"}), ElementsAre("1.0.0"));
  EXPECT_THAT(versions_of(*store_, {}), ElementsAre("1.0.0"));
  EXPECT_THAT(versions_of(*store_, {.manifest_sha256 = pending.manifest_sha256}), IsEmpty());
  EXPECT_THAT(versions_of(*store_, {.with_pending = true}), ElementsAre("1.0.1", "1.0.0"));
  EXPECT_EQ(newest_release(*store_, "lamp", "stable")->version, "1.0.0");
  EXPECT_EQ(release_of_version(*store_, "lamp", "1.0.1"), nullptr);
  EXPECT_EQ(release_of_image(*store_, "lamp", pending.image_sha256), nullptr);
}

TEST_P(StoreTest, CountsPendingReleasesAsUsed) {
  add_lamp();
  store_->add_release(pending_release("1.0.1", 2));
  EXPECT_EQ(next_sequence(*store_, "lamp", "stable"), 3U);
  EXPECT_EQ(store_->add_release(release_of("1.0.1", 3)), AddRelease::version_used);
  EXPECT_EQ(store_->add_release(release_of("1.0.2", 2)), AddRelease::sequence_used);
}

TEST_P(StoreTest, ApprovesAPendingReleaseOnce) {
  add_lamp();
  const Release pending = pending_release("1.0.1", 2);
  store_->add_release(pending);
  EXPECT_TRUE(store_->approve_release(pending.manifest_sha256, "bob"));
  EXPECT_FALSE(store_->approve_release(pending.manifest_sha256, "eve"));
  EXPECT_FALSE(store_->approve_release(digest_number(5), "bob"));
  reopen();
  const ReleasePtr release = release_of_version(*store_, "lamp", "1.0.1");
  ASSERT_NE(release, nullptr);
  EXPECT_FALSE(release->is_pending);
  EXPECT_EQ(release->published_by, "ada");
  EXPECT_EQ(release->approved_by, "bob");
}

TEST_P(StoreTest, RemembersWhoseReleasesNeedApproval) {
  add_lamp();
  EXPECT_FALSE(store_->product("lamp")->needs_approval);
  EXPECT_TRUE(require_approval(*store_, "lamp", true));
  EXPECT_TRUE(store_->product("lamp")->needs_approval);
  EXPECT_TRUE(store_->products({})[0].product.needs_approval);
  EXPECT_TRUE(require_approval(*store_, "lamp", false));
  EXPECT_FALSE(store_->product("lamp")->needs_approval);
  EXPECT_FALSE(require_approval(*store_, "fan", true));
}

}  // namespace
}  // namespace otter::server
