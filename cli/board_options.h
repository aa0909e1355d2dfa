// What `otter sim device` and `otter sim fleet --server` have in common: the options that say how a
// virtual board reaches its server, whom it trusts, and how patient it is. Main thread.
#pragma once

#include <string>
#include <vector>

#include "publish/https_client.h"
#include "sim/board_files.h"
#include "sim/virtual_device.h"

namespace CLI {
class App;
}

namespace otter::cli {

struct BoardOptions {
  std::string server, ca_file, product;
  bool plain = false;
  std::string api_key_file, hmac_secret_file;
  std::vector<std::string> release_keys;
  std::string root_file;
  UpdaterConfig timing;  // its numbers only
  uint32_t watchdog_s = 5, timeout_s = 15, panic_every_s = 300;
  Diagnostics diagnostics;  // its heap and signal only
  bool bootloader_without_rollback = false;
  std::string chip = "esp32c3", firmware_path;
  uint32_t flash_size = 4 * sim::kMebibyte, revision = 0;
  uint32_t run_for_s = 0;
  uint32_t patch_memory = 0;  // [bytes]
};

void add_server_options(CLI::App& verb, BoardOptions& options);
// What a new board is made of.
void add_factory_options(CLI::App& verb, BoardOptions& options);
void add_timing_options(CLI::App& verb, BoardOptions& options);

// Throws SimError if there is no such chip, or no firmware was named.
sim::BoardSpec board_spec(const BoardOptions& options);
std::vector<uint8_t> read_firmware(const BoardOptions& options);

// What the options come to, with the files that they name.
class BoardTerms {
 public:
  // Throws SimError if a file can't be read, nobody may sign, or the server is no URL; `options`
  // must outlive it.
  explicit BoardTerms(const BoardOptions& options);

  // Refers to this object. Without device id and chip.
  sim::VirtualDeviceConfig device_config() const;
  const HttpsClientSettings& https() const { return https_; }

 private:
  const BoardOptions& options_;
  std::string api_key_, hmac_secret_;
  std::vector<ReleaseKey> release_keys_;
  std::string root_;
  HttpsClientSettings https_;
};

}  // namespace otter::cli
