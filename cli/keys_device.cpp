// `otter keys device-key`: derives one device's key from the fleet's master secret, without a
// server. docs/spec/device-keys.md.
#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/answer.h"
#include "cli/files.h"
#include "cli/keys_verbs.h"
#include "ota/wire/version.h"
#include "publish/host_crypto.h"

namespace otter::cli {
namespace {

constexpr size_t kMasterSize = 32;  // [bytes]

struct DeviceKeyOptions {
  std::string master;
  std::string id;
  uint32_t epoch = 1;
  bool json = false;
};

void print_device_key(const DeviceKeyOptions& options) {
  const std::vector<uint8_t> master = read_file(options.master, kMasterSize + 1);
  if (master.size() != kMasterSize) {
    throw std::runtime_error(options.master + " is no master secret: it must have 32 bytes");
  }
  if (!is_identifier(options.id)) {
    throw std::runtime_error("'" + options.id + "' is no device id; see docs/spec/version.md");
  }
  if (options.epoch == 0) throw std::runtime_error("--epoch begins at 1");
  HostCrypto crypto;
  const Result<Digest> device = derive_device_key(crypto, master, options.id, options.epoch);
  if (!device.ok()) throw std::runtime_error("can't derive a key: the id is too long");
  const Result<Digest> api = derive_purpose_key(crypto, device.value.bytes, KeyPurpose::api_key);
  if (!api.ok()) throw std::runtime_error("can't derive a key: out of memory");
  const std::string key = to_hex(device.value).characters;
  const std::string api_key = options.id + "." + to_hex(api.value).characters;
  if (options.json) {
    print_json(boost::json::object{{"device", options.id},
                                   {"epoch", options.epoch},
                                   {"device_key", key},
                                   {"api_key", api_key}});
    return;
  }
  std::cout << "secrets of device " << options.id << ", epoch " << options.epoch
            << "; whoever has them can act as this device\n  device key  " << key
            << "\n  api key     " << api_key << '\n';
}

}  // namespace

void add_keys_device(CLI::App& keys) {
  const auto options = std::make_shared<DeviceKeyOptions>();
  CLI::App* command = keys.add_subcommand(
      "device-key", "Derive one device's key offline. Prints secrets: that is its purpose");
  command->add_option("--master", options->master, "The fleet's master secret, 32 bytes")
      ->required();
  command->add_option("--id", options->id, "The device's id")->required();
  command->add_option("--epoch", options->epoch, "Of the master secret; 1 at first");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer(
      "Example: otter keys device-key --master otter-data/secrets/master.key --id lamp-7");
  command->callback([options] { print_device_key(*options); });
}

}  // namespace otter::cli
