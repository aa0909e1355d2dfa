#include "cli/board_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iterator>

#include "cli/files.h"
#include "cli/keys_verbs.h"
#include "publish/host_crypto.h"
#include "publish/keys.h"
#include "sim/sim_error.h"

namespace otter::cli {
namespace {

using sim::SimError;

std::string read_api_key(const BoardOptions& options) {
  if (!options.api_key_file.empty()) return read_secret(options.api_key_file);
  const char* from_environment = std::getenv("OTTER_API_KEY");
  if (from_environment == nullptr || *from_environment == '\0') {
    throw SimError("no API key; give --api-key-file, or set OTTER_API_KEY");
  }
  return from_environment;
}

std::vector<ReleaseKey> read_release_keys(const BoardOptions& options) {
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
        "metadata, or --plain");
  }
  return keys;
}

}  // namespace

void add_server_options(CLI::App& verb, BoardOptions& o) {
  verb.add_option("--server", o.server, "https://HOST[:PORT]");
  verb.add_option("--ca", o.ca_file, "PEM file with the only authority to trust");
  verb.add_option("--product", o.product, "product; else the firmware's own");
  verb.add_option("--api-key-file", o.api_key_file, "the product's API key; else OTTER_API_KEY");
  verb.add_option("--release-key", o.release_keys, "PEM file of a key that may sign releases");
  verb.add_option("--root", o.root_file, "root metadata that the firmware is built with")
      ->check(CLI::ExistingFile);
  CLI::Option* plain = verb.add_flag("--plain", o.plain, "plain mode: shared key and HMAC");
  CLI::Option* secret = verb.add_option("--hmac-secret-file", o.hmac_secret_file,
                                        "with --plain: the product's HMAC secret");
  plain->needs(secret);
  verb.add_flag("--no-rollback", o.bootloader_without_rollback,
                "a bootloader that was built without rollback");
  verb.add_option("--heap", o.diagnostics.heap_low_water_bytes,
                  "what a board calls its least free heap [bytes]; 0: unknown");
  verb.add_option("--rssi", o.diagnostics.rssi_dbm, "what it calls its signal [dBm]; 0: unknown")
      ->check(CLI::Range(int{kRssiLowest}, 0));
  verb.add_option("--patch-memory", o.patch_memory,
                  "for patches [bytes]: 16384, 32768 or 65536; 0: none")
      ->check(CLI::Range(0, 1024 * 1024));
}

void add_factory_options(CLI::App& verb, BoardOptions& o) {
  const std::map<std::string, uint32_t> mebibytes = {{"M", sim::kMebibyte},
                                                     {"MiB", sim::kMebibyte}};
  verb.add_option("--chip", o.chip, "a new board's chip")->capture_default_str();
  verb.add_option("--revision", o.revision, "its revision, major * 100 + minor")
      ->check(CLI::Range(0, 0xFFFE));
  verb.add_option("--firmware", o.firmware_path, "image for its first slot");
  verb.add_option("--flash-size", o.flash_size, "4M, 8M or 16M")
      ->transform(CLI::AsNumberWithUnit(mebibytes));
}

void add_timing_options(CLI::App& verb, BoardOptions& o) {
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
  add("--panic-every", o.panic_every_s, "from a start to the panic of an unstable firmware");
  add("--timeout", o.timeout_s, "for each network operation");
  add("--run-for", o.run_for_s, "end after that time; 0: never");
}

sim::BoardSpec board_spec(const BoardOptions& options) {
  const Chip* chip = find_chip(Text(options.chip));
  if (chip == nullptr) throw SimError("--chip " + options.chip + ": no such chip");
  sim::BoardSpec spec;
  spec.chip = {chip->id, static_cast<uint16_t>(options.revision)};
  spec.flash_size_bytes = options.flash_size;
  return spec;
}

std::vector<uint8_t> read_firmware(const BoardOptions& options) {
  if (options.firmware_path.empty()) throw SimError("a new board needs --firmware");
  return read_file(options.firmware_path, options.flash_size);
}

BoardTerms::BoardTerms(const BoardOptions& options)
    : options_(options),
      api_key_(read_api_key(options)),
      hmac_secret_(options.plain ? read_secret(options.hmac_secret_file) : ""),
      release_keys_(read_release_keys(options)),
      root_(options.root_file.empty() ? "" : read_first_root(options.root_file)) {
  const Result<HttpsEndpoint> endpoint = parse_https_url(options.server);
  if (!endpoint.ok()) throw SimError("--server " + options.server + ": not https://HOST[:PORT]");
  https_.endpoint = endpoint.value;
  https_.ca_file = options.ca_file;
  https_.timeout = std::chrono::seconds(options.timeout_s);
}

sim::VirtualDeviceConfig BoardTerms::device_config() const {
  sim::VirtualDeviceConfig config;
  config.updater = options_.timing;
  config.updater.mode = options_.plain ? UpdateMode::plain : UpdateMode::signed_release;
  config.updater.product = options_.product;
  config.updater.api_key = api_key_;
  config.updater.hmac_secret = as_bytes(hmac_secret_);
  config.updater.release_keys = release_keys_.data();
  config.updater.release_key_count = release_keys_.size();
  config.updater.root = root_;
  config.boot.rollback = !options_.bootloader_without_rollback;
  config.watchdog_ms = options_.watchdog_s * 1000;
  config.panic_every_ms = options_.panic_every_s * 1000;
  config.keeps_core_dumps = true;
  config.diagnostics = options_.diagnostics;
  config.patch_memory_bytes = options_.patch_memory;
  return config;
}

}  // namespace otter::cli
