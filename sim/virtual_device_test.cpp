#include "sim/virtual_device.h"

#include <gmock/gmock.h>

#include <map>

#include "publish/firmware_marker.h"
#include "publish/host_crypto.h"
#include "sim/flash_report.h"
#include "sim/plain_server.h"
#include "sim/sample_image.h"
#include "sim/sim_error.h"

namespace otter::sim {
namespace {

using testing::HasSubstr;

constexpr uint64_t kMinute = 60 * 1000;  // [ms]

std::vector<uint8_t> firmware(const std::string& version, const std::string& behaviour) {
  SampleImage sample;
  sample.version = version;
  sample.payload = write_firmware_marker({"thermostat", version, behaviour});
  for (uint32_t i = 0; i < 2500; ++i) {  // a few sectors that don't repeat
    sample.payload.resize(sample.payload.size() + 4);
    store_le32(&sample.payload[sample.payload.size() - 4], i * 2654435761u);
  }
  return make_image(sample);
}

class MemorySettings : public Settings {
 public:
  Result<size_t> load(Setting setting, MutableBytes out) override {
    const std::vector<uint8_t>& value = values_[setting];
    if (value.size() > out.size) return Error::too_large;
    std::copy(value.begin(), value.end(), out.data);
    return value.size();
  }
  Error store(Setting setting, Bytes value) override {
    values_[setting].assign(value.data, value.data + value.size);
    return Error::ok;
  }

 private:
  std::map<Setting, std::vector<uint8_t>> values_;
};

VirtualDeviceConfig plain_config(const PlainServer& server) {
  VirtualDeviceConfig config;
  config.updater.mode = UpdateMode::plain;
  config.updater.device_id = "board-1";
  config.updater.api_key = "otk_test";
  config.updater.hmac_secret = as_bytes(server.hmac_secret);
  config.boot = BootOptions{{kSampleChip, 3}, true};
  return config;
}

// A board with version 1.0.0, a server, and a clock that jumps to whatever the device waits for.
struct World {
  PlainServer server;
  NorFlash flash{4 * kMebibyte};
  HostCrypto crypto;
  MemorySettings settings;
  std::vector<std::string> log;
  VirtualDeviceConfig config = plain_config(server);
  std::unique_ptr<VirtualDevice> device;
  uint64_t now_ms = 0;
  uint64_t steps = 0;

  explicit World(const std::string& behaviour = "healthy") {
    write_factory_state(flash, firmware("1.0.0", behaviour));
    device = std::make_unique<VirtualDevice>(
        config,
        VirtualDevicePorts{flash, crypto, settings, [this] { return server.connect(); },
                           [this](LogLevel, const std::string& line) { log.push_back(line); }});
  }

  void offer(const std::string& version, const std::string& behaviour) {
    server.version = version;
    server.image = firmware(version, behaviour);
  }

  template <typename Done>
  bool run_until(Done&& done, uint64_t duration_ms = 180 * kMinute) {
    const uint64_t end_ms = now_ms + duration_ms;
    while (!done()) {
      const uint64_t wake_ms = device->step(now_ms);
      ++steps;
      if (wake_ms >= end_ms) return done();
      if (wake_ms > now_ms) now_ms = wake_ms;
    }
    return true;
  }

  // "1.0.1 rolled_back crashed", or "" if the server heard of nothing.
  std::string run_to_report() {
    if (!run_until([&] { return device->delivered().has_value(); })) return "";
    const Delivered& end = *device->delivered();
    const Text phase = name(end.phase);
    const Text error = name(end.error);
    return end.version + " " + std::string(phase.data, phase.size) + " " +
           std::string(error.data, error.size);
  }

