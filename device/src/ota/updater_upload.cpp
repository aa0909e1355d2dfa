// Updater: what is sent besides reports: the log if the server asks for it, and core dumps.
#include "ota/log_line.h"
#include "ota/updater.h"

namespace otter {
namespace {

constexpr char kLogPath[] = "/firmware/log";
constexpr char kTextType[] = "text/plain";

}  // namespace

// The log first: somebody waits for it. Then the check-in is made again that told so, because it
// may have had more to say.
void Updater::step_uploading() {
  const Error error = log_wanted_ ? send_log() : send_dump();
  if (error == Error::ok) return;
  count_error(error);
  LogLine(ports_.board, LogLevel::error).text("Not uploaded: ").text(name(error));
  go(UpdaterState::idle);
  wait(uint64_t{interval_s_} * 1000);
}

Error Updater::send_log() {
  log_wanted_ = false;
  const Text text = log_ring_.read(piece_);
  OTTER_TRY(session_.post(kLogPath, kTextType, as_bytes(text), answer_).error);
  LogLine(ports_.board).text("Log sent, bytes: ").number(static_cast<int64_t>(text.size));
  go(UpdaterState::checking);
  return Error::ok;
}

Error Updater::send_dump() {
  OTTER_TRY_SET(const bool is_done, dump_.step(session_, ports_.crypto, piece_, answer_));
  if (!is_done) {
    next_ms_ = now_ms_;
    return Error::ok;
  }
  LogLine(ports_.board).text("Core dump sent and erased");
  go(UpdaterState::idle);
  wait(uint64_t{interval_s_} * 1000);
  return Error::ok;
}

}  // namespace otter
