#include "sim/bootloader.h"

#include <array>
#include <cstdio>

#include "ota/otadata.h"
#include "publish/host_crypto.h"
#include "publish/text.h"

namespace otter::sim {
namespace {

constexpr int kNoOtadata = -99;  // INVALID_INDEX: nothing will be tried
constexpr int kOtaSlotsMax = 16;
constexpr size_t kStateOffset = 24;  // [bytes] in an otadata entry
constexpr size_t kScratchSize = 4096;

std::string hex(uint32_t value) {
  char out[16];
  std::snprintf(out, sizeof(out), "0x%x", static_cast<unsigned>(value));
  return out;
}

std::string index_name(int index) {
  if (index == kFactoryIndex) return "factory";
  if (index == kTestIndex) return "test";
  return "ota_" + std::to_string(index);
}

using RawEntry = uint8_t[kOtadataEntrySize];

// One boot's state; the members stand in the order in which they work.
class Boot {
 public:
  Boot(NorFlash& flash, const BootOptions& options, Crypto& crypto)
      : flash_(flash), options_(options), crypto_(crypto) {}

  BootResult run() {
    if (!load_table()) return std::move(result_);
    const int start = select();
    if (start != kNoOtadata) load_from(start);
    return std::move(result_);
  }

 private:
  void say(const std::string& line) { result_.log.push_back("boot: " + line); }

  bool load_table() {
    const Result<PartitionTable> table = load_partition_table(flash_);
    if (!table.ok()) {
      say("partition table at " + hex(kPartitionTableOffset) +
          " refused: " + string_of(meaning(table.error)));
      return false;
    }
    for (size_t i = 0; i < table.value.count; ++i) add(table.value.partitions[i]);
    return true;
  }

  void add(const Partition& partition) {
    const int slot = partition.subtype - kSubtypeOta0;
    if (partition.type == kTypeData && partition.subtype == kSubtypeDataOta) otadata_ = partition;
    if (partition.type != kTypeApp) return;
    if (partition.subtype == kSubtypeFactory) factory_ = partition;
    if (partition.subtype == kSubtypeTest) test_ = partition;
    if (slot < 0 || slot >= kOtaSlotsMax) return;
    slots_[static_cast<size_t>(slot)] = partition;
    ++slot_count_;  // a gap in the numbers makes the last slots unreachable, as on the chip
  }

  // Rules 1 to 5 of docs/boot.md, changed as "With anti-rollback" says: where to begin.
  int select() {
    if (!otadata_) return kFactoryIndex;
    if (!read_entries()) return kNoOtadata;
    if (options_.rollback) abort_unconfirmed();
    if (starts_at_default()) return select_default();

    const int active = active_entry();
    if (active < 0) {
      say(factory_ ? "otadata is unusable: back to factory"
                   : "otadata is unusable and there is no factory: every slot will be tried");
      return kFactoryIndex;
    }
    const int slot = otadata_slot(entry(active).sequence, static_cast<uint8_t>(slot_count_));
    if (options_.rollback && entry(active).state == OtaState::fresh) {
      result_.trial_slot = slot;
      set_state(active, OtaState::pending_verify);
    }
    if (entry(active).state == OtaState::valid) burn_version_of(slot);
    return slot;
  }

  bool starts_at_default() const {
    if (options_.security_fuse != nullptr) return is_empty(0) && is_empty(1);
    return (is_invalid(0) && is_invalid(1)) || slot_count_ == 0;
  }

  // With anti-rollback, an entry whose slot may not boot does not count.
  int active_entry() const {
    Otadata counted = entries();
    for (OtadataEntry& e : counted.entries) {
      if (options_.security_fuse == nullptr || !e.is_bootable()) continue;
      // Without an OTA slot the original divides by zero here.
      const bool is_allowed =
          slot_count_ > 0 &&
          may_boot(partition_at(otadata_slot(e.sequence, static_cast<uint8_t>(slot_count_))));
      if (!is_allowed) e = OtadataEntry();
    }
    return counted.active();
  }

