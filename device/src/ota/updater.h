// The update engine: what a device does, from the check-in to the confirmed image. It runs the same
// on the chip and in the simulator. docs/device.md. One caller at a time; no heap.
//
//                      (refreshing)
//                            |
//   idle -> (enrolling) -> checking -> downloading -> verifying -> staged -> rebooting
//    ^       (uploading) <----+            |             |           |      (new boot)
//    |                        v            v             v           v          v
//    +--------------------- reporting <------- refused, failed -------+       trial
//                               ^------------ confirmed, rolled_back -----------+
#pragma once

#include "ota/boot_control.h"
#include "ota/dump_upload.h"
#include "ota/journal.h"
#include "ota/log_ring.h"
#include "ota/server_session.h"
#include "ota/slot_writer.h"
#include "ota/trial.h"
#include "ota/trusted_metadata.h"
#include "ota/wire/json_writer.h"
#include "ota/wire/offer.h"

namespace otter {

constexpr size_t kWorkspaceSize = 12 * 1024;  // [bytes]

enum class UpdaterState : uint8_t {
  idle,
  enrolling,
  checking,
  refreshing,   // root metadata, trust payload, device key
  configuring,  // a configuration, by itself or before the update it belongs to
  downloading,
  verifying,
  staged,
  rebooting,
  trial,
  reporting,
  uploading,  // the log, if the server asks for it; a core dump, while there is nothing else to do
};
// The enumerator's spelling.
Text name(UpdaterState state);

class Updater {
 public:
  // `config` must outlive it. REQUIRES: workspace.size >= kWorkspaceSize
  Updater(const UpdaterConfig& config, const UpdaterPorts& ports, MutableBytes workspace);
  ~Updater();
  Updater(const Updater&) = delete;
  Updater& operator=(const Updater&) = delete;

  // Reads journal and otadata and finds out what the last boot was: ordinary, a trial, a rollback.
  // To be called once, as early as the application can.
  //
  // `crashed` or `watchdog` as the chip's reset reason counts against the image that runs: so this
  // is to be called before the application does anything that could crash.
  //
  // After an error of the world group it can be called again.
  //
  // Errors: no_slot, wrong_layout (the partition `otter` is smaller than kStorageSize), flash_io,
  //         settings_io, low_memory; those of parse_root() (of the root metadata that is compiled
  //         in)
  Error begin(uint64_t now_ms);

  // Does one bounded piece of work (one request, one block, one sector) and gives the time [ms] at
  // which it wants to be called again. `now_ms` is monotonic, from any start.
  uint64_t step(uint64_t now_ms);

  // Makes the next step() check in, unless an update is under way.
  void check_now();

  // Leaves the running image for the one before it because the application wants that: a trial ends
  // as failed, a confirmed image is left as at the server's command. On success the next step()
  // restarts the chip, and the server will be told (by_application).
  //
  // Errors: update_pending (an update is under way), no_fallback, below_floor, wrong_chip,
  //         wrong_revision, flash_io; those of check_image()
  // Power:  a cut leaves the running image, or the way back
  Error go_back();

  UpdaterState state() const { return state_; }
  // From the acceptance of a release to the reboot into it.
  bool is_updating() const;
  // While is_updating(): its version, the size of its image and how much of that has been fetched,
  // in this boot or before [bytes].
  Text offered_version() const;
  uint32_t image_size_bytes() const;
  uint32_t downloaded_bytes() const;
  // Where it is written to.
  Flash& staged_slot() { return ports_.board.slot(target_slot()); }
  // After begin(): the confirmed image kept crashing, and there is no other. The application is to
  // start nothing but what step() needs: the network.
  bool in_safe_mode() const { return safe_mode_; }
  // No authenticated answer for `stale_after_s` of this boot: somebody may be keeping updates away.
  bool is_stale() const {
    return now_ms_ - last_contact_ms_ >= uint64_t{config_.stale_after_s} * 1000;
  }
  // Of the last update that ended on this device, until the server has heard of it.
  const Outcome& outcome() const { return journal_.state().outcome; }

