#include "server/service.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "server/data_folder.h"
#include "server/folder_lock.h"
#include "server/http.h"
#include "server/router.h"
#include "server/store_sqlite.h"

namespace otter::server {
namespace {

constexpr time_t kFlushInterval = 5;  // [s] how much of "last seen" a crash may lose

int64_t system_time_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

DataFolder existing_folder(const ServerSettings& settings) {
  const DataFolder data{settings.data};
  if (!std::filesystem::exists(data.database())) {
    throw DataFolderError("there is no database " + data.database() +
                          "; `otter init` makes a data folder");
  }
  return data;
}

HttpSettings http_settings(const ServerSettings& settings) {
  HttpSettings http;
  http.address = settings.address;
  http.port = settings.port;
  http.certificate_file = settings.certificate_file();
  http.key_file = settings.key_file();
  http.threads = std::max(2U, std::thread::hardware_concurrency());
  return http;
}

Routes routes_of(Router& router) {
  Routes routes;
  routes.handle = [&router](const Request& request) { return router.handle(request); };
  routes.body_size_max = [&router](const Request& request) {
    return router.body_size_max(request);
  };
  routes.refuse = [&router](unsigned status, const std::string& remote, const std::string& detail) {
    return router.refuse(status, remote, detail);
  };
  return routes;
}

}  // namespace

struct Service::Parts {
  Parts(const ServerSettings& settings_in, std::ostream& out)
      : settings(settings_in),
        data(existing_folder(settings)),
        lock(data),
        log(settings.log, out),
        store(open_sqlite_store(data.database())),
        blobs(data.blobs()),
        masters(data),
        backend{settings, *store, blobs, sightings, log, masters, system_time_s},
        router(backend),
        http(http_settings(settings), routes_of(router)) {}

  void flush() {
    try {
      sightings.flush(*store);
    } catch (const StoreError& error) {
      log.error("Can't save when devices were seen", {{"detail", error.what()}});
    }
  }

  const ServerSettings settings;
  const DataFolder data;
  const FolderLock lock;
  Log log;
  const std::unique_ptr<Store> store;
  Blobs blobs;
  Sightings sightings;
  MasterKeys masters;
  Backend backend;
  Router router;
  HttpServer http;
  bool is_running = false;
};

Service::Service(const ServerSettings& settings, std::ostream& log)
    : parts_(std::make_unique<Parts>(settings, log)) {}

Service::~Service() { stop(); }

void Service::start() {
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
  const sigset_t signals = stop_signals();
  const timespec interval = {kFlushInterval, 0};
  while (sigtimedwait(&signals, nullptr, &interval) < 0) parts_->flush();
}

void Service::stop() {
  if (!parts_->is_running) return;
  parts_->is_running = false;
  parts_->http.stop();
  parts_->flush();
  parts_->log.info("Stopped", {});
}

void block_stop_signals() {
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

}  // namespace otter::server
