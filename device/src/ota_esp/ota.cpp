#include "ota_esp/ota.h"

#include <freertos/FreeRTOS.h>
#include <freertos/task.h>

#include <new>

#include "ota/log_line.h"
#include "ota/patch_unpacker.h"
#include "ota_esp/board_identity.h"
#include "ota_esp/chip_crypto.h"
#include "ota_esp/esp_clock.h"
#include "ota_esp/hooked_application.h"
#include "ota_esp/worker_task.h"

namespace otter {
namespace {

constexpr uint32_t kNothingToDo = 1000;  // [ms] where Otter has not started
constexpr uint32_t kSleepMax = 500;      // [ms] of start_task()'s loop, so that check_now() is soon
constexpr UBaseType_t kTaskPriority = 1;
// Of start_task(): its loop alone, or with engine and TLS. [bytes]
constexpr uint32_t kTaskStack = 3 * 1024;
constexpr uint32_t kTaskStackWithEngine = 10 * 1024;

// What leaves a core dump behind, where the firmware keeps them.
bool is_crash(ResetReason reason) {
  return reason == ResetReason::panic || reason == ResetReason::interrupt_watchdog ||
         reason == ResetReason::task_watchdog;
}

}  // namespace

// All that a running Otter needs, in one piece.
struct Ota::Running {
  explicit Running(const OtaConfig& given_in)
      : given(given_in),
        http(crypto),
        application(given_in.hooks),
        identity(given, settings, crypto, board) {}
  ~Running() {
    delete manual;
    delete updater;
    delete unpacker;
    delete[] patch_memory;
  }

  Error start();
  void start_patches();

