// Devices, their reports and outcomes.
#include "server/store_sqlite_labels.h"
#include "server/store_sqlite_tables.h"

namespace otter::server {
namespace {

#define DEVICE_COLUMNS                                                                         \
  "d.id, d.product, d.chip, d.standing, d.created_s, d.last_seen_s, d.version, d.boot_state, " \
  "d.slot_bytes, d.key_epoch, d.root_version, d.trust_version, d.config_version, "             \
  "d.config_failed, d.checked_in_s, d.uptime_s, d.reset_reason, d.heap_bytes, d.rssi_dbm, "    \
  "d.resets, d.command, d.command_number, d.command_requested_s, d.command_told_s, "           \
  "d.command_told_uptime_s, d.revision, d.hardware, d.layout, d.client, d.sequence, "          \
  "d.metrics"
constexpr int kDeviceColumns = 31;

uint32_t version_at(const Statement& row, int column) {
  return static_cast<uint32_t>(row.integer(column));
}

// A word that this program doesn't know is told to nobody.
DeviceCommand command_at(const Statement& row, int column) {
  return {.command = command_named(Text(row.text(column))).value,
          .number = row.integer(column + 1),
          .requested_s = row.integer(column + 2),
          .told_s = row.integer(column + 3),
          .told_uptime_s = static_cast<uint32_t>(row.integer(column + 4))};
}

Device device_at(const Statement& row) {
  Device device;
  device.id = row.text(0);
  device.product = row.text(1);
  device.chip = row.text(2);
  // A word that this program doesn't know opens nothing.
  device.standing = standing_named(row.text(3)).value_or(Standing::revoked);
  device.created_s = row.integer(4);
  device.last_seen_s = row.integer(5);
  device.version = row.text(6);
  device.boot_state = row.text(7);
  device.slot_bytes = static_cast<uint32_t>(row.integer(8));
  device.key_epoch = static_cast<uint32_t>(row.integer(9));
  device.applied = {version_at(row, 10), version_at(row, 11), version_at(row, 12),
                    version_at(row, 13)};
  device.checked_in_s = row.integer(14);
  device.health.uptime_s = uptime_at(row, 15);
  device.health.reset_reason = reset_reason_at(row, 16);
  device.health.heap_low_water_bytes = static_cast<uint32_t>(row.integer(17));
  device.health.rssi_dbm = static_cast<int16_t>(row.integer(18));
  device.resets = row.integer(19);
  device.command = command_at(row, 20);
  device.make = {static_cast<uint16_t>(row.integer(25)), row.text(26), row.text(27), row.text(28),
                 static_cast<uint64_t>(row.integer(29))};
  device.metrics = row.text(30);
  return device;
}

// The check-in that was saved last.
BootSign last_sign_of(SqliteConnection& connection, const std::string& device) {
  Statement row =
      connection.query("SELECT checked_in_s, uptime_s FROM devices WHERE id = ?", device);
  if (!row.step()) return {};
  return {.seen_s = row.integer(0), .uptime_s = uptime_at(row, 1)};
}

int64_t resets_until(SqliteConnection& connection, const Sighting& sighting) {
  const BootSign before = last_sign_of(connection, sighting.device);
  return sighting.resets + (counts_as_reset(before, first_sign(sighting)) ? 1 : 0);
}

void save_sighting(SqliteConnection& connection, const Sighting& sighting) {
  const DeviceHealth& health = sighting.health;
  const int64_t resets = resets_until(connection, sighting);
  const int64_t changed = connection.change(
      "UPDATE devices SET last_seen_s = MAX(last_seen_s, ?2), "
      "version = CASE WHEN ?3 = '' THEN version ELSE ?3 END, boot_state = ?4, slot_bytes = ?5, "
      "key_epoch = ?6, root_version = ?7, trust_version = ?8, config_version = ?9, "
      "config_failed = ?10, checked_in_s = ?2, uptime_s = ?11, reset_reason = ?12, "
      "heap_bytes = ?13, rssi_dbm = ?14, resets = resets + ?15, "
      "revision = ?16, hardware = ?17, layout = ?18, client = ?19, sequence = ?20, "
      "metrics = ?21 WHERE id = ?1",
      sighting.device, sighting.seen_s, sighting.version, sighting.boot_state, sighting.slot_bytes,
      sighting.key_epoch, sighting.applied.root, sighting.applied.trust, sighting.applied.config,
      sighting.applied.config_failed, uptime_column(health.uptime_s),
      reset_reason_column(health.reset_reason), health.heap_low_water_bytes,
      int64_t{health.rssi_dbm}, resets, int64_t{sighting.make.revision}, sighting.make.hardware,
      sighting.make.layout, sighting.make.client, static_cast<int64_t>(sighting.make.sequence),
      sighting.metrics);
  if (changed != 1) return;
  add_to_history(connection, sighting, resets);
}

std::string outcome_text(const std::optional<Outcome>& outcome) {
  return outcome.has_value() ? name(*outcome) : "";
}

void insert_report(SqliteConnection& connection, const Report& report) {
  connection.change(
      "INSERT INTO reports (device, report_id, received_s, version, outcome, error, "
      "release_version, manifest, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      report.device, report.id, report.received_s, report.version, outcome_text(report.outcome),
      report.error, report.release_version, report.manifest, report.body);
}

// What was not stated stays as it was.
void note_device(SqliteConnection& connection, const Report& report) {
  connection.change(
      "INSERT INTO devices (id, product, chip, standing, created_s, last_seen_s, version, "
      "boot_state, slot_bytes) SELECT ?1, ?2, chip, 'plain', ?3, ?3, '', '', 0 FROM products "
      "WHERE name = ?2 ON CONFLICT DO NOTHING",
      report.device, report.product, report.received_s);
  connection.change(
      "UPDATE devices SET last_seen_s = MAX(last_seen_s, ?2), "
      "version = CASE WHEN ?3 = '' THEN version ELSE ?3 END, "
      "boot_state = CASE WHEN ?4 = '' THEN boot_state ELSE ?4 END WHERE id = ?1",
      report.device, report.received_s, report.version, report.boot_state);
}

std::optional<Outcome> outcome_of(SqliteConnection& connection, const Report& report) {
  Statement row = connection.query("SELECT outcome FROM outcomes WHERE device = ? AND manifest = ?",
                                   report.device, report.manifest);
  return row.step() ? outcome_named(row.text(0)) : std::nullopt;
}

void note_outcome(SqliteConnection& connection, const Report& report) {
  if (!report.outcome.has_value() || !report.manifest.has_value()) return;
  const int64_t number = connection.last_row();
  const std::optional<Outcome> current = outcome_of(connection, report);
  if (current.has_value() && !may_replace(*current, *report.outcome)) return;
  connection.change(
      "INSERT INTO outcomes (device, manifest, outcome, error, report) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET outcome = excluded.outcome, error = excluded.error, "
      "report = excluded.report",
      report.device, report.manifest, name(*report.outcome), report.error, number);
}

// A rollback that the device was told has come to its end: it is done, or refused, which a device
// says of the release that it runs.
void end_rollback(SqliteConnection& connection, const Report& report) {
  const bool is_refusal = report.outcome == Outcome::failed && !report.version.empty() &&
                          report.release_version == report.version;
  if (report.outcome != Outcome::rolled_back && !is_refusal) return;
  connection.change(
      "UPDATE devices SET command = '', command_number = command_number + 1, "
      "command_requested_s = 0, command_told_s = 0, command_told_uptime_s = 0 "
      "WHERE id = ? AND command = 'rollback' AND command_told_s != 0",
      report.device);
}

bool has_report(SqliteConnection& connection, const Report& report) {
  return connection
      .query(
          "SELECT 1 FROM reports WHERE device = ?1 AND report_id = ?2 "
          "UNION ALL SELECT 1 FROM rolled_up WHERE device = ?1 AND report_id = ?2",
          report.device, report.id)
      .step();
}

bool add_report(SqliteConnection& connection, const Report& report) {
  if (has_report(connection, report)) return false;
  note_device(connection, report);
  insert_report(connection, report);
  note_outcome(connection, report);
  end_rollback(connection, report);
  return true;
}

}  // namespace

bool SqliteStore::set_standing(const Device& device) {
  ConnectionPool::Writer writer(pool_, {.devices = {device.id}});
  return writer->change(
             "INSERT INTO devices (id, product, chip, standing, created_s, last_seen_s, version, "
             "boot_state, slot_bytes, key_epoch) VALUES (?, ?, ?, ?, ?, ?, '', '', 0, ?) "
             "ON CONFLICT (id) DO UPDATE SET standing = excluded.standing, "
             "chip = CASE excluded.chip WHEN '' THEN chip ELSE excluded.chip END, "
             "key_epoch = CASE standing WHEN 'enrolled' THEN key_epoch ELSE excluded.key_epoch "
             "END, last_seen_s = MAX(last_seen_s, excluded.last_seen_s) "
             "WHERE product = excluded.product",
             device.id, device.product, device.chip, name(device.standing), device.created_s,
             device.last_seen_s, device.key_epoch) == 1;
}

bool SqliteStore::set_command(const std::string& device, const DeviceCommand& command) {
  ConnectionPool::Writer writer(pool_, {.devices = {device}});
  const bool is_none = command.command == Command::none;
  return writer->change(
             "UPDATE devices SET command = ?2, command_number = ?3, command_requested_s = ?4, "
             "command_told_s = ?5, command_told_uptime_s = ?6 "
             "WHERE id = ?1 AND command_number IN (?3, ?3 - 1)",
             device, is_none ? "" : name(command.command).data, command.number, command.requested_s,
             command.told_s, int64_t{command.told_uptime_s}) == 1;
}

bool SqliteStore::remove_device(const std::string& id) {
  ConnectionPool::Writer writer(pool_, {.devices = {id}});
  Transaction transaction(*writer);
  writer->change("DELETE FROM labels WHERE device = ?", id);
  remove_layer_of(*writer, id);
  writer->change("DELETE FROM outcomes WHERE device = ?", id);
  writer->change("DELETE FROM reports WHERE device = ?", id);
  writer->change("DELETE FROM rolled_up WHERE device = ?", id);
  remove_diagnostics(*writer, id);
  const bool is_removed = writer->change("DELETE FROM devices WHERE id = ?", id) == 1;
  transaction.commit();
  return is_removed;
}

std::optional<Device> SqliteStore::device(const std::string& id) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query("SELECT " DEVICE_COLUMNS " FROM devices d WHERE d.id = ?", id);
  return row.step() ? std::optional(device_at(row)) : std::nullopt;
}

