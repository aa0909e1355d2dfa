// NVS on the simulated chip: a value is stored by flash operations, and a power cut at any of them
// leaves the old or the new one, as NVS promises. Not its format. One caller at a time.
#pragma once

#include "ota/board.h"
#include "ota/document_store.h"
#include "ota/partition_table.h"
#include "sim/nor_flash.h"

namespace otter::sim {

class FlashSettings : public Settings {
 public:
  // `flash` must outlive it. REQUIRES: nvs.size_bytes >= 4 * kSectorSize
  FlashSettings(NorFlash& flash, const Partition& nvs)
      : flash_(flash, nvs.offset, nvs.size_bytes) {}
  Result<size_t> load(Setting setting, MutableBytes out) override;
  Error store(Setting setting, Bytes value) override;

 private:
  DocumentStore store_of(Setting setting) {
    return DocumentStore(flash_, static_cast<uint32_t>(setting) * 2 * kSectorSize);
  }

  FlashPartition flash_;
};

}  // namespace otter::sim
