// All that a patch's codec learns, but for the tables whose size goes with the memory, and how that
// memory is divided. Pure. docs/spec/patch.md, "Memory".
#pragma once

#include "ota/patch/address_map.h"
#include "ota/patch/flag_model.h"
#include "ota/patch/number_model.h"
#include "ota/patch/patch_header.h"
#include "ota/patch/unit_caches.h"

namespace otter {

constexpr uint32_t kPhases = 8;  // bytes since the instruction began, the last one: or more
constexpr uint32_t kDiagonals = 4;
constexpr uint32_t kRegionBits = 512;

// Numbers, each kind with a model of its own.
struct NumberModels {
  NumberModel layout;     // segments, register gp, overlay's size
  NumberModel block_gap;  // bytes of the result between two blocks
  NumberModel block_size;
  NumberModel block_step;  // how far the base jumps
  NumberModel overlay_address;
  NumberModel overlay_distance;
  NumberModel copy_size;
  NumberModel copy_distance;  // of an exact copy
  NumberModel copy_step;
};
constexpr uint32_t kNumberModels = sizeof(NumberModels) / sizeof(NumberModel);

// Single bits that steer.
struct ControlBits {
  uint16_t is_code[3];  // of the base; of the result where the base has data, code
  uint16_t has_frames;
  uint16_t overlay_none;
  uint16_t diagonal_known[4];  // by what the step before was
  uint16_t diagonal_rank[kDiagonals - 1];
  uint16_t has_phase;
  uint16_t phase_high;
  uint16_t phase_low[2];
  uint16_t substitution[kConfidenceMax + 1];
  uint16_t keeps_old[kUnitKinds];
  uint16_t copies[4][4];  // by the last two, and the phase
  uint16_t copy_is_exact;
};

struct PatchModels {
  NumberModels numbers;
  ControlBits bits;
  uint16_t missed_expected[2][kRegionBits];    // by kind of unit
  uint16_t missed_predicted[kRegionBits / 2];  // by which bytes before differed
  uint16_t new_expected[4][8];
  ByteWeights new_weights[kPhases][4];
  ByteWeights missed_weights[kUnitKinds][kByteGuessesMax];
  FlagModel flags;
  uint8_t last_change[kUnitKinds][kUnitSizeMax];  // of a unit's bytes, by kind
};

// Sizes of the tables; powers of two but for blocks and overlay.
struct PatchTableSizes {
  uint32_t new_contexts;
  uint32_t missed_contexts;
  uint32_t flags_log2;
  uint32_t targets;
  uint32_t substitutions;
  uint32_t overlay;
  uint32_t blocks;
};

// What one size of memory (kPatchMemorySizes) is divided into.
PatchTableSizes table_sizes(uint32_t memory_size);

// Tables in memory of the caller's.
struct PatchTables {
  PatchTableSizes sizes{};
  uint16_t* new_contexts = nullptr;
  uint16_t* missed_contexts = nullptr;
  uint32_t* flags = nullptr;
  TargetCache::Entry* targets = nullptr;
  Substitution* substitutions = nullptr;
  AddressMap::Storage address_map;
};

// [bytes] of memory that are not for tables: the decoder's own state.
constexpr size_t kEngineSizeMax = 8704;

constexpr size_t table_size(size_t entry_size, size_t count) {
  return (entry_size * count + 3) / 4 * 4;
}
// [bytes]
constexpr size_t size_of_tables(const PatchTableSizes& sizes) {
  return table_size(sizeof(uint32_t), size_t{1} << sizes.flags_log2) +
         table_size(sizeof(TargetCache::Entry), sizes.targets) +
         table_size(sizeof(OverlayEntry), sizes.overlay) +
         table_size(sizeof(uint16_t), sizes.new_contexts) +
         table_size(sizeof(uint16_t), sizes.missed_contexts) +
         table_size(sizeof(Substitution), sizes.substitutions) +
         table_size(sizeof(AddressMap::PackedBlock), sizes.blocks);
}

// Divides `memory` as `sizes` says, and makes all tables new.
//
// REQUIRES: memory.size >= size_of_tables(sizes); memory is aligned to 4 bytes
void divide_memory(const PatchTableSizes& sizes, MutableBytes memory, PatchTables* tables);

// Makes all new. `flags` keeps its table.
void reset_models(PatchModels& models);

}  // namespace otter
