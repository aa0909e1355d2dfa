// How devices fared over time.
#include <algorithm>

#include "server/store_sqlite_tables.h"

namespace otter::server {
namespace {

#define SAMPLE_COLUMNS                                                                         \
  "device, start_s, span_s, version, boot_state, uptime_s, reset_reason, resets, heap_bytes, " \
  "rssi_dbm"

constexpr int64_t kNoUptime = -1;

int64_t start_of(int64_t time_s, int64_t span_s) { return time_s / span_s * span_s; }

Sample sample_at(const Statement& row) {
  return {.device = row.text(0),
          .start_s = row.integer(1),
          .span_s = row.integer(2),
          .version = row.text(3),
          .boot_state = row.text(4),
          .uptime_s = uptime_at(row, 5),
          .reset_reason = reset_reason_at(row, 6),
          .resets = row.integer(7),
          .heap_low_water_bytes = static_cast<uint32_t>(row.integer(8)),
          .rssi_dbm = static_cast<int16_t>(row.integer(9))};
}

std::optional<Sample> sample_in(SqliteConnection& connection, const std::string& device,
                                int64_t start_s, int64_t span_s) {
  Statement row = connection.query("SELECT " SAMPLE_COLUMNS
                                   " FROM samples WHERE device = ? AND start_s = ? AND span_s = ?",
                                   device, start_s, span_s);
  return row.step() ? std::optional(sample_at(row)) : std::nullopt;
}

// Together with what is known of the same span.
void put_sample(SqliteConnection& connection, Sample sample) {
  const std::optional<Sample> known =
      sample_in(connection, sample.device, sample.start_s, sample.span_s);
  if (known.has_value()) sample = joined(*known, std::move(sample));
  connection.change("INSERT OR REPLACE INTO samples (" SAMPLE_COLUMNS
                    ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    sample.device, sample.start_s, sample.span_s, sample.version, sample.boot_state,
                    uptime_column(sample.uptime_s), reset_reason_column(sample.reset_reason),
                    sample.resets, sample.heap_low_water_bytes, int64_t{sample.rssi_dbm});
}

// `devices` more, or less, run the version on that day.
void count_version(SqliteConnection& connection, const Sample& sample, int64_t devices) {
  const int64_t day = sample.start_s / kSecondsPerDay;
  connection.change(
      "INSERT INTO version_days (product, day, version, devices) "
      "SELECT product, ?2, ?3, ?4 FROM devices WHERE id = ?1 "
      "ON CONFLICT DO UPDATE SET devices = devices + excluded.devices",
      sample.device, day, sample.version, devices);
  if (devices > 0) return;
  connection.change(
      "DELETE FROM version_days WHERE product = (SELECT product FROM devices WHERE id = ?1) "
      "AND day = ?2 AND version = ?3 AND devices <= 0",
      sample.device, day, sample.version);
}

// The device counts once on each day. One that was seen on a later day already, by a clock that was
// set back since, has been counted.
void move_version(SqliteConnection& connection, const Sample& sample) {
  Statement row = connection.query("SELECT " SAMPLE_COLUMNS
                                   " FROM samples WHERE device = ? ORDER BY start_s DESC LIMIT 1",
                                   sample.device);
  const std::optional<Sample> last = row.step() ? std::optional(sample_at(row)) : std::nullopt;
  const int64_t day = sample.start_s / kSecondsPerDay;
  const int64_t last_day = last.has_value() ? last->start_s / kSecondsPerDay : day - 1;
  if (last_day > day || (last_day == day && last->version == sample.version)) return;
  if (last_day == day) count_version(connection, *last, -1);
  count_version(connection, sample, 1);
}

std::vector<Sample> oldest_hours(SqliteConnection& connection, int64_t before_s,
                                 int64_t count_max) {
  Statement row =
      connection.query("SELECT " SAMPLE_COLUMNS
                       " FROM samples WHERE span_s = ? AND start_s < ? ORDER BY start_s LIMIT ?",
                       kSecondsPerHour, before_s, count_max);
  std::vector<Sample> hours;
  while (row.step()) hours.push_back(sample_at(row));
  return hours;
}

int64_t join_hours(SqliteConnection& connection, int64_t before_s, int64_t count_max) {
  const std::vector<Sample> hours = oldest_hours(connection, before_s, count_max);
  for (const Sample& hour : hours) {
    connection.change("DELETE FROM samples WHERE device = ? AND start_s = ? AND span_s = ?",
                      hour.device, hour.start_s, hour.span_s);
    Sample day = hour;
    day.start_s = start_of(hour.start_s, kSecondsPerDay);
    day.span_s = kSecondsPerDay;
    put_sample(connection, std::move(day));
  }
  return static_cast<int64_t>(hours.size());
}

int64_t forget_days(SqliteConnection& connection, int64_t before_s, int64_t count_max) {
  return connection.change(
      "DELETE FROM samples WHERE (device, start_s, span_s) IN (SELECT device, start_s, span_s "
      "FROM samples WHERE span_s = ? AND start_s < ? ORDER BY start_s LIMIT ?)",
      kSecondsPerDay, before_s, count_max);
}

int64_t forget_versions(SqliteConnection& connection, int64_t before_day, int64_t count_max) {
  return connection.change(
      "DELETE FROM version_days WHERE (product, day, version) IN (SELECT product, day, version "
      "FROM version_days WHERE day < ? ORDER BY day LIMIT ?)",
      before_day, count_max);
}

}  // namespace

int64_t uptime_column(uint32_t uptime_s) {
  return uptime_s == kUptimeUnknown ? kNoUptime : int64_t{uptime_s};
}

uint32_t uptime_at(const Statement& row, int column) {
  const int64_t uptime_s = row.integer(column);
  return uptime_s == kNoUptime ? kUptimeUnknown : static_cast<uint32_t>(uptime_s);
}

std::string reset_reason_column(ResetReason reason) {
  if (reason == ResetReason::unknown) return "";
  const Text word = name(reason);
  return {word.data, word.size};
}

ResetReason reset_reason_at(const Statement& row, int column) {
  return reset_reason_named(Text(row.text(column)));
}

void add_to_history(SqliteConnection& connection, const Sighting& sighting, int64_t resets) {
  Sample sample;
  sample.device = sighting.device;
  sample.start_s = start_of(sighting.seen_s, kSecondsPerHour);
  sample.version = sighting.version;
  sample.boot_state = sighting.boot_state;
  sample.uptime_s = sighting.health.uptime_s;
  sample.reset_reason = sighting.health.reset_reason;
  sample.resets = resets;
  sample.heap_low_water_bytes = sighting.health.heap_low_water_bytes;
  sample.rssi_dbm = sighting.health.rssi_dbm;
  move_version(connection, sample);
  put_sample(connection, std::move(sample));
}

int64_t roll_up_history(SqliteConnection& connection, const RetentionLimits& limits,
                        int64_t count_max) {
  int64_t removed = join_hours(connection, limits.samples_before_s, count_max);
  removed += forget_days(connection, limits.days_before_s, count_max - removed);
  return removed + forget_versions(connection, limits.counts_before_day, count_max - removed);
}

std::vector<Sample> SqliteStore::samples(const SampleQuery& query) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query("SELECT " SAMPLE_COLUMNS
                                " FROM samples WHERE device = ? AND start_s < ? "
                                "ORDER BY start_s DESC LIMIT ?",
                                query.device, query.before_s, limit_of(query.count_max));
  std::vector<Sample> all;
  while (row.step()) all.push_back(sample_at(row));
  return all;
}

