// What the tests of docs/threats.md share: a board with 1.0.0 in its first slot, and what an
// attacker can have left on it. Time is virtual.
#pragma once

#include "sim/fixed_key.h"
#include "sim/flash_watch.h"
#include "sim/update_fixture.h"

namespace otter::sim {

class Threat : public UpdateTest {
 protected:
  Threat() { server_.faults.offers_always = true; }

  static ManifestOptions options_of(const std::string& version, uint64_t sequence) {
    ManifestOptions options;
    options.product = kProduct;
    options.sequence = sequence;
    options.version = version;
    options.created_s = 1;
    return options;
  }
  static std::string manifest_of(const std::vector<uint8_t>& image,
                                 const ManifestOptions& options) {
    return build_manifest(inspect_image(image), image, options);
  }
  // `manifest` as it is, rightly signed.
  static ServedRelease signed_release(std::vector<uint8_t> image, const std::string& manifest) {
    ServedRelease release;
    release.image = std::move(image);
    release.version = "1.0.1";
    release.sequence = 1;
    release.envelope = sign_manifest(manifest, release_key());
    return release;
  }

  // Starts the board anew; gives what the server is told of `release`, Phase::none if nothing.
  Delivered told_of(const ServedRelease& release, uint64_t for_ms = kHour) {
    make_device();
    server_.offer(release);
    run(for_ms);
    return device_->delivered().value_or(Delivered());
  }
  // Nothing was fetched, nothing was erased, 1.0.0 runs on.
  bool is_untouched() {
    uint64_t erases = 0;
    for (uint32_t at = 0; at < kUsual; at += kSectorSize) {
      erases += flash_.erase_count((second_slot() + at) / kSectorSize);
    }
    return server_.image_bytes_sent == 0 && erases == 0 && device_->running_index() == 0;
  }
  // As with a release that nobody may install: no outcome, or a refusal.
  bool is_refused(const ServedRelease& release) {
    const Phase phase = told_of(release).phase;
    return (phase == Phase::none || phase == Phase::refused) && is_untouched();
  }
  Partition partition(uint8_t type, uint8_t subtype) const {
    return *load_partition_table_of(flash_).find(type, subtype);
  }
  // Until the board has logged `text`.
  void run_to(const std::string& text) {
    const uint64_t end = now_ms_ + kDay;
    while (!logged(text) && now_ms_ < end) now_ms_ = std::max(now_ms_, device_->step(now_ms_));
    EXPECT_TRUE(logged(text)) << log_;
  }
  size_t count_in_log(const std::string& text) const {
    size_t count = 0;
    for (size_t at = 0; (at = log_.find(text, at)) != std::string::npos; ++at) ++count;
    return count;
  }

 private:
  static PartitionTable load_partition_table_of(const NorFlash& flash) {
    NorFlash copy = flash.fork();
    return load_partition_table(copy).value;
  }
};

}  // namespace otter::sim