// Each character of an id is below '~'.
std::vector<DeviceSummary> SqliteStore::devices(const DeviceQuery& query) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT " DEVICE_COLUMNS
      ", o.outcome, r.version, o.error, l.document FROM devices d "
      "LEFT JOIN outcomes o ON o.device = d.id AND o.report = "
      "(SELECT MAX(report) FROM outcomes WHERE device = d.id) "
      "LEFT JOIN releases r ON r.manifest_sha256 = o.manifest "
      "LEFT JOIN labels l ON l.device = d.id "
      "WHERE d.id > ?1 AND d.id >= ?2 AND d.id < ?2 || '~' AND (?3 = '' OR d.product = ?3) "
      "AND (?4 = '' OR d.version = ?4) AND (?5 = '' OR d.boot_state = ?5) "
      "AND (?6 = '' OR o.outcome = ?6) AND d.last_seen_s >= ?7 AND d.last_seen_s < ?8 "
      "AND (?9 = '' OR d.standing = ?9) ORDER BY d.id LIMIT ?10",
      query.after, query.id_prefix, query.product, query.version, query.boot_state,
      outcome_text(query.outcome), query.seen_from_s, query.seen_before_s,
      query.standing.has_value() ? name(*query.standing) : "",
      limit_of(query.fits ? SIZE_MAX : query.count_max));
  std::vector<DeviceSummary> all;
  while (all.size() < query.count_max && row.step()) {
    DeviceSummary summary = {device_at(row), outcome_named(row.text(kDeviceColumns)),
                             row.text(kDeviceColumns + 1), row.text(kDeviceColumns + 2),
                             labels_in(row.text(kDeviceColumns + 3))};
    if (!query.fits || query.fits(summary)) all.push_back(std::move(summary));
  }
  return all;
}

