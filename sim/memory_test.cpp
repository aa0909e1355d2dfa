// An allocation that fails, at each place of an update: no crash, nothing lost, and it goes on.
#include "sim/update_fixture.h"

namespace otter::sim {
namespace {

// Runs out of memory once, with the n-th hash.
class ForgetfulCrypto : public HostCrypto {
 public:
  Error sha256_finish(HashLane lane, Digest* out) override {
    const Error error = HostCrypto::sha256_finish(lane, out);
    return ++hashes == fails_at ? Error::low_memory : error;
  }
  uint64_t hashes = 0;
  uint64_t fails_at = 0;  // 0: never
};

class MemoryTest : public UpdateTest {
 protected:
  void start(uint64_t fails_at) {
    flash_ = NorFlash(4 * kMebibyte);
    write_factory_state(flash_, image_of("1.0.0", "healthy"));
    settings_ = MemorySettings();
    crypto_.hashes = 0;
    crypto_.fails_at = fails_at;
    VirtualDevicePorts ports{flash_, crypto_, settings_, [this] { return server_.connect(); },
                             [this](LogLevel, const std::string& line) { log_ += line + "\n"; }};
    log_.clear();
    device_ = std::make_unique<VirtualDevice>(config_, ports);
  }
  bool runs(const std::string& version) const {
    return logged("thermostat " + version + " starts") && logged("Confirmed version " + version);
  }

  // The bootloader hashes with the same object; a real one has the whole memory for itself.
  bool bootloader_failed() const { return logged("not bootable: not enough memory"); }

  ForgetfulCrypto crypto_;
};

TEST_F(MemoryTest, AGoodReleaseArrivesWhereverMemoryRunsOutOnce) {
  server_.offer(release_of("1.0.1", "healthy"));
  start(0);
  ASSERT_TRUE(run());
  const uint64_t all = crypto_.hashes;
  ASSERT_GT(all, 20u);
  for (uint64_t n = 1; n <= all; ++n) {
    start(n);
    rest(kHour);
    if (bootloader_failed()) continue;
    EXPECT_TRUE(runs("1.0.1")) << n << log_;
    EXPECT_FALSE(logged("Rolled back")) << n << log_;
  }
}

TEST_F(MemoryTest, ABadReleaseIsRolledBackWhereverMemoryRunsOutOnce) {
  server_.offer(release_of("1.0.1", "selftest-fail"));
  start(0);
  ASSERT_TRUE(run());
  const uint64_t all = crypto_.hashes;
  for (uint64_t n = 1; n <= all; ++n) {
    start(n);
    rest(kHour);
    if (bootloader_failed()) continue;
    EXPECT_EQ(device_->running_index(), 0) << n << log_;
    EXPECT_TRUE(logged("Rolled back from 1.0.1")) << n << log_;
  }
}

}  // namespace
}  // namespace otter::sim
