// `otter sim device`: one virtual board with its flash in a file, real sockets, the real clock.
// SIGTERM ends it at any place, as a power cut would; every flash operation that was reported done
// is in the file by then.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cli/files.h"
#include "cli/keys_verbs.h"
#include "cli/sim_verbs.h"
#include "publish/host_crypto.h"
#include "publish/keys.h"
#include "sim/file_settings.h"
#include "sim/host_http.h"
#include "sim/sim_error.h"
#include "sim/virtual_device.h"

namespace otter::cli {
namespace {

using sim::SimError;

constexpr int kExitNotReached = 3;  // --run-for is over, or a signal came
constexpr int kExitOtherwise = 4;   // the update ended in another way than --until says

struct DeviceOptions {
  std::string server, ca_file;
  std::string flash_path;
  bool create = false;
  std::string chip = "esp32c3", firmware_path;
  uint32_t flash_size = 4 * sim::kMebibyte, revision = 0;
  std::string id, product;
  bool plain = false;
  std::string api_key_file, hmac_secret_file;
  std::vector<std::string> release_keys;
  std::string root_file;
  UpdaterConfig timing;  // its numbers only
  uint32_t watchdog_s = 5, timeout_s = 15;
  Diagnostics diagnostics;  // its heap and signal only
  bool bootloader_without_rollback = false;
  std::string until;
  uint32_t run_for_s = 0;
  bool prefix = false, quiet = false, verbose = false;
};

std::string read_api_key(const DeviceOptions& options) {
  if (!options.api_key_file.empty()) return read_secret(options.api_key_file);
  const char* from_environment = std::getenv("OTTER_API_KEY");
  if (from_environment == nullptr || *from_environment == '\0') {
    throw SimError("no API key; give --api-key-file, or set OTTER_API_KEY");
  }
  return from_environment;
}

std::vector<ReleaseKey> read_release_keys(const DeviceOptions& options) {
  std::vector<ReleaseKey> keys;
  HostCrypto crypto;
  for (const std::string& path : options.release_keys) {
    const std::vector<uint8_t> point = read_public_point(path);
    const Result<Digest> digest = sha256(crypto, point);
    if (!digest.ok() || point.size() != kPublicKeySize) throw SimError(path + ": can't be used");
    ReleaseKey key;
    std::copy_n(digest.value.bytes, sizeof(key.id), key.id);
    std::copy_n(point.begin(), sizeof(key.point), key.point);
    keys.push_back(key);
  }
  if (keys.empty() && !options.plain && options.root_file.empty()) {
    throw SimError(
        "nobody may sign releases; give --release-key with a public key, --root with root "
        "metadata, "
        "or --plain");
  }
  return keys;
}

void create_board(const DeviceOptions& options) {
  const Chip* chip = find_chip(Text(options.chip));
  if (chip == nullptr) throw SimError("--chip " + options.chip + ": no such chip");
  if (options.firmware_path.empty()) throw SimError("--create needs --firmware");
  sim::BoardSpec spec;
  spec.chip = {chip->id, static_cast<uint16_t>(options.revision)};
  spec.flash_size_bytes = options.flash_size;
  sim::create_board(options.flash_path, spec, read_file(options.firmware_path, options.flash_size));
}

// Whole lines in one write each: several boards may share a terminal.
class LinePrinter {
 public:
  explicit LinePrinter(const DeviceOptions& options)
      : prefix_(options.prefix ? options.id + " " : ""),
        most_(options.quiet ? LogLevel::error
                            : (options.verbose ? LogLevel::debug : LogLevel::info)) {}
  void operator()(LogLevel level, const std::string& line) const {
    if (level <= most_) std::cout << prefix_ + line + "\n" << std::flush;
  }

 private:
  std::string prefix_;
  LogLevel most_;
};

// All that a running board refers to.
class DeviceSession {
 public:
  explicit DeviceSession(const DeviceOptions& options)
      : options_(options),
        api_key_(read_api_key(options)),
        hmac_secret_(options.plain ? read_secret(options.hmac_secret_file) : ""),
        release_keys_(read_release_keys(options)),
        root_(options.root_file.empty() ? "" : read_first_root(options.root_file)),
        flash_(open_flash(options)),
        settings_(options.flash_path + ".nvs"),
        print_(options) {
    const Result<HttpsEndpoint> endpoint = parse_https_url(options.server);
    if (!endpoint.ok()) throw SimError("--server " + options.server + ": not https://HOST[:PORT]");
    https_.endpoint = endpoint.value;
    https_.ca_file = options.ca_file;
    https_.timeout = std::chrono::seconds(options.timeout_s);
  }

