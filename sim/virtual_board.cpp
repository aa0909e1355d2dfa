#include "sim/virtual_board.h"

#include "publish/host_crypto.h"
#include "publish/text.h"
#include "sim/bootloader.h"
#include "sim/sim_error.h"

namespace otter::sim {
namespace {

Digest hash_layout(NorFlash& flash) {
  std::vector<uint8_t> table(kPartitionTableSize);
  HostCrypto crypto;
  if (flash.read(kPartitionTableOffset, table) != Error::ok) throw SimError("flash has no power");
  const Result<Digest> digest = sha256(crypto, table);
  if (!digest.ok()) throw SimError("SHA-256 failed: " + string_of(meaning(digest.error)));
  return digest.value;
}

FlashPartition find(NorFlash& flash, const PartitionTable& table, uint8_t subtype,
                    const char* label) {
  const Partition* partition = table.find(kTypeData, subtype);
  if (partition == nullptr) {
    throw SimError(std::string("the partition table has no ") + label + " partition");
  }
  return FlashPartition(flash, partition->offset, partition->size_bytes);
}

}  // namespace

VirtualBoard::VirtualBoard(NorFlash& flash, const BootFacts& facts, LogSink log)
    : facts_(facts), log_(std::move(log)), layout_(hash_layout(flash)) {
  const Result<PartitionTable> table = load_partition_table(flash);
  if (!table.ok()) throw SimError("partition table: " + string_of(meaning(table.error)));
  otadata_.emplace(find(flash, table.value, kSubtypeDataOta, "otadata"));
  journal_.emplace(find(flash, table.value, kSubtypeOtterJournal, "otter"));
  const Partition* dump = table.value.find(kTypeData, kSubtypeCoredump);
  if (dump != nullptr) core_dump_.emplace(FlashPartition(flash, dump->offset, dump->size_bytes));
  has_factory_ = table.value.find(kTypeApp, kSubtypeFactory) != nullptr;
  for (uint8_t i = 0; i < table.value.ota_slot_count(); ++i) {
    const Partition& slot = *table.value.find(kTypeApp, static_cast<uint8_t>(kSubtypeOta0 + i));
    slots_.emplace_back(flash, slot.offset, slot.size_bytes);
  }
}

void VirtualBoard::log(LogLevel level, Text line) {
  if (log_) log_(level, "[OTA] " + string_of(line));
}

}  // namespace otter::sim
