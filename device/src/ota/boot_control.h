// Writes otadata by rules that hold on every ESP-IDF from 5.1 on, in place of esp_ota_set_boot_
// partition() and its neighbours, which can lose the image to fall back to. docs/spec/otadata.md.
// One caller at a time.
//
// Invariants:
//  B1 An entry's CRC is programmed after the rest of it: a torn entry is never believed.
//  B2 Whatever was written is read back, all 32 bytes, before it is relied on.
//  B3 At every moment an entry of an image that has proved itself is bootable, or an entry that is
//     under way to replace it names the slot that runs now.
//  B4 At most one entry names the slot that runs now.
//
//  {run valid, -}  --stage-->  {run valid, other fresh}  --bootloader-->  {.., other pending}
//  --confirm-->  {.., other valid}        or  --revert-->  {run valid, -}
#pragma once

#include "ota/flash.h"
#include "ota/otadata.h"

namespace otter {

class BootControl {
 public:
  // REQUIRES: otadata.size_bytes() == 2 * kSectorSize, slot_count >= 2
  BootControl(Flash& otadata, uint8_t slot_count) : flash_(otadata), slot_count_(slot_count) {}

  // Errors: flash_io
  Result<Otadata> read();

  // The state of the entry that the bootloader follows, if that names `slot`; else `undefined`.
  //
  // Errors: flash_io
  Result<OtaState> state_of(uint8_t slot);

  // True if the confirmed, running `slot` is the one that the bootloader would follow and the other
  // entry does not name it as well.
  static bool is_sound(const Otadata& otadata, uint8_t slot, uint8_t slot_count);

  // The slot that takes over should the image in `slot` fail its trial: the one that the entry
  // beside the active one names, if it is `valid`; or the active one, if that does not name `slot`:
  // the bootloader goes on where it can't write the trial down. A fresh entry promises nothing, and
  // bytes in a slot without an entry still less.
  //
  // Errors: no_fallback
  static Result<uint8_t> fallback_of(const Otadata& otadata, uint8_t slot, uint8_t slot_count);

  // Makes is_sound(slot) true.
  //
  // REQUIRES: `slot` runs and is confirmed; no other slot holds an image that would boot
  // Errors:   flash_io
  // Power:    a cut leaves a state from which the bootloader starts `slot`
  Error repair(uint8_t slot);

  // Leaves no entry that leads to `slot`: what is about to be written there has not proved itself,
  // and an entry from before would pass it off as the fallback.
  //
  // REQUIRES: another slot runs, and is_sound() for that one
  // Errors:   flash_io
  // Power:    a cut leaves the entry or none, and the running slot in force
  Error forget(uint8_t slot);

  // Makes the bootloader start `factory`. An update that is staged from there must not find an
  // entry left for its own slot: the bootloader would go on with that one after an aborted trial.
  //
  // REQUIRES: `factory` runs, or what runs is on trial and is to be left for it
  // Errors:   flash_io
  // Power:    a cut leaves a state from which the bootloader starts `factory`
  Error choose_factory();

  // Makes the bootloader start `slot` once, on trial.
  //
  // REQUIRES: is_sound() for the running slot, or choose_factory(); the image in `slot` is whole
  // Errors:   flash_io
  // Power:    a cut leaves the old choice or the new one
  Error stage(uint8_t slot);

  // Makes the trial of the running `slot` final.
  //
  // Errors: flash_io, not_in_trial (the bootloader does not follow `slot`, or it is valid)
  // Power:  a cut leaves the trial, which the bootloader then ends by starting the other slot
  Error confirm(uint8_t slot);

  // Makes the bootloader start `fallback` instead of the slot that is on trial.
  //
  // Errors: flash_io
  // Power:  a cut leaves the trial, or the new choice
  Error revert(uint8_t fallback);

 private:
  Error erase_entry(int index);
  Error write_entry(int index, uint32_t sequence, OtaState state);
  Error write_entry_once(int index, uint32_t sequence, OtaState state);

  Flash& flash_;
  uint8_t slot_count_;
};

}  // namespace otter
