#include "sim/vendor_ota.h"

#include <gmock/gmock.h>

#include <sstream>

#include "sim/boot_bench.h"
#include "sim/boot_page.h"
#include "sim/otadata_text.h"

namespace otter::sim {
namespace {

OtadataEntry entry(const std::string& text) { return parse_entry_text(text).value(); }

// Both slots hold images that verify.
struct Device {
  BootBench bench;
  VendorOta ota;

  explicit Device(IdfVersion idf, bool has_factory = false, bool rollback = true,
                  uint8_t slot_count = 2)
      : bench(BenchLayout{slot_count, has_factory, false}),
        ota(bench.otadata(), VendorSetup{behaviour_of(idf), rollback, has_factory, slot_count},
            [this](int index) { return bench.has_image(index); }) {
    for (int slot = 0; slot < slot_count; ++slot) bench.put_image(slot, true);
    if (has_factory) bench.put_image(kFactoryIndex, true);
  }
  void entries(const std::string& first, const std::string& second) {
    bench.put(Otadata{{entry(first), entry(second)}});
  }
  std::string entries() { return to_text(bench.read_otadata()); }
};

TEST(VendorOta, StagesTheOtherSlotAsFresh) {
  Device device(IdfVersion::v5_5_0);
  device.entries("1 valid", "erased");
  EXPECT_EQ(device.ota.set_boot(1), VendorError::ok);
  EXPECT_EQ(device.entries(), "{1 valid}{2 fresh}");
}

TEST(VendorOta, StagesWithoutAStateIfTheApplicationKnowsNoRollback) {
  Device device(IdfVersion::v5_5_0, false, false);
  device.entries("1 valid", "erased");
  EXPECT_EQ(device.ota.set_boot(1), VendorError::ok);
  EXPECT_EQ(device.entries(), "{1 valid}{2 undefined}");
}

TEST(VendorOta, StagesIntoTheFirstEntryIfNoneCounts) {
  Device device(IdfVersion::v5_5_0);
  device.entries("7 aborted", "9 valid bad-crc");
  EXPECT_EQ(device.ota.set_boot(1), VendorError::ok);
  EXPECT_EQ(device.entries(), "{2 fresh}{9 valid bad-crc}");
}

TEST(VendorOta, WritesTheActiveSlotsSequenceTwiceBefore60) {
  Device device(IdfVersion::v5_5_4);
  device.entries("3 fresh", "2 valid");
  EXPECT_EQ(device.ota.set_boot(0), VendorError::ok);
  EXPECT_EQ(device.entries(), "{3 fresh}{3 fresh}");
}

TEST(VendorOta, RewritesTheActiveSlotsEntryFrom60On) {
  Device device(IdfVersion::v6_0);
  device.entries("3 valid", "2 valid");
  EXPECT_EQ(device.ota.set_boot(0), VendorError::ok);
  EXPECT_EQ(device.entries(), "{3 fresh}{2 valid}");
}

TEST(VendorOta, FindsTheNextSequenceAmongThreeSlots) {
  Device device(IdfVersion::v6_0, false, true, 3);
  device.entries("4 valid", "erased");
  EXPECT_EQ(device.ota.set_boot(2), VendorError::ok);
  EXPECT_EQ(device.entries(), "{4 valid}{6 fresh}");
}

TEST(VendorOta, StagesFactoryByErasingOtadata) {
  Device device(IdfVersion::v5_5_0, true);
  device.entries("3 valid", "2 valid");
  EXPECT_EQ(device.ota.set_boot(kFactoryIndex), VendorError::ok);
  EXPECT_EQ(device.entries(), "{erased}{erased}");
}

TEST(VendorOta, RefusesToStageWhatDoesNotVerify) {
  Device device(IdfVersion::v5_5_0);
  device.bench.put_image(1, false);
  EXPECT_EQ(device.ota.set_boot(1), VendorError::validate_failed);
  EXPECT_EQ(device.ota.set_boot(kFactoryIndex), VendorError::validate_failed);
}

TEST(VendorOta, ErasesTheEntryOfTheOtherSlotAtBeginFrom55On) {
  for (const IdfVersion idf : kIdfVersions) {
    Device device(idf);
    device.entries("3 valid", "2 valid");
    EXPECT_EQ(device.ota.begin(0, 1), VendorError::ok);
    EXPECT_EQ(device.entries(),
              idf == IdfVersion::v5_1 ? "{3 valid}{2 valid}" : "{3 valid}{erased}");
  }
}

// It asks which entry the bootloader does not follow, not which one names the target.
TEST(VendorOta, ErasesTheEntryOfAThirdSlotAtBegin) {
  Device device(IdfVersion::v6_0, false, true, 3);
  device.entries("2 valid", "4 valid");
  EXPECT_EQ(device.ota.begin(0, 2), VendorError::ok);
  EXPECT_EQ(device.entries(), "{erased}{4 valid}");
}

TEST(VendorOta, KeepsTheEntryOfTheRunningSlotAtBegin) {
  Device device(IdfVersion::v5_5_0);
  device.entries("3 fresh", "2 valid");
  EXPECT_EQ(device.ota.begin(1, 0), VendorError::ok);
  EXPECT_EQ(device.entries(), "{3 fresh}{2 valid}");
}

TEST(VendorOta, KeepsOtadataAtBeginWithoutRollback) {
  Device device(IdfVersion::v5_5_0, false, false);
  device.entries("3 valid", "2 valid");
  EXPECT_EQ(device.ota.begin(0, 1), VendorError::ok);
  EXPECT_EQ(device.entries(), "{3 valid}{2 valid}");
}

TEST(VendorOta, RefusesToBegin) {
  Device device(IdfVersion::v5_5_0);
  device.entries("3 pending_verify", "2 valid");
  EXPECT_EQ(device.ota.begin(0, 1), VendorError::invalid_state);
  EXPECT_EQ(device.ota.begin(1, 1), VendorError::conflict);
  EXPECT_EQ(device.ota.begin(1, 2), VendorError::invalid_argument);
}

TEST(VendorOta, ReportsTheStateOfTheFirstEntryThatNamesASlot) {
  Device device(IdfVersion::v5_5_0);
  device.entries("1 valid", "3 pending_verify");
  EXPECT_EQ(device.ota.state_of(0), OtaState::valid) << "a stale one: entry 1 is active";
  EXPECT_EQ(device.ota.state_of(1), std::nullopt);
  EXPECT_EQ(device.ota.begin(0, 1), VendorError::ok) << "though the running image is on trial";
}

TEST(VendorOta, ConfirmsTheActiveEntryWhateverRuns) {
  Device device(IdfVersion::v6_0);
  device.entries("1 valid", "2 fresh");
  EXPECT_EQ(device.ota.mark_valid(), VendorError::ok);
  EXPECT_EQ(device.entries(), "{1 valid}{2 valid}");
}

TEST(VendorOta, ConfirmsNothingIfNoEntryCounts) {
  Device device(IdfVersion::v6_0, true);
  EXPECT_EQ(device.ota.mark_valid(), VendorError::not_from_otadata);
  EXPECT_EQ(device.ota.mark_invalid(), VendorError::not_from_otadata);
}

TEST(VendorOta, InvalidatesIfTheOtherImageVerifies) {
  Device device(IdfVersion::v5_5_0);
  device.entries("1 valid", "2 pending_verify");
  EXPECT_EQ(device.ota.mark_invalid(), VendorError::ok);
  EXPECT_EQ(device.entries(), "{1 valid}{2 invalid}");
}

TEST(VendorOta, InvalidatesIfThereIsAFactoryImageAndNoOtherEntry) {
  Device device(IdfVersion::v5_5_0, true);
  device.entries("1 pending_verify", "erased");
  EXPECT_EQ(device.ota.mark_invalid(), VendorError::ok);
  EXPECT_EQ(device.entries(), "{1 invalid}{erased}");
}

TEST(VendorOta, RefusesToInvalidateTheLastImage) {
  Device device(IdfVersion::v5_5_0);
  device.entries("1 pending_verify", "erased");
  EXPECT_EQ(device.ota.mark_invalid(), VendorError::rollback_failed);
  device.entries("1 valid", "2 pending_verify");
  device.bench.put_image(0, false);
  EXPECT_EQ(device.ota.mark_invalid(), VendorError::rollback_failed);
}

TEST(VendorOta, TellsTheLastInvalidSlot) {
  Device device(IdfVersion::v5_5_0);
  device.entries("1 valid", "2 aborted");
  EXPECT_EQ(device.ota.last_invalid_slot(), 1);
  device.entries("3 invalid", "2 aborted");
  EXPECT_EQ(device.ota.last_invalid_slot(), 1) << "of two the smaller sequence";
  device.entries("1 valid", "erased");
  EXPECT_EQ(device.ota.last_invalid_slot(), std::nullopt);
}

TEST(VendorOta, ChoosesTheSlotAfterTheRunningOne) {
  Device device(IdfVersion::v5_5_0);
  EXPECT_EQ(device.ota.next_update_slot(kFactoryIndex), 0);
  EXPECT_EQ(device.ota.next_update_slot(0), 1);
  EXPECT_EQ(device.ota.next_update_slot(1), 0);
}

TEST(VendorOta, FailsIfTheFlashFails) {
  Device device(IdfVersion::v5_5_0);
  device.entries("1 valid", "2 pending_verify");
  CutAtOperation fault(device.bench.flash().operation_count(), {PowerCut::before, 0});
  device.bench.flash().set_fault(&fault);
  EXPECT_EQ(device.ota.mark_valid(), VendorError::flash_io);
  EXPECT_EQ(device.ota.mark_invalid(), VendorError::flash_io);
}

// The tables of docs/boot.md.

void call(VendorOta& ota, const std::string& text) {
  std::istringstream in(text);
  std::string function, slot;
  in >> function >> slot;
  const int index = slot == "ota_1" ? 1 : 0;
  if (function == "set_boot") ota.set_boot(index);
  if (function == "begin") ota.begin(0, index);
  if (function == "mark_valid") ota.mark_valid();
  if (function == "mark_invalid") ota.mark_invalid();
}

size_t column_of(IdfVersion idf) {
  if (idf == IdfVersion::v5_1) return 4;
  return idf < IdfVersion::v6_0 ? 5 : 6;
}

TEST(VendorOtaTable, HoldsInTheModel) {
  const std::vector<BootPageRow> rows = boot_page_rows("a");
  EXPECT_EQ(rows.size(), 17u);
  for (const BootPageRow& row : rows) {
    for (const IdfVersion idf : kIdfVersions) {
      Device device(idf);
      device.entries(row.at(2), row.at(3));
      call(device.ota, row.at(1));
      EXPECT_EQ(device.entries(), row.at(column_of(idf)))
          << "row " << row.at(0) << " " << name(idf);
    }
  }
}

// Brings a device to the operation before `row`, which is then the next one on otadata.
void live_until(Device& device, const std::string& row) {
  device.entries("1 valid", "erased");
  if (row >= "p3") device.ota.set_boot(1);
  if (row >= "p5") device.bench.boot();
}

void act(Device& device, const std::string& row) {
  if (row <= "p2") device.ota.set_boot(1);
  if (row == "p3" || row == "p4" || row >= "p7") device.bench.boot();
  if (row == "p5" || row == "p6") device.ota.mark_valid();
}

std::string boots_after_cut(IdfVersion idf, const std::string& row, PowerCut cut) {
  Device device(idf);
  live_until(device, row);
  const bool is_write = (row[1] - '0') % 2 == 0;
  const uint64_t operation = device.bench.flash().operation_count() + (is_write ? 1 : 0);
  CutAtOperation fault(operation, {cut, is_write ? 16 : kSectorSize / 2});
  device.bench.flash().set_fault(&fault);
  act(device, row);
  EXPECT_FALSE(device.bench.flash().has_power());
  device.bench.flash().restore_power();
  return boot_name(device.bench.boot());
}

TEST(PowerCutTable, HoldsInTheModel) {
  const std::vector<BootPageRow> rows = boot_page_rows("p");
  EXPECT_EQ(rows.size(), 8u);
  for (const BootPageRow& row : rows) {
    for (const IdfVersion idf : kIdfVersions) {
      EXPECT_EQ(boots_after_cut(idf, row.at(0), PowerCut::before), row.at(2)) << row.at(0);
      EXPECT_EQ(boots_after_cut(idf, row.at(0), PowerCut::torn), row.at(3)) << row.at(0);
      EXPECT_EQ(boots_after_cut(idf, row.at(0), PowerCut::after), row.at(4)) << row.at(0);
    }
  }
}

}  // namespace
}  // namespace otter::sim
