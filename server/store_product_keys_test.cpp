// What every Store must do of products' shared keys.
#include "server/store_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Two products, one with two keys: numbers 1 and 2 of "lamp", 3 of "fan".
void add_keys(Store& store) {
  store.add_product(product_named("lamp"), digest_number(1));
  store.add_product(product_named("fan"), digest_number(3));
  store.add_product_key("lamp", digest_number(2), kNow + 9);
}

std::vector<int64_t> uses_of(Store& store, const std::string& product) {
  std::vector<int64_t> uses;
  for (const ProductKey& key : store.product_keys(product)) uses.push_back(key.used_s);
  return uses;
}

TEST_P(StoreTest, ListsAProductsKeysByAge) {
  add_keys(*store_);
  reopen();
  const std::vector<ProductKey> keys = store_->product_keys("lamp");
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[0].hash, digest_number(1));
  EXPECT_EQ(keys[0].product, "lamp");
  EXPECT_EQ(keys[0].created_s, kNow);
  EXPECT_EQ(keys[1].created_s, kNow + 9);
  EXPECT_THAT(store_->product_keys("none"), IsEmpty());
}

TEST_P(StoreTest, RemovesOneKeyOfAProduct) {
  add_keys(*store_);
  EXPECT_FALSE(store_->remove_product_key("fan", digest_number(1)));
  EXPECT_TRUE(store_->remove_product_key("lamp", digest_number(1)));
  EXPECT_FALSE(store_->remove_product_key("lamp", digest_number(1)));
  reopen();
  EXPECT_FALSE(store_->product_of_key(digest_number(1)).has_value());
  EXPECT_EQ(store_->product_of_key(digest_number(2))->name, "lamp");
}

TEST_P(StoreTest, TellsThatAKeyIsGone) {
  add_keys(*store_);
  int told = 0;
  store_->on_change([&](const Change& change) { told += change.catalogue ? 1 : 0; });
  store_->remove_product_key("lamp", digest_number(1));
  EXPECT_EQ(told, 1);
  store_->on_change({});
}

TEST_P(StoreTest, NotesWhenKeysWereUsed) {
  add_keys(*store_);
  const KeyUse uses[] = {{digest_number(2), kNow + 20}, {digest_number(9), kNow}};
  store_->note_key_uses(uses);
  EXPECT_THAT(uses_of(*store_, "lamp"), ElementsAre(0, kNow + 20));
  const KeyUse earlier[] = {{digest_number(2), kNow + 10}};
  store_->note_key_uses(earlier);
  EXPECT_THAT(uses_of(*store_, "lamp"), ElementsAre(0, kNow + 20));
}

}  // namespace
}  // namespace otter::server