 private:
  // After the boot.
  Error read_running_version();
  Error find_boot_state();
  Error resume_trial(OtaState ota_state);
  Error return_from_trial();

  // The ways back from a confirmed image.
  Result<uint8_t> find_fallback(uint32_t security_floor);
  Error erase_other_slots();
  Error repair_at_start();
  Error fall_back(Error reason);
  Error settle_fallback();
  Error give_up_fallback();
  Error count_fast_reset();
  void forget_fast_resets();
  void act();
  bool obey(Command command);
  bool refuse_rollback(Error reason);
  PendingUpdate confirmed_release() const;

  // One per state.
  void step_idle();
  void step_enrolling();
  void step_checking();
  void step_refreshing();
  void step_configuring();
  void step_downloading();
  void step_verifying();
  void step_staged();
  void step_trial();
  void step_reporting();
  void step_uploading();

  // Checking.
  void check_failed(Error error);
  void give_up_check(Error error);
  DeviceFacts device_facts() const;
  Error consider(const CheckinAnswer& answer);
  Error check_plain(const Release& release) const;
  Error adopt(const Release& release);
  Error accept(const Release& release);
  Error check_in(CheckinAnswer* answer);
  void nothing_to_install(const Statement& statement);

  // What is fetched besides firmware.
  struct Refresh {
    bool is_rescue = false;    // from whoever answers: TLS trusts nobody any more
    uint32_t root_wanted = 0;  // versions
    uint32_t trust_wanted = 0;
    uint32_t epoch_wanted = 0;  // of the device key
    bool has_changed = false;
  };
  bool start_refresh(const Statement& statement);
  bool start_rescue();
  bool refresh_is_due() const;
  void refresh_once();
  void refresh_done(Text what, uint32_t version, Error error);
  Error fetch_root();
  Error fetch_trust();
  Error remember_root();

  // Configuration.
  StoredDocument configuration_in_force() const;
  uint32_t configuration_version() const;
  Error configure();
  Error discard_configuration(bool has_failed);
  Error settle_configuration();
  Error begin_configuration();
  bool wants_configuration(const Statement& statement);
  Result<bool> release_wants_configuration();
  Error store_configuration(Bytes body);
  void try_configuration();
  Error confirm_configuration();

  // Downloading and verifying.
  Error open_stream();
  Error receive();
  Error check_speed(size_t size);
  Error write_piece();
  size_t best_source() const;
  Text origin_of(size_t source) const;
  Error check_head(Bytes head) const;
  Error prepare_slot();
  void download_failed(Error error);
  Error check_image();
  Error verify_again();
  Error switch_over();
  uint32_t proved_bytes() const;
  void start_whole(uint32_t offset);

  // The same by a patch.
  bool may_patch(const Release& release) const;
  void start_patch(uint32_t kept);
  Error advance_patch();
  Error open_patch();
  Error receive_patch();
  void patch_failed(Error error);
  void give_up_patch(Error error);
  bool may_try_again(Error error);
  UpdateWay way() const;

  // Trial.
  void contact_server();
  void end_trial_badly(Error reason);
  Error confirm();
  Error conclude_confirmed();
  void roll_back(Error reason);
  Error record_outcome(Phase phase, Error error, JournalState* state);

  // Uploading.
  Error send_log();
  Error send_dump();

  // The report.
  Result<Text> write_report(const Outcome& outcome, MutableBytes buffer) const;
  void write_diagnostics(JsonWriter& json) const;
  void write_metrics(JsonWriter& json) const;
  void count_error(Error error);

