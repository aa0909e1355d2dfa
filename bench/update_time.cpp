// How long an update takes, compared with what link and flash need at least: the budget is 5 % more
// than the slower of the two. In virtual time; the same on every machine. docs/simulator.md.
#include <cstdio>

#include "bench/paced_http.h"
#include "publish/host_crypto.h"
#include "publish/image_maker.h"
#include "publish/image_report.h"
#include "publish/manifest_builder.h"
#include "sim/board_files.h"
#include "sim/fixed_key.h"
#include "sim/memory_settings.h"
#include "sim/scripted_server.h"
#include "sim/sim_error.h"
#include "sim/virtual_device.h"
#include "sim/world.h"

namespace otter::bench {
namespace {

constexpr ChipId kChip = 5;  // esp32c3
constexpr char kProduct[] = "thermostat";
constexpr uint32_t kImageSize = 1024 * 1024;                                 // [bytes]
constexpr uint64_t kSpeeds[] = {25, 50, 75, 100, 150, 200, 300, 500, 1000};  // [kB/s]

std::vector<uint8_t> image_of(const char* version) {
  ImageRecipe recipe;
  recipe.chip = kChip;
  recipe.product = kProduct;
  recipe.version = version;
  recipe.size_bytes = kImageSize;
  return make_image(recipe);
}

sim::ServedRelease release_of(const sim::FixedKey& key) {
  sim::ServedRelease release;
  release.image = image_of("1.0.1");
  release.version = "1.0.1";
  release.sequence = 1;
  ManifestOptions options;
  options.product = kProduct;
  options.version = release.version;
  options.sequence = release.sequence;
  options.created_s = 1;
  release.envelope =
      key.sign_manifest(build_manifest(inspect_image(release.image), release.image, options));
  return release;
}

struct Setup {
  const char* name;
  bool has_block_erase;
  uint64_t record_bytes;
  uint64_t receive_buffer_bytes;
};
constexpr Setup kSetups[] = {
    {"TLS records of 16 KiB, receive buffer of 5760 bytes", true, 16384, 5760},
    {"TLS records of 4 KiB, receive buffer of 5760 bytes", true, 4096, 5760},
    {"TLS records of 4 KiB, receive buffer of 32 KiB", true, 4096, 32768},
    {"the same, and a chip that erases nothing larger than 4 KiB", false, 4096, 32768},
};

class Bench {
 public:
  Bench() {
    config_.boot.chip = {kChip, 3};
    config_.updater.device_id = "board-1";
    config_.updater.product = kProduct;
    config_.updater.api_key = "otk_product_key";
    config_.updater.release_keys = &key_.release_key();
    config_.updater.release_key_count = 1;
    server_.offer(release_of(key_));
  }

  void print(const Setup& setup) {
    std::printf("\n%s\n   link      link   flash  update  over the slower of both\n", setup.name);
    for (const uint64_t speed : kSpeeds) {
      Link link;
      link.bytes_per_s = speed * 1000;
      link.record_bytes = setup.record_bytes;
      link.receive_buffer_bytes = setup.receive_buffer_bytes;
      print_row(setup, link);
    }
  }

 private:
  void print_row(const Setup& setup, const Link& link) {
    sim::NorFlash flash(4 * sim::kMebibyte);
    sim::write_factory_state(flash, image_of("1.0.0"));
    sim::FlashTraits traits;
    traits.time_factor = 1;
    traits.has_block_erase = setup.has_block_erase;
    flash.set_traits(traits);
    const double update_s = update(flash, link) / 1e6;
    const double link_s = double{kImageSize} / static_cast<double>(link.bytes_per_s);
    const double flash_s = static_cast<double>(flash.busy_us()) / 1e6;
    std::printf("%4llu kB/s %6.2f s %5.2f s %5.2f s %+6.1f %%\n",
                static_cast<unsigned long long>(link.bytes_per_s / 1000), link_s, flash_s, update_s,
                (update_s / std::max(link_s, flash_s) - 1) * 100);
  }

  // [us] from the device's start to its reset into the new image.
  double update(sim::NorFlash& flash, const Link& link) {
    BusyClock clock(flash);
    sim::MemorySettings settings;
    sim::ScriptedServer server = server_;
    bool is_written = false;
    const auto connect = [&] { return std::make_unique<PacedHttp>(server.connect(), link, clock); };
    const auto log = [&](LogLevel, const std::string& line) {
      is_written |= line == "[OTA] Rebooting to new firmware...";
    };
    sim::VirtualDevice device(config_, {flash, crypto_, settings, connect, log});
    while (!is_written) {
      const uint64_t wake_ms = device.step(clock.now_us() / 1000);
      if (clock.now_us() > 3600u * 1000000) throw sim::SimError("the update does not end");
      clock.wait_until(wake_ms * 1000);
    }
    return static_cast<double>(clock.now_us());
  }

  sim::FixedKey key_{"release"};
  sim::VirtualDeviceConfig config_;
  HostCrypto crypto_;
  sim::ScriptedServer server_{kProduct, Digest()};
};

}  // namespace
}  // namespace otter::bench

int main() {
  std::printf("An update of 1 MiB, from the check-in to the reset into the new image\n");
  otter::bench::Bench bench;
  for (const auto& setup : otter::bench::kSetups) bench.print(setup);
}