std::vector<VersionCount> SqliteStore::version_counts(const std::string& product,
                                                      int64_t from_day) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT day, version, devices FROM version_days WHERE product = ? AND day >= ? "
      "ORDER BY day, version",
      product, from_day);
  std::vector<VersionCount> counts;
  while (row.step()) counts.push_back({row.integer(0), row.text(1), row.integer(2)});
  return counts;
}

std::vector<FailureCount> SqliteStore::failure_counts(const std::string& product,
                                                      int64_t received_from_s) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT r.outcome, r.error, CASE WHEN r.manifest IS NULL THEN '' ELSE r.release_version END, "
      "COUNT(*), COUNT(DISTINCT r.device), MAX(r.received_s) "
      "FROM reports r JOIN devices d ON d.id = r.device "
      "WHERE d.product = ? AND r.received_s >= ? "
      "AND r.outcome IN ('rolled_back', 'refused', 'failed') "
      "GROUP BY 1, 2, 3 ORDER BY 5 DESC, 4 DESC, 6 DESC, 1, 2, 3 LIMIT ?",
      product, received_from_s, limit_of(kFailuresMax));
  std::vector<FailureCount> counts;
  while (row.step()) {
    counts.push_back({outcome_named(row.text(0)).value_or(Outcome::failed), row.text(1),
                      row.text(2), row.integer(3), row.integer(4), row.integer(5)});
  }
  return counts;
}

}  // namespace otter::server
