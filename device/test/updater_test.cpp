// The engine on a board whose resets and fuses a test chooses. Whole updates: sim/.
#include "ota/updater.h"

#include "device/test/memory_ports.h"
#include "sim/update_fixture.h"

namespace otter {
namespace {

constexpr uint64_t kMinute = 60 * 1000;  // [ms]

class UpdaterTest : public testing::Test {
 protected:
  UpdaterTest() {
    const std::vector<uint8_t> point = read_public_point(sim::release_key());
    memcpy(key_.point, point.data(), point.size());
    EXPECT_EQ(hex_decode(key_id_of(point), key_.id), Error::ok);
    config_.device_id = "board-1";
    config_.product = sim::kProduct;
    config_.api_key = "otk_shared";
    config_.release_keys = &key_;
    config_.release_key_count = 1;
    config_.check_interval_s = 60;
    put_image(0, "1.0.0");
    put_image(1, "1.0.1");
    put_entry(0, 1);
    put_entry(1, 2);
    board_.running = 1;
  }
  void put_image(int slot, const std::string& version) {
    const std::vector<uint8_t> image = sim::image_of(version, "healthy");
    memcpy(board_.slots[slot].bytes.data(), image.data(), image.size());
  }
  void put_entry(int index, uint32_t sequence) {
    uint8_t raw[kOtadataEntrySize];
    write_otadata_entry(sequence, OtaState::valid, true, raw);
    memcpy(board_.boot_data.bytes.data() + index * static_cast<int>(kSectorSize), raw, sizeof(raw));
  }
  // Starts the engine anew, as after a reset.
  Error boot(ResetReason reason) {
    updater_.reset();
    board_.reason = reason;
    board_.restarts = 0;
    http_ = server_.connect();
    ports_.emplace(UpdaterPorts{board_, *http_, crypto_, settings_, application_});
    updater_.emplace(config_, *ports_, workspace_);
    return updater_->begin(now_ms_);
  }
  // Lets virtual time pass, or until the engine restarts the chip.
  void rest(uint64_t for_ms) {
    const uint64_t end = now_ms_ + for_ms;
    while (now_ms_ < end && board_.restarts == 0) {
      now_ms_ = std::max(now_ms_, updater_->step(now_ms_));
    }
  }
  bool goes_back() const { return board_.lines.find("Going back") != std::string::npos; }
  static sim::ServedRelease release_of(uint32_t security_version, uint64_t sequence) {
    ImageRecipe recipe;
    recipe.chip = sim::kEsp32c3;
    recipe.product = sim::kProduct;
    recipe.version = "1.1." + std::to_string(sequence);
    recipe.secure_version = security_version;
    return sim::release_with(make_image(recipe), recipe.version, sequence, sim::kProduct);
  }
  std::string last_report() const { return server_.reports.empty() ? "" : server_.reports.back(); }

  MemoryBoard board_;
  HostCrypto crypto_;
  ListSettings settings_;
  IdleApplication application_;
  sim::ScriptedServer server_{sim::kProduct, Digest()};
  std::unique_ptr<Http> http_;
  ReleaseKey key_{};
  UpdaterConfig config_;
  std::vector<uint8_t> workspace_ = std::vector<uint8_t>(kWorkspaceSize);
  std::optional<UpdaterPorts> ports_;
  std::optional<Updater> updater_;
  uint64_t now_ms_ = 0;
};

TEST_F(UpdaterTest, FiveCrashesInARowSendItBack) {
  for (int i = 0; i < 4; ++i) {
    ASSERT_EQ(boot(ResetReason::panic), Error::ok);
    EXPECT_FALSE(goes_back()) << i;
  }
  ASSERT_EQ(boot(ResetReason::task_watchdog), Error::ok);
  EXPECT_TRUE(goes_back());
}

TEST_F(UpdaterTest, CrashesThatAreFarApartDoNotCountTogether) {
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(boot(ResetReason::panic), Error::ok);
    if (i % 4 == 3) rest(2 * kMinute);
  }
  EXPECT_FALSE(goes_back());
}

TEST_F(UpdaterTest, AnImageThatRunsOnIsWrittenDownOnce) {
  ASSERT_EQ(boot(ResetReason::panic), Error::ok);
  rest(2 * kMinute);
  const int operations = board_.storage.operations;
  rest(60 * kMinute);
  EXPECT_EQ(board_.storage.operations, operations);
}

TEST_F(UpdaterTest, OtherResetsAreNoCrashes) {
  for (const ResetReason reason :
       {ResetReason::power_on, ResetReason::software, ResetReason::deep_sleep,
        ResetReason::brownout, ResetReason::external, ResetReason::unknown}) {
    for (int i = 0; i < 10; ++i) ASSERT_EQ(boot(reason), Error::ok);
  }
  EXPECT_FALSE(goes_back());
  EXPECT_FALSE(updater_->in_safe_mode());
}

TEST_F(UpdaterTest, NothingBelowTheBurnedSecurityVersionIsTaken) {
  board_.burned = 3;
  ASSERT_EQ(boot(ResetReason::power_on), Error::ok);
  server_.offer(release_of(2, 1));
  rest(10 * kMinute);
  EXPECT_NE(last_report().find("\"error\":\"below_floor\""), std::string::npos) << board_.lines;
  server_.offer(release_of(3, 2));
  rest(10 * kMinute);
  EXPECT_EQ(board_.restarts, 1) << board_.lines;
}

TEST_F(UpdaterTest, NorGoneBackTo) {
  board_.burned = 1;
  for (int i = 0; i < 5; ++i) ASSERT_EQ(boot(ResetReason::panic), Error::ok);
  EXPECT_FALSE(goes_back());
  EXPECT_TRUE(updater_->in_safe_mode());
}

TEST_F(UpdaterTest, SaysWhatItDoesNotStartWith) {
  board_.storage = MemoryFlash(2 * kSectorSize);
  EXPECT_EQ(boot(ResetReason::power_on), Error::wrong_layout);
  board_.storage = MemoryFlash(8 * kSectorSize);
  board_.storage.is_cut = true;
  EXPECT_EQ(boot(ResetReason::power_on), Error::flash_io);
  board_.storage.power_on();
  EXPECT_EQ(boot(ResetReason::power_on), Error::ok);
}

}  // namespace
}  // namespace otter
