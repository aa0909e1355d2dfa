// What every Store must do with logs and core dumps.
#include "server/store_fixture.h"

namespace otter::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using Blob = std::vector<uint8_t>;

// Devices that send what crashes left.
struct CrashingLamps {
  explicit CrashingLamps(Store& store_in) : store(store_in) {
    store.add_product(product_named("lamp"), digest_number(1));
    for (const char* id : {"lamp-7", "lamp-8"}) enroll(store, device_named(id));
  }
  static DeviceDump dump_of(const Blob& bytes, const std::string& device = "lamp-7") {
    return {device, digest_of(bytes), static_cast<uint32_t>(bytes.size()), kNow, "1.0.0"};
  }
  void send(const Blob& bytes, const std::string& device = "lamp-7") {
    store.begin_dump(dump_of(bytes, device));
    EXPECT_TRUE(store.add_dump_piece(device, 0, bytes));
    store.end_dump(device, true);
  }
  std::vector<Digest> kept(const std::string& device = "lamp-7") {
    std::vector<Digest> all;
    for (const DeviceDump& dump : store.dumps({.device = device})) all.push_back(dump.sha256);
    return all;
  }
  Store& store;
};

TEST_P(StoreTest, KeepsTheLastLogsOfADevice) {
  CrashingLamps lamps(*store_);
  for (int i = 0; i < 7; ++i) store_->add_log({"lamp-7", kNow + i, "1.0.0", std::to_string(i)});
  store_->add_log({"lamp-8", kNow, "", "other"});
  reopen();
  const std::vector<DeviceLog> logs = store_->logs("lamp-7");
  ASSERT_THAT(logs, SizeIs(kLogsPerDevice));
  EXPECT_EQ(logs[0].text, "6");
  EXPECT_EQ(logs[0].received_s, kNow + 6);
  EXPECT_EQ(logs[0].version, "1.0.0");
  EXPECT_EQ(logs[4].text, "2");
  EXPECT_THAT(store_->logs("lamp-8"), SizeIs(1));
}

TEST_P(StoreTest, PutsADumpTogetherFromItsPieces) {
  CrashingLamps lamps(*store_);
  const Blob bytes = {1, 2, 3, 4, 5};
  store_->begin_dump(CrashingLamps::dump_of(bytes));
  EXPECT_TRUE(store_->add_dump_piece("lamp-7", 0, Bytes(bytes).part(0, 3)));
  reopen();
  EXPECT_EQ(store_->arriving_dump("lamp-7")->kept_bytes, 3U);
  EXPECT_EQ(store_->arriving_dump("lamp-7")->dump.sha256, digest_of(bytes));
  EXPECT_THAT(store_->dumps({.device = "lamp-7"}), IsEmpty());
  EXPECT_FALSE(store_->add_dump_piece("lamp-7", 2, Bytes(bytes).part(2)));
  EXPECT_TRUE(store_->add_dump_piece("lamp-7", 3, Bytes(bytes).part(3)));
  EXPECT_EQ(store_->dump_pieces("lamp-7"), bytes);
  store_->end_dump("lamp-7", true);
  EXPECT_FALSE(store_->arriving_dump("lamp-7").has_value());
  EXPECT_EQ(store_->dump_bytes(digest_of(bytes)), bytes);
}

TEST_P(StoreTest, TakesAPieceOfNoDumpThatHasNotBegun) {
  CrashingLamps lamps(*store_);
  EXPECT_FALSE(store_->add_dump_piece("lamp-7", 0, Blob{1}));
  EXPECT_THAT(store_->dump_pieces("lamp-7"), IsEmpty());
  store_->end_dump("lamp-7", true);
  EXPECT_THAT(lamps.kept(), IsEmpty());
}

