// Updater: the ways back from a confirmed image: boot-loop counter, safe mode, rollback on command.
#include "ota/esp_image.h"
#include "ota/log_line.h"
#include "ota/updater.h"

namespace otter {

// The slot to go back to: proved once, whole, for this chip, and not below `security_floor`.
//
// Errors: no_fallback, below_floor, wrong_chip, wrong_revision, flash_io; those of check_image()
Result<uint8_t> Updater::find_fallback(uint32_t security_floor) {
  const uint8_t running = ports_.board.running_slot();
  if (running == kNoSlot) return Error::no_fallback;
  OTTER_TRY_SET(const Otadata otadata, boot_.read());
  OTTER_TRY_SET(const uint8_t fallback,
                BootControl::fallback_of(otadata, running, ports_.board.slot_count()));
  Flash& slot = ports_.board.slot(fallback);
  ImageInfo image;
  OTTER_TRY(otter::check_image(slot, ports_.crypto, piece_, &image).error);
  if (image.header.chip != ports_.board.chip()) return Error::wrong_chip;
  const uint16_t revision = ports_.board.chip_revision();
  if (revision < image.header.revision_lowest() || revision > image.header.revision_highest()) {
    return Error::wrong_revision;
  }
  uint8_t raw[kAppDescriptionSize];
  OTTER_TRY(slot.read(kAppDescriptionOffset, raw));
  OTTER_TRY_SET(const AppDescription description, parse_app_description(raw));
  if (description.secure_version < security_floor) return Error::below_floor;
  return fallback;
}

// Leaves nothing to boot in the other slots: what has not proved itself may not take over.
Error Updater::erase_other_slots() {
  for (uint8_t i = 0; i < ports_.board.slot_count(); ++i) {
    if (i != ports_.board.running_slot()) OTTER_TRY(ports_.board.slot(i).erase(0, kSectorSize));
  }
  return Error::ok;
}

// Puts right at the start what flash damage, another tool or ESP-IDF's own functions have left: an
// otadata that does not lead to the confirmed image that runs would lose it with a later update.
Error Updater::repair_at_start() {
  const uint8_t running = ports_.board.running_slot();
  OTTER_TRY_SET(const Otadata otadata, boot_.read());
  if (BootControl::is_sound(otadata, running, ports_.board.slot_count())) return Error::ok;
  LogLine(ports_.board).text("otadata does not lead to the running image; repaired");
  OTTER_TRY(erase_other_slots());
  return boot_.repair(running);
}

// The confirmed image that runs, as what a report is about.
PendingUpdate Updater::confirmed_release() const {
  PendingUpdate update;
  update.manifest = journal_.state().confirmed_manifest;
  memcpy(update.version, version_, sizeof(update.version));
  return update;
}

// Leaves the confirmed image for the other one. Journal first: whatever happens next, this release
// is not taken again. A cut between the two leaves this image running, and the outcome untrue only
// until the next boot takes it back (settle_fallback()).
Error Updater::fall_back(Error reason) {
  OTTER_TRY_SET(const uint8_t fallback, find_fallback(security_floor()));
  LogLine(ports_.board, LogLevel::error).text("Going back to the other image: ").text(name(reason));
  JournalState state = journal_.state();
  state.update = confirmed_release();
  state.update.stage = UpdateStage::falling_back;
  state.update.slot = fallback;
  OTTER_TRY(record_outcome(Phase::rolled_back, reason, &state));
  if (!state.confirmed_manifest.is_zero()) state.add_failed(state.confirmed_manifest);
  state.fast_resets = 0;
  state.fell_back = true;
  OTTER_TRY(journal_.save(state));
  OTTER_TRY(boot_.revert(fallback));
  go(UpdaterState::rebooting);
  return Error::ok;
}

// The bootloader does not start the other image, whatever otadata says: it has rotted. What runs is
// put right again, and what the server will hear is true.
Error Updater::give_up_fallback() {
  JournalState state = journal_.state();
  state.outcome.phase = Phase::failed;
  state.outcome.error = Error::no_fallback;
  state.update = PendingUpdate();
  OTTER_TRY(journal_.save(state));
  OTTER_TRY(repair_at_start());
  safe_mode_ = true;
  LogLine(ports_.board, LogLevel::error).text("The other image does not start; safe mode");
  go(UpdaterState::reporting);
  return Error::ok;
}

// After the boot that was to bring the other image: it runs, or the way there was cut off and is
// taken once more.
Error Updater::settle_fallback() {
  JournalState state = journal_.state();
  if (ports_.board.running_slot() != state.update.slot) {
    if (state.update.attempts >= config_.trial_attempts_max) return give_up_fallback();
    ++state.update.attempts;
    OTTER_TRY(journal_.save(state));
    OTTER_TRY(boot_.revert(state.update.slot));
    go(UpdaterState::rebooting);
    return Error::ok;
  }
  boot_state_ = BootState::rolled_back;
  state.update = PendingUpdate();
  state.confirmed_manifest = Digest();
  state.confirmed_image = Digest();
  OTTER_TRY(journal_.save(state));
  go(UpdaterState::reporting);
  return Error::ok;
}

// Counts resets that speak against the confirmed image, before its application has started. After
// `fast_resets_max` of them: the other image if there is one that may run, else safe mode. A board
// that has gone back once already does not swing back and forth.
Error Updater::count_fast_reset() {
  JournalState state = journal_.state();
  const Error convicted = convicting_error(ports_.board.reset_reason());
  if (convicted != Error::ok && state.fast_resets < UINT8_MAX) {
    ++state.fast_resets;
    OTTER_TRY(journal_.save(state));
  }
  if (state.fast_resets < config_.fast_resets_max) {
    if (state.fast_resets != 0) stable_at_ms_ = now_ms_ + stable_uptime_ms();
    return Error::ok;
  }
  LogLine(ports_.board, LogLevel::error)
      .text("Reset ")
      .number(state.fast_resets)
      .text(" times in a row (")
      .text(name(ports_.board.reset_reason()))
      .text(")");
  if (!state.fell_back && fall_back(Error::boot_loop) == Error::ok) return Error::ok;
  safe_mode_ = true;
  LogLine(ports_.board, LogLevel::error).text("Safe mode: updates only");
  return Error::ok;
}

// An image that has run long enough is out of the loop.
void Updater::forget_fast_resets() {
  JournalState state = journal_.state();
  state.fast_resets = 0;
  const Error error = journal_.save(state);
  stable_at_ms_ = error == Error::ok ? UINT64_MAX : now_ms_ + stable_uptime_ms();
  if (error != Error::ok) LogLine(ports_.board, LogLevel::error).text(name(error));
}

Error Updater::go_back() {
  if (is_updating() || state_ == UpdaterState::rebooting) return Error::update_pending;
  if (journal_.state().update.stage != UpdateStage::trial) return fall_back(Error::by_application);
  roll_back(Error::by_application);
  return state_ == UpdaterState::rebooting ? Error::ok : Error::no_fallback;
}

// What the server asks for beside updates. A command that it repeats must not make a device that
// does nothing else: the log is sent once in a check, and the others need an image that has run for
// a while.
bool Updater::obey(Command command) {
  if (command == Command::send_logs && !log_answered_) {
    log_wanted_ = true;
    log_answered_ = true;
    go(UpdaterState::uploading);
    return true;
  }
  if (command == Command::none || uptime_s() < config_.stable_uptime_s) return false;
  if (command == Command::reboot) {
    LogLine(ports_.board).text("The server asks for a reboot");
    go(UpdaterState::rebooting);
    return true;
  }
  if (command != Command::rollback || journal_.state().fell_back) return false;
  const Error error = fall_back(Error::commanded);
  return error == Error::ok || refuse_rollback(error);
}

// Has the server told why its command is not obeyed: once in a boot, and only what will not be
// different with the next check-in. An update that was cut off goes on afterwards.
bool Updater::refuse_rollback(Error reason) {
  LogLine(ports_.board, LogLevel::error).text("No rollback: ").text(name(reason));
  JournalState state = journal_.state();
  const bool is_told = rollback_refused_ || state.outcome.phase != Phase::none;
  if (is_told || group(reason) == ErrorGroup::world) return false;
  const PendingUpdate pending = state.update;
  state.update = confirmed_release();
  Error error = record_outcome(Phase::failed, reason, &state);
  state.update = pending;
  if (error == Error::ok) error = journal_.save(state);
  if (error != Error::ok) return false;
  rollback_refused_ = true;
  go(UpdaterState::reporting);
  return true;
}

}  // namespace otter
