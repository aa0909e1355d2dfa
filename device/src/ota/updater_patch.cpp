// Updater: the image by a patch, in place of the whole of it. docs/device.md, "Patches".
#include "ota/log_line.h"
#include "ota/updater.h"

namespace otter {
namespace {

// What trying again may help against: the network's errors and the flash's. What a server has not
// got or does not want to give is fetched in another way.
bool is_passing(Error error) {
  return group(error) == ErrorGroup::world && error != Error::low_memory &&
         error != Error::not_found && error != Error::request_refused;
}

}  // namespace

// At most one try for each release, remembered over resets: whole, it always works.
bool Updater::may_patch(const Release& release) const {
  return config_.unpacker != nullptr && config_.unpacker->memory_bytes() > 0 && release.is_signed &&
         patch_offer_.size_bytes > kPatchHeaderSize &&
         patch_offer_.size_bytes < release.manifest.image_size_bytes &&
         !journal_.state().has_patch_failed(release.digest);
}

void Updater::start_patch(uint32_t kept) {
  const uint8_t running = ports_.board.running_slot();
  SlotPlan image;
  image.size_bytes = release_.manifest.image_size_bytes;
  image.manifest = &release_.manifest;
  writer_.start_again(ports_.board.slot(target_slot()), image, kept);
  PatchPlan plan;
  plan.offer = patch_offer_;
  plan.manifest = &release_.manifest;
  plan.running = running != kNoSlot ? &ports_.board.slot(running) : nullptr;
  plan.target = &ports_.board.slot(target_slot());
  plan.crypto = &ports_.crypto;
  plan.writer = &writer_;
  plan.piece = piece_;
  plan.input = answer_.part(kFrameSizeMax);
  config_.unpacker->begin(plan);
  LogLine(ports_.board)
      .text("By a patch of ")
      .number(patch_offer_.size_bytes)
      .text(" bytes in place of ")
      .number(release_.manifest.image_size_bytes);
}

UpdateWay Updater::way() const {
  if (!is_patching_) return UpdateWay::full;
  return config_.unpacker->has_base() ? UpdateWay::patch : UpdateWay::compressed;
}

// One bounded piece of work: a request, a piece from the network or the decoder, a sector.
Error Updater::advance_patch() {
  OTTER_TRY_SET(const PatchNeed need, config_.unpacker->advance());
  switch (need) {
    case PatchNeed::again:
      return Error::ok;
    case PatchNeed::payload:
      return stream_open_ ? receive_patch() : open_patch();
    case PatchNeed::keeping:
      if (!slot_prepared_) OTTER_TRY(prepare_slot());
      return config_.unpacker->store();
    case PatchNeed::image:
      return write_piece();
  }
  return Error::ok;
}

Error Updater::open_patch() {
  const uint32_t wanted = config_.unpacker->offset();
  source_ = best_source();
  const RemoteFile file = {patch_offer_.sha256, patch_offer_.size_bytes, Text()};
  OTTER_TRY_SET(const ImagePart part, session_.open_file(file, wanted, origin_of(source_)));
  stream_left_ = part.end - part.begin;
  patch_skip_ = wanted - part.begin;
  if (window_began_ms_ == 0) window_began_ms_ = now_ms_;
  stream_open_ = true;
  return Error::ok;
}

Error Updater::receive_patch() {
  if (config_.unpacker->begins_to_wait()) {  // the decoder's time is not the network's
    window_began_ms_ = now_ms_;
    window_bytes_ = 0;
  }
  uint8_t skipped[64];
  const MutableBytes space =
      patch_skip_ > 0 ? MutableBytes(skipped).part(0, patch_skip_) : config_.unpacker->space();
  OTTER_TRY_SET(const size_t size, ports_.http.read(space));
  if (size == 0 || size > stream_left_) return Error::network_closed;
  OTTER_TRY(check_speed(size));
  if (patch_skip_ > 0) {
    patch_skip_ -= static_cast<uint32_t>(size);
  } else {
    config_.unpacker->take(size);
  }
  stream_left_ -= static_cast<uint32_t>(size);
  fetched_bytes_ += static_cast<uint32_t>(size);
  if (stream_left_ > 0) return Error::ok;
  ports_.http.close();  // this part has ended; the next one is asked for
  stream_open_ = false;
  return Error::ok;
}

void Updater::patch_failed(Error error) {
  ports_.http.close();
  stream_open_ = false;
  count_error(error);
  LogLine(ports_.board, LogLevel::error).text("Patch stopped: ").text(name(error));
  const bool is_mirrors_fault = source_ != 0 && !config_.unpacker->is_proved();
  if (!is_passing(error) && !is_mirrors_fault) return give_up_patch(error);
  if (!may_try_again(error)) return;
  // After the network's errors it goes on where it was: the decoder is still there.
  if (!is_passing(error) || error == Error::flash_io) start_patch(proved_bytes());
  back_off();
}

// The whole image from here on; what was proved stays.
void Updater::give_up_patch(Error error) {
  LogLine(ports_.board, LogLevel::error).text("The whole image in place of the patch");
  JournalState state = journal_.state();
  memcpy(state.patch_failed, release_.digest.bytes, sizeof(state.patch_failed));
  state.patch_error = error;
  const Error saved = journal_.save(state);
  if (saved != Error::ok) {
    LogLine(ports_.board, LogLevel::error).text("Journal: ").text(name(saved));
  }
  is_patching_ = false;
  window_began_ms_ = 0;
  window_bytes_ = 0;
  start_whole(proved_bytes());
}

}  // namespace otter
