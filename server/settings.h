// otter.toml, the environment and the command line's flags, in this order: the later wins.
// docs/operating.md. Each setting is named once, in the table of settings.cpp. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "server/limits.h"
#include "server/openid_settings.h"

namespace otter::server {

// A setting is wrong: the line says which, where it stands and why.
struct SettingsError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

constexpr uint32_t kCheckIntervalMax = 366 * 24 * 3600;  // [s] of the statement, docs/spec

enum class LogFormat : uint8_t { human, json };
enum class MetricsReader : uint8_t {
  operators,  // and who has the metrics token
  loopback,   // these, and anyone on this machine
  nobody,
};

struct ServerSettings {
  std::string address = "127.0.0.1";
  uint16_t port = 8443;  // 0: any free one
  std::string data = "otter-data";
  std::string public_url = "https://localhost:8443";
  std::string certificate;                 // empty: the one that `otter init` made
  std::string key;                         // empty: the one that `otter init` made
  std::string client_ca;                   // empty: no client is asked for a certificate
  uint32_t tls_record_bytes = 16 * 1024;   // [bytes]
  uint32_t ticket_rotation_s = 12 * 3600;  // [s]
  uint32_t check_interval_s = 3600;        // [s]
  uint32_t hsts_s = 0;                     // [s] for Strict-Transport-Security; 0: not sent
  uint32_t keep_reports_days = 90;         // [days] then reports are rolled up; 0: for ever
  uint32_t keep_counts_days = 1826;  // [days] then counts of reports are forgotten; 0: for ever
  uint32_t keep_samples_days = 2;    // [days] then a day's samples become one; 0: for ever
  uint32_t keep_history_days = 90;   // [days] then that one is forgotten; 0: for ever
  uint32_t keep_dumps_days = 90;     // [days] then logs and core dumps are forgotten; 0: for ever
  std::vector<std::string> mirrors;  // origins where images can be fetched, too
  bool patches = true;               // made in the background, and offered
  uint32_t patch_wait_s = 60;        // [s] that a device is told nothing while its patch is made
  uint32_t patch_build_mb = 512;     // [MiB] of memory to make one
  uint32_t patch_store_mb = 1024;    // [MiB] of files
  LogFormat log = LogFormat::human;
  uint32_t log_delay_ms = 10;  // [ms]; 0: a line is written before its request is answered
  bool access_log = false;
  MetricsReader metrics = MetricsReader::operators;
  std::string metrics_token_file;  // empty: there is no such token
  uint32_t threads = 0;            // 0: one for each core, at least 2
  Limits limits;
  OpenIdSettings openid;
  uint32_t session_idle_s = 1800;      // [s] without a request, until a session ends
  uint32_t session_max_s = 12 * 3600;  // [s] until it ends in any case

  std::string certificate_file() const;
  std::string key_file() const;
};

struct PublishSettings {
  std::string server = "https://localhost:8443";
  std::string ca = "otter-data/certs/ca.crt";
  std::string token_file = "otter-data/secrets/admin.token";
  std::string key = "otter-data/keys/release-1.pem";
};

struct Settings {
  ServerSettings server;
  PublishSettings publish;
  std::string config_file;                     // empty: there was none
  std::map<std::string, std::string> sources;  // "server.listen" -> "otter.toml line 3"
};

struct SettingsSources {
  std::string config_file;  // empty: OTTER_CONFIG, else ./otter.toml if there is one
  // OTTER_SERVER_LISTEN for server.listen, and so on; others are ignored.
  std::map<std::string, std::string> environment;
  // {"server.listen", "0.0.0.0:443"}; relative paths are taken from the working folder.
  std::vector<std::pair<std::string, std::string>> flags;
};

// Errors: SettingsError (unknown or wrong setting, file that can't be read or is not TOML)
Settings load_settings(const SettingsSources& sources);

// The variables of this process whose names begin with OTTER_.
std::map<std::string, std::string> process_environment();

// All settings as they hold, as an otter.toml with a comment on where each comes from.
std::string print_settings(const Settings& settings);

}  // namespace otter::server
