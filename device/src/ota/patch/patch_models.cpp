#include "ota/patch/patch_models.h"

namespace otter {
namespace {

constexpr uint16_t kExpectedMissed = 3400 << 4;  // an expected byte's bit comes true: 0.83
constexpr uint16_t kExpectedNew = 2600 << 4;     // 0.63
constexpr int16_t kByteWeight = 1228;            // 0.3

// new, missed, flags, targets, substitutions, overlay, blocks
constexpr PatchTableSizes kSmall = {1024, 512, 8, 32, 32, 64, 216};
constexpr PatchTableSizes kMiddle = {4096, 1024, 9, 64, 64, 160, 836};
constexpr PatchTableSizes kLarge = {8192, 4096, 10, 128, 128, 256, 2136};
static_assert(size_of_tables(kSmall) + kEngineSizeMax <= kPatchMemorySizes[0]);
static_assert(size_of_tables(kMiddle) + kEngineSizeMax <= kPatchMemorySizes[1]);
static_assert(size_of_tables(kLarge) + kEngineSizeMax <= kPatchMemorySizes[2]);

void fill(uint16_t* states, size_t count, uint16_t state) {
  for (size_t i = 0; i < count; ++i) states[i] = state;
}

template <typename T>
T* take(MutableBytes memory, size_t* used, size_t count) {
  T* const taken = reinterpret_cast<T*>(memory.data + *used);
  *used += table_size(sizeof(T), count);
  return taken;
}

}  // namespace

PatchTableSizes table_sizes(uint32_t memory_size) {
  if (memory_size >= kPatchMemorySizes[2]) return kLarge;
  return memory_size >= kPatchMemorySizes[1] ? kMiddle : kSmall;
}

void divide_memory(const PatchTableSizes& sizes, MutableBytes memory, PatchTables* tables) {
  size_t used = 0;
  const size_t flag_count = size_t{1} << sizes.flags_log2;
  tables->sizes = sizes;
  tables->flags = take<uint32_t>(memory, &used, flag_count);
  tables->targets = take<TargetCache::Entry>(memory, &used, sizes.targets);
  tables->address_map.overlay = take<OverlayEntry>(memory, &used, sizes.overlay);
  tables->new_contexts = take<uint16_t>(memory, &used, sizes.new_contexts);
  tables->missed_contexts = take<uint16_t>(memory, &used, sizes.missed_contexts);
  tables->substitutions = take<Substitution>(memory, &used, sizes.substitutions);
  tables->address_map.blocks = take<AddressMap::PackedBlock>(memory, &used, sizes.blocks);
  tables->address_map.overlay_capacity = sizes.overlay;
  tables->address_map.block_capacity = sizes.blocks;
  for (size_t i = 0; i < flag_count; ++i) tables->flags[i] = kFlagUnknown;
  fill(tables->new_contexts, sizes.new_contexts, kBitUnknown);
  fill(tables->missed_contexts, sizes.missed_contexts, kBitUnknown);
  memset(tables->targets, 0, sizeof(TargetCache::Entry) * sizes.targets);
  memset(tables->substitutions, 0, sizeof(Substitution) * sizes.substitutions);
}

void reset_models(PatchModels& models) {
  // Both consist of states of bits alone.
  fill(reinterpret_cast<uint16_t*>(&models.numbers), sizeof(models.numbers) / sizeof(uint16_t),
       kBitUnknown);
  fill(reinterpret_cast<uint16_t*>(&models.bits), sizeof(models.bits) / sizeof(uint16_t),
       kBitUnknown);
  fill(&models.missed_expected[0][0], sizeof(models.missed_expected) / sizeof(uint16_t),
       kExpectedMissed);
  fill(models.missed_predicted, kRegionBits / 2, kExpectedMissed);
  fill(&models.new_expected[0][0], sizeof(models.new_expected) / sizeof(uint16_t), kExpectedNew);
  int16_t* weights = &models.new_weights[0][0][0];
  for (size_t i = 0; i < sizeof(models.new_weights) / sizeof(int16_t); ++i)
    weights[i] = kByteWeight;
  weights = &models.missed_weights[0][0][0];
  for (size_t i = 0; i < sizeof(models.missed_weights) / sizeof(int16_t); ++i) {
    weights[i] = kByteWeight;
  }
  for (auto& set : models.flags.weights) {
    for (int16_t& weight : set) weight = kFlagWeight;
  }
  memset(models.last_change, 0, sizeof(models.last_change));
}

}  // namespace otter
