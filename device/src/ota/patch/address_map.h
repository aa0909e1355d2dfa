// Where things of the base lie in the result: the blocks that were carried over, and an overlay for
// addresses that no block covers, such as RAM that is not in the file. A hint: a wrong answer costs
// bits, never correctness. Pure, one caller at a time. docs/spec/patch.md, "Addresses".
#pragma once

#include "ota/patch/image_map.h"

namespace otter {

// The result's [result, result + size) continues the base's [base, base + size).
struct MapBlock {
  uint32_t result = 0;
  uint32_t base = 0;
  uint32_t size = 0;

  uint32_t result_end() const { return result + size; }
  uint32_t base_end() const { return base + size; }
};

// From `address` on, up to the next entry's, addresses move by `distance`.
struct OverlayEntry {
  uint32_t address = 0;
  uint32_t distance = 0;  // two's complement; kOverlayNone: the blocks say
};
constexpr uint32_t kOverlayNone = 0x80000000;

class AddressMap {
 public:
  // A block in nine bytes, and its place in the order by base.
  struct PackedBlock {
    uint8_t result[3];
    uint8_t base[3];
    uint8_t size[3];
    uint8_t order[2];
  };
  static constexpr uint32_t kBlocksMax = 65535;

  // Memory for blocks and overlay, the caller's.
  struct Storage {
    PackedBlock* blocks = nullptr;
    uint32_t block_capacity = 0;
    OverlayEntry* overlay = nullptr;
    uint32_t overlay_capacity = 0;
  };

  explicit AddressMap(const Storage& storage) : storage_(storage) {}

  uint32_t block_capacity() const { return storage_.block_capacity; }
  uint32_t overlay_capacity() const { return storage_.overlay_capacity; }

  // In the order of the result.
  //
  // REQUIRES: block_count() < block_capacity(); the block's ends < 2^24
  void add_block(const MapBlock& block);
  uint32_t block_count() const { return block_count_; }
  MapBlock block(uint32_t index) const;
  // After the last block.
  void sort();

  // In the order of addresses.
  //
  // REQUIRES: overlay_count() < overlay_capacity()
  void add_overlay(const OverlayEntry& entry) { storage_.overlay[overlay_count_++] = entry; }
  uint32_t overlay_count() const { return overlay_count_; }

  // What `address` of the base will be in the result, as far as can be told.
  uint32_t moved(uint32_t address, const ImageMap& base, const ImageMap& result) const;

 private:
  bool comes_before(uint32_t left, uint32_t right) const;
  void sift_down(uint32_t root, uint32_t end);
  uint32_t order(uint32_t rank) const;
  void set_order(uint32_t rank, uint32_t index);
  uint32_t first_behind(uint32_t offset) const;
  bool moved_offset(uint32_t offset, uint32_t* moved) const;

  Storage storage_;
  uint32_t block_count_ = 0;
  uint32_t overlay_count_ = 0;
};

}  // namespace otter
