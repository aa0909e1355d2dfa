// Updater: remote configuration. docs/device.md, "Configuration".
#include "ota/log_line.h"
#include "ota/updater.h"
#include "ota/wire/configuration.h"

namespace otter {

// The newest; but one that waits for an update is in force only while that update's image runs.
StoredDocument Updater::configuration_in_force() const {
  const JournalState& state = journal_.state();
  const StoredDocument& newest = configurations_.newest();
  const bool is_staged = state.config_stage == ConfigStage::with_update &&
                         newest.generation == state.config_generation;
  const bool its_image_runs =
      state.update.stage == UpdateStage::trial && ports_.board.running_slot() == state.update.slot;
  return is_staged && !its_image_runs ? configurations_.previous() : newest;
}

// What the server is told: what is in force and has proved itself.
uint32_t Updater::configuration_version() const {
  const JournalState& state = journal_.state();
  const StoredDocument& newest = configurations_.newest();
  const bool is_unproved =
      state.config_stage != ConfigStage::none && newest.generation == state.config_generation;
  return is_unproved ? configurations_.previous().version : newest.version;
}

// Hands the application what is in force.
//
// Errors: flash_io; bad_config (the application refuses it), those of parse_configuration()
Error Updater::configure() {
  const StoredDocument document = configuration_in_force();
  Json values;
  if (document) {
    OTTER_TRY_SET(const Bytes body, configurations_.load(document, piece_));
    OTTER_TRY_SET(const ConfigurationDocument parsed, parse_configuration(as_text(body)));
    values = parsed.values;
  }
  const Error error = ports_.application.configure(values);
  if (error == Error::ok) return Error::ok;
  LogLine(ports_.board, LogLevel::error)
      .text("The application refuses its configuration: ")
      .text(name(error));
  return Error::bad_config;
}

// Ends the probation of a configuration that is not to be: of an update that has come to nothing,
// or by itself.
Error Updater::discard_configuration(bool has_failed) {
  JournalState state = journal_.state();
  const StoredDocument newest = configurations_.newest();
  if (newest && newest.generation == state.config_generation) {
    if (has_failed) state.config_failed = newest.version;
    OTTER_TRY(configurations_.discard_newest());
  }
  state.config_stage = ConfigStage::none;
  state.config_boots = 0;
  return journal_.save(state);
}

// At the boot, once it is known what the boot was: is a configuration on probation to go on?
Error Updater::settle_configuration() {
  JournalState state = journal_.state();
  const bool has_arrived = configurations_.newest().generation == state.config_generation;
  if (state.config_stage == ConfigStage::with_update) {
    const bool update_is_alive =
        state.update.stage == UpdateStage::downloading || state.update.stage == UpdateStage::trial;
    if (!update_is_alive) {
      OTTER_TRY(discard_configuration(state.outcome.phase == Phase::rolled_back));
    }
  } else if (state.config_stage == ConfigStage::alone) {
    // Beside an image on trial, or in safe mode, there is no telling what is at fault.
    const bool can_be_tried =
        !safe_mode_ && (state_ == UpdaterState::idle || state_ == UpdaterState::reporting);
    const bool is_convicted = convicting_error(ports_.board.reset_reason()) != Error::ok ||
                              state.config_boots >= config_.trial_attempts_max;
    if (!has_arrived || is_convicted || !can_be_tried) {
      OTTER_TRY(discard_configuration(has_arrived && is_convicted));
    } else {
      ++state.config_boots;
      OTTER_TRY(journal_.save(state));
      try_configuration();
    }
  }
  return Error::ok;
}

Error Updater::begin_configuration() {
  const Error error = configure();
  if (error == Error::ok) return Error::ok;
  if (group(error) == ErrorGroup::world) return error;  // it could not be read just now
  LogLine(ports_.board, LogLevel::error).text("Configuration: ").text(name(error));
  const bool is_on_trial = journal_.state().config_stage != ConfigStage::none;
  if (is_on_trial && state_ == UpdaterState::trial) end_trial_badly(Error::bad_config);
  return Error::ok;
}

// The configuration that the server names, if it is neither here nor has failed here.
bool Updater::wants_configuration(const Statement& statement) {
  const uint32_t version = statement.config_version;
  if (version == 0 || statement.config_sha256.is_zero()) return false;
  if (version == configuration_version() || version == journal_.state().config_failed) return false;
  wanted_configuration_ = statement.config_sha256;
  wanted_configuration_version_ = version;
  return true;
}

// True if the release comes with a configuration that is not here yet.
Result<bool> Updater::release_wants_configuration() {
  const Text hex = release_.manifest.config_digest;
  if (hex.empty()) {
    const bool is_left_over = journal_.state().config_stage == ConfigStage::with_update;
    if (is_left_over) OTTER_TRY(discard_configuration(false));
    return false;
  }
  OTTER_TRY_SET(wanted_configuration_, digest_from_hex(hex));
  wanted_configuration_version_ = 0;
  const StoredDocument& newest = configurations_.newest();
  if (!newest) return true;
  OTTER_TRY_SET(const Bytes body, configurations_.load(newest, piece_));
  OTTER_TRY_SET(const Digest digest, sha256(ports_.crypto, body));
  return digest != wanted_configuration_;
}

void Updater::step_configuring() {
  const bool is_for_release = wanted_configuration_version_ == 0;
  const Result<Bytes> body = session_.fetch_blob(wanted_configuration_, piece_);
  const Error error = body.ok() ? store_configuration(body.value) : body.error;
  if (error == Error::ok) {
    if (is_for_release) go(UpdaterState::downloading);
    return;
  }
  LogLine(ports_.board, LogLevel::error).text("Configuration not taken: ").text(name(error));
  count_error(error);
  // What the network or the flash is at fault for is tried again.
  const bool is_hopeless = body.ok() && group(error) != ErrorGroup::world;
  if (is_for_release) {
    finish_update(is_hopeless ? Phase::refused : Phase::failed, error, is_hopeless);
    return;
  }
  if (is_hopeless) {
    JournalState state = journal_.state();
    state.config_failed = wanted_configuration_version_;
    const Error saved = journal_.save(state);
    if (saved != Error::ok) count_error(saved);
  }
  go(UpdaterState::idle);
  back_off();
}

// Journal first: without the document it says nothing, and the document is never there without
// being on probation.
Error Updater::store_configuration(Bytes body) {
  OTTER_TRY_SET(const ConfigurationDocument document, parse_configuration(as_text(body)));
  const bool is_for_release = wanted_configuration_version_ == 0;
  if (!is_for_release && document.version != wanted_configuration_version_) {
    return Error::malformed;
  }
  if (journal_.state().config_stage != ConfigStage::none) OTTER_TRY(discard_configuration(false));
  JournalState state = journal_.state();
  state.config_stage = is_for_release ? ConfigStage::with_update : ConfigStage::alone;
  state.config_generation = configurations_.next_generation();
  state.config_boots = 1;
  OTTER_TRY(journal_.save(state));
  OTTER_TRY(configurations_.save(document.version, body));
  if (is_for_release) return Error::ok;
  LogLine(ports_.board).text("Configuration ").number(document.version).text(" on trial");
  const Error error = configure();
  if (group(error) == ErrorGroup::world) {  // not its fault: it is fetched again
    OTTER_TRY(discard_configuration(false));
    return error;
  }
  try_configuration();
  if (error != Error::ok) end_trial_badly(Error::bad_config);
  return Error::ok;
}

// The same trial as a new image's: self-test, network, server.
void Updater::try_configuration() {
  trial_began_ms_ = now_ms_;
  network_up_ms_ = 0;
  server_contacted_ = false;
  next_contact_ms_ = now_ms_;
  go(UpdaterState::trial);
}

void Updater::end_trial_badly(Error reason) {
  if (journal_.state().config_stage != ConfigStage::alone) {
    roll_back(reason);
    return;
  }
  LogLine(ports_.board, LogLevel::error)
      .text("Configuration ")
      .number(configurations_.newest().version)
      .text(" taken back: ")
      .text(name(reason));
  Error error = discard_configuration(true);
  if (error == Error::ok) error = configure();
  if (error != Error::ok) LogLine(ports_.board, LogLevel::error).text(name(error));
  go(UpdaterState::idle);
}

Error Updater::confirm_configuration() {
  JournalState state = journal_.state();
  state.config_stage = ConfigStage::none;
  state.config_boots = 0;
  OTTER_TRY(journal_.save(state));
  LogLine(ports_.board).text("Configuration ").number(configuration_version()).text(" confirmed");
  go(UpdaterState::idle);  // where the server is told
  return Error::ok;
}

}  // namespace otter
