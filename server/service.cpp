#include "server/service.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "server/access_log.h"
#include "server/crew.h"
#include "server/data_folder.h"
#include "server/file_stamps.h"
#include "server/firmware_folder.h"
#include "server/folder_lock.h"
#include "server/folder_metrics.h"
#include "server/http.h"
#include "server/openid_provider.h"
#include "server/patch_works.h"
#include "server/request_metrics.h"
#include "server/retention.h"
#include "server/rollouts.h"
#include "server/router.h"
#include "server/store_cache.h"
#include "server/store_sqlite.h"

namespace otter::server {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kAsideThreads = 4;   // for requests that may take long
constexpr time_t kFlushInterval = 5;  // [s] how much of "last seen" a crash may lose

int64_t system_time_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

sigset_t awaited_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  return signals;
}

DataFolder existing_folder(const ServerSettings& settings) {
  const DataFolder data{settings.data};
  std::error_code error;
  if (!std::filesystem::exists(data.database(), error)) {
    if (error) {
      throw DataFolderError(data.database() + ": " + error.message() +
                            "; run as the server's user");
    }
    throw DataFolderError("there is no database " + data.database() +
                          "; `otter init` makes a data folder");
  }
  return data;
}

HttpSettings http_settings(const ServerSettings& settings) {
  HttpSettings http;
  http.address = settings.address;
  http.port = settings.port;
  http.tls.certificate_file = settings.certificate_file();
  http.tls.key_file = settings.key_file();
  http.tls.client_ca_file = settings.client_ca;
  http.tls.record_bytes_max = settings.tls_record_bytes;
  http.tls.ticket_life_s = 2 * settings.ticket_rotation_s;
  http.threads =
      settings.threads != 0 ? settings.threads : std::max(2U, std::thread::hardware_concurrency());
  http.limits = settings.limits;
  return http;
}

PatchLimits patch_limits(const ServerSettings& settings) {
  PatchLimits limits;
  limits.wait_s = settings.patch_wait_s;
  limits.build_bytes_max = uint64_t{settings.patch_build_mb} << 20;
  limits.shelf_bytes_max = uint64_t{settings.patch_store_mb} << 20;
  return limits;
}

// Handshakes of many devices at once leave pages behind of which little is in use; without this
// the C library keeps all of them.
void return_freed_memory() { malloc_trim(0); }

}  // namespace

struct Service::Parts {
  Parts(const ServerSettings& settings_in, std::ostream& out)
      : settings(settings_in),
        data(existing_folder(settings)),
        lock(data),
        log(settings.log, out, std::chrono::milliseconds(settings.log_delay_ms)),
        store(open_sqlite_store(data.database(), &metrics)),
        blobs(data.blobs()),
        masters(data),
        cache(*store),
        reports(*store),
        rollouts(*store, sightings, settings.check_interval_s),
        openid(make_openid_provider(settings.openid, settings.public_url)),
        backend{settings,    *store,  blobs,   sightings, log,      masters,      cache,
                device_keys, reports, metrics, logins,    rollouts, system_time_s},
        firmware(data.path + kFirmwareFolder, backend),
        router(backend, [this](std::function<void()> work) { crew.run(std::move(work)); }),
        requests(metrics),
        http(http_settings(settings), routes(), metrics),
        tls_files({settings.certificate_file(), settings.key_file(), settings.client_ca}),
        tickets_due(Clock::now() + ticket_rotation()) {
    metrics.gauge({"otter_build_info", "The running program"}, {{"version", OTTER_VERSION}}).set(1);
    const std::string& token_file = settings.metrics_token_file;
    if (!token_file.empty() && !std::ifstream(token_file)) {
      log.warning("The file of the metrics' token can't be read", {{"path", token_file}});
    }
    backend.openid = openid.get();
    backend.readiness.ask([this] { return objection(); });
    metrics.ask({"otter_certificate_days_left", "Until the server's certificate ends"}, {},
                [this] { return days_left(); });
    add_folder_metrics(metrics, data);
    rollouts.load(system_time_s());
    if (settings.patches) {
      shelf.emplace(data.patches());
      patches.emplace(blobs, *shelf, log, metrics, patch_limits(settings));
      backend.patches = &*patches;
    }
  }

  Routes routes() {
    Routes out;
    out.handle = [this](const Request& request) { return router.handle(request); };
    out.body_size_max = [this](const Request& request) { return router.body_size_max(request); };
    out.refuse = [this](unsigned status, const std::string& remote, const std::string& detail) {
      return router.refuse(status, remote, detail);
    };
    out.done = [this](const Exchange& exchange) {
      requests.count(exchange);
      if (settings.access_log) log_access(log, exchange);
    };
    return out;
  }

