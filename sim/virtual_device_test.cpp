#include "sim/virtual_device.h"

#include <gmock/gmock.h>

#include "publish/host_crypto.h"
#include "publish/temporary_folder.h"
#include "sim/file_settings.h"
#include "sim/flash_report.h"
#include "sim/sample_image.h"
#include "sim/scripted_server.h"
#include "sim/sim_error.h"

namespace otter::sim {
namespace {

using testing::HasSubstr;

constexpr uint64_t kBoardMinute = 60 * 1000;  // [ms]

std::vector<uint8_t> firmware(const std::string& version, const std::string& behaviour) {
  ImageRecipe recipe = sample_recipe();
  recipe.version = version;
  recipe.behaviour = behaviour;
  return make_image(recipe);
}

// An image that tells nobody what it is.
std::vector<uint8_t> nameless_firmware() {
  constexpr size_t kProjectName = kAppDescriptionOffset + 48;
  std::vector<uint8_t> image = unmarked_image();
  std::fill_n(image.begin() + kProjectName, 32, uint8_t{0});
  seal_image(image);
  return image;
}

VirtualDeviceConfig plain_config() {
  VirtualDeviceConfig config;
  config.updater.mode = UpdateMode::plain;
  config.updater.device_id = "board-1";
  config.updater.api_key = "otk_test";
  config.updater.hmac_secret = as_bytes("secret");
  config.boot = BootOptions{{kSampleChip, 3}, true};
  return config;
}

// A board with version 1.0.0, a server, and a clock that jumps to whatever the device waits for.
struct DeviceWorld {
  ScriptedServer server{"thermostat", Digest()};
  NorFlash flash{4 * kMebibyte};
  HostCrypto crypto;
  TemporaryFolder folder;
  FileSettings settings{folder.file("nvs")};
  std::vector<std::string> log;
  VirtualDevice device;
  uint64_t now_ms = 0;
  uint64_t steps = 0;

  explicit DeviceWorld(const std::string& behaviour = "healthy")
      : device(plain_config(),
               VirtualDevicePorts{
                   flash, crypto, settings, [this] { return server.connect(); },
                   [this](LogLevel, const std::string& line) { log.push_back(line); }}) {
    write_factory_state(flash, firmware("1.0.0", behaviour));
    server.set_hmac_secret("secret");
  }

  void offer(const std::string& version, const std::string& behaviour) {
    ServedRelease release;
    release.version = version;
    release.image = firmware(version, behaviour);
    server.offer(release);
  }

  template <typename Done>
  bool run_until(Done&& done, uint64_t duration_ms = 180 * kBoardMinute) {
    const uint64_t end_ms = now_ms + duration_ms;
    while (!done()) {
      const uint64_t wake_ms = device.step(now_ms);
      ++steps;
      if (wake_ms >= end_ms) return done();
      if (wake_ms > now_ms) now_ms = wake_ms;
    }
    return true;
  }

  bool run_to_report() {
    return run_until([&] { return device.delivered().has_value(); });
  }

