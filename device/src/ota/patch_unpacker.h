// Takes a patch in and makes the new image of it in the inactive slot, a step at a time, with the
// memory that the caller has for it. One caller at a time.
//
//               stored whole in the slot's tail
//   looking ------------------------------------> hashing the base -> decoding from the tail
//      |                                               ^
//      v                                     proving the stored patch
//   fetching the header -> hashing the base -> storing | (where the tail has room)
//                                  |
//                                  +---------> decoding from the network (where it has none)
//
// Invariants:
//  P1 Nothing is erased before the header was compared with the offer, the manifest, the memory and
//     the image that runs.
//  P2 The decoder's state is never kept: after a reset it begins at byte 0, and the SlotWriter
//     neither erases nor programs what the slot holds already.
//  P3 What was proved block by block against the manifest is never written again by a patch.
#pragma once

#include "ota/flash_window.h"
#include "ota/patch/patch_decoder.h"
#include "ota/unpacker.h"

namespace otter {

class PatchUnpacker : public Unpacker, private PatchSource {
 public:
  // `memory` must outlive it. Patches are made for 16, 32 and 64 KiB: the more, the smaller they
  // are. It is cut to the next multiple of 8 at its front.
  explicit PatchUnpacker(MutableBytes memory) : memory_(memory.part(misfit(memory))) {}

  uint32_t memory_bytes() const override { return static_cast<uint32_t>(memory_.size); }
  void begin(const PatchPlan& plan) override;
  Result<PatchNeed> advance() override;
  uint32_t offset() const override { return received_; }
  MutableBytes space() const override;
  void take(size_t size) override;
  bool begins_to_wait() const override { return begins_to_wait_; }
  Error store() override { return store_.write(); }
  bool has_base() const override { return header_.base_size != 0; }
  bool is_proved() const override { return is_stored_; }

 private:
  enum class Step : uint8_t { looking, finding, fetching, base, storing, proving, decoding };

  static size_t misfit(MutableBytes memory) {
    return (8 - reinterpret_cast<uintptr_t>(memory.data) % 8) % 8;
  }
  Error look();
  Error take_header();
  Error check_header() const;
  Error hash_on();
  Error hashed(const Digest& sha256);
  Error begin_base();
  Error leave_base();
  Result<PatchNeed> store_next();
  Result<PatchNeed> decode_next();
  Error refill();
  void start_hashing(Step step, Flash& flash, uint32_t size);
  Error start_decoding();
  PatchNeed wait();
  bool has_tail() const { return tail_begin_ != 0; }

  Error read_base(uint32_t offset, MutableBytes out) override;
  Error read_result(uint32_t offset, MutableBytes out) override;

  MutableBytes memory_;
  PatchDecoder decoder_;
  PatchPlan plan_;
  SlotWriter store_;  // writes the patch into the tail
  FlashWindow tail_;
  PatchHeader header_;
  Step step_ = Step::looking;
  uint32_t tail_begin_ = 0;  // [bytes from the slot's start]; 0: there is no room for the patch
  bool is_stored_ = false;   // the whole patch is in the tail
  bool is_waiting_ = false;  // for payload
  bool begins_to_wait_ = false;
  Flash* hash_of_ = nullptr;
  uint32_t hash_size_ = 0;    // [bytes]
  uint32_t hashed_ = 0;       // [bytes]
  uint32_t received_ = 0;     // [bytes] of the patch, header included
  uint32_t input_begin_ = 0;  // [bytes] in `input`, not yet decoded: [begin, end)
  uint32_t input_end_ = 0;
};

}  // namespace otter