  sim::VirtualDevice make_device() {
    sim::VirtualDeviceConfig config;
    config.updater = options_.timing;
    config.updater.mode = options_.plain ? UpdateMode::plain : UpdateMode::signed_release;
    config.updater.device_id = options_.id;
    config.updater.product = options_.product;
    config.updater.api_key = api_key_;
    config.updater.hmac_secret = as_bytes(hmac_secret_);
    config.updater.release_keys = release_keys_.data();
    config.updater.release_key_count = release_keys_.size();
    config.updater.root = root_;
    config.boot.chip = sim::read_chip_facts(sim::efuse_path(options_.flash_path));
    config.boot.rollback = !options_.bootloader_without_rollback;
    config.watchdog_ms = options_.watchdog_s * 1000;
    config.diagnostics = options_.diagnostics;
    const auto connect = [this]() -> std::unique_ptr<Http> {
      return std::make_unique<sim::HostHttp>(
          https_, [this](const std::string& detail) { print_(LogLevel::info, "[NET] " + detail); });
    };
    return sim::VirtualDevice(config, {flash_, crypto_, settings_, connect, print_});
  }

 private:
  static sim::NorFlash open_flash(const DeviceOptions& options) {
    const bool exists = std::filesystem::exists(options.flash_path);
    if (options.create && !exists) create_board(options);
    return sim::NorFlash::open_file(options.flash_path);
  }

