// What the server remembers of how devices fared: samples over time, logs that were asked for, core
// dumps. A part of the Store, of the same rules. docs/operating.md#diagnostics. Any thread.
//
// Invariants:
//   1. A device has at most one sample for each hour, or in its place one for the day.
//   2. Of a product's devices that were seen on a day, each counts once in that day's versions: by
//      the one that it stated last.
//   3. A device has at most kLogsPerDevice logs, kDumpsPerDevice dumps, and one dump on its way.
//   4. A dump's bytes are kept once, whichever devices left it, and go with the last that has it.
//
// Errors of every method: StoreError (the database can't be read or written)
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ota/wire/device_facts.h"
#include "ota/wire/digest.h"
#include "server/outcome.h"

namespace otter::server {

constexpr int64_t kSecondsPerHour = 3600;
constexpr int64_t kSecondsPerDay = 24 * kSecondsPerHour;

// How a device fared in an hour or on a day, as its check-ins said.
struct Sample {
  std::string device;
  int64_t start_s = 0;  // [s since 1970-01-01 UTC] a whole hour, or day
  int64_t span_s = kSecondsPerHour;
  std::string version;                              // the last; empty: not stated
  std::string boot_state;                           // the last
  uint32_t uptime_s = kUptimeUnknown;               // [s] the last
  ResetReason reset_reason = ResetReason::unknown;  // the last
  int64_t resets = 0;                               // abnormal ones
  uint32_t heap_low_water_bytes = 0;                // the lowest; 0: not stated
  int16_t rssi_dbm = 0;                             // the weakest; 0: not stated
  bool operator==(const Sample&) const = default;
};

// One for both, over the later one's span. Pure.
Sample joined(const Sample& earlier, Sample later);

// Which samples of a device: those that begin before `before_s`, the newest first.
struct SampleQuery {
  std::string device = {};
  int64_t before_s = INT64_MAX;
  size_t count_max = SIZE_MAX;
};

// How many of a product's devices ran a version on a day.
struct VersionCount {
  int64_t day = 0;  // [days since 1970-01-01 UTC]
  std::string version;
  int64_t devices = 0;
};

// Why updates of a product's devices didn't succeed.
struct FailureCount {
  Outcome outcome = Outcome::failed;
  std::string error;    // empty: the device named none
  std::string version;  // of the release that the reports are about; empty: none of the server's
  int64_t reports = 0;
  int64_t devices = 0;
  int64_t last_s = 0;  // [s since 1970-01-01 UTC] when the latest was received
};

constexpr size_t kFailuresMax = 1000;

constexpr size_t kLogsPerDevice = 5;
constexpr size_t kDumpsPerDevice = 3;

// The last lines of a device's log, as it sent them.
struct DeviceLog {
  std::string device;
  int64_t received_s = 0;
  std::string version;  // that ran
  std::string text;     // printable ASCII and newlines
};

// A core dump: how far it has come, or that it is there.
struct DeviceDump {
  std::string device;
  Digest sha256;
  uint32_t size_bytes = 0;
  int64_t received_s = 0;  // [s since 1970-01-01 UTC] its first piece, or the whole of it
  std::string version;     // that ran when it was sent; the one that crashed stands in the dump
};

struct DumpQuery {
  std::string device = {};
  std::optional<Digest> sha256 = {};
};

class DiagnosticsStore {
 public:
  virtual ~DiagnosticsStore() = default;

  // Samples are written with the sightings that they are of: Store::save_sightings().
  virtual std::vector<Sample> samples(const SampleQuery& query) = 0;
  // From that day on, by day and version.
  virtual std::vector<VersionCount> version_counts(const std::string& product,
                                                   int64_t from_day) = 0;
  // Of single reports that were received from then on: the kFailuresMax that most devices sent,
  // these first.
  virtual std::vector<FailureCount> failure_counts(const std::string& product,
                                                   int64_t received_from_s) = 0;

  // REQUIRES: the device is known
  virtual void add_log(const DeviceLog& log) = 0;
  // The newest first.
  virtual std::vector<DeviceLog> logs(const std::string& device) = 0;

  // The dump that is on its way from the device, and how much of it is here [bytes].
  struct ArrivingDump {
    DeviceDump dump;
    uint32_t kept_bytes = 0;
  };
  virtual std::optional<ArrivingDump> arriving_dump(const std::string& device) = 0;
  // Begins a dump, in place of another one that is on its way.
  //
  // REQUIRES: the device is known
  virtual void begin_dump(const DeviceDump& dump) = 0;
  // False unless a dump is on its way of which exactly `offset` bytes are here.
  virtual bool add_dump_piece(const std::string& device, uint32_t offset, Bytes piece) = 0;
  // The pieces that are here, one after the other.
  virtual std::vector<uint8_t> dump_pieces(const std::string& device) = 0;
  // Keeps the dump that is on its way as one that is here, or drops it. Nothing if there is none.
  virtual void end_dump(const std::string& device, bool is_whole) = 0;
  // The newest first.
  virtual std::vector<DeviceDump> dumps(const DumpQuery& query) = 0;
  virtual std::optional<std::vector<uint8_t>> dump_bytes(const Digest& sha256) = 0;
};

}  // namespace otter::server
