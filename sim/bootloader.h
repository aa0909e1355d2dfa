// A model of ESP-IDF's second-stage bootloader: partition table, otadata, rollback states,
// anti-rollback, image verification. It works on the bytes of a NorFlash and writes to it as the
// real one does, so that its writes count as flash operations and can be cut. The rules and their
// order: docs/boot.md. One caller at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ota/esp_image.h"
#include "ota/partition_table.h"
#include "sim/chip_facts.h"
#include "sim/nor_flash.h"
#include "sim/security_fuse.h"

namespace otter::sim {

// What a board has burned into it, and what its bootloader was built with.
struct BootOptions {
  ChipFacts chip;
  bool rollback = true;  // CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE
  // With CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK; nullptr: built without. Must outlive the boots, which
  // burn it.
  SecurityFuse* security_fuse = nullptr;
};

// Numbers of the bootable partitions: 0.. for ota_0.., and these two.
// Source: FACTORY_INDEX, TEST_APP_INDEX, ESP-IDF v5.5 bootloader_support/.../bootloader_config.h
constexpr int kFactoryIndex = -1;
constexpr int kTestIndex = -2;

struct BootedImage {
  int index = kFactoryIndex;
  Partition partition;
  ImageInfo image;
};

struct BootResult {
  std::optional<BootedImage> booted;  // nothing: the bootloader resets and tries again, for ever
  std::optional<int> trial_slot;      // this boot begins its trial: NEW became PENDING_VERIFY
  std::vector<int> aborted_slots;     // their trials ended without a confirmation, as it found now
  std::vector<std::string> log;
};

// One boot. Throws nothing; a flash that has lost its power boots nothing.
//
// Source: bootloader_utility_get_selected_boot_partition(), bootloader_utility_load_boot_image(),
//         ESP-IDF v5.5 components/bootloader_support/src/bootloader_utility.c
BootResult boot(NorFlash& flash, const BootOptions& options, Crypto& crypto);

// Reads and checks the table at kPartitionTableOffset, the MD5 included if there is one.
//
// Errors: flash_io, those of parse_partition_table(), bad_hash (the MD5)
Result<PartitionTable> load_partition_table(NorFlash& flash);

// Would the bootloader start what `slot` holds?
//
// Errors: those of check_image(), wrong_chip, wrong_revision
// Source: esp_image_verify() and bootloader_common_check_chip_validity(), ESP-IDF v5.5
//         esp_image_format.c and bootloader_common_loader.c
Error check_bootable(Readable& slot, const BootOptions& options, Crypto& crypto, ImageInfo* image);

}  // namespace otter::sim
