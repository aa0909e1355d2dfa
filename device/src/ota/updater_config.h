// What the update engine is told and what it is given. docs/device.md.
#pragma once

#include "ota/board.h"
#include "ota/http.h"
#include "ota/release.h"
#include "ota/unpacker.h"

namespace otter {

enum class UpdateMode : uint8_t {
  signed_release,  // check-in, statement and envelope: what protects a fleet
  plain,           // one shared API key and HMAC secret: whoever reads one device can sign for all
};

constexpr size_t kLogSizeMax = 2048;  // [bytes]

// Texts and buffers must outlive the Updater.
struct UpdaterConfig {
  UpdateMode mode = UpdateMode::signed_release;
  Text device_id;
  Text product;
  Text version;       // of the running firmware; empty: from its esp_app_desc_t
  Text api_key;       // the product's shared key: plain mode, and enrolment in the other
  Bytes hmac_secret;  // plain mode
  const ReleaseKey* release_keys = nullptr;
  size_t release_key_count = 0;
  uint8_t signatures_needed = 1;
  // Root metadata (docs/spec/root.md, its body) in place of release keys: keys can then be replaced
  // and revoked, and so can whom TLS trusts. Empty: the release keys above, for good.
  Text root;

  uint32_t check_interval_s = 3600;  // [s] until the server says otherwise
  uint32_t retry_delay_s = 5;        // [s] after the first failure; doubles up to the interval
  uint32_t trial_uptime_s = 10;      // [s] a new image must run at least before it is confirmed
  uint32_t trial_deadline_s = 600;   // [s] for the self-test, from network-up
  uint32_t trial_ceiling_s = 1800;   // [s] for the self-test, from the boot
  // [bytes] of free heap that a new image must always have left, where the board can tell.
  uint32_t trial_heap_min_bytes = 4096;
  uint8_t trial_attempts_max = 3;           // boots of a new image that prove nothing against it
  uint8_t download_attempts_max = 5;        // without progress, per check-in
  uint8_t fast_resets_max = 5;              // crashes in a row until a confirmed image is given up
  uint32_t stale_after_s = 14 * 24 * 3600;  // [s] without an authenticated answer
  uint32_t stable_uptime_s = 60;            // [s] without a crash that end such a row
  // [bytes] asked for at a time, a multiple of kSectorSize: answers of 4 KiB come in TLS records of
  // that size at most, so that TLS gets along with small buffers. 0: the rest of the image.
  uint32_t request_size_bytes = 0;
  // [bytes, up to kLogSizeMax] of the workspace for the last lines of the log, which the server can
  // ask for; 0: none are kept.
  uint32_t log_size_bytes = 1024;
  bool sends_core_dumps = true;              // what a crash left is sent to the server, and erased
  uint32_t speed_min_bytes_s = 200;          // [bytes/s] below which a download is broken off
  uint32_t speed_window_s = 60;              // [s] over which that speed is taken
  uint32_t download_deadline_s = 24 * 3600;  // [s] for one download, with all its attempts

  // Takes patches and compressed images: smaller downloads in place of whole ones. It must outlive
  // the Updater; nullptr: whole images alone.
  Unpacker* unpacker = nullptr;

  // Floors that are compiled in: they hold when the journal is lost.
  uint64_t sequence_floor = 0;
  uint32_t security_floor = 0;
};

struct UpdaterPorts {
  Board& board;
  Http& http;
  Crypto& crypto;
  Settings& settings;
  Application& application;
};

}  // namespace otter
