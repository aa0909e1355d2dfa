// A board reduced to what decides which image boots: otadata, and for each app partition whether
// its image verifies. Small enough to boot it a hundred thousand times a second, through the real
// bootloader model and the real BootControl. One caller at a time.
#pragma once

#include <optional>
#include <string>

#include "ota/otadata.h"
#include "publish/host_crypto.h"
#include "sim/bootloader.h"

namespace otter::sim {

struct BenchLayout {
  uint8_t slot_count = 2;  // 0..3
  bool has_factory = false;
  bool has_test = false;
};

class BootBench {
 public:
  // otadata is erased, no image verifies.
  explicit BootBench(const BenchLayout& layout);
  BootBench(const BootBench&) = delete;
  BootBench& operator=(const BootBench&) = delete;

  const BenchLayout& layout() const { return layout_; }
  NorFlash& flash() { return flash_; }
  Flash& otadata() { return otadata_; }
  // REQUIRES: the layout has it
  Flash& partition(int index) { return partitions_[position(index)]; }

  // Both need power. What is already so costs no flash operation.
  void put(const Otadata& otadata);
  void put_image(int index, bool verifies);
  // An image with an application description, for anti-rollback; the other has none.
  void put_versioned_image(int index, uint32_t security_version, bool verifies);
  // Nothing is left of what was put there.
  void clear_image(int index);

  Otadata read_otadata();
  bool has_image(int index);

  // What one boot starts; nothing if no image verifies or the power fails. `fuse` as in
  // BootOptions.
  std::optional<int> boot(bool rollback = true, SecurityFuse* fuse = nullptr);

 private:
  void put_bytes(int index, Bytes image);
  static size_t position(int index) { return static_cast<size_t>(index - kTestIndex); }

  BenchLayout layout_;
  NorFlash flash_;
  HostCrypto crypto_;
  FlashPartition otadata_;
  std::vector<FlashPartition> partitions_;  // by position()
};

// "ota_1", "factory", "test", "-".
std::string boot_name(std::optional<int> index);

}  // namespace otter::sim