  const OtaConfig given;
  ChipCrypto crypto;
  EspBoard board;
  NvsSettings settings;
  EspHttp http;
  EspClock clock;
  HookedApplication application;
  BoardIdentity identity;
  WorkerTask worker;
  UpdaterConfig config;
  UpdaterPorts ports{board, http, crypto, settings, application};
  uint8_t* patch_memory = nullptr;
  PatchUnpacker* unpacker = nullptr;
  Updater* updater = nullptr;
  ManualUpdater* manual = nullptr;
  uint64_t next_ms = 0;
  uint8_t workspace[kWorkspaceSize];
};

Error Ota::Running::start() {
  OTTER_TRY(crypto.begin());
  OTTER_TRY(board.begin(given.hardware != nullptr ? given.hardware : "", given.log_level, given.log,
                        crypto, workspace));
  OTTER_TRY(settings.begin());
  config.signatures_needed = given.signatures_needed;
  config.sequence_floor = given.sequence_floor;
  config.security_floor = given.security_floor;
  config.check_interval_s = given.check_interval_s > 0 ? given.check_interval_s : 1;
  config.log_size_bytes = given.log_size_bytes;
  config.sends_core_dumps = given.sends_core_dumps;
  config.download_attempts_max = given.download_attempts_max;
  config.request_size_bytes = (given.request_size_bytes + kSectorSize - 1) & ~(kSectorSize - 1);
  OTTER_TRY(identity.load(&config, &http));
  start_patches();
  updater = new (std::nothrow) Updater(config, ports, workspace);
  if (updater == nullptr) return Error::low_memory;
  if (is_crash(board.reset_reason())) board.core_dump()->log(board);
  manual = new (std::nothrow) ManualUpdater(*updater, config, ports, clock);
  if (manual == nullptr) return Error::low_memory;
  return updater->begin(clock.now_ms());
}

// Without the memory whole images do as well.
void Ota::Running::start_patches() {
  const uint32_t size = given.patch_memory_bytes;
  if (size == 0) return;
  patch_memory = new (std::nothrow) uint8_t[size];
  if (patch_memory != nullptr) {
    unpacker = new (std::nothrow) PatchUnpacker(MutableBytes(patch_memory, size));
  }
  if (unpacker == nullptr) {
    LogLine(board, LogLevel::error).text("No memory for patches: whole images are taken");
  }
  config.unpacker = unpacker;
}

bool Ota::begin(const OtaConfig& config) {
  if (running_ != nullptr) return true;
  Running* running = new (std::nothrow) Running(config);
  Error error = Error::low_memory;
  if (running != nullptr && running->worker.begin(config.stack_size_bytes)) {
    struct Job {
      Running* running;
      Error error;
    } job = {running, Error::ok};
    running->worker.run(
        [](void* argument) {
          Job& job = *static_cast<Job*>(argument);
          job.error = job.running->start();
        },
        &job);
    error = job.error;
  }
  if (error == Error::ok) {
    running_ = running;
    return true;
  }
  EspBoard log;
  LogLine(running != nullptr ? running->board : log, LogLevel::error)
      .text("No updates on this device: ")
      .text(name(error));
  delete running;
  return false;
}

uint32_t Ota::loop() {
  if (running_ == nullptr) return kNothingToDo;
  Running& running = *running_;
  feed_watchdog();
  uint64_t now_ms = running.clock.now_ms();
  if (now_ms >= running.next_ms) {
    running.worker.run(
        [](void* argument) {
          Running& running = *static_cast<Running*>(argument);
          running.next_ms = running.updater->step(running.clock.now_ms());
        },
        running_);
    now_ms = running.clock.now_ms();
  }
  const uint64_t next_ms = running.next_ms;
  if (next_ms <= now_ms) return 0;
  return next_ms - now_ms < UINT32_MAX ? static_cast<uint32_t>(next_ms - now_ms) : UINT32_MAX;
}

bool Ota::start_task() {
  const auto work = [](void* self) {
    Ota& ota = *static_cast<Ota*>(self);
    for (EspClock clock;;) {
      const uint32_t wait_ms = ota.loop();
      clock.sleep_ms(wait_ms < kSleepMax ? wait_ms : kSleepMax);
    }
  };
  if (running_ == nullptr) return false;
  const bool has_worker = running_->given.stack_size_bytes > 0;
  const uint32_t stack_size = has_worker ? kTaskStack : kTaskStackWithEngine;
  return xTaskCreate(work, "otter_loop", stack_size, this, kTaskPriority, nullptr) == pdPASS;
}

void Ota::check_now() {
  if (running_ == nullptr) return;
  running_->updater->check_now();
  running_->next_ms = 0;
}

bool Ota::is_idle() const {
  return running_ == nullptr || running_->updater->state() == UpdaterState::idle;
}

bool Ota::in_safe_mode() const { return running_ != nullptr && running_->updater->in_safe_mode(); }

bool Ota::is_stale() const { return running_ != nullptr && running_->updater->is_stale(); }

UpdaterState Ota::state() const {
  return running_ != nullptr ? running_->updater->state() : UpdaterState::idle;
}

template <typename Call>
bool Ota::ask(Call call) {
  if (running_ == nullptr) return false;
  struct Job {
    Ota& ota;
    Call& call;
    bool answer;
  } job = {*this, call, false};
  running_->worker.run(
      [](void* argument) {
        Job& job = *static_cast<Job*>(argument);
        job.answer = job.call(*job.ota.running_->manual);
      },
      &job);
  running_->next_ms = 0;
  return job.answer;
}

bool Ota::check_for_updates() {
  return ask([](ManualUpdater& manual) { return manual.check_for_updates(); });
}

bool Ota::download_and_install_update() {
  return ask([](ManualUpdater& manual) { return manual.download_and_install_update(); });
}

bool Ota::download_chunk(uint32_t offset, uint32_t size) {
  return ask([=](ManualUpdater& manual) { return manual.download_chunk(offset, size); });
}

bool Ota::verify_firmware(const char* sha256, const char* hmac) {
  return ask([=](ManualUpdater& manual) {
    return manual.verify_firmware(sha256, hmac != nullptr ? hmac : "");
  });
}

bool Ota::roll_back() {
  return ask([](ManualUpdater& manual) { return manual.roll_back(); });
}

bool Ota::validate_server_certificate() {
  return ask([](ManualUpdater& manual) { return manual.validate_server_certificate(); });
}

bool Ota::hmac_holds(const void* data, size_t size, const char* expected) {
  if (running_ == nullptr || running_->config.hmac_secret.size == 0) return false;
  const Bytes bytes(static_cast<const uint8_t*>(data), size);
  return otter::hmac_holds(running_->crypto, running_->config.hmac_secret, bytes, expected);
}

Result<Digest> Ota::sha256_of(const void* data, size_t size) {
  if (running_ == nullptr) return Error::low_memory;
  return sha256(running_->crypto, Bytes(static_cast<const uint8_t*>(data), size));
}

bool Ota::connect_wifi(const char* ssid, const char* password, uint32_t timeout_ms) {
  char stored_ssid[33] = {};      // IEEE 802.11: 32 bytes
  char stored_password[65] = {};  // WPA: 63 characters, or 64 hexadecimal digits
  NvsSettings settings;
  if (settings.begin() == Error::ok) {
    const Result<size_t> size = settings.load_text("wifi_ssid", stored_ssid, sizeof(stored_ssid));
    if (size.ok() && size.value > 0) {
      const Result<size_t> found =
          settings.load_text("wifi_pass", stored_password, sizeof(stored_password));
      ssid = stored_ssid;
      password = found.ok() ? stored_password : "";
    }
  }
  return otter::connect_wifi(ssid, password, timeout_ms);
}

EspHttp* Ota::new_http() const {
  if (running_ == nullptr) return nullptr;
  EspHttp* http = new (std::nothrow) EspHttp(running_->crypto);
  if (http != nullptr && http->share(running_->http) == Error::ok) return http;
  delete http;
  return nullptr;
}

}  // namespace otter
