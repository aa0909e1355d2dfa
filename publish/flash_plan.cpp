#include "publish/flash_plan.h"

#include <algorithm>

#include "publish/hex.h"

namespace otter {
namespace {

constexpr uint8_t kSubtypeNvs = 0x02;
constexpr uint8_t kSubtypeNvsKeys = 0x04;

FlashFile place(FlashFile file, const Partition* partition, const char* what) {
  if (partition == nullptr) {
    throw FlashPlanError("the table has no partition for " + std::string(what) + ", " + file.path);
  }
  if (file.size_bytes > partition->size_bytes) {
    throw FlashPlanError(file.path + " has " + hex(file.size_bytes) + " bytes, the partition '" +
                         partition->label + "' has " + hex(partition->size_bytes));
  }
  file.offset = partition->offset;
  return file;
}

const Partition* first_app(const PartitionTable& table) {
  const Partition* factory = table.find(kTypeApp, kSubtypeFactory);
  return factory != nullptr ? factory : table.find(kTypeApp, kSubtypeOta0);
}

}  // namespace

const Partition& nvs_partition(const PartitionTable& table) {
  for (size_t i = 0; i < table.count; ++i) {
    const Partition& partition = table.partitions[i];
    const bool is_nvs = partition.type == kTypeData && partition.subtype == kSubtypeNvs;
    if (is_nvs && Text(partition.label) == Text("nvs")) return partition;
  }
  throw FlashPlanError("the table has no partition 'nvs' (data, nvs): firmware reads no other");
}

FlashFile place_nvs(const PartitionTable& table, FlashFile image) {
  const Partition& partition = nvs_partition(table);
  if (image.size_bytes != partition.size_bytes) {
    throw FlashPlanError(image.path + " has " + hex(image.size_bytes) +
                         " bytes, the partition 'nvs' has " + hex(partition.size_bytes) +
                         ": make it for this table, `otter device provision --partitions`");
  }
  image.offset = partition.offset;
  return image;
}

FlashFile place_nvs_keys(const PartitionTable& table, FlashFile image) {
  return place(std::move(image), table.find(kTypeData, kSubtypeNvsKeys), "NVS keys");
}

void sort_apart(std::vector<FlashFile>& files) {
  std::ranges::sort(files, {}, &FlashFile::offset);
  for (size_t i = 1; i < files.size(); ++i) {
    const FlashFile& before = files[i - 1];
    if (uint64_t{before.offset} + before.size_bytes <= files[i].offset) continue;
    throw FlashPlanError(before.path + " at " + hex(before.offset) + " has " +
                         hex(before.size_bytes) + " bytes and reaches into " + files[i].path +
                         " at " + hex(files[i].offset));
  }
}

std::vector<FlashFile> plan_flash(const FlashParts& parts) {
  std::vector<FlashFile> files;
  const auto add = [&files](FlashFile file, uint32_t offset) {
    file.offset = offset;
    files.push_back(std::move(file));
  };
  if (!parts.bootloader.path.empty()) add(parts.bootloader, parts.chip->bootloader_offset);
  if (!parts.table_file.path.empty()) add(parts.table_file, parts.table_offset);
  if (!parts.otadata.path.empty()) {
    files.push_back(place(parts.otadata, parts.table.find(kTypeData, kSubtypeDataOta), "otadata"));
  }
  if (!parts.app.path.empty()) {
    files.push_back(place(parts.app, first_app(parts.table), "an application"));
  }
  if (!parts.nvs.path.empty()) files.push_back(place_nvs(parts.table, parts.nvs));
  if (!parts.nvs_keys.path.empty()) files.push_back(place_nvs_keys(parts.table, parts.nvs_keys));
  if (files.empty()) throw FlashPlanError("no file to flash: give --app, --bootloader or --nvs");
  sort_apart(files);
  return files;
}

}  // namespace otter
