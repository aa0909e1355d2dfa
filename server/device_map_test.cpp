#include "server/device_map.h"

#include <gtest/gtest.h>

#include "server/device_keys.h"
#include "server/server_fixture.h"

namespace otter::server {
namespace {

TEST(DeviceMap, RemembersUntilItIsToldToForget) {
  DeviceMap<int> map(1000);
  EXPECT_EQ(map.find("a").value, 0);
  map.remember("a", map.find("a").changes, [](int& value) { value = 7; });
  EXPECT_EQ(map.find("a").value, 7);
  map.forget("a");
  EXPECT_EQ(map.find("a").value, 0);
}

TEST(DeviceMap, RemembersNothingThatIsOutOfDate) {
  DeviceMap<int> map(1000);
  const uint64_t before = map.find("a").changes;
  map.forget("a");
  map.remember("a", before, [](int& value) { value = 7; });
  EXPECT_EQ(map.find("a").value, 0);
}

TEST(DeviceMap, RemembersNoMoreThanItMay) {
  DeviceMap<int> map(64);  // one in each share
  int known = 0;
  for (int round = 0; round < 2; ++round) {
    known = 0;
    for (int i = 0; i < 1000; ++i) {
      const std::string id = std::to_string(i);
      if (round == 0) map.remember(id, map.find(id).changes, [](int& value) { value = 1; });
      known += map.find(id).value;
    }
  }
  EXPECT_LE(known, 64);
  EXPECT_GT(known, 32);
}

class DeviceKeysTest : public testing::Test {
 protected:
  std::optional<DeviceKeySet> find(const MasterEpochs& masters, const Digest& api_key) {
    return keys_.find(crypto_, masters, "lamp-7", api_key);
  }
  static MasterKey master(uint32_t epoch) {
    MasterKey key;
    key.epoch = epoch;
    key.secret[0] = static_cast<uint8_t>(epoch);
    return key;
  }
  Digest api_key(uint32_t epoch) {
    return derive_key_set(crypto_, "lamp-7", master(epoch)).api_key;
  }

  HostCrypto crypto_;
  DeviceKeys keys_;
};

TEST_F(DeviceKeysTest, AcceptsTheEpochAndTheOneBefore) {
  const MasterEpochs masters = {master(3), master(2)};
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(find(masters, api_key(3))->epoch, 3U);
    EXPECT_EQ(find(masters, api_key(2))->epoch, 2U);
    EXPECT_FALSE(find(masters, api_key(1)).has_value());
    EXPECT_FALSE(find(masters, Digest()).has_value());
  }
}

TEST_F(DeviceKeysTest, ForgetsAnEpochThatHasEnded) {
  EXPECT_TRUE(find({master(1), std::nullopt}, api_key(1)).has_value());
  EXPECT_TRUE(find({master(2), master(1)}, api_key(1)).has_value());
  EXPECT_FALSE(find({master(3), master(2)}, api_key(1)).has_value());
}

}  // namespace
}  // namespace otter::server
