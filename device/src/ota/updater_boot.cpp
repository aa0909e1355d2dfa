// Updater: what the last boot was, and the trial of a new image.
#include "ota/esp_image.h"
#include "ota/log_line.h"
#include "ota/updater.h"

namespace otter {
namespace {

constexpr uint32_t kTrialPoll = 250;           // [ms]
constexpr uint32_t kNoFallbackDelay = 60000;   // [ms] until the other slot is looked at again
constexpr uint32_t kTrialContactDelay = 2000;  // [ms] between attempts to reach the server

// The bootloader's own trace of a trial that ended with a reset.
bool was_aborted(const Otadata& otadata, uint8_t slot, uint8_t slot_count) {
  for (const OtadataEntry& entry : otadata.entries) {
    if (entry.state == OtaState::aborted && otadata_slot(entry.sequence, slot_count) == slot) {
      return true;
    }
  }
  return false;
}

}  // namespace

Error Updater::begin(uint64_t now_ms) {
  now_ms_ = now_ms;
  began_ms_ = now_ms;
  trial_began_ms_ = now_ms;
  last_contact_ms_ = now_ms;
  if (ports_.board.slot_count() < 2) return Error::no_slot;
  if (ports_.board.journal().size_bytes() < kStorageSize) return Error::wrong_layout;
  OTTER_TRY(journal_.open());
  OTTER_TRY(configurations_.open());
  OTTER_TRY(metadata_.open(piece_));
  OTTER_TRY(read_running_version());
  LogLine(ports_.board).text("Current version: ").text(version_);
  OTTER_TRY(session_.load_key());
  next_ms_ = now_ms_;
  // Each once only: a second call must not count this boot's reset again.
  if (!boot_is_known_) {
    OTTER_TRY(find_boot_state());
    boot_is_known_ = true;
  }
  if (!configuration_is_settled_) {
    OTTER_TRY(settle_configuration());
    configuration_is_settled_ = true;
  }
  return begin_configuration();
}

Error Updater::read_running_version() {
  const uint8_t running = ports_.board.running_slot();
  Text version = config_.version;
  uint8_t raw[kAppDescriptionSize];
  if (running != kNoSlot) {
    OTTER_TRY(ports_.board.slot(running).read(kAppDescriptionOffset, raw));
    const Result<AppDescription> description = parse_app_description(raw);
    if (description.ok()) {
      running_elf_ = description.value.app_elf_sha256;
      if (version.empty()) version = description.value.version;
    }
  }
  // A build may put anything into its description; what can't be sent as a version is not.
  if (!is_version(version)) version = "0";
  memcpy(version_, version.data, version.size);
  return Error::ok;
}

Error Updater::find_boot_state() {
  const uint8_t running = ports_.board.running_slot();
  const PendingUpdate& update = journal_.state().update;
  if (update.stage == UpdateStage::falling_back) return settle_fallback();
  if (update.stage == UpdateStage::trial && running != update.slot) return return_from_trial();
  if (running == kNoSlot) {
    go(journal_.state().outcome.phase == Phase::none ? UpdaterState::idle
                                                     : UpdaterState::reporting);
    return Error::ok;
  }
  OTTER_TRY_SET(const OtaState ota_state, boot_.state_of(running));
  // An image that something else than this library put there is on trial just the same.
  if (update.stage == UpdateStage::trial || ota_state == OtaState::pending_verify) {
    return resume_trial(ota_state);
  }
  OTTER_TRY(repair_at_start());
  if (journal_.state().outcome.phase == Phase::rolled_back) boot_state_ = BootState::rolled_back;
  go(journal_.state().outcome.phase == Phase::none ? UpdaterState::idle : UpdaterState::reporting);
  return count_fast_reset();
}

// The image on trial runs.
Error Updater::resume_trial(OtaState ota_state) {
  JournalState state = journal_.state();
  const bool is_ours = state.update.stage == UpdateStage::trial;
  if (is_ours && state.outcome.phase == Phase::rolled_back) {
    // The way back was cut off before otadata was written.
    go(UpdaterState::trial);
    roll_back(state.outcome.error);
    return Error::ok;
  }
  if (ota_state == OtaState::valid) return conclude_confirmed();

  // An image that can't be read just now may be a good one all the same.
  const Result<uint8_t> fallback = find_fallback(0);
  if (group(fallback.error) == ErrorGroup::world) return fallback.error;
  if (!fallback.ok()) OTTER_TRY(erase_other_slots());
  if (state.update.boots <=
      config_.trial_attempts_max) {  // more are not told apart, and wear flash
    ++state.update.boots;
    state.has_no_rollback = ota_state == OtaState::fresh;
    OTTER_TRY(journal_.save(state));
  }
  go(UpdaterState::trial);
  boot_state_ = BootState::trial;
  LogLine(ports_.board)
      .text("Trial of version ")
      .text(version_)
      .text(", attempt ")
      .number(state.update.attempts);
  if (ota_state == OtaState::pending_verify) return Error::ok;

  // Still as it was staged: this bootloader knows no rollback, so the journal takes its place.
  boot_state_ = BootState::unsupported;
  const Error convicted = convicting_error(ports_.board.reset_reason());
  const bool is_first = state.update.boots == 1;
  if (!is_first && convicted != Error::ok) {
    roll_back(convicted);
  } else if (state.update.boots > config_.trial_attempts_max) {
    roll_back(Error::trial_interrupted);
  }
  return Error::ok;
}

// An image was on trial, and the one from before runs.
Error Updater::return_from_trial() {
  boot_state_ = BootState::rolled_back;
  JournalState state = journal_.state();
  OTTER_TRY_SET(const Otadata otadata, boot_.read());
  const uint8_t running = ports_.board.running_slot();
  const uint8_t slot_count = ports_.board.slot_count();
  Error reason = Error::ok;
  if (was_aborted(otadata, state.update.slot, slot_count)) {
    reason = convicting_error(ports_.board.reset_reason());
  }
  // From factory: no entry stands in its way.
  const bool leads_here = running == kNoSlot ? otadata.active() < 0
                                             : BootControl::is_sound(otadata, running, slot_count);
  const bool may_try_again = state.update.attempts < config_.trial_attempts_max && leads_here;
  const bool is_concluded = state.outcome.phase == Phase::rolled_back;
  if (!is_concluded && reason == Error::ok && may_try_again) {
    LogLine(ports_.board)
        .text("The trial of ")
        .text(state.update.version)
        .text(" was cut short by a reset (")
        .text(name(ports_.board.reset_reason()))
        .text("); it gets another");
    reader_.start(ports_.board.slot(state.update.slot), state.update.image_size_bytes,
                  config_.hmac_secret);
    go(UpdaterState::verifying);
    return Error::ok;
  }
  if (!is_concluded) {
    if (reason == Error::ok) reason = Error::trial_interrupted;
    OTTER_TRY(record_outcome(Phase::rolled_back, reason, &state));
    state.add_failed(state.update.manifest);
  }
  LogLine(ports_.board, LogLevel::error)
      .text("Rolled back from ")
      .text(state.outcome.version)
      .text(": ")
      .text(name(state.outcome.error));
  state.update = PendingUpdate();
  OTTER_TRY(journal_.save(state));
  go(UpdaterState::reporting);
  return Error::ok;
}

void Updater::step_trial() {
  const bool is_up = ports_.application.network_up();
  if (is_up && network_up_ms_ == 0) network_up_ms_ = now_ms_ + 1;  // never 0
  TrialFacts facts;
  facts.uptime_s = static_cast<uint32_t>((now_ms_ - trial_began_ms_) / 1000);
  facts.network_seen = network_up_ms_ != 0;
  facts.network_uptime_s =
      facts.network_seen ? static_cast<uint32_t>((now_ms_ + 1 - network_up_ms_) / 1000) : 0;
  facts.server_contacted = server_contacted_;
  facts.self_test = ports_.application.self_test();
  facts.heap_low_water_bytes = ports_.board.diagnostics().heap_low_water_bytes;
  const TrialLimits limits = {config_.trial_uptime_s, config_.trial_deadline_s,
                              config_.trial_ceiling_s, config_.trial_heap_min_bytes};
  const TrialVerdict verdict = judge_trial(facts, limits);
  if (verdict.kind == TrialVerdict::Kind::roll_back) {
    end_trial_badly(verdict.reason);
    return;
  }
  if (verdict.kind == TrialVerdict::Kind::confirm) {
    const bool is_configuration = journal_.state().config_stage == ConfigStage::alone;
    const Error error = is_configuration ? confirm_configuration() : confirm();
    if (error == Error::ok) return;
    LogLine(ports_.board, LogLevel::error).text("Confirmation failed: ").text(name(error));
    if (error == Error::not_in_trial) {
      // The bootloader no longer follows this image: it can only be given another trial.
      go(UpdaterState::rebooting);
      return;
    }
  } else if (is_up && !server_contacted_ && now_ms_ >= next_contact_ms_) {
    contact_server();
  }
  wait(kTrialPoll);
}

// One request. What the server offers does not matter here, only that it is the server.
void Updater::contact_server() {
  if (refresh_is_due()) {  // a rescue that an earlier contact has begun
    refresh_once();
    return;
  }
  CheckinAnswer answer;
  Error error = session_.needs_enrolment() ? session_.enrol(answer_) : Error::ok;
  if (error == Error::ok) error = check_in(&answer);
  server_contacted_ = answer.is_authentic;
  if (error == Error::tls_untrusted) start_rescue();
  next_contact_ms_ = now_ms_ + kTrialContactDelay;
  LogLine(ports_.board)
      .text("Server contact: ")
      .text(server_contacted_ ? Text("authenticated") : name(error));
}

// otadata first: a cut between the two is understood at the next boot, the other way round the
// journal would speak of a confirmation that the bootloader does not know.
Error Updater::confirm() {
  OTTER_TRY(boot_.confirm(ports_.board.running_slot()));
  return conclude_confirmed();
}

Error Updater::conclude_confirmed() {
  LogLine(ports_.board).text("Confirmed version ").text(version_);
  boot_state_ = BootState::confirmed;
  JournalState state = journal_.state();
  const PendingUpdate update = state.update;
  if (update.stage == UpdateStage::trial) {
    OTTER_TRY(record_outcome(Phase::confirmed, Error::ok, &state));
    state.confirmed_image = update.image;
    state.confirmed_manifest = update.manifest;
    state.fast_resets = 0;
    state.fell_back = false;
    state.raise_floors(update);
    if (metadata_.root_version() > state.root_version) {
      state.root_version = metadata_.root_version();
    }
    state.update = PendingUpdate();
    if (state.config_stage == ConfigStage::with_update) state.config_stage = ConfigStage::none;
    OTTER_TRY(journal_.save(state));
  }
  go(UpdaterState::reporting);
  return Error::ok;
}

// Journal first: whatever happens next, this image has failed here.
void Updater::roll_back(Error reason) {
  LogLine(ports_.board, LogLevel::error).text("Rolling back: ").text(name(reason));
  // A trial has raised no floor yet: what ran before may run again.
  const Result<uint8_t> fallback = find_fallback(0);
  const bool to_factory = fallback.error == Error::no_fallback && ports_.board.has_factory();
  if (!fallback.ok() && !to_factory) {
    LogLine(ports_.board, LogLevel::error)
        .text(name(Error::no_fallback))
        .text(": ")
        .text(name(fallback.error));
    wait(kNoFallbackDelay);
    return;
  }
  JournalState state = journal_.state();
  Error error = Error::ok;
  if (state.outcome.phase != Phase::rolled_back) {
    error = record_outcome(Phase::rolled_back, reason, &state);
    state.add_failed(state.update.manifest);
    if (error == Error::ok) error = journal_.save(state);
  }
  if (error == Error::ok) {
    error = to_factory ? boot_.choose_factory() : boot_.revert(fallback.value);
  }
  if (error != Error::ok) {
    LogLine(ports_.board, LogLevel::error).text("Rollback failed: ").text(name(error));
    wait(kTrialPoll);
    return;
  }
  go(UpdaterState::rebooting);
}

}  // namespace otter
