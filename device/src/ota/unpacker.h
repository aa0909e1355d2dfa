// How an image is made from a patch, as the update engine sees it. The network, the journal and
// otadata stay the engine's (updater_patch.cpp). It knows this contract only, so that a device
// without patches carries no decoder: give UpdaterConfig::unpacker a PatchUnpacker
// (patch_unpacker.h), or nothing. docs/spec/patch.md. One caller at a time.
#pragma once

#include "ota/patch/patch_header.h"
#include "ota/slot_writer.h"

namespace otter {

// What is to be made of what, and by which means. What it points to must outlive the decoding.
struct PatchPlan {
  PatchOffer offer;
  const Manifest* manifest = nullptr;  // of the image that comes of it
  Flash* running = nullptr;            // the slot that runs; nullptr: none that a patch may read
  Flash* target = nullptr;
  Crypto* crypto = nullptr;
  SlotWriter* writer = nullptr;  // writes the image
  MutableBytes piece;            // its buffer, which is used until the image's first byte
  MutableBytes input;            // working memory [at least kPatchHeaderSize bytes]
};

// What an Unpacker needs to go on.
enum class PatchNeed : uint8_t {
  again,    // advance()
  payload,  // bytes of the patch: put them into space(), and call take()
  keeping,  // store(), once the target may be written to
  image,    // the SlotWriter's piece is full: write it
};

class Unpacker {
 public:
  virtual ~Unpacker() = default;

  // [bytes] of working memory; patches that need more are not taken. 0: none are.
  virtual uint32_t memory_bytes() const = 0;

  // Begins, or begins again, at the patch's first byte.
  virtual void begin(const PatchPlan& plan) = 0;
  // Does one bounded piece of work.
  //
  // Errors: of the header: those of parse_patch_header(); wrong_offer (it is not what was offered,
  //         or not of the manifest's image), low_memory (more than there is), wrong_base;
  //         bad_hash (of the stored patch), flash_io; those of PatchDecoder::decode()
  virtual Result<PatchNeed> advance() = 0;

  // The next byte of the patch to be fetched [bytes from its start].
  virtual uint32_t offset() const = 0;
  // Where that goes.
  virtual MutableBytes space() const = 0;
  // REQUIRES: advance() gave PatchNeed::payload, and size <= space().size
  virtual void take(size_t size) = 0;
  // True when payload is asked for anew, after other work: the time before is not the network's.
  virtual bool begins_to_wait() const = 0;
  // Writes what was fetched into the target's tail.
  //
  // Errors: flash_io
  virtual Error store() = 0;

  // False of a whole image that is only compressed, and before the header is here.
  virtual bool has_base() const = 0;
  // It was fetched whole, and is the one that was offered.
  virtual bool is_proved() const = 0;
};

}  // namespace otter
