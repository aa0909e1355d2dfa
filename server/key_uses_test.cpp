#include "server/key_uses.h"

#include <gmock/gmock.h>

#include <thread>

#include "server/server_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Keeps what it is told.
class TestKeys : public ProductKeyStore {
 public:
  std::vector<ProductKey> product_keys(const std::string&) override { return {}; }
  bool remove_product_key(const std::string&, const Digest&) override { return false; }
  void note_key_uses(std::span<const KeyUse> uses) override {
    for (const KeyUse& use : uses) noted.push_back(use.used_s);
  }
  std::vector<int64_t> noted;
};

TEST(KeyUses, AreSavedOnceAMinute) {
  KeyUses uses;
  TestKeys store;
  uses.note(digest_number(1), kNow);
  uses.flush(store);
  uses.note(digest_number(1), kNow + KeyUses::kGrain - 1);
  uses.flush(store);
  EXPECT_THAT(store.noted, ElementsAre(kNow));
  uses.note(digest_number(1), kNow + KeyUses::kGrain);
  uses.flush(store);
  EXPECT_THAT(store.noted, ElementsAre(kNow, kNow + KeyUses::kGrain));
}

TEST(KeyUses, AreEachKeysOwnAndNeverGoBack) {
  KeyUses uses;
  TestKeys store;
  uses.flush(store);
  EXPECT_THAT(store.noted, IsEmpty());
  uses.note(digest_number(1), kNow + 5);
  uses.note(digest_number(1), kNow);
  uses.note(digest_number(2), kNow + 1);
  uses.flush(store);
  EXPECT_THAT(store.noted, testing::UnorderedElementsAre(kNow + 5, kNow + 1));
}

TEST(KeyUses, AreNotedByManyThreads) {
  KeyUses uses;
  TestKeys store;
  std::vector<std::thread> threads;
  for (int64_t first = 1; first <= 4; ++first) {
    threads.emplace_back([&uses, first] {
      for (int64_t i = 0; i < 1000; ++i) uses.note(digest_number(1), kNow + first * i);
    });
  }
  for (int i = 0; i < 10; ++i) uses.flush(store);
  for (std::thread& thread : threads) thread.join();
  uses.note(digest_number(1), kNow + 1'000'000);
  uses.flush(store);
  EXPECT_EQ(store.noted.back(), kNow + 1'000'000);
}

}  // namespace
}  // namespace otter::server
