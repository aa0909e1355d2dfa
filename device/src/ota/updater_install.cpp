// Updater: from the accepted release to the staged image.
#include "ota/esp_image.h"
#include "ota/log_line.h"
#include "ota/updater.h"

namespace otter {
namespace {

constexpr uint8_t kPercentStep = 5;

}  // namespace

bool Updater::is_updating() const {
  return state_ == UpdaterState::downloading || state_ == UpdaterState::verifying ||
         state_ == UpdaterState::staged;
}

Text Updater::offered_version() const {
  if (state_ == UpdaterState::downloading) return release_.manifest.version;
  return is_updating() ? Text(journal_.state().update.version) : Text();
}

uint32_t Updater::image_size_bytes() const {
  if (state_ == UpdaterState::downloading) return release_.manifest.image_size_bytes;
  return is_updating() ? journal_.state().update.image_size_bytes : 0;
}

uint32_t Updater::downloaded_bytes() const {
  return state_ == UpdaterState::downloading ? writer_.offset() : image_size_bytes();
}

void Updater::step_downloading() {
  Error error = Error::ok;
  if (is_patching_) {
    error = advance_patch();
    if (error != Error::ok) return patch_failed(error);
  } else {
    error = stream_open_ ? receive() : open_stream();
    if (error != Error::ok) return download_failed(error);
  }
  if (!writer_.is_complete()) return;
  ports_.http.close();
  stream_open_ = false;
  reader_.start(ports_.board.slot(target_slot()), release_.manifest.image_size_bytes,
                config_.hmac_secret);
  go(UpdaterState::verifying);
}

// The source that has failed least; of equals a mirror, to spare the server.
size_t Updater::best_source() const {
  size_t best = 0;
  size_t index = 1;
  for (JsonItems items(mirrors_); items.next() && index < kSourcesMax; ++index) {
    const uint8_t failures = source_failures_[index];
    if (failures < source_failures_[best] || (best == 0 && failures == source_failures_[0])) {
      best = index;
    }
  }
  return best;
}

Text Updater::origin_of(size_t source) const {
  size_t index = 1;
  for (JsonItems items(mirrors_); items.next(); ++index) {
    if (index == source) return items.value().plain_string().value;
  }
  return Text();  // the update server
}

Error Updater::open_stream() {
  const uint32_t wanted = writer_.offset();
  source_ = release_.is_signed ? best_source() : 0;
  OTTER_TRY_SET(const ImagePart part, session_.open_image(release_, wanted, origin_of(source_)));
  stream_left_ = part.end - part.begin;
  if (window_began_ms_ == 0) window_began_ms_ = now_ms_;
  if (part.begin != wanted) {
    LogLine(ports_.board).text("The server starts over; so does the download");
    start_whole(part.begin);
    slot_prepared_ = false;
  }
  stream_open_ = true;
  return Error::ok;
}

Error Updater::receive() {
  OTTER_TRY_SET(const size_t size, ports_.http.read(writer_.space()));
  if (size == 0 || size > stream_left_) return Error::network_closed;
  OTTER_TRY(check_speed(size));
  if (writer_.take(size)) OTTER_TRY(write_piece());
  stream_left_ -= static_cast<uint32_t>(size);
  fetched_bytes_ += static_cast<uint32_t>(size);
  if (stream_left_ > 0 || writer_.is_complete()) return Error::ok;
  ports_.http.close();  // this part has ended; the next one is asked for
  stream_open_ = false;
  return Error::ok;
}

// Whoever drips a byte a second holds a device for weeks: the average over a window must hold.
Error Updater::check_speed(size_t size) {
  window_bytes_ += size;
  const uint64_t window_ms = uint64_t{config_.speed_window_s} * 1000;
  const uint64_t took_ms = now_ms_ - window_began_ms_;
  if (took_ms < window_ms) return Error::ok;
  if (window_bytes_ * 1000 < took_ms * config_.speed_min_bytes_s) return Error::network_slow;
  window_began_ms_ = now_ms_;
  window_bytes_ = 0;
  return Error::ok;
}

Error Updater::write_piece() {
  if (!slot_prepared_) {
    OTTER_TRY(check_head(writer_.piece()));
    OTTER_TRY(prepare_slot());
  }
  OTTER_TRY(writer_.write());
  log_progress();
  const uint32_t verified_before = journal_.state().update.verified_bytes;
  if (writer_.verified() <= verified_before || !release_.is_signed) return Error::ok;
  failures_ = 0;
  download_attempts_ = 0;
  return journal_.save_progress(writer_.verified());
}

// The first bytes say what the file is: a wrong one is refused before anything is erased.
Error Updater::check_head(Bytes head) const {
  OTTER_TRY_SET(const ImageHeader header, parse_image_header(head));
  if (header.chip != ports_.board.chip()) return Error::wrong_chip;
  const uint16_t revision = ports_.board.chip_revision();
  if (revision < header.revision_lowest() || revision > header.revision_highest()) {
    return Error::wrong_revision;
  }
  OTTER_TRY_SET(const AppDescription description,
                parse_app_description(head.part(kAppDescriptionOffset)));
  const bool same_build =
      !release_.is_signed || description.app_elf_sha256 == release_.manifest.app_elf_sha256;
  return same_build ? Error::ok : Error::wrong_version;
}

// Journal first, then the slot's first sector, so that nothing there boots any more, then otadata.
Error Updater::prepare_slot() {
  JournalState state = journal_.state();
  PendingUpdate& update = state.update;
  update = PendingUpdate();
  update.stage = UpdateStage::downloading;
  update.manifest = release_.digest;
  update.image = release_.manifest.image_sha256;
  update.image_size_bytes = release_.manifest.image_size_bytes;
  update.sequence = release_.manifest.sequence;
  update.epoch = metadata_.epoch();
  update.security_version = release_.manifest.security_version;
  update.slot = target_slot();
  const Text version = release_.manifest.version;
  memcpy(update.version, version.data, version.part(0, kVersionSizeMax).size);
  OTTER_TRY(journal_.save(state));
  // A patch that goes on may find its own first sector there.
  OTTER_TRY_SET(const bool is_held, writer_.is_held());
  if (!is_held) OTTER_TRY(ports_.board.slot(target_slot()).erase(0, kSectorSize));
  const uint8_t running = ports_.board.running_slot();
  OTTER_TRY(running != kNoSlot ? boot_.repair(running) : boot_.choose_factory());
  if (running != kNoSlot) OTTER_TRY(boot_.forget(target_slot()));
  slot_prepared_ = true;
  return Error::ok;
}

// Of a trial that is gone on with, the journal knows already.
void Updater::note_download(PendingUpdate* update) const {
  if (update->stage != UpdateStage::downloading) return;
  update->way = way();
  update->fetched_bytes = fetched_bytes_;
  update->duration_s = static_cast<uint32_t>((now_ms_ - download_began_ms_) / 1000);
}

void Updater::log_progress() {
  const uint64_t size = release_.manifest.image_size_bytes;
  const uint8_t percent = static_cast<uint8_t>(uint64_t{writer_.offset()} * 100 / size);
  if (percent < percent_logged_ + kPercentStep && percent != 100) return;
  if (percent == percent_logged_) return;
  percent_logged_ = static_cast<uint8_t>(percent / kPercentStep * kPercentStep);
  LogLine(ports_.board).text("Download progress: ").number(percent_logged_).text("%");
}

// What may have been the network's or a mirror's fault is fetched again, from the last proved block
// on; what the image itself is at fault for is refused.
void Updater::download_failed(Error error) {
  ports_.http.close();
  const bool was_open = stream_open_;
  stream_open_ = false;
  count_error(error);
  LogLine(ports_.board, LogLevel::error)
      .text("Download stopped at byte ")
      .number(writer_.offset())
      .text(": ")
      .text(name(error));
  // Of a signed release the manifest has vouched for the image: bytes that do not fit are the
  // network's or a mirror's.
  const bool is_image_at_fault =
      !release_.is_signed && was_open && !slot_prepared_ && group(error) == ErrorGroup::data;
  if (is_image_at_fault) {
    finish_update(Phase::refused, error, true);
    return;
  }
  if (!may_try_again(error)) return;
  start_whole(release_.is_signed ? writer_.verified() : 0);
  back_off();
}

// Notes that a source has failed; ends the update if there were too many failures.
bool Updater::may_try_again(Error error) {
  if (source_failures_[source_] < UINT8_MAX) ++source_failures_[source_];
  window_began_ms_ = 0;
  window_bytes_ = 0;
  const bool is_late = now_ms_ - download_began_ms_ >= uint64_t{config_.download_deadline_s} * 1000;
  if (++download_attempts_ < config_.download_attempts_max && !is_late) return true;
  finish_update(Phase::failed, error, false);
  return false;
}

// Of the offered release, by an earlier boot or attempt.
uint32_t Updater::proved_bytes() const {
  const PendingUpdate& pending = journal_.state().update;
  const Manifest& manifest = release_.manifest;
  const bool resumes = pending.stage == UpdateStage::downloading &&
                       pending.manifest == release_.digest && pending.slot == target_slot() &&
                       pending.verified_bytes <= manifest.image_size_bytes && release_.is_signed &&
                       pending.verified_bytes % manifest.block_size_bytes == 0;
  return resumes ? pending.verified_bytes : 0;
}

void Updater::start_whole(uint32_t offset) {
  SlotPlan plan;
  plan.size_bytes = release_.manifest.image_size_bytes;
  plan.manifest = release_.is_signed ? &release_.manifest : nullptr;
  writer_.start(ports_.board.slot(target_slot()), plan, offset);
}

void Updater::step_verifying() {
  const Result<bool> done = reader_.step(piece_);
  Error error = done.error;
  if (done.ok()) {
    if (!done.value) return;
    error = check_image();
  }
  if (error == Error::ok) {
    LogLine(ports_.board).text("Firmware written successfully");
    go(UpdaterState::staged);
    return;
  }
  LogLine(ports_.board, LogLevel::error).text("Verification failed: ").text(name(error));
  const bool is_image_at_fault = group(error) == ErrorGroup::data && error != Error::bad_hash;
  finish_update(is_image_at_fault ? Phase::refused : Phase::failed, error, is_image_at_fault);
}

// Compares what was read back from flash with what was promised.
Error Updater::check_image() {
  const PendingUpdate& update = journal_.state().update;
  OTTER_TRY_SET(const Digest sha256, reader_.sha256());
  const bool hash_holds = sha256 == update.image;
  LogLine(ports_.board).text("SHA256 verification: ").text(hash_holds ? "PASSED" : "FAILED");
  if (!hash_holds) return Error::bad_hash;
  OTTER_TRY_SET(const Digest hmac, reader_.hmac());
  // Coming back from an interrupted trial there is no release at hand; the journal vouches for it.
  if (config_.mode == UpdateMode::plain && update.stage == UpdateStage::downloading) {
    const bool hmac_holds = equal_constant_time(hmac.bytes, release_.hmac.bytes);
    LogLine(ports_.board).text("HMAC verification: ").text(hmac_holds ? "PASSED" : "FAILED");
    if (!hmac_holds) return Error::bad_hmac;
  }
  uint8_t head[kImageHeadSize];
  OTTER_TRY(ports_.board.slot(update.slot).read(0, head));
  return update.stage == UpdateStage::downloading ? check_head(head) : Error::ok;
}

// Of what the check-in has judged, everything once more: one disturbed instruction, there or here,
// lets no release pass. Coming back from an interrupted trial there is none at hand.
Error Updater::verify_again() {
  const PendingUpdate& update = journal_.state().update;
  if (config_.mode == UpdateMode::plain || update.stage != UpdateStage::downloading) {
    return Error::ok;
  }
  Result<RootMetadata> root = RootMetadata();
  if (metadata_.has_root()) root = metadata_.load_root(piece_);
  OTTER_TRY(root.error);
  const RootMetadata* trusted = metadata_.has_root() ? &root.value : nullptr;
  OTTER_TRY(session_.verify_again(trusted, update.manifest, &release_));
  return release_.manifest.image_sha256 == update.image ? Error::ok : Error::bad_hash;
}

// Journal before otadata: should the trial end without a trace, the next boot knows of it.
Error Updater::switch_over() {
  JournalState state = journal_.state();
  note_download(&state.update);
  state.update.stage = UpdateStage::trial;
  state.update.boots = 0;
  ++state.update.attempts;
  OTTER_TRY(journal_.save(state));
  return boot_.stage(state.update.slot);
}

void Updater::step_staged() {
  Error error = verify_again();
  if (error == Error::ok) error = switch_over();
  if (error == Error::ok) {
    LogLine(ports_.board).text("Rebooting to new firmware...");
    go(UpdaterState::rebooting);
    return;
  }
  LogLine(ports_.board, LogLevel::error).text("Switch failed: ").text(name(error));
  finish_update(Phase::failed, error, false);
}

}  // namespace otter