  std::chrono::seconds ticket_rotation() const {
    return std::chrono::seconds(settings.ticket_rotation_s);
  }

  double days_left() const {
    constexpr double kDay = 24 * 3600;  // [s]
    return static_cast<double>(http.certificate_expires_s() - system_time_s()) / kDay;
  }

  std::string objection() const {
    if (is_stopping) return "the server is about to stop";
    return days_left() > 0 ? "" : "the server's certificate has ended";
  }

  // `told`: an operator wants the certificate read anew, changed or not.
  void look_after_tls(bool told) {
    if (Clock::now() >= tickets_due) {
      http.rotate_ticket_keys();
      tickets_due = Clock::now() + ticket_rotation();
    }
    if (!tls_files.changed() && !told) return;
    try {
      http.reload_certificates();
      log.info("Certificate loaded",
               {{"file", settings.certificate_file()},
                {"days_left", std::to_string(static_cast<int64_t>(days_left()))}});
    } catch (const std::runtime_error& error) {
      log.error("The new certificate won't do, the old one stays", {{"detail", error.what()}});
    }
  }

  void flush() {
    try {
      sightings.flush(*store);
      backend.key_uses.flush(*store);
    } catch (const StoreError& error) {
      log.error("Can't save when devices were seen", {{"detail", error.what()}});
    }
    return_freed_memory();
  }

  void step_rollouts() {
    try {
      rollouts.tick({log, backend.events}, system_time_s());
    } catch (const StoreError& error) {
      log.error("Can't take a step of the rollouts", {{"detail", error.what()}});
    }
  }

  void roll_up() {
    try {
      const size_t removed = keep_to_limits(*store, retention_limits(settings, system_time_s()));
      if (removed > 0) log.info("Old reports rolled up", {{"rows", std::to_string(removed)}});
    } catch (const StoreError& error) {
      log.error("Can't roll up old reports", {{"detail", error.what()}});
    }
  }

  const ServerSettings settings;
  Metrics metrics;
  const DataFolder data;
  const FolderLock lock;
  Log log;
  const std::unique_ptr<Store> store;
  Blobs blobs;
  Sightings sightings;
  MasterKeys masters;
  Logins logins;
  StoreCache cache;
  DeviceKeys device_keys;
  ReportQueue reports;
  Rollouts rollouts;
  const std::unique_ptr<OpenIdProvider> openid;
  std::optional<PatchShelf> shelf;
  std::optional<PatchWorks> patches;
  Backend backend;
  FirmwareFolder firmware;
  Router router;
  Crew crew{kAsideThreads};
  RequestMetrics requests;
  HttpServer http;
  FileStamps tls_files;
  Clock::time_point tickets_due;
  bool is_running = false;
  std::atomic<bool> is_stopping = false;
};

Service::Service(const ServerSettings& settings, std::ostream& log)
    : parts_(std::make_unique<Parts>(settings, log)) {}

Service::~Service() { stop(); }

void Service::start() {
  // For people the program says it in a line of its own.
  if (parts_->settings.log == LogFormat::json) parts_->log.info("Serving", {{"url", url()}});
  if (parts_->patches.has_value()) parts_->patches->start();
  parts_->http.start();
  parts_->is_running = true;
}

std::string Service::url() const {
  const ServerSettings& settings = parts_->settings;
  const std::string port = std::to_string(parts_->http.port());
  const std::string& known = settings.public_url;
  const bool has_port = known.find(':', std::string("https://").size()) != std::string::npos;
  if (known.ends_with(":" + port) || (!has_port && port == "443")) return known;
  const bool is_v6 = settings.address.find(':') != std::string::npos;
  return "https://" + (is_v6 ? "[" + settings.address + "]" : settings.address) + ":" + port;
}

void Service::wait_for_stop_signal() {
  const sigset_t signals = awaited_signals();
  const timespec interval = {kFlushInterval, 0};
  int signal = 0;
  do {
    parts_->flush();
    parts_->step_rollouts();
    if (parts_->patches.has_value()) parts_->patches->get_ready(*parts_->store, system_time_s());
    parts_->firmware.look();
    parts_->roll_up();
    parts_->backend.events.tick(system_time_s());
    parts_->look_after_tls(signal == SIGHUP);
    signal = sigtimedwait(&signals, nullptr, &interval);
  } while (signal != SIGTERM && signal != SIGINT);
}

void Service::stop() {
  if (!parts_->is_running) return;
  parts_->is_running = false;
  parts_->is_stopping = true;
  parts_->backend.events.close();
  parts_->http.stop();
  parts_->flush();
  parts_->log.info("Stopped", {});
}

void block_stop_signals() {
  const sigset_t signals = awaited_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace otter::server
