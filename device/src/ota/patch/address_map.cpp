#include "ota/patch/address_map.h"

#include "ota/patch/unit.h"

namespace otter {
namespace {

constexpr uint32_t kOverlapsMax = 4;  // blocks of the base that are looked at for one offset

// The address of `offset`, which may be just behind a segment.
bool address_of_offset(const ImageMap& map, uint32_t offset, uint32_t* address) {
  for (uint32_t i = 0; i < map.count(); ++i) {
    const MappedSegment& segment = map.segment(i);
    if (offset - segment.offset > segment.size) continue;
    *address = segment.address_of(offset);
    return true;
  }
  return false;
}

}  // namespace

void AddressMap::add_block(const MapBlock& block) {
  PackedBlock& packed = storage_.blocks[block_count_];
  store_le24(packed.result, block.result);
  store_le24(packed.base, block.base);
  store_le24(packed.size, block.size);
  set_order(block_count_, block_count_);
  ++block_count_;
}

MapBlock AddressMap::block(uint32_t index) const {
  const PackedBlock& packed = storage_.blocks[index];
  return {load_le24(packed.result), load_le24(packed.base), load_le24(packed.size)};
}

uint32_t AddressMap::order(uint32_t rank) const { return load_le16(storage_.blocks[rank].order); }

void AddressMap::set_order(uint32_t rank, uint32_t index) {
  store_le16(storage_.blocks[rank].order, static_cast<uint16_t>(index));
}

// By base; of two that begin together the longer one, then the one that was added first.
bool AddressMap::comes_before(uint32_t left, uint32_t right) const {
  const MapBlock a = block(left);
  const MapBlock b = block(right);
  if (a.base != b.base) return a.base < b.base;
  if (a.size != b.size) return a.size > b.size;
  return left < right;
}

void AddressMap::sift_down(uint32_t root, uint32_t end) {
  while (2 * root + 1 < end) {
    uint32_t child = 2 * root + 1;
    if (child + 1 < end && comes_before(order(child), order(child + 1))) ++child;
    if (!comes_before(order(root), order(child))) return;
    const uint32_t swapped = order(root);
    set_order(root, order(child));
    set_order(child, swapped);
    root = child;
  }
}

// Heap sort: in place, and bounded.
void AddressMap::sort() {
  for (uint32_t i = block_count_ / 2; i-- > 0;) sift_down(i, block_count_);
  for (uint32_t end = block_count_; end-- > 1;) {
    const uint32_t swapped = order(0);
    set_order(0, order(end));
    set_order(end, swapped);
    sift_down(0, end);
  }
}

// The rank of the first block whose base is behind `offset`.
uint32_t AddressMap::first_behind(uint32_t offset) const {
  uint32_t low = 0;
  uint32_t high = block_count_;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (load_le24(storage_.blocks[order(middle)].base) <= offset) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// By the longest block that holds `offset`, else by the nearest one.
bool AddressMap::moved_offset(uint32_t offset, uint32_t* moved) const {
  if (block_count_ == 0) return false;
  const uint32_t behind = first_behind(offset);
  uint32_t longest = 0;
  for (uint32_t back = 1; back <= kOverlapsMax && back <= behind; ++back) {
    const MapBlock candidate = block(order(behind - back));
    if (offset >= candidate.base_end() || candidate.size <= longest) continue;
    longest = candidate.size;
    *moved = candidate.result + (offset - candidate.base);
  }
  if (longest > 0) return true;
  MapBlock nearest = block(order(behind > 0 ? behind - 1 : 0));
  if (behind > 0 && behind < block_count_) {
    const MapBlock next = block(order(behind));
    if (offset - nearest.base_end() + 1 > next.base - offset) nearest = next;
  }
  *moved = nearest.result + (offset - nearest.base);
  return true;
}

uint32_t AddressMap::moved(uint32_t address, const ImageMap& base, const ImageMap& result) const {
  uint32_t low = 0;
  uint32_t high = overlay_count_;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (storage_.overlay[middle].address <= address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low > 0 && storage_.overlay[low - 1].distance != kOverlayNone) {
    return address + storage_.overlay[low - 1].distance;
  }
  const MappedSegment* segment = base.at_address(address);
  uint32_t offset = 0;
  uint32_t moved_address = 0;
  if (segment == nullptr ||
      !moved_offset(segment->offset + (address - segment->address), &offset) ||
      !address_of_offset(result, offset, &moved_address)) {
    return address;
  }
  return moved_address;
}

}  // namespace otter
