// Otter on the chip: ports, engine and memory of one device, put together. Otter.h is what sketches
// include. One caller at a time.
//
// begin() takes all memory that Otter itself ever needs from the heap, about 44 KiB as OtaConfig is
// by default: 12 KiB working memory, 5 KiB for engine and ports, 10 KiB for a task's stack
// (stack_size_bytes), 17 KiB for patches (patch_memory_bytes; with 0 about 27 KiB in all). Not
// counted are the parsed certificates of the authorities and mbedTLS's state of each hash. TLS
// takes its own while a connection is open.
#pragma once

#include "ota/manual_updater.h"
#include "ota_esp/ota_config.h"

namespace otter {

class EspHttp;

class Ota {
 public:
  // Starts the engine: as early as the application can, before it does anything that could crash.
  // False, and a line in the log says why: without partitions, memory, NVS, or with a configuration
  // that can't be used. The application can go on without updates.
  bool begin(const OtaConfig& config);

  // Does what is due, one bounded piece of work at most (one request, one block, one sector), and
  // gives the time [ms] after which it has something to do again. Call it as often as you like.
  uint32_t loop();

  // Calls loop() for ever in a task of its own. False: no memory for it. Nothing else of this class
  // may be called after that but check_now() and the questions.
  bool start_task();

  void check_now();

  // The questions: any task, as of the last loop().
  bool is_started() const { return running_ != nullptr; }
  // Nothing is under way: a battery-powered device may sleep now.
  bool is_idle() const;
  bool in_safe_mode() const;
  bool is_stale() const;
  UpdaterState state() const;

  // An update by hand: what ManualUpdater says of each. All are false before begin().
  bool check_for_updates();
  bool download_and_install_update();
  bool download_chunk(uint32_t offset, uint32_t size);
  bool verify_firmware(const char* sha256, const char* hmac);
  bool roll_back();
  bool validate_server_certificate();
  bool hmac_holds(const void* data, size_t size, const char* expected);
  // SHA-256 of `size` bytes.
  //
  // Errors: low_memory (or before begin())
  Result<Digest> sha256_of(const void* data, size_t size);
  // Connects with what NVS holds, or else with what is given here: network.h.
  bool connect_wifi(const char* ssid, const char* password, uint32_t timeout_ms);
  // Another connection of the same kind: this server, what this device trusts. nullptr: no memory,
  // or before begin(). The caller's to delete.
  EspHttp* new_http() const;

 private:
  struct Running;
  template <typename Call>
  bool ask(Call call);
  Running* running_ = nullptr;  // for ever: nothing of it is given back
};

}  // namespace otter
