// What the decoder remembers of units that did not become what was predicted. Pure.
// docs/spec/patch.md, "Caches".
#pragma once

#include "ota/patch/byte_model.h"
#include "ota/patch/unit.h"

namespace otter {

// Addresses that went elsewhere than the address map says.
class TargetCache {
 public:
  struct Entry {
    uint32_t old_target;  // 0: nothing is known
    uint32_t new_target;
  };

  TargetCache(Entry* entries, uint32_t count) : entries_(entries), mask_(count - 1) {}
  Entry& at(uint32_t old_target) { return entries_[hash32(old_target) & mask_]; }

  // Gives what `old_target` became the last time, if that was elsewhere.
  bool find(uint32_t old_target, uint32_t* new_target) {
    const Entry& entry = at(old_target);
    if (old_target == 0 || entry.old_target != old_target) return false;
    *new_target = entry.new_target;
    return true;
  }
  void learn(uint32_t old_target, uint32_t predicted, uint32_t new_target) {
    Entry& entry = at(old_target);
    if (new_target != predicted) {
      entry = {old_target, new_target};
    } else if (entry.old_target == old_target) {
      entry.old_target = 0;
    }
  }

 private:
  Entry* entries_;
  uint32_t mask_;
};

// Units that became other bytes than predicted: the same may happen to the same unit again.
struct Substitution {
  uint8_t old_bytes[kUnitSizeMax];
  uint8_t new_bytes[kUnitSizeMax];
  uint8_t size;        // [bytes]
  uint8_t confidence;  // 0..3; 0: don't offer it

  bool is_of(const uint8_t* bytes, uint32_t count) const {
    return size == count && memcmp(old_bytes, bytes, count) == 0;
  }
  bool becomes(const uint8_t* bytes) const { return memcmp(new_bytes, bytes, size) == 0; }
};
constexpr uint8_t kConfidenceMax = 3;

class SubstitutionCache {
 public:
  SubstitutionCache(Substitution* entries, uint32_t count) : entries_(entries), mask_(count - 1) {}

  Substitution& at(const uint8_t* bytes, uint32_t size) {
    uint32_t word = bytes[0];
    for (uint32_t i = 1; i < size && i < 4; ++i) word |= static_cast<uint32_t>(bytes[i]) << (8 * i);
    return entries_[(hash32(word) + size) & mask_];
  }

  // After a unit at `entry` became `new_bytes`.
  static void learn(Substitution& entry, Bytes old_bytes, const uint8_t* new_bytes) {
    const uint32_t size = static_cast<uint32_t>(old_bytes.size);
    if (entry.is_of(old_bytes.data, size) && entry.becomes(new_bytes)) {
      if (entry.confidence < kConfidenceMax) ++entry.confidence;
      return;
    }
    entry.size = static_cast<uint8_t>(size);
    entry.confidence = 1;
    memcpy(entry.old_bytes, old_bytes.data, size);
    memcpy(entry.new_bytes, new_bytes, size);
  }

 private:
  Substitution* entries_;
  uint32_t mask_;
};

}  // namespace otter