  bool read_entries() {
    const uint32_t offset = otadata_->offset;
    const bool ok = otadata_->size_bytes >= 2 * kSectorSize &&
                    flash_.read(offset, raw_[0]) == Error::ok &&
                    flash_.read(offset + kSectorSize, raw_[1]) == Error::ok;
    if (!ok) say("otadata at " + hex(offset) + " can't be read");
    return ok;
  }

  void abort_unconfirmed() {
    for (int i = 0; i < 2; ++i) {
      if (entry(i).state != OtaState::pending_verify) continue;
      // Like the original, this looks at no CRC; only the slot's name needs a sequence to tell.
      if (slot_count_ > 0 && entry(i).crc_ok()) {
        const auto count = static_cast<uint8_t>(slot_count_);
        result_.aborted_slots.push_back(otadata_slot(entry(i).sequence, count));
      }
      set_state(i, OtaState::aborted);
    }
  }

  int select_default() {
    if (options_.security_fuse != nullptr) {
      say("otadata is empty: every slot will be tried");
      initial_contents_ = true;
      return kFactoryIndex;
    }
    if (factory_) {
      say("otadata names no slot: factory");
      return kFactoryIndex;
    }
    say("otadata names no slot and there is no factory: trying ota_0");
    initial_contents_ = is_empty(0) && is_empty(1);
    return 0;
  }

  // Rule 6: down to factory, then upwards, then test.
  void load_from(int start) {
    for (int index = start; index >= kFactoryIndex; --index) {
      if (try_load(index)) return;
    }
    for (int index = start + 1; index < slot_count_; ++index) {
      if (try_load(index)) return;
    }
    if (try_load(kTestIndex)) return;
    say("no bootable app partition: reset");
  }

  bool try_load(int index) {
    const std::optional<Partition>& partition = partition_at(index);
    if (!partition) return false;
    if (!may_boot(partition)) {
      say(index_name(index) + " is not bootable: no security version of at least " +
          std::to_string(options_.security_fuse->version) + ", the eFuse's");
      return false;
    }
    FlashPartition slot(flash_, partition->offset, partition->size_bytes);
    ImageInfo image;
    const Error error = check_bootable(slot, options_, crypto_, &image);
    if (error != Error::ok) {
      say(index_name(index) + " at " + hex(partition->offset) +
          " is not bootable: " + string_of(meaning(error)));
      return false;
    }
    if (index >= 0 && initial_contents_) {
      write_actual_sequence(index);
      burn_version_of(index);
    }
    say("loaded " + index_name(index) + " from " + hex(partition->offset));
    result_.booted = BootedImage{index, *partition, image};
    return true;
  }

  const std::optional<Partition>& partition_at(int index) const {
    static const std::optional<Partition> none;
    if (index == kFactoryIndex) return factory_;
    if (index == kTestIndex) return test_;
    return index < slot_count_ && index < kOtaSlotsMax ? slots_[static_cast<size_t>(index)] : none;
  }

  // esp_app_desc_t.secure_version, read before anything else of the image is looked at; nothing if
  // there is no description.
  std::optional<uint32_t> version_of(const Partition& partition) const {
    uint8_t raw[kAppDescriptionSize];
    if (flash_.read(partition.offset + kAppDescriptionOffset, raw) != Error::ok) return {};
    const Result<AppDescription> description = parse_app_description(raw);
    if (!description.ok()) return {};
    return description.value.secure_version;
  }

  // check_anti_rollback()
  bool may_boot(const std::optional<Partition>& partition) const {
    if (options_.security_fuse == nullptr) return true;
    if (!partition) return false;
    const std::optional<uint32_t> version = version_of(*partition);
    return version && options_.security_fuse->allows(*version);
  }

