#include "ota/updater.h"

#include "ota/client_version.h"
#include "ota/esp_image.h"
#include "ota/log_line.h"

namespace otter {
namespace {

constexpr size_t kAnswerSize = kWorkspaceSize - kSectorSize;  // [bytes]
static_assert(kAnswerSize - kLogSizeMax >= kFrameSizeMax, "a check-in's answer must fit");
static_assert(kAnswerSize - kLogSizeMax >= kFrameSizeMax + kPatchHeaderSize,
              "a patch goes behind the answer");
static_assert(kLogSizeMax <= kSectorSize, "the log is sent from the other part");
static_assert(kAnswerSize >= kPlainManifestSizeMax, "a plain manifest must fit");

constexpr uint32_t kNetworkPoll = 500;  // [ms] while the network is down
constexpr uint32_t kBackOffDoublingsMax = 10;
// Whoever holds a stolen key could else use up all sequences with one release.
constexpr uint64_t kSequenceJumpMax = uint64_t{1} << 20;

// The end of the answer's part. The plain mode has larger answers, and no commands.
size_t log_size_of(const UpdaterConfig& config) {
  if (config.mode == UpdateMode::plain) return 0;
  return config.log_size_bytes < kLogSizeMax ? config.log_size_bytes : kLogSizeMax;
}

// In the plain mode a report says only what its product's key may say.
CoreDump* dump_to_send(const UpdaterConfig& config, Board& board) {
  const bool is_sent = config.sends_core_dumps && config.mode != UpdateMode::plain;
  return is_sent ? board.core_dump() : nullptr;
}

void copy_version(Text version, char (&out)[kVersionSizeMax + 1]) {
  memset(out, 0, sizeof(out));
  memcpy(out, version.data, version.part(0, kVersionSizeMax).size);
}

}  // namespace

Text name(UpdaterState state) {
  constexpr const char* kNames[] = {"idle",        "enrolling",   "checking",  "refreshing",
                                    "configuring", "downloading", "verifying", "staged",
                                    "rebooting",   "trial",       "reporting", "uploading"};
  return kNames[static_cast<size_t>(state)];
}

Updater::Updater(const UpdaterConfig& config, const UpdaterPorts& ports, MutableBytes workspace)
    : config_(config),
      ports_(ports),
      answer_(workspace.part(0, kAnswerSize - log_size_of(config))),
      piece_(workspace.part(kAnswerSize, kSectorSize)),
      journal_(ports.board.journal()),
      boot_(ports.board.otadata(), ports.board.slot_count()),
      session_(config_, ports_),
      metadata_(config_, ports_),
      configurations_(ports.board.journal(), kConfigurationOffset),
      writer_(ports.crypto, piece_),
      reader_(ports.crypto),
      log_ring_(workspace.part(kAnswerSize - log_size_of(config), log_size_of(config))),
      dump_(dump_to_send(config, ports.board)),
      interval_s_(config.check_interval_s) {
  ports.board.keep_log(&log_ring_);
}

Updater::~Updater() { ports_.board.keep_log(nullptr); }

void Updater::go(UpdaterState state) {
  state_ = state;
  next_ms_ = now_ms_;
}

void Updater::wait(uint64_t delay_ms) { next_ms_ = now_ms_ + delay_ms; }

// Doubles with each failure, up to the check interval, with a jitter of a quarter either way. The
// server's word (Retry-After) goes first. It never gives up.
void Updater::back_off() {
  const uint32_t doublings = failures_ < kBackOffDoublingsMax ? failures_ : kBackOffDoublingsMax;
  uint64_t delay_s = uint64_t{config_.retry_delay_s} << doublings;
  if (delay_s > interval_s_) delay_s = interval_s_;
  if (session_.retry_after_s() > delay_s) delay_s = session_.retry_after_s();
  uint8_t jitter[1] = {128};
  const Error error = ports_.crypto.random(jitter);
  if (error != Error::ok) jitter[0] = 128;
  if (failures_ < UINT8_MAX) ++failures_;
  wait(delay_s * 1000 * 3 / 4 + delay_s * 1000 / 2 * jitter[0] / 256);
}

void Updater::check_now() {
  if (state_ == UpdaterState::idle) next_ms_ = now_ms_;
}

uint8_t Updater::target_slot() const {
  const uint8_t running = ports_.board.running_slot();
  if (running == kNoSlot) return 0;
  return static_cast<uint8_t>((running + 1) % ports_.board.slot_count());
}

// The highest of what the journal and the firmware say. Root metadata of a higher epoch lets
// sequences begin anew: a thief may have used up those of the old one.
uint64_t Updater::sequence_floor() const {
  const JournalState& state = journal_.state();
  const uint64_t journal = state.epoch >= metadata_.epoch() ? state.sequence_floor : 0;
  const bool is_first_epoch = metadata_.epoch() <= metadata_.built_in_epoch();
  const uint64_t built_in = is_first_epoch ? config_.sequence_floor : 0;
  return journal > built_in ? journal : built_in;
}

uint32_t Updater::security_floor() const {
  uint32_t floor = journal_.state().security_floor;
  if (config_.security_floor > floor) floor = config_.security_floor;
  const uint32_t burned = ports_.board.security_version_burned();
  return burned > floor ? burned : floor;
}

// The server's clock, but never earlier than it has been already.
int64_t Updater::trusted_time_s() const {
  const int64_t floor = journal_.state().time_floor_s;
  return last_time_s_ > floor ? last_time_s_ : floor;
}

uint64_t Updater::step(uint64_t now_ms) {
  now_ms_ = now_ms;
  log_ring_.set_time(uptime_s());
  if (now_ms >= stable_at_ms_) forget_fast_resets();
  if (now_ms >= next_ms_) act();
  return next_ms_ < stable_at_ms_ ? next_ms_ : stable_at_ms_;
}

void Updater::act() {
  switch (state_) {
    case UpdaterState::idle:
      step_idle();
      break;
    case UpdaterState::enrolling:
      step_enrolling();
      break;
    case UpdaterState::checking:
      step_checking();
      break;
    case UpdaterState::refreshing:
      step_refreshing();
      break;
    case UpdaterState::configuring:
      step_configuring();
      break;
    case UpdaterState::downloading:
      step_downloading();
      break;
    case UpdaterState::verifying:
      step_verifying();
      break;
    case UpdaterState::staged:
      step_staged();
      break;
    case UpdaterState::rebooting:
      ports_.board.restart();
      break;
    case UpdaterState::trial:
      step_trial();
      break;
    case UpdaterState::reporting:
      step_reporting();
      break;
    case UpdaterState::uploading:
      step_uploading();
      break;
  }
}

void Updater::step_idle() {
  has_refreshed_ = false;
  log_answered_ = false;
  if (!ports_.application.network_up()) {
    wait(kNetworkPoll);
    return;
  }
  if (report_due_ && journal_.state().outcome.phase != Phase::none) {
    go(UpdaterState::reporting);
    return;
  }
  const Error error = ports_.application.ready_for_update();
  if (error != Error::ok) {
    LogLine(ports_.board).text("No check for updates: ").text(name(error));
    back_off();
    return;
  }
  go(session_.needs_enrolment() ? UpdaterState::enrolling : UpdaterState::checking);
}

void Updater::step_enrolling() {
  const Error error = session_.enrol(answer_);
  if (error == Error::ok) {
    LogLine(ports_.board).text("Enrolled as ").text(config_.device_id);
    failures_ = 0;
    go(UpdaterState::checking);
    return;
  }
  LogLine(ports_.board, LogLevel::error).text("Enrolment failed: ").text(name(error));
  give_up_check(error);
}

// Until later; but where TLS trusts nobody any more, what it may trust is asked for first.
void Updater::give_up_check(Error error) {
  count_error(error);
  if (error == Error::tls_untrusted && !has_refreshed_ && start_rescue()) {
    go(UpdaterState::refreshing);
    return;
  }
  go(UpdaterState::idle);
  back_off();
}

DeviceFacts Updater::device_facts() const {
  const PendingUpdate& update = journal_.state().update;
  DeviceFacts facts;
  facts.id = config_.device_id;
  facts.version = version_;
  facts.app_elf_sha256 = running_elf_;
  facts.product = config_.product;
  facts.hardware = ports_.board.hardware();
  facts.chip = ports_.board.chip();
  facts.revision = ports_.board.chip_revision();
  const Bytes layout = ports_.board.layout();
  memcpy(facts.layout, layout.data, layout.part(0, kLayoutSize).size);
  facts.slot_size_bytes = ports_.board.slot(target_slot()).size_bytes();
  facts.boot_state = boot_state_;
  // During a trial the release on trial is not to be offered once more.
  facts.sequence = sequence_floor();
  if (update.stage == UpdateStage::trial && update.sequence > facts.sequence) {
    facts.sequence = update.sequence;
  }
  facts.client = kClientVersion;
  facts.root_version = metadata_.root_version();
  facts.trust_version = metadata_.trust_version();
  facts.config_version = configuration_version();
  facts.config_failed = journal_.state().config_failed;
  const Diagnostics diagnostics = ports_.board.diagnostics();
  facts.health.uptime_s = uptime_s();
  facts.health.reset_reason = ports_.board.reset_reason();
  facts.health.heap_low_water_bytes = diagnostics.heap_low_water_bytes;
  facts.health.rssi_dbm = diagnostics.rssi_dbm;
  if (config_.unpacker != nullptr) facts.patch_memory_bytes = config_.unpacker->memory_bytes();
  return facts;
}

// Asks the server; `answer`, which is as it was made, then points into answer_.
Error Updater::check_in(CheckinAnswer* answer) {
  Result<RootMetadata> root = RootMetadata();
  if (metadata_.has_root()) root = metadata_.load_root(piece_);
  OTTER_TRY(root.error);
  const RootMetadata* trusted = metadata_.has_root() ? &root.value : nullptr;
  const Error error = session_.check_in(device_facts(), trusted, answer_, answer);
  if (!answer->is_authentic) return error;
  last_contact_ms_ = now_ms_;
  const int64_t time_s = answer->statement.time_s;
  if (time_s > last_time_s_) last_time_s_ = time_s;
  return error;
}

void Updater::check_failed(Error error) {
  LogLine(ports_.board, LogLevel::error).text("Check for updates failed: ").text(name(error));
  give_up_check(error);
}

void Updater::step_checking() {
  CheckinAnswer answer;
  Error error = check_in(&answer);
  if (answer.is_authentic && !has_refreshed_ && start_refresh(answer.statement)) {
    go(UpdaterState::refreshing);
    return;
  }
  if (error != Error::ok) {
    check_failed(error);
    return;
  }
  failures_ = 0;
  report_due_ = true;
  download_began_ms_ = now_ms_;
  fetched_bytes_ = 0;
  if (answer.statement.next_checkin_s > 0) interval_s_ = answer.statement.next_checkin_s;
  mirrors_ = answer.statement.mirrors;
  patch_offer_ = answer.statement.has_patch ? answer.statement.patch : PatchOffer();
  if (obey(answer.statement.command)) return;
  error = consider(answer);
  if (error == Error::ok) return;
  if (group(error) == ErrorGroup::world) {  // nothing that the release is at fault for
    check_failed(error);
    return;
  }
  if (answer.release.digest == refused_) {  // the server has been told, and flash wears
    nothing_to_install(answer.statement);
    return;
  }
  refused_ = answer.release.digest;
  LogLine(ports_.board, LogLevel::error)
      .text("Update to ")
      .text(answer.release.manifest.version)
      .text(" refused: ")
      .text(name(error));
  release_ = answer.release;
  has_release_ = true;
  finish_update(Phase::refused, error, false);
}

void Updater::nothing_to_install(const Statement& statement) {
  if (wants_configuration(statement)) {
    go(UpdaterState::configuring);
    return;
  }
  LogLine(ports_.board, LogLevel::debug).text("No update");
  if (dump_.is_due()) {
    go(UpdaterState::uploading);
    return;
  }
  go(UpdaterState::idle);
  wait(uint64_t{interval_s_} * 1000);
}

// Goes on to the download, or back to idle; or says why this release is refused.
Error Updater::consider(const CheckinAnswer& answer) {
  const Release& release = answer.release;
  const bool is_new =
      answer.has_release &&
      (release.is_signed || compare_versions(release.manifest.version, version_) > 0);
  // A release that failed here has been reported once; it is passed over without another word.
  if (!is_new || journal_.state().has_failed(release.digest)) {
    nothing_to_install(answer.statement);
    return Error::ok;
  }
  if (release.is_signed) {
    // Metadata that was in force here is lost: keys that it revoked must not come back.
    if (metadata_.is_behind(journal_.state().root_version)) return Error::root_missing;
    OfferFacts facts;
    facts.device_id = config_.device_id;
    facts.product = config_.product;
    facts.hardware = ports_.board.hardware();
    facts.version = version_;
    facts.chip = ports_.board.chip();
    facts.chip_revision = ports_.board.chip_revision();
    facts.layout = ports_.board.layout();
    facts.slot_size_bytes = ports_.board.slot(target_slot()).size_bytes();
    facts.sequence_floor = sequence_floor();
    facts.security_floor = security_floor();
    facts.client = kClientVersion;
    facts.now_s = trusted_time_s();
    OTTER_TRY(check_offer(release.manifest, facts));
    const uint64_t floor = facts.sequence_floor;
    if (floor > 0 && release.manifest.sequence - floor > kSequenceJumpMax) {
      return Error::sequence_jump;
    }
  } else {
    OTTER_TRY(check_plain(release));
  }
  const Digest& elf = release.manifest.app_elf_sha256;
  const bool runs_already = release.is_signed && elf == running_elf_ && !elf.is_zero();
  return runs_already ? adopt(release) : accept(release);
}

// The offered release is what runs: flashed over USB, say. There is nothing to fetch; from here on
// it counts as installed.
Error Updater::adopt(const Release& release) {
  LogLine(ports_.board).text("This is release ").text(release.manifest.version).text(" already");
  JournalState state = journal_.state();
  state.update = PendingUpdate();
  state.update.manifest = release.digest;
  state.update.sequence = release.manifest.sequence;
  state.update.epoch = metadata_.epoch();
  state.update.security_version = release.manifest.security_version;
  copy_version(release.manifest.version, state.update.version);
  OTTER_TRY(record_outcome(Phase::confirmed, Error::ok, &state));
  state.raise_floors(state.update);
  state.update = PendingUpdate();
  state.confirmed_manifest = release.digest;
  OTTER_TRY(journal_.save(state));
  report_due_ = true;
  go(UpdaterState::reporting);
  return Error::ok;
}

Error Updater::check_plain(const Release& release) const {
  const Flash& slot = ports_.board.slot(target_slot());
  return slot.size_bytes() < release.manifest.image_size_bytes ? Error::slot_too_small : Error::ok;
}

Error Updater::accept(const Release& release) {
  release_ = release;
  has_release_ = true;
  const Manifest& manifest = release_.manifest;
  LogLine(ports_.board)
      .text("Update available: ")
      .text(version_)
      .text(" -> ")
      .text(manifest.version)
      .text(" (")
      .number(manifest.image_size_bytes)
      .text(" bytes)");
  const uint32_t offset = proved_bytes();
  if (offset > 0) LogLine(ports_.board).text("Resuming the download at byte ").number(offset);
  is_patching_ = may_patch(release_);
  if (is_patching_) start_patch(offset);
  if (!is_patching_) start_whole(offset);
  slot_prepared_ = offset > 0;
  stream_open_ = false;
  source_ = 0;
  download_attempts_ = 0;
  window_began_ms_ = 0;
  window_bytes_ = 0;
  memset(source_failures_, 0, sizeof(source_failures_));
  percent_logged_ = 0;
  OTTER_TRY_SET(const bool wants_configuration, release_wants_configuration());
  go(wants_configuration ? UpdaterState::configuring : UpdaterState::downloading);
  return Error::ok;
}

Error Updater::record_outcome(Phase phase, Error error, JournalState* state) {
  Outcome& outcome = state->outcome;
  outcome = Outcome();
  outcome.phase = phase;
  outcome.error = error;
  outcome.manifest = state->update.manifest;
  memcpy(outcome.version, state->update.version, sizeof(outcome.version));
  outcome.attempts = state->update.attempts;
  outcome.fetched_bytes = state->update.fetched_bytes;
  outcome.duration_s = state->update.duration_s;
  outcome.way = state->update.way;
  state->time_floor_s = trusted_time_s();
  return ports_.crypto.random(outcome.report_id);
}

// Ends an update that did not come to a trial, and has the server told. What the image itself is at
// fault for would fail again: it is remembered.
void Updater::finish_update(Phase phase, Error error, bool image_at_fault) {
  JournalState state = journal_.state();
  if (has_release_ && state.update.manifest != release_.digest) {
    state.update = PendingUpdate();
    state.update.manifest = release_.digest;
    copy_version(release_.manifest.version, state.update.version);
  }
  note_download(&state.update);
  Error saved = record_outcome(phase, error, &state);
  if (image_at_fault) state.add_failed(state.update.manifest);
  // A download that was only cut off goes on where it was, should the release be offered again.
  const bool may_resume = phase == Phase::failed && state_ == UpdaterState::downloading;
  if (!may_resume) state.update = PendingUpdate();
  if (saved == Error::ok) saved = journal_.save(state);
  if (saved != Error::ok) {
    LogLine(ports_.board, LogLevel::error).text("Journal: ").text(name(saved));
  }
  ports_.http.close();
  stream_open_ = false;
  report_due_ = true;
  go(UpdaterState::reporting);
}

Result<Text> Updater::write_report(const Outcome& outcome, MutableBytes buffer) const {
  char report_id[2 * kReportIdSize];
  hex_encode(outcome.report_id, report_id);
  JsonWriter json(buffer);
  json.string("device_id", config_.device_id);
  json.string("status", outcome.phase == Phase::confirmed ? "SUCCESS" : "FAILED");
  json.string("version", outcome.version);
  json.string("error", outcome.error == Error::ok ? Text() : name(outcome.error));
  json.string("report_id", Text(report_id, sizeof(report_id)));
  json.string("phase", name(outcome.phase));
  json.string("manifest", to_hex(outcome.manifest));
  json.string("app_elf_sha256", to_hex(running_elf_));
  json.string("image_sha256", to_hex(journal_.state().confirmed_image));
  json.string("running_version", version_);
  json.integer("slot", ports_.board.running_slot());
  json.string("boot_state", name(boot_state_));
  if (journal_.state().has_no_rollback) json.string("bootloader_rollback", "no");
  json.string("reset_reason", name(ports_.board.reset_reason()));
  json.integer("attempt", outcome.attempts);
  json.string("kind", name(outcome.way));
  if (!outcome.manifest.is_zero() && journal_.state().has_patch_failed(outcome.manifest)) {
    json.string("patch_error", name(journal_.state().patch_error));
  }
  json.integer("bytes", outcome.fetched_bytes);
  json.integer("duration_ms", int64_t{outcome.duration_s} * 1000);
  write_diagnostics(json);
  return json.finish();
}

void Updater::write_diagnostics(JsonWriter& json) const {
  constexpr const char* kKnown[] = {"unknown", "no", "yes"};
  const Diagnostics diagnostics = ports_.board.diagnostics();
  json.integer("uptime_s", uptime_s());
  json.boolean("safe_mode", safe_mode_);
  json.integer("fast_resets", journal_.state().fast_resets);
  json.integer("network_errors", network_errors_);
  json.integer("flash_errors", flash_errors_);
  if (diagnostics.heap_low_water_bytes != 0) {
    json.integer("heap_min", diagnostics.heap_low_water_bytes);
  }
  if (diagnostics.rssi_dbm != 0) json.integer("rssi", diagnostics.rssi_dbm);
  json.string("secure_boot", kKnown[static_cast<size_t>(diagnostics.secure_boot)]);
  json.string("flash_encryption", kKnown[static_cast<size_t>(diagnostics.flash_encryption)]);
  json.string("jtag", kKnown[static_cast<size_t>(diagnostics.jtag_enabled)]);
  json.integer("root_version", metadata_.root_version());
  json.integer("trust_version", metadata_.trust_version());
  json.integer("config_version", configuration_version());
  json.integer("config_failed", journal_.state().config_failed);
  write_metrics(json);
}

void Updater::write_metrics(JsonWriter& json) const {
  Metric metrics[kMetricsMax];
  const size_t count = ports_.application.metrics(metrics, kMetricsMax);
  if (count == 0) return;
  json.begin_object("metrics");
  for (size_t i = 0; i < count && i < kMetricsMax; ++i) {
    const Metric& metric = metrics[i];
    const bool fits = metric.value >= -kMetricMax && metric.value <= kMetricMax;
    if (fits && is_identifier(metric.name)) json.integer(metric.name, metric.value);
  }
  json.end_object();
}

// World errors since the boot, for the report.
void Updater::count_error(Error error) {
  if (error == Error::flash_io) ++flash_errors_;
  if (error != Error::flash_io && group(error) == ErrorGroup::world) ++network_errors_;
}

void Updater::step_reporting() {
  const Outcome outcome = journal_.state().outcome;
  if (outcome.phase == Phase::none) {
    go(UpdaterState::idle);
    wait(uint64_t{interval_s_} * 1000);
    return;
  }
  const Result<Text> body = write_report(outcome, piece_);
  Error error = body.error;
  if (body.ok()) error = session_.report(body.value, answer_);
  // What the server can't take now it can't take later either.
  const bool is_hopeless = error == Error::request_refused;
  if (error != Error::ok && !is_hopeless) {
    LogLine(ports_.board, LogLevel::error).text("Report not delivered: ").text(name(error));
    report_due_ = false;  // first another check-in: a server that takes no reports may still help
    go(UpdaterState::idle);
    back_off();
    return;
  }
  JournalState state = journal_.state();
  state.outcome = Outcome();
  const Error saved = journal_.save(state);
  if (saved != Error::ok) {
    LogLine(ports_.board, LogLevel::error).text("Journal: ").text(name(saved));
  }
  LogLine(ports_.board)
      .text(is_hopeless ? Text("Report refused by the server: ") : Text("Reported: "))
      .text(outcome.version)
      .text(" ")
      .text(name(outcome.phase));
  failures_ = 0;
  go(UpdaterState::idle);
  wait(uint64_t{interval_s_} * 1000);
}

}  // namespace otter
