// Takes a patch in and makes the new image of it in the inactive slot, a step at a time. The
// network, the journal and otadata are the engine's (updater_patch.cpp). One caller at a time.
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
#include "ota/slot_writer.h"
#include "ota/unpacker.h"

namespace otter {

// What is to be made of what.
struct PatchPlan {
  PatchOffer offer;
  const Manifest* manifest = nullptr;  // of the image that comes of it
  Flash* running = nullptr;            // the slot that runs; nullptr: none that a patch may read
  Flash* target = nullptr;
  uint32_t kept_bytes = 0;  // in the target, proved before: a multiple of the block size
};

// What a PatchReceiver needs to go on.
enum class PatchNeed : uint8_t {
  again,    // advance()
  payload,  // bytes of the patch: put them into space(), and call take()
  keeping,  // store(), once the target may be written to
  image,    // the SlotWriter's piece is full: write it
};

class PatchReceiver : private PatchSource {
 public:
  // `writer` writes the image; `piece` is its buffer, which is used until the image's first byte.
  // `input` is working memory [at least kPatchHeaderSize].
  struct Parts {
    Crypto& crypto;
    SlotWriter& writer;
    MutableBytes piece;
    MutableBytes input;
  };
  explicit PatchReceiver(const Parts& parts) : parts_(parts), store_(parts.crypto, parts.piece) {}

  // Begins, or begins again, at the patch's first byte. `unpacker` and what the plan points to must
  // outlive the decoding.
  void begin(const PatchPlan& plan, Unpacker& unpacker);

  // Does one bounded piece of work.
  //
  // Errors: of the header: those of parse_patch_header(); wrong_offer (it is not what was offered,
  //         or not of the manifest's image), low_memory (more than the unpacker has), wrong_base;
  //         bad_hash (of the stored patch), flash_io; those of PatchDecoder::decode()
  Result<PatchNeed> advance();

  // The next byte of the patch to be fetched [bytes from its start].
  uint32_t offset() const { return received_; }
  // Where that goes.
  MutableBytes space() const;
  // REQUIRES: the engine was told PatchNeed::payload, and size <= space().size
  void take(size_t size);
  // True when payload is asked for anew, after other work: the time before is not the network's.
  bool begins_to_wait() const { return begins_to_wait_; }
  // Writes what was fetched into the target's tail.
  //
  // Errors: flash_io
  Error store() { return store_.write(); }

  const PatchHeader& header() const { return header_; }
  // It was fetched whole, and is the one that was offered.
  bool is_proved() const { return is_stored_; }

 private:
  enum class Step : uint8_t { looking, finding, fetching, base, storing, proving, decoding };

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

  Parts parts_;
  SlotWriter store_;
  FlashWindow tail_;
  PatchPlan plan_;
  Unpacker* unpacker_ = nullptr;
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