  // update_anti_rollback(): whether the image verifies is not asked.
  void burn_version_of(int index) {
    const std::optional<Partition>& partition = partition_at(index);
    if (options_.security_fuse == nullptr || !partition || !flash_.has_power()) return;
    SecurityFuse& fuse = *options_.security_fuse;
    const uint32_t before = fuse.version;
    const std::optional<uint32_t> version = version_of(*partition);
    if (!version || !fuse.burn(*version) || fuse.version == before) return;
    say("eFuse: security version " + std::to_string(fuse.version) + " burned");
  }

  // Rule 7.
  void write_actual_sequence(int index) {
    const uint32_t sequence = static_cast<uint32_t>(index) + 1;
    write_otadata_entry(sequence, OtaState::valid, true, raw_[0]);
    say("otadata[0]: sequence " + std::to_string(sequence) + ", valid");
    write_entry(0);
  }

  void set_state(int index, OtaState state) {
    say("otadata[" + std::to_string(index) + "]: " + string_of(name(entry(index).state)) + " -> " +
        string_of(name(state)));
    store_le32(raw_[index] + kStateOffset, static_cast<uint32_t>(state));
    write_entry(index);
  }

  // Like the original, it goes on with what it has in memory if this fails.
  void write_entry(int index) {
    const uint32_t offset = otadata_->offset + static_cast<uint32_t>(index) * kSectorSize;
    Error error = flash_.erase(offset, kSectorSize);
    if (error == Error::ok) error = flash_.program(offset, raw_[index]);
    if (error != Error::ok) say("otadata can't be written: " + string_of(meaning(error)));
  }

  OtadataEntry entry(int index) const { return parse_otadata_entry(raw_[index]); }
  Otadata entries() const { return Otadata{{entry(0), entry(1)}}; }
  bool is_invalid(int index) const {  // bootloader_common_ota_select_invalid()
    const OtadataEntry e = entry(index);
    return e.sequence == UINT32_MAX || e.state == OtaState::invalid || e.state == OtaState::aborted;
  }
  bool is_empty(int index) const {
    return entry(index).sequence == UINT32_MAX || !entry(index).crc_ok();
  }

  NorFlash& flash_;
  const BootOptions& options_;
  Crypto& crypto_;
  BootResult result_;
  std::optional<Partition> factory_, test_, otadata_;
  std::array<std::optional<Partition>, kOtaSlotsMax> slots_;
  int slot_count_ = 0;
  RawEntry raw_[2] = {};
  bool initial_contents_ = false;
};

}  // namespace

BootResult boot(NorFlash& flash, const BootOptions& options, Crypto& crypto) {
  return Boot(flash, options, crypto).run();
}

Result<PartitionTable> load_partition_table(NorFlash& flash) {
  std::vector<uint8_t> raw(kPartitionTableSize);
  OTTER_TRY(flash.read(kPartitionTableOffset, raw));
  PartitionTable table;
  size_t error_offset = 0;
  OTTER_TRY(parse_partition_table(raw, flash.size_bytes(), &table, &error_offset));
  if (!table.has_md5) return table;
  uint8_t md5[kMd5Size];
  host_md5(Bytes(raw).part(0, table.md5_covers), md5);
  if (Bytes(md5) != Bytes(table.md5)) return Error::bad_hash;
  return table;
}

Error check_bootable(Readable& slot, const BootOptions& options, Crypto& crypto, ImageInfo* image) {
  std::vector<uint8_t> scratch(kScratchSize);
  const ImageFault fault = check_image(slot, crypto, scratch, image);
  OTTER_TRY(fault.error);
  const ImageHeader& header = image->header;
  if (header.chip != options.chip.chip) return Error::wrong_chip;
  const uint16_t revision = options.chip.revision;
  if (revision < header.revision_lowest() || revision > header.revision_highest()) {
    return Error::wrong_revision;
  }
  return Error::ok;
}

}  // namespace otter::sim
