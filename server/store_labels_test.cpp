// What every Store must do of labels and groups.
#include "server/store_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const fleet::Labels kLabels = {{"beta", "kitchen"},
                               {{"floor", 3.0}, {"height", 2.25}, {"site", "K\u00fcche \"1\""}}};

Group group_of(const std::string& name, const std::string& filter) {
  return {"lamp", name, filter, kNow};
}

void add_lamps(Store& store) {
  store.add_product(product_named("lamp"), digest_number(1));
  for (const char* id : {"a", "b", "c"}) enroll(store, device_named(id));
}

std::vector<std::string> group_names(Store& store, const GroupQuery& query) {
  std::vector<std::string> names;
  for (const Group& group : store.groups(query)) names.push_back(group.name);
  return names;
}

TEST_P(StoreTest, KeepsLabelsAcrossARestart) {
  add_lamps(*store_);
  EXPECT_TRUE(store_->set_labels("a", {{"old"}, {}}));
  EXPECT_TRUE(store_->set_labels("a", kLabels));
  reopen();
  EXPECT_EQ(store_->labels("a"), kLabels);
  EXPECT_EQ(store_->labels("b"), fleet::Labels());
  EXPECT_TRUE(store_->set_labels("a", {}));
  EXPECT_EQ(store_->labels("a"), fleet::Labels());
}

TEST_P(StoreTest, LabelsNoDeviceThatIsNotThere) {
  add_lamps(*store_);
  EXPECT_FALSE(store_->set_labels("ghost", kLabels));
  EXPECT_EQ(store_->labels("ghost"), fleet::Labels());
}

TEST_P(StoreTest, ListsDevicesWithTheirLabels) {
  add_lamps(*store_);
  store_->set_labels("b", kLabels);
  const std::vector<DeviceSummary> all = store_->devices({});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].labels, fleet::Labels());
  EXPECT_EQ(all[1].labels, kLabels);
}

TEST_P(StoreTest, ReadsOnUntilEnoughDevicesFit) {
  add_lamps(*store_);
  DeviceQuery query{.after = "a", .count_max = 1};
  std::vector<std::string> asked;
  query.fits = [&](const DeviceSummary& summary) {
    asked.push_back(summary.device.id);
    return summary.device.id == "c";
  };
  const std::vector<DeviceSummary> found = store_->devices(query);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].device.id, "c");
  EXPECT_THAT(asked, ElementsAre("b", "c"));
}

TEST_P(StoreTest, KeepsGroupsByName) {
  add_lamps(*store_);
  for (const char* name : {"b", "a", "c"}) EXPECT_TRUE(store_->put_group(group_of(name, "x")));
  store_->add_product(product_named("fan"), digest_number(2));
  EXPECT_TRUE(store_->put_group({"fan", "a", "y", kNow}));
  reopen();
  EXPECT_THAT(group_names(*store_, {.product = "lamp"}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(group_names(*store_, {.product = "lamp", .after = "a", .count_max = 1}),
              ElementsAre("b"));
  EXPECT_THAT(group_names(*store_, {.product = "lamp", .name = "c"}), ElementsAre("c"));
  EXPECT_EQ(store_->groups({.product = "fan"}).at(0).filter, "y");
}

TEST_P(StoreTest, ChangesAGroupButNotItsTime) {
  add_lamps(*store_);
  store_->put_group(group_of("a", "x"));
  Group later = group_of("a", "y");
  later.created_s = kNow + 9;
  EXPECT_TRUE(store_->put_group(later));
  const std::vector<Group> all = store_->groups({.product = "lamp"});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].filter, "y");
  EXPECT_EQ(all[0].created_s, kNow);
}

TEST_P(StoreTest, RemovesAGroup) {
  add_lamps(*store_);
  store_->put_group(group_of("a", "x"));
  EXPECT_TRUE(store_->remove_group("lamp", "a"));
  EXPECT_FALSE(store_->remove_group("lamp", "a"));
  EXPECT_THAT(group_names(*store_, {.product = "lamp"}), IsEmpty());
}

TEST_P(StoreTest, KeepsNoGroupOfAProductThatIsNotThere) {
  add_lamps(*store_);
  EXPECT_FALSE(store_->put_group({"fan", "a", "x", kNow}));
  EXPECT_THAT(group_names(*store_, {.product = "fan"}), IsEmpty());
}

}  // namespace
}  // namespace otter::server