void SqliteStore::save_sightings(const std::vector<Sighting>& sightings) {
  if (sightings.empty()) return;
  ConnectionPool::Writer writer(pool_);
  Transaction transaction(*writer);
  for (const Sighting& sighting : sightings) save_sighting(*writer, sighting);
  transaction.commit();
}

int64_t SqliteStore::devices_behind(uint32_t key_epoch) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT COUNT(*) FROM devices WHERE standing = 'enrolled' AND key_epoch < ?", key_epoch);
  return row.step() ? row.integer(0) : 0;
}

std::vector<Digest> SqliteStore::failed_manifests(const std::string& device) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT manifest FROM outcomes WHERE device = ? AND outcome IN ('rolled_back', 'refused')",
      device);
  std::vector<Digest> manifests;
  while (row.step()) manifests.push_back(row.digest(0));
  return manifests;
}

std::vector<bool> SqliteStore::add_reports(std::span<const Report> reports) {
  Change change;
  for (const Report& report : reports) change.devices.push_back(report.device);
  ConnectionPool::Writer writer(pool_, std::move(change));
  Transaction transaction(*writer);
  std::vector<bool> are_new;
  for (const Report& report : reports) {
    are_new.push_back(add_report(*writer, report));
  }
  transaction.commit();
  return are_new;
}

std::vector<Report> SqliteStore::reports(const ReportQuery& query) {
  ConnectionPool::Reader reader(pool_);
  Statement row = reader->query(
      "SELECT report_id, device, received_s, version, outcome, error, release_version, manifest, "
      "body, number FROM reports WHERE device = ?1 AND number < ?2 "
      "AND (?3 = '' OR outcome = ?3) AND received_s >= ?4 AND received_s < ?5 "
      "ORDER BY number DESC LIMIT ?6",
      query.device, query.below_number, outcome_text(query.outcome), query.received_from_s,
      query.received_before_s, limit_of(query.count_max));
  std::vector<Report> all;
  while (row.step()) {
    Report report;
    report.id = row.text(0);
    report.device = row.text(1);
    report.received_s = row.integer(2);
    report.version = row.text(3);
    report.outcome = outcome_named(row.text(4));
    report.error = row.text(5);
    report.release_version = row.text(6);
    report.manifest = row.digest_or_none(7);
    report.body = row.text(8);
    report.number = row.integer(9);
    all.push_back(std::move(report));
  }
  return all;
}

}  // namespace otter::server
