#include "sim/flash_report.h"

#include <algorithm>

#include "sim/bootloader.h"

namespace otter::sim {
namespace {

Digest hash_front(Readable& source, uint32_t size, Crypto& crypto) {
  std::vector<uint8_t> bytes(size);
  const Error error = source.read(0, bytes);
  const Result<Digest> digest = error == Error::ok ? sha256(crypto, bytes) : Result<Digest>(error);
  return digest.ok() ? digest.value : Digest();
}

bool is_erased(Readable& slot) {
  std::vector<uint8_t> front(kSectorSize);
  const bool readable = slot.read(0, front) == Error::ok;
  return readable && std::all_of(front.begin(), front.end(), [](uint8_t b) { return b == 0xFF; });
}

SlotReport inspect_slot(NorFlash& flash, const Partition& partition, Crypto& crypto) {
  FlashPartition slot(flash, partition.offset, partition.size_bytes);
  SlotReport report;
  report.label = partition.label;
  report.is_erased = is_erased(slot);
  std::vector<uint8_t> scratch(kSectorSize);
  report.error = check_image(slot, crypto, scratch, &report.image).error;
  if (report.error != Error::ok) return report;
  const Result<Firmware> firmware = read_firmware(slot, report.image);
  report.error = firmware.error;
  report.firmware = firmware.value;
  report.sha256 = hash_front(slot, report.image.size_bytes, crypto);
  return report;
}

std::optional<Otadata> read_otadata(NorFlash& flash, const Partition& partition) {
  Otadata otadata;
  for (uint32_t i = 0; i < 2; ++i) {
    uint8_t raw[kOtadataEntrySize];
    if (flash.read(partition.offset + i * kSectorSize, raw) != Error::ok) return std::nullopt;
    otadata.entries[i] = parse_otadata_entry(raw);
  }
  return otadata;
}

std::optional<JournalState> read_journal(NorFlash& flash, const Partition& partition) {
  FlashPartition sectors(flash, partition.offset, partition.size_bytes);
  Journal journal(sectors);
  if (journal.open() != Error::ok) return std::nullopt;
  return journal.state();
}

}  // namespace

FlashReport inspect_flash(NorFlash& flash, Crypto& crypto) {
  FlashReport report;
  const Result<PartitionTable> table = load_partition_table(flash);
  report.table_error = table.error;
  if (!table.ok()) return report;
  report.table = table.value;
  report.slot_count = report.table.ota_slot_count();
  FlashPartition raw_table(flash, kPartitionTableOffset, kPartitionTableSize);
  report.layout = hash_front(raw_table, kPartitionTableSize, crypto);
  for (size_t i = 0; i < report.table.count; ++i) {
    const Partition& partition = report.table.partitions[i];
    if (partition.type == kTypeApp) report.slots.push_back(inspect_slot(flash, partition, crypto));
  }
  if (const Partition* otadata = report.table.find(kTypeData, kSubtypeDataOta)) {
    report.otadata = read_otadata(flash, *otadata);
  }
  if (const Partition* journal = report.table.find(kTypeData, kSubtypeOtterJournal)) {
    report.journal = read_journal(flash, *journal);
  }
  return report;
}

}  // namespace otter::sim