TEST_P(StoreTest, LetsANewDumpTakeThePlaceOfOneThatIsOnItsWay) {
  CrashingLamps lamps(*store_);
  store_->begin_dump(CrashingLamps::dump_of({1, 2}));
  store_->add_dump_piece("lamp-7", 0, Blob{1});
  store_->begin_dump(CrashingLamps::dump_of({3, 4}));
  EXPECT_EQ(store_->arriving_dump("lamp-7")->kept_bytes, 0U);
  store_->end_dump("lamp-7", false);
  EXPECT_FALSE(store_->arriving_dump("lamp-7").has_value());
  EXPECT_THAT(lamps.kept(), IsEmpty());
}

TEST_P(StoreTest, KeepsTheLastDumpsOfADevice) {
  CrashingLamps lamps(*store_);
  for (uint8_t i = 0; i < 5; ++i) lamps.send({i});
  EXPECT_THAT(lamps.kept(),
              ElementsAre(digest_of(Blob{4}), digest_of(Blob{3}), digest_of(Blob{2})));
  EXPECT_FALSE(store_->dump_bytes(digest_of(Blob{1})).has_value());
  EXPECT_EQ(store_->dumps({.device = "lamp-7", .sha256 = digest_of(Blob{3})}).size(), 1U);
  EXPECT_THAT(store_->dumps({.device = "lamp-7", .sha256 = digest_of(Blob{1})}), IsEmpty());
}

TEST_P(StoreTest, KeepsTheBytesOfADumpUntilTheLastDeviceHasNoneOfThem) {
  CrashingLamps lamps(*store_);
  lamps.send({9});
  lamps.send({9}, "lamp-8");
  for (uint8_t i = 0; i < 3; ++i) lamps.send({i});
  EXPECT_TRUE(store_->dump_bytes(digest_of(Blob{9})).has_value());
  for (uint8_t i = 0; i < 3; ++i) lamps.send({i}, "lamp-8");
  EXPECT_FALSE(store_->dump_bytes(digest_of(Blob{9})).has_value());
}

TEST_P(StoreTest, ForgetsOldLogsAndDumps) {
  CrashingLamps lamps(*store_);
  store_->add_log({"lamp-7", kNow, "", "old"});
  lamps.send({1});
  store_->begin_dump(CrashingLamps::dump_of({2, 3}, "lamp-8"));  // and never ends
  RetentionLimits limits;
  limits.dumps_before_s = kNow;
  EXPECT_EQ(store_->roll_up(limits, 10), 0U);
  limits.dumps_before_s = kNow + 1;
  EXPECT_EQ(store_->roll_up(limits, 10), 3U);
  EXPECT_THAT(store_->logs("lamp-7"), IsEmpty());
  EXPECT_THAT(lamps.kept(), IsEmpty());
  EXPECT_FALSE(store_->dump_bytes(digest_of(Blob{1})).has_value());
  EXPECT_FALSE(store_->arriving_dump("lamp-8").has_value());
}

TEST_P(StoreTest, RemovesADeviceWithWhatItSent) {
  CrashingLamps lamps(*store_);
  store_->save_sightings({{"lamp-7", kNow, "1.0.0", "confirmed", 7000}});
  store_->add_log({"lamp-7", kNow, "", "line"});
  lamps.send({1});
  lamps.send({1}, "lamp-8");
  store_->begin_dump(CrashingLamps::dump_of({2, 3}));
  EXPECT_TRUE(store_->remove_device("lamp-7"));
  EXPECT_THAT(store_->samples({.device = "lamp-7"}), IsEmpty());
  EXPECT_THAT(store_->logs("lamp-7"), IsEmpty());
  EXPECT_THAT(lamps.kept(), IsEmpty());
  EXPECT_FALSE(store_->arriving_dump("lamp-7").has_value());
  EXPECT_TRUE(store_->dump_bytes(digest_of(Blob{1})).has_value());
  EXPECT_TRUE(store_->remove_device("lamp-8"));
  EXPECT_FALSE(store_->dump_bytes(digest_of(Blob{1})).has_value());
}

}  // namespace
}  // namespace otter::server
