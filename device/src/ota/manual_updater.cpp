#include "ota/manual_updater.h"

#include "ota/log_line.h"

namespace otter {
namespace {

constexpr size_t kReadSize = 512;     // [bytes] at a time, on the stack
constexpr int kRoundsMax = 2;         // an outcome is reported before the server is asked
constexpr uint64_t kSleepMax = 1000;  // [ms] at a time, so that a watchdog is fed

bool is_at_rest(const Updater& updater) {
  return updater.state() == UpdaterState::idle || updater.state() == UpdaterState::rebooting;
}

bool is_checked(const Updater& updater) { return updater.is_updating() || is_at_rest(updater); }

bool is_staged(const Updater& updater) {
  return updater.state() == UpdaterState::staged || is_at_rest(updater);
}

bool is_digest(const Digest& digest, Text hex) {
  const Result<Digest> expected = digest_from_hex(hex);
  return expected.ok() && equal_constant_time(digest.bytes, expected.value.bytes);
}

}  // namespace

bool hmac_holds(Crypto& crypto, Bytes key, Bytes data, Text expected) {
  const Result<Digest> hmac = hmac_sha256(crypto, key, data);
  return hmac.ok() && is_digest(hmac.value, expected);
}

// One piece of work, whenever the updater wants to do it.
void ManualUpdater::step() {
  const uint64_t wake_ms = updater_.step(clock_.now_ms());
  const uint64_t now_ms = clock_.now_ms();
  if (wake_ms <= now_ms || is_at_rest(updater_)) return;
  clock_.sleep_ms(wake_ms - now_ms < kSleepMax ? wake_ms - now_ms : kSleepMax);
}

void ManualUpdater::step_until(bool (*is_done)(const Updater& updater)) {
  while (!is_done(updater_)) step();
}

// In a simulation it returns.
bool ManualUpdater::restart_if_due() {
  if (updater_.state() != UpdaterState::rebooting) return false;
  updater_.step(clock_.now_ms());
  return true;
}

bool ManualUpdater::check_for_updates() {
  step_until(is_checked);
  for (int round = 0; round < kRoundsMax && updater_.state() == UpdaterState::idle; ++round) {
    if (!ports_.application.network_up()) {
      LogLine(ports_.board, LogLevel::error).text("No check for updates: the network is down");
      return false;
    }
    const bool reports_first = updater_.outcome().phase != Phase::none;
    updater_.check_now();
    step();
    step_until(is_checked);
    if (!reports_first) break;
  }
  return !restart_if_due() && updater_.is_updating();
}

bool ManualUpdater::download_and_install_update() {
  if (!updater_.is_updating()) {
    LogLine(ports_.board, LogLevel::error).text("Nothing to install: check for updates first");
    return false;
  }
  step_until(is_at_rest);
  return restart_if_due();
}

bool ManualUpdater::download_chunk(uint32_t offset, uint32_t size) {
  if (!updater_.is_updating() || offset > updater_.downloaded_bytes()) {
    LogLine(ports_.board, LogLevel::error)
        .text("No chunk at byte ")
        .number(offset)
        .text(": the download stands at byte ")
        .number(updater_.downloaded_bytes());
    return false;
  }
  const uint32_t left = updater_.image_size_bytes() - offset;
  const uint32_t end = offset + (size < left ? size : left);
  while (updater_.is_updating() && updater_.downloaded_bytes() < end) step();
  if (updater_.is_updating()) return true;
  step_until(is_at_rest);
  return false;
}

bool ManualUpdater::verify_firmware(Text expected_sha256, Text expected_hmac) {
  step_until(is_staged);
  if (updater_.state() != UpdaterState::staged) return false;
  SlotReader reader(ports_.crypto);
  reader.start(updater_.staged_slot(), updater_.image_size_bytes(), config_.hmac_secret);
  uint8_t piece[kReadSize];
  Result<bool> done = false;
  while (done.ok() && !done.value) done = reader.step(piece);
  const Result<Digest> sha256 = reader.sha256();
  const bool hash_holds = done.ok() && sha256.ok() && is_digest(sha256.value, expected_sha256);
  log_verdict("SHA256", hash_holds);
  if (config_.mode == UpdateMode::signed_release && expected_hmac.empty()) return hash_holds;
  const Result<Digest> hmac = reader.hmac();
  const bool hmac_holds = done.ok() && hmac.ok() && config_.hmac_secret.size > 0 &&
                          is_digest(hmac.value, expected_hmac);
  log_verdict("HMAC", hmac_holds);
  return hash_holds && hmac_holds;
}

void ManualUpdater::log_verdict(Text what, bool holds) {
  LogLine(ports_.board, holds ? LogLevel::info : LogLevel::error)
      .text(what)
      .text(" verification: ")
      .text(holds ? "PASSED" : "FAILED");
}

bool ManualUpdater::roll_back() {
  const Error error = updater_.go_back();
  if (error == Error::ok) return restart_if_due();
  LogLine(ports_.board, LogLevel::error).text("No rollback: ").text(name(error));
  return false;
}

bool ManualUpdater::validate_server_certificate() {
  HttpRequest request;
  request.target = "/";
  HttpResponse response;
  const Error error = ports_.http.open(request, &response);
  ports_.http.close();
  LogLine(ports_.board, error == Error::ok ? LogLevel::info : LogLevel::error)
      .text("Server certificate: ")
      .text(error == Error::ok ? Text("trusted") : name(error));
  return error == Error::ok;
}

}  // namespace otter
