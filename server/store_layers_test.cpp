// What every Store must do of configurations of groups and devices, and of merged ones.
#include "server/store_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const LayerOwner kKitchens = {"lamp", LayerKind::group, "kitchens"};
const LayerOwner kLamp7 = {"lamp", LayerKind::device, "lamp-7"};

ConfigurationLayer layer_of(const LayerOwner& owner, const std::string& values = "{}") {
  return {owner, values, kNow};
}

MergedConfiguration merged_of(uint32_t version, uint32_t base) {
  const std::string document = "document " + std::to_string(version);
  return {{"lamp", version, digest_of(as_bytes(document)), document, kNow},
          base,
          digest_number(static_cast<uint8_t>(version))};
}

Configuration configuration_of(uint32_t version) { return merged_of(version, 0).configuration; }

void add_world(Store& store) {
  store.add_product(product_named("lamp"), digest_number(1));
  store.put_group({"lamp", "kitchens", "tag = kitchen", kNow});
  store.put_group({"lamp", "attics", "tag = attic", kNow});
  enroll(store, device_named("lamp-7"));
}

std::vector<std::string> layer_names(Store& store, const LayerQuery& query) {
  std::vector<std::string> names;
  for (const ConfigurationLayer& layer : store.layers(query)) names.push_back(layer.owner.name);
  return names;
}

TEST_P(StoreTest, KeepsLayersInTheOrderOfMerging) {
  add_world(*store_);
  for (const LayerOwner& owner :
       {kLamp7, kKitchens, LayerOwner{"lamp", LayerKind::group, "attics"}}) {
    EXPECT_TRUE(store_->put_layer(layer_of(owner)));
  }
  reopen();
  EXPECT_THAT(layer_names(*store_, {.product = "lamp"}),
              ElementsAre("attics", "kitchens", "lamp-7"));
  EXPECT_THAT(layer_names(*store_, {.product = "lamp", .kind = LayerKind::group}),
              ElementsAre("attics", "kitchens"));
  EXPECT_THAT(layer_names(*store_, {.product = "lamp", .kind = LayerKind::device, .name = "x"}),
              IsEmpty());
  EXPECT_THAT(layer_names(*store_, {.product = "lamp", .after = kKitchens}), ElementsAre("lamp-7"));
  EXPECT_THAT(layer_names(*store_, {.product = "lamp", .count_max = 1}), ElementsAre("attics"));
  EXPECT_THAT(layer_names(*store_, {.product = "fan"}), IsEmpty());
}

TEST_P(StoreTest, ReplacesALayerAndRemovesIt) {
  add_world(*store_);
  store_->put_layer(layer_of(kLamp7, R"({"a":1})"));
  EXPECT_TRUE(store_->put_layer(layer_of(kLamp7, R"({"a":2})")));
  EXPECT_EQ(store_->layers({.product = "lamp"}).at(0).values, R"({"a":2})");
  EXPECT_EQ(store_->layers({.product = "lamp"}).at(0).created_by, "");
  ConfigurationLayer of_paula = layer_of(kLamp7);
  of_paula.created_by = "paula";
  EXPECT_TRUE(store_->put_layer(of_paula));
  EXPECT_EQ(store_->layers({.product = "lamp"}).at(0).created_by, "paula");
  EXPECT_TRUE(store_->remove_layer(kLamp7));
  EXPECT_FALSE(store_->remove_layer(kLamp7));
  EXPECT_THAT(layer_names(*store_, {.product = "lamp"}), IsEmpty());
}

TEST_P(StoreTest, KeepsNoLayerOfWhatIsNotThere) {
  add_world(*store_);
  store_->add_product(product_named("fan"), digest_number(2));
  for (const LayerOwner& owner : {LayerOwner{"lamp", LayerKind::group, "lamp-7"},
                                  LayerOwner{"fan", LayerKind::device, "lamp-7"},
                                  LayerOwner{"none", LayerKind::group, "kitchens"}}) {
    EXPECT_FALSE(store_->put_layer(layer_of(owner)));
  }
}

TEST_P(StoreTest, SaysWhetherAProductHasLayers) {
  add_world(*store_);
  EXPECT_FALSE(store_->product("lamp")->is_layered);
  store_->put_layer(layer_of(kKitchens));
  EXPECT_TRUE(store_->product("lamp")->is_layered);
  EXPECT_TRUE(store_->products({}).at(0).product.is_layered);
}

TEST_P(StoreTest, ForgetsTheLayerOfARemovedDevice) {
  add_world(*store_);
  store_->put_layer(layer_of(kLamp7));
  store_->put_layer(layer_of(kKitchens));
  store_->remove_device("lamp-7");
  EXPECT_THAT(layer_names(*store_, {.product = "lamp"}), ElementsAre("kitchens"));
}

TEST_P(StoreTest, NumbersMergedConfigurationsWithTheOthers) {
  add_world(*store_);
  EXPECT_EQ(store_->next_configuration("lamp"), 1U);
  EXPECT_TRUE(store_->add_configuration(configuration_of(1)));
  EXPECT_TRUE(store_->add_merged(merged_of(2, 1)));
  EXPECT_FALSE(store_->add_merged(merged_of(1, 1)));
  EXPECT_FALSE(store_->add_configuration(configuration_of(2)));
  EXPECT_EQ(store_->next_configuration("lamp"), 3U);
  EXPECT_TRUE(store_->add_configuration(configuration_of(3)));
  EXPECT_EQ(store_->configurations({.product = "lamp"}).size(), 2U);
}

TEST_P(StoreTest, FindsAMergedConfiguration) {
  add_world(*store_);
  store_->add_merged(merged_of(2, 1));
  store_->add_merged(merged_of(3, 0));
  reopen();
  EXPECT_EQ(store_->merged({.product = "lamp", .version = 2})->base, 1U);
  EXPECT_EQ(store_->merged({.product = "lamp", .sha256 = digest_of(as_bytes("document 3"))})
                ->configuration.version,
            3U);
  EXPECT_EQ(store_->merged({.product = "lamp", .base = 0, .values_sha256 = digest_number(3)})
                ->configuration.document,
            "document 3");
  EXPECT_FALSE(store_->merged({.product = "lamp", .base = 1, .values_sha256 = digest_number(3)}));
  EXPECT_FALSE(store_->merged({.product = "fan", .version = 2}));
}

// What was merged with a version is that version, for who asks how far it has come.
TEST_P(StoreTest, CountsWhoHasAVersionMerged) {
  add_world(*store_);
  store_->add_configuration(configuration_of(1));
  store_->add_merged(merged_of(2, 1));
  for (const char* id : {"lamp-8", "lamp-9"}) enroll(*store_, device_named(id));
  store_->save_sightings({{"lamp-7", kNow, "", "", 0, 1, {0, 0, 2, 0}},
                          {"lamp-8", kNow, "", "", 0, 1, {0, 0, 1, 0}},
                          {"lamp-9", kNow, "", "", 0, 1, {0, 0, 0, 2}}});
  const ConfigurationSpread spread = store_->configuration_spread("lamp", 1);
  EXPECT_EQ(spread.devices, 3);
  EXPECT_EQ(spread.applied, 2);
  EXPECT_EQ(spread.failed, 1);
}

}  // namespace
}  // namespace otter::server