  bool runs(const std::string& version) {
    const FlashReport report = inspect_flash(flash, crypto);
    const std::optional<int> index = device.running_index();
    return index && *index >= 0 &&
           report.slots.at(static_cast<size_t>(*index)).firmware.version == version;
  }
};

TEST(VirtualDevice, IsAtRestWithoutARelease) {
  DeviceWorld world;
  EXPECT_TRUE(world.run_until([&] { return world.device.is_at_rest(); }));
  EXPECT_TRUE(world.runs("1.0.0"));
  EXPECT_FALSE(world.device.delivered());
}

TEST(VirtualDevice, IsNotAtRestWhileTheServerIsAway) {
  DeviceWorld world;
  world.server.faults.connection = Error::network_unreachable;
  EXPECT_FALSE(world.run_until([&] { return world.device.is_at_rest(); }, 10 * kBoardMinute));
  world.server.faults.connection = Error::ok;
  EXPECT_TRUE(world.run_until([&] { return world.device.is_at_rest(); }));
}

TEST(VirtualDevice, SleepsBetweenTheResetsOfACrashLoop) {
  DeviceWorld world("crash");
  world.run_until([] { return false; }, kBoardMinute);
  EXPECT_LE(world.steps, 1000u);
  EXPECT_THAT(world.log, testing::Contains("[APP] panic: reset"));
}

TEST(VirtualDevice, SleepsWhereNothingBoots) {
  DeviceWorld world;
  ASSERT_EQ(world.flash.erase(0x20000, kSectorSize), Error::ok);
  world.run_until([] { return false; }, kBoardMinute);
  EXPECT_LE(world.steps, 100u);
  EXPECT_EQ(std::count(world.log.begin(), world.log.end(),
                       "[APP] nothing boots: boot: no bootable app partition: reset"),
            1);
}

TEST(VirtualDevice, TellsWhyItStarted) {
  DeviceWorld world;
  world.offer("1.0.1", "crash");
  world.run_to_report();
  EXPECT_THAT(world.log,
              testing::IsSupersetOf({"[APP] thermostat 1.0.0 starts from ota_0 (reset: power_on)",
                                     "[APP] thermostat 1.0.1 starts from ota_1 (reset: software)",
                                     "[APP] thermostat 1.0.0 starts from ota_0 (reset: panic)"}));
}

TEST(VirtualDevice, NeedsAProduct) {
  DeviceWorld world;
  ASSERT_EQ(world.flash.erase(0x20000, 0x10000), Error::ok);
  ASSERT_EQ(world.flash.program(0x20000, nameless_firmware()), Error::ok);
  EXPECT_THROW(world.device.step(0), SimError);
}

struct CutRelease {
  const char* behaviour;
  FlashDecision cut;
};
class BadReleaseWithPowerCut : public testing::TestWithParam<CutRelease> {};

// False if the update was over before the operation came.
bool run_with_cut(const CutRelease& release, uint64_t operation) {
  DeviceWorld world;
  world.offer("1.0.1", release.behaviour);
  CutAtOperation fault(world.flash.operation_count() + operation, release.cut);
  world.flash.set_fault(&fault);
  world.run_to_report();
  if (world.flash.has_power()) return false;
  world.device.power_on();
  world.run_until([] { return false; }, 24 * 60 * kBoardMinute);
  EXPECT_TRUE(world.runs("1.0.0")) << "cut at operation " << operation;
  EXPECT_THAT(world.server.reports, testing::Each(HasSubstr("rolled_back")));
  EXPECT_FALSE(world.server.reports.empty()) << "cut at operation " << operation;
  return true;
}

TEST_P(BadReleaseWithPowerCut, IsRolledBackAndReportedWhereverItComes) {
  uint64_t operation = 0;
  while (!HasFailure() && run_with_cut(GetParam(), operation)) ++operation;
  EXPECT_GT(operation, 60u);
}

constexpr FlashDecision kBefore{PowerCut::before, 0};
constexpr FlashDecision kTornState{PowerCut::torn, 26};
constexpr FlashDecision kAfter{PowerCut::after, 0};

INSTANTIATE_TEST_SUITE_P(
    Cuts, BadReleaseWithPowerCut,
    testing::Values(CutRelease{"crash", kBefore}, CutRelease{"crash", kTornState},
                    CutRelease{"crash", kAfter}, CutRelease{"hang", kBefore},
                    CutRelease{"hang", kAfter}, CutRelease{"selftest-fail", kBefore},
                    CutRelease{"selftest-fail", kTornState}, CutRelease{"selftest-fail", kAfter}));

TEST(VirtualDevice, UnstableFirmwarePassesItsTrialAndPanicsAgainAndAgain) {
  DeviceWorld world;
  world.offer("1.0.1", "unstable");
  ASSERT_TRUE(world.run_to_report());
  EXPECT_EQ(world.device.delivered()->phase, Phase::confirmed);
  const auto panics = [&] {
    return std::count(world.log.begin(), world.log.end(), "[APP] panic: reset");
  };
  world.run_until([&] { return panics() == 20; }, 110 * kBoardMinute);
  EXPECT_EQ(panics(), 20);
  EXPECT_TRUE(world.run_until([&] { return world.device.running_version() == "1.0.1"; }));
}

TEST(VirtualDevice, KnowsHowAnUpdateEndedThoughTheServerDoesNot) {
  DeviceWorld world;
  world.offer("1.0.1", "selftest-fail");
  ASSERT_TRUE(world.run_until([&] { return world.device.running_version() == "1.0.1"; }));
  world.server.faults.connection = Error::network_unreachable;
  ASSERT_TRUE(world.run_until([&] { return world.device.ended().has_value(); }));
  EXPECT_EQ(world.device.ended()->phase, Phase::rolled_back);
  EXPECT_TRUE(world.device.owes_report());
  EXPECT_FALSE(world.device.delivered());
  world.server.faults.connection = Error::ok;
  ASSERT_TRUE(world.run_to_report());
  EXPECT_FALSE(world.device.owes_report());
}

}  // namespace
}  // namespace otter::sim