  void go(UpdaterState state);
  void wait(uint64_t delay_ms);
  void back_off();
  void finish_update(Phase phase, Error error, bool image_at_fault);
  uint8_t target_slot() const;
  uint64_t stable_uptime_ms() const { return uint64_t{config_.stable_uptime_s} * 1000; }
  uint32_t uptime_s() const { return static_cast<uint32_t>((now_ms_ - began_ms_) / 1000); }
  uint64_t sequence_floor() const;
  uint32_t security_floor() const;
  int64_t trusted_time_s() const;
  void log_progress();
  void note_download(PendingUpdate* update) const;

  const UpdaterConfig& config_;
  UpdaterPorts ports_;
  MutableBytes answer_;  // the check-in's answer; the manifest's views point into it
  MutableBytes piece_;   // one sector's worth on its way to the slot
  Journal journal_;
  BootControl boot_;
  ServerSession session_;
  TrustedMetadata metadata_;
  DocumentStore configurations_;
  SlotWriter writer_;
  SlotReader reader_;
  LogRing log_ring_;
  DumpUpload dump_;

  UpdaterState state_ = UpdaterState::idle;
  uint64_t now_ms_ = 0;
  uint64_t next_ms_ = 0;                // when act() has something to do
  uint64_t stable_at_ms_ = UINT64_MAX;  // when a row of fast resets ends; UINT64_MAX: there is none
  uint32_t interval_s_ = 0;             // between check-ins
  uint8_t failures_ = 0;                // one after the other
  uint8_t download_attempts_ = 0;
  uint8_t percent_logged_ = 0;
  bool stream_open_ = false;
  bool has_release_ = false;    // release_ is set
  bool report_due_ = true;      // an outcome in the journal is to be sent before the next check-in
  bool slot_prepared_ = false;  // the journal names the update and otadata is sound
  // Where the image can be fetched: 0 is the update server, then the statement's mirrors.
  static constexpr size_t kSourcesMax = 1 + kMirrorsMax;
  Json mirrors_;                               // in answer_
  uint8_t source_failures_[kSourcesMax] = {};  // since the statement named them
  size_t source_ = 0;                          // of the open stream
  uint32_t stream_left_ = 0;                   // [bytes] of the open stream
  uint64_t window_began_ms_ = 0;               // of the speed's measurement; 0: it has not begun
  uint64_t window_bytes_ = 0;
  uint64_t download_began_ms_ = 0;
  uint32_t fetched_bytes_ = 0;  // since then
  PatchOffer patch_offer_;      // of the last check-in; size_bytes 0: none
  bool is_patching_ = false;    // the image is made from that
  uint32_t patch_skip_ = 0;     // [bytes] of the open stream that are here already

  Release release_;  // valid from accept() to the reboot
  Digest refused_;   // the release that was refused last in this boot
  BootState boot_state_ = BootState::confirmed;
  char version_[kVersionSizeMax + 1] = {};  // of the running firmware; NUL terminated
  Digest running_elf_;

  uint32_t network_errors_ = 0;  // since the boot
  uint32_t flash_errors_ = 0;    // since the boot

  Refresh refresh_;
  bool has_refreshed_ = false;                 // since the last idle
  bool log_wanted_ = false;                    // the server has asked for it
  bool log_answered_ = false;                  // since the last idle
  Digest wanted_configuration_;                // SHA-256 of the document
  uint32_t wanted_configuration_version_ = 0;  // 0: the one of the release

  bool boot_is_known_ = false;             // begin() has found out what the last boot was
  bool configuration_is_settled_ = false;  // and what that means for a configuration on trial
  uint64_t began_ms_ = 0;                  // when this boot reached the engine
  uint64_t trial_began_ms_ = 0;            // of an image: then, too
  uint64_t last_contact_ms_ = 0;           // of an authenticated answer, or the boot
  bool safe_mode_ = false;
  bool rollback_refused_ = false;  // in this boot, and the server is told
  int64_t last_time_s_ = 0;        // [s since 1970-01-01 UTC] the latest of an authenticated answer
  uint64_t network_up_ms_ = 0;     // 0: not yet
  bool server_contacted_ = false;
  uint64_t next_contact_ms_ = 0;
};

}  // namespace otter