  bool runs(const std::string& version) {
    const FlashReport report = inspect_flash(flash, crypto);
    const std::optional<int> index = device->running_index();
    return index && *index >= 0 &&
           report.slots.at(static_cast<size_t>(*index)).firmware.version == version;
  }
};

TEST(VirtualDevice, ConfirmsAHealthyUpdate) {
  World world;
  world.offer("1.0.1", "healthy");
  EXPECT_EQ(world.run_to_report(), "1.0.1 confirmed ok");
  EXPECT_TRUE(world.runs("1.0.1"));
  ASSERT_EQ(world.server.reports.size(), 1u);
  EXPECT_THAT(world.server.reports[0], HasSubstr("\"SUCCESS\""));
}

TEST(VirtualDevice, IsAtRestWithoutARelease) {
  World world;
  EXPECT_TRUE(world.run_until([&] { return world.device->is_at_rest(); }));
  EXPECT_TRUE(world.runs("1.0.0"));
  EXPECT_FALSE(world.device->delivered());
}

TEST(VirtualDevice, IsNotAtRestWhileTheServerIsAway) {
  World world;
  world.server.is_up = false;
  EXPECT_FALSE(world.run_until([&] { return world.device->is_at_rest(); }, 10 * kMinute));
  world.server.is_up = true;
  EXPECT_TRUE(world.run_until([&] { return world.device->is_at_rest(); }));
}

struct BadUpdate {
  const char* behaviour;
  const char* report;
};
class BadFirmware : public testing::TestWithParam<BadUpdate> {};

TEST_P(BadFirmware, IsRolledBackWithItsReason) {
  World world;
  world.offer("1.0.1", GetParam().behaviour);
  EXPECT_EQ(world.run_to_report(), GetParam().report);
  EXPECT_TRUE(world.runs("1.0.0"));
  EXPECT_THAT(world.server.reports.at(0), HasSubstr("\"FAILED\""));
}

TEST_P(BadFirmware, IsNotTriedASecondTime) {
  World world;
  world.offer("1.0.1", GetParam().behaviour);
  world.run_to_report();
  const size_t lines = world.log.size();
  world.run_until([] { return false; }, 180 * kMinute);
  const std::vector<std::string> later(world.log.begin() + static_cast<std::ptrdiff_t>(lines),
                                       world.log.end());
  EXPECT_THAT(later, testing::Not(testing::Contains(HasSubstr("Download progress"))));
  EXPECT_EQ(world.server.reports.size(), 1u);
}

TEST_P(BadFirmware, LeavesTheNextUpdatePossible) {
  World world;
  world.offer("1.0.1", GetParam().behaviour);
  world.run_to_report();
  world.offer("1.0.2", "healthy");
  EXPECT_TRUE(world.run_until([&] { return world.server.reports.size() == 2; }));
  EXPECT_TRUE(world.runs("1.0.2"));
}

INSTANTIATE_TEST_SUITE_P(Behaviours, BadFirmware,
                         testing::Values(BadUpdate{"crash", "1.0.1 rolled_back crashed"},
                                         BadUpdate{"hang", "1.0.1 rolled_back watchdog"},
                                         BadUpdate{"selftest-fail",
                                                   "1.0.1 rolled_back selftest_failed"},
                                         BadUpdate{"no-network", "1.0.1 rolled_back no_network"}));

TEST(VirtualDevice, SleepsBetweenTheResetsOfACrashLoop) {
  World world("crash");
  world.run_until([] { return false; }, kMinute);
  EXPECT_LE(world.steps, 1000u);
  EXPECT_THAT(world.log, testing::Contains("[APP] panic: reset"));
}

TEST(VirtualDevice, SleepsWhereNothingBoots) {
  World world;
  ASSERT_EQ(world.flash.erase(0x10000, kSectorSize), Error::ok);
  world.run_until([] { return false; }, kMinute);
  EXPECT_LE(world.steps, 100u);
  EXPECT_EQ(std::count(world.log.begin(), world.log.end(),
                       "[APP] nothing boots: boot: no bootable app partition: reset"),
            1);
}

TEST(VirtualDevice, TellsWhyItStarted) {
  World world;
  world.offer("1.0.1", "crash");
  world.run_to_report();
  EXPECT_THAT(world.log,
              testing::IsSupersetOf({"[APP] thermostat 1.0.0 starts from ota_0 (reset: power_on)",
                                     "[APP] thermostat 1.0.1 starts from ota_1 (reset: software)",
                                     "[APP] thermostat 1.0.0 starts from ota_0 (reset: panic)"}));
}

TEST(VirtualDevice, NeedsAProduct) {
  World world;
  ASSERT_EQ(world.flash.erase(0x10000, 0x10000), Error::ok);
  ASSERT_EQ(world.flash.program(0x10000, make_image({})), Error::ok);
  EXPECT_THROW(world.device->step(0), SimError);
}

// The number of flash operations from the first boot to the server's word of the end.
uint64_t operations_of_an_update(const std::string& behaviour) {
  World world;
  const uint64_t before = world.flash.operation_count();
  world.offer("1.0.1", behaviour);
  world.run_to_report();
  return world.flash.operation_count() - before;
}

// Runs the update with one power cut, and gives "" or what went wrong.
std::string run_with_cut(const std::string& behaviour, uint64_t operation, FlashDecision decision) {
  World world;
  world.offer("1.0.1", behaviour);
  CutAtOperation fault(world.flash.operation_count() + operation, decision);
  world.flash.set_fault(&fault);
  world.run_to_report();
  if (world.flash.has_power()) return "no cut came";
  world.device->power_on();
  world.run_to_report();
  const std::string wanted = behaviour == "healthy" ? "1.0.1" : "1.0.0";
  return world.runs(wanted) ? "" : "does not run " + wanted;
}

class PowerCutAtEachOperation : public testing::TestWithParam<FlashDecision> {};

TEST_P(PowerCutAtEachOperation, StillReachesTheRelease) {
  const uint64_t operations = operations_of_an_update("healthy");
  ASSERT_GT(operations, 50u);
  for (uint64_t i = 0; i < operations; ++i) {
    EXPECT_EQ(run_with_cut("healthy", i, GetParam()), "") << "cut at operation " << i;
  }
}

TEST_P(PowerCutAtEachOperation, StillGetsRidOfACrashingRelease) {
  const uint64_t operations = operations_of_an_update("crash");
  for (uint64_t i = 0; i < operations; ++i) {
    EXPECT_EQ(run_with_cut("crash", i, GetParam()), "") << "cut at operation " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Cuts, PowerCutAtEachOperation,
                         testing::Values(FlashDecision{PowerCut::before, 0},
                                         FlashDecision{PowerCut::torn, 1},
                                         FlashDecision{PowerCut::torn, 5},
                                         FlashDecision{PowerCut::torn, 26},
                                         FlashDecision{PowerCut::after, 0}));

}  // namespace
}  // namespace otter::sim