  const DeviceOptions& options_;
  std::string api_key_, hmac_secret_;
  std::vector<ReleaseKey> release_keys_;
  std::string root_;
  sim::NorFlash flash_;
  HostCrypto crypto_;
  sim::FileSettings settings_;
  LinePrinter print_;
  HttpsClientSettings https_;
};

// The exit code, once there is one.
std::optional<int> judge(const sim::VirtualDevice& device, const std::string& until) {
  if (until.empty()) return std::nullopt;
  if (until == "idle") return device.is_at_rest() ? std::optional<int>(0) : std::nullopt;
  if (!device.delivered()) return std::nullopt;
  const Phase phase = device.delivered()->phase;
  if (Text(until) == name(phase)) return 0;
  // A download that failed is tried again; every other end is one.
  return phase == Phase::failed ? std::nullopt : std::optional<int>(kExitOtherwise);
}

int run_device(const DeviceOptions& options) {
  using Clock = std::chrono::steady_clock;
  DeviceSession session(options);
  sim::VirtualDevice device = session.make_device();
  const uint64_t end_ms = options.run_for_s > 0 ? uint64_t{options.run_for_s} * 1000 : sim::kNever;
  const Clock::time_point start = Clock::now();
  for (;;) {
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
    const uint64_t now_ms = static_cast<uint64_t>(now.count());
    if (now_ms >= end_ms) return options.until.empty() ? 0 : kExitNotReached;
    const uint64_t wake_ms = std::min(device.step(now_ms), end_ms);
    if (const std::optional<int> code = judge(device, options.until)) return *code;
    std::this_thread::sleep_until(start + std::chrono::milliseconds(wake_ms));
  }
}

void exit_as_asked(int) { _exit(0); }
void exit_too_early(int) { _exit(kExitNotReached); }

void run(const DeviceOptions& options) {
  const auto handler = options.until.empty() ? exit_as_asked : exit_too_early;
  signal(SIGTERM, handler);
  signal(SIGINT, handler);
  const int code = run_device(options);
  if (code != 0) throw CLI::RuntimeError(code);
}

void add_board_options(CLI::App& verb, DeviceOptions& o) {
  const std::map<std::string, uint32_t> mebibytes = {{"M", sim::kMebibyte},
                                                     {"MiB", sim::kMebibyte}};
  verb.add_option("--flash", o.flash_path, "flash file; beside it .efuse and .nvs")->required();
  verb.add_flag("--create", o.create, "make the board if the flash file is not there");
  verb.add_option("--chip", o.chip, "with --create: its chip")->capture_default_str();
  verb.add_option("--revision", o.revision, "with --create: chip revision, major * 100 + minor")
      ->check(CLI::Range(0, 0xFFFE));
  verb.add_option("--firmware", o.firmware_path, "with --create: image for the first slot");
  verb.add_option("--flash-size", o.flash_size, "with --create: 4M, 8M or 16M")
      ->transform(CLI::AsNumberWithUnit(mebibytes));
  verb.add_flag("--no-rollback", o.bootloader_without_rollback,
                "a bootloader that was built without rollback");
  verb.add_option("--heap", o.diagnostics.heap_low_water_bytes,
                  "what it calls its least free heap [bytes]; 0: unknown");
  verb.add_option("--rssi", o.diagnostics.rssi_dbm, "what it calls its signal [dBm]; 0: unknown")
      ->check(CLI::Range(int{kRssiLowest}, 0));
}

void add_server_options(CLI::App& verb, DeviceOptions& o) {
  verb.add_option("--server", o.server, "https://HOST[:PORT]")->required();
  verb.add_option("--ca", o.ca_file, "PEM file with the only authority to trust");
  verb.add_option("--id", o.id, "device id")->required();
  verb.add_option("--product", o.product, "product; else the firmware's own");
  verb.add_option("--api-key-file", o.api_key_file, "the product's API key; else OTTER_API_KEY");
  verb.add_option("--release-key", o.release_keys, "PEM file of a key that may sign releases");
  verb.add_option("--root", o.root_file, "root metadata that the firmware is built with")
      ->check(CLI::ExistingFile);
  CLI::Option* plain = verb.add_flag("--plain", o.plain, "plain mode: shared key and HMAC");
  CLI::Option* secret = verb.add_option("--hmac-secret-file", o.hmac_secret_file,
                                        "with --plain: the product's HMAC secret");
  plain->needs(secret);
}

void add_timing_options(CLI::App& verb, DeviceOptions& o) {
  const std::map<std::string, uint32_t> units = {{"s", 1}, {"m", 60}, {"h", 3600}};
  const auto add = [&](const char* option, uint32_t& seconds, const char* description) {
    verb.add_option(option, seconds, description)
        ->transform(CLI::AsNumberWithUnit(units, CLI::AsNumberWithUnit::CASE_SENSITIVE))
        ->capture_default_str();
  };
  add("--check-interval", o.timing.check_interval_s, "between check-ins, until the server says");
  add("--retry-delay", o.timing.retry_delay_s, "after a first failure");
  add("--trial-uptime", o.timing.trial_uptime_s, "a new image runs so long before it is confirmed");
  add("--trial-deadline", o.timing.trial_deadline_s, "for a trial, from network-up");
  add("--trial-ceiling", o.timing.trial_ceiling_s, "for a trial, from the boot");
  add("--stable-uptime", o.timing.stable_uptime_s, "without a crash until an image obeys commands");
  add("--watchdog", o.watchdog_s, "until a firmware that hangs is reset");
  add("--timeout", o.timeout_s, "for each network operation");
  add("--run-for", o.run_for_s, "end after that time; 0: never");
}

}  // namespace

void add_sim_device(CLI::App& sim) {
  CLI::App* device = sim.add_subcommand("device", "Run one virtual board against a server");
  auto options = std::make_shared<DeviceOptions>();
  add_board_options(*device, *options);
  add_server_options(*device, *options);
  add_timing_options(*device, *options);
  device
      ->add_option("--until", options->until,
                   "end when an update came to that: exit code 0; 3: it did not in time; 4: it "
                   "ended otherwise")
      ->check(CLI::IsMember({"confirmed", "rolled_back", "refused", "failed", "idle"}));
  device->add_flag("--prefix", options->prefix, "the device id in front of each line");
  CLI::Option* quiet = device->add_flag("--quiet", options->quiet, "errors only");
  device->add_flag("--verbose", options->verbose, "the bootloader's lines as well")
      ->excludes(quiet);
  device->callback([options] { run(*options); });
}

}  // namespace otter::cli
