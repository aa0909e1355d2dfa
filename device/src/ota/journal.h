// What the engine must remember over a reset, in a partition of its own. docs/spec/journal.md.
// One caller at a time.
//
// Invariants:
//  J1 A sector counts only if its header is whole; the header is written last.
//  J2 The state is the newest whole snapshot of the sector with the higher generation, and the
//     newest progress record after it.
//  J3 A torn record and all after it are ignored, and never appended to.
//  J4 The sector that counts is erased only while the other one counts and is newer.
//
//  empty or damaged --format--> sector 0 counts --full or torn--> sector 1 counts --> sector 0 ...
#pragma once

#include "ota/flash.h"
#include "ota/wire/digest.h"
#include "ota/wire/version.h"

namespace otter {

constexpr size_t kFailedMax = 8;
constexpr size_t kFailedDigestSize = 16;  // [bytes] the front of a manifest's digest
constexpr size_t kReportIdSize = 16;      // [bytes]

// How far the update in the journal has come.
enum class UpdateStage : uint8_t {
  none,
  downloading,   // `verified_bytes` of it are in the slot and proved
  trial,         // whole and proved; the bootloader is or was about to start it
  falling_back,  // a confirmed image is being left for the one in `slot`
};

// How an image comes over the network. The enumerator's spelling is the wire's.
enum class UpdateWay : uint8_t {
  full,        // as it is
  patch,       // made from the image that runs
  compressed,  // whole, but smaller
};
Text name(UpdateWay way);

struct PendingUpdate {
  UpdateStage stage = UpdateStage::none;
  Digest manifest;  // SHA-256 of the signed body; plain mode: of the image
  Digest image;     // SHA-256 of the whole file
  uint32_t image_size_bytes = 0;
  uint64_t sequence = 0;
  uint32_t epoch = 0;  // of the release keys that the sequence belongs to
  uint32_t security_version = 0;
  char version[kVersionSizeMax + 1] = {};  // NUL terminated
  uint8_t slot = 0;
  uint8_t attempts = 0;  // times that it was handed to the bootloader
  uint8_t boots = 0;     // times that it reached the engine
  uint32_t verified_bytes = 0;
  uint32_t fetched_bytes = 0;  // over the network, by the boot that finished the download
  uint32_t duration_s = 0;     // of that download
  UpdateWay way = UpdateWay::full;
};

// The enumerator's spelling is the wire's.
enum class Phase : uint8_t { none, confirmed, rolled_back, refused, failed };
Text name(Phase phase);

// A configuration that has not proved itself yet.
enum class ConfigStage : uint8_t {
  none,
  alone,        // in force and on trial
  with_update,  // stored; in force while the update's image runs
};

// What became of an update, until the server has heard of it.
struct Outcome {
  Phase phase = Phase::none;
  Error error = Error::ok;
  Digest manifest;
  char version[kVersionSizeMax + 1] = {};  // of the release; NUL terminated
  uint8_t report_id[kReportIdSize] = {};
  uint8_t attempts = 0;
  uint32_t fetched_bytes = 0;  // as in PendingUpdate
  uint32_t duration_s = 0;
  UpdateWay way = UpdateWay::full;
};

struct JournalState {
  uint64_t sequence_floor = 0;  // the highest sequence that was confirmed here in `epoch`
  uint32_t epoch = 0;           // of the release keys; a higher one lets sequences begin anew
  uint32_t security_floor = 0;  // the highest security version that was confirmed here
  Digest confirmed_image;       // SHA-256 of the whole file; zeros: flashed by other means
  Digest confirmed_manifest;    // of the release that was confirmed; zeros: none
  int64_t time_floor_s = 0;     // [s since 1970-01-01 UTC] it was later than this
  uint8_t fast_resets = 0;      // crashes of the confirmed image in a row
  bool fell_back = false;       // a confirmed image was given up since the last update
  PendingUpdate update;
  Outcome outcome;
  uint8_t failed[kFailedMax][kFailedDigestSize] = {};  // zeros: free
  uint8_t failed_next = 0;                             // the place to be used next
  uint32_t root_version = 0;  // the highest root metadata that was in force here
  ConfigStage config_stage = ConfigStage::none;
  uint32_t config_generation = 0;  // in its store, of the one that `config_stage` is about
  uint8_t config_boots = 0;        // of its trial
  uint32_t config_failed = 0;      // the version that was taken back last; 0: none
  // The release that took no patch here: it is fetched whole.
  uint8_t patch_failed[kFailedDigestSize] = {};  // as in `failed`; zeros: none
  Error patch_error = Error::ok;                 // why
  bool has_no_rollback = false;  // the bootloader has started an image on trial as a confirmed one

  bool has_failed(const Digest& manifest) const;
  void add_failed(const Digest& manifest);
  bool has_patch_failed(const Digest& manifest) const {
    return Bytes(patch_failed) == Bytes(manifest.bytes, kFailedDigestSize);
  }
  // Floors never fall, but the sequence's in a higher epoch.
  void raise_floors(const PendingUpdate& confirmed);
};

class Journal {
 public:
  // REQUIRES: flash.size_bytes() >= 2 * kSectorSize
  explicit Journal(Flash& flash) : flash_(flash) {}

  // Finds the state; the default state if there is none, or none that is whole.
  //
  // Errors: flash_io
  Error open();

  const JournalState& state() const { return state_; }

  // Makes `state` the state.
  //
  // Errors: flash_io (then the state on flash is the old or the new one)
  // Power:  a cut leaves the old or the new state
  Error save(const JournalState& state);

  // Sets update.verified_bytes alone: a record of 16 bytes.
  //
  // Errors: flash_io
  // Power:  a cut leaves the old or the new value
  Error save_progress(uint32_t verified_bytes);

 private:
  Error append(uint8_t type, Bytes payload);
  Error append_once(uint8_t type, Bytes payload);
  Error start_sector(uint8_t sector);
  Error write_record(uint32_t offset, uint8_t type, Bytes payload, uint32_t* end);
  Result<uint32_t> sector_generation(uint8_t sector, bool* counts);
  Error replay(uint8_t sector);

  Flash& flash_;
  JournalState state_;
  uint8_t sector_ = 0;
  uint32_t generation_ = 0;          // of the sector that counts; 0: none does
  uint32_t write_at_ = kSectorSize;  // [bytes from the sector's start]; kSectorSize: it is full
};

}  // namespace otter
