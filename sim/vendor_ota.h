// What ESP-IDF's own update functions do to otadata, as a model: the habits that a device had
// before it got Otter, and the hazards that Otter is measured against. Same order of flash
// operations as the originals (components/app_update/esp_ota_ops.c, v5.1 to v6.1-beta1).
// docs/boot.md. One caller at a time.
#pragma once

#include <functional>
#include <optional>

#include "ota/flash.h"
#include "ota/otadata.h"
#include "sim/idf_behaviour.h"
#include "sim/security_fuse.h"

namespace otter::sim {

struct VendorSetup {
  IdfBehaviour idf;
  bool rollback = true;  // CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE in the application
  bool has_factory = false;
  uint8_t slot_count = 2;
};

// CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK in the application.
struct VendorAntiRollback {
  SecurityFuse& fuse;  // must outlive the functions
  int running = 0;     // a slot or kFactoryIndex
  // The security version in the application description at `index`; nothing if there is none.
  std::function<std::optional<uint32_t>(int index)> version_of;
  // Erases the whole partition; false if that failed.
  std::function<bool(int index)> erase;
};

enum class VendorError : uint8_t {
  ok,
  invalid_argument,  // ESP_ERR_INVALID_ARG
  conflict,          // ESP_ERR_OTA_PARTITION_CONFLICT: the running slot
  invalid_state,     // ESP_ERR_OTA_ROLLBACK_INVALID_STATE: the running image is on trial
  validate_failed,   // ESP_ERR_OTA_VALIDATE_FAILED
  rollback_failed,   // ESP_ERR_OTA_ROLLBACK_FAILED: nothing to go back to
  not_from_otadata,  // ESP_FAIL: no entry counts ("Running firmware is factory")
  no_description,    // ESP_ERR_NOT_FOUND
  small_version,     // ESP_ERR_OTA_SMALL_SEC_VER: below the eFuse
  not_burned,        // ESP_ERR_INVALID_ARG or ESP_FAIL of esp_efuse_update_secure_version()
  flash_io,
};

class VendorOta {
 public:
  // Does the image at `index` (a slot, or kFactoryIndex) verify?
  using Verifier = std::function<bool(int index)>;

  // REQUIRES: otadata.size_bytes() == 2 * kSectorSize, setup.slot_count >= 1
  VendorOta(Flash& otadata, const VendorSetup& setup, Verifier verifies)
      : flash_(otadata), setup_(setup), verifies_(std::move(verifies)) {}

  // From now on with anti-rollback.
  void use_anti_rollback(VendorAntiRollback anti_rollback) {
    anti_rollback_.emplace(std::move(anti_rollback));
  }

  // esp_ota_begin(), but for the slot itself, which it erases before otadata.
  // `running` is a slot or kFactoryIndex.
  //
  // Errors: invalid_argument, conflict, invalid_state; that of otadata's erase is dropped
  VendorError begin(int running, int target);

  // esp_ota_set_boot_partition(). kFactoryIndex erases all of otadata. With anti-rollback a slot
  // below the eFuse is erased.
  //
  // Errors: invalid_argument, validate_failed, no_description, small_version, flash_io
  VendorError set_boot(int index);

  // esp_ota_mark_app_valid_cancel_rollback(): it asks which entry is active, not what runs. With
  // anti-rollback it then burns the version of what runs, if the entry was not `valid` before.
  //
  // Errors: not_from_otadata, flash_io; no_description, not_burned (the entry is `valid` already)
  VendorError mark_valid();

  // esp_ota_mark_app_invalid_rollback(), without the restart.
  //
  // Errors: not_from_otadata, rollback_failed, flash_io
  VendorError mark_invalid();

  // esp_ota_get_state_partition(): the first entry that names `slot`, active or not.
  std::optional<OtaState> state_of(int slot);

  // esp_ota_get_last_invalid_partition(), without its look at the image.
  std::optional<int> last_invalid_slot();

  // esp_ota_get_next_update_partition(NULL).
  int next_update_slot(int running) const;

 private:
  std::optional<Otadata> read();
  int slot_of(const OtadataEntry& entry) const;
  bool can_roll_back(const Otadata& otadata) const;
  VendorError rewrite(int index, uint32_t sequence, OtaState state);
  void erase_inactive_entry(int running);
  VendorError refuse_small_version(int index);
  VendorError burn_running_version();

  Flash& flash_;
  VendorSetup setup_;
  Verifier verifies_;
  std::optional<VendorAntiRollback> anti_rollback_;
};

}  // namespace otter::sim
