// The Store's methods over SQLite; their bodies stand by noun in store_sqlite_*.cpp. Any thread.
#pragma once

#include <algorithm>

#include "server/store.h"
#include "server/store_sqlite_connection.h"

namespace otter::server {

inline const Change kCatalogue = {.catalogue = true, .devices = {}};

// What stands behind LIMIT.
inline int64_t limit_of(size_t count_max) {
  return static_cast<int64_t>(std::min<size_t>(count_max, INT64_MAX));
}

// How a device's health stands in a table: no uptime is -1, no reason has no characters.
int64_t uptime_column(uint32_t uptime_s);
uint32_t uptime_at(const Statement& row, int column);
std::string reset_reason_column(ResetReason reason);
ResetReason reset_reason_at(const Statement& row, int column);

// Adds a sighting of a known device to its sample of that hour, and to the day's versions. `resets`
// are the abnormal ones since the sighting that was saved before.
void add_to_history(SqliteConnection& connection, const Sighting& sighting, int64_t resets);
// Gives how many rows it removed: Store::roll_up().
int64_t roll_up_history(SqliteConnection& connection, const RetentionLimits& limits,
                        int64_t count_max);

// Removes logs and core dumps that were received before then; gives how many.
int64_t forget_dumps(SqliteConnection& connection, int64_t before_s, int64_t count_max);

// Removes a device's samples, logs and core dumps.
void remove_diagnostics(SqliteConnection& connection, const std::string& device);

// The highest version of the product ?1's configurations, merged or not; 0: it has none.
#define NEWEST_CONFIGURATION                                                                \
  "(SELECT MAX(COALESCE((SELECT MAX(version) FROM configurations WHERE product = ?1), 0), " \
  "COALESCE((SELECT MAX(version) FROM merged_configurations WHERE product = ?1), 0)))"

// Removes a device's layer.
void remove_layer_of(SqliteConnection& connection, const std::string& device);

class SqliteStore : public Store {
 public:
  // Errors: StoreError
  SqliteStore(const std::string& path, const StoreTimings& timings);

  void on_change(std::function<void(const Change&)> tell) override {
    pool_.on_change(std::move(tell));
  }
  void atomically(const std::function<void()>& work) override;

  bool add_product(const Product& product, const Digest& key_hash) override;
  std::optional<Product> product(const std::string& name) override;
  std::vector<ProductSummary> products(const ProductQuery& query) override;
  bool change_product(const std::string& name, const ProductChange& change) override;
  void add_product_key(const std::string& product, const Digest& key_hash,
                       int64_t created_s) override;
  std::optional<Product> product_of_key(const Digest& key_hash) override;
  std::vector<ProductKey> product_keys(const std::string& product) override;
  bool remove_product_key(const std::string& product, const Digest& hash) override;
  void note_key_uses(std::span<const KeyUse> uses) override;
  bool add_identity(const Identity& identity) override;
  std::vector<Identity> identities(const IdentityQuery& query) override;
  void put_account(const Account& account) override;
  std::vector<Account> accounts(const std::string& name) override;
  bool remove_account(const std::string& name) override;
  void put_token(const Token& token) override;
  std::vector<Token> tokens(const TokenQuery& query) override;
  bool remove_token(const std::string& id) override;
  bool add_audit_entry(const AuditEntry& entry) override;
  std::vector<AuditEntry> audit_entries(const AuditQuery& query) override;
  bool add_release_key(const TrustedKey& key) override;
  std::vector<TrustedKey> release_keys() override;

  bool add_document(DocumentKind kind, const StoredDocument& document) override;
  std::optional<StoredDocument> document(DocumentKind kind, uint32_t version) override;
  DocumentVersions document_versions() override;

  bool add_configuration(const Configuration& configuration) override;
  std::vector<Configuration> configurations(const ConfigurationQuery& query) override;
  ConfigurationSpread configuration_spread(const std::string& product, uint32_t version) override;
  bool put_layer(const ConfigurationLayer& layer) override;
  bool remove_layer(const LayerOwner& owner) override;
  std::vector<ConfigurationLayer> layers(const LayerQuery& query) override;
  uint32_t next_configuration(const std::string& product) override;
  bool add_merged(const MergedConfiguration& merged) override;
  std::optional<MergedConfiguration> merged(const MergedQuery& query) override;

  AddRelease add_release(const Release& release) override;
  std::vector<ReleasePtr> releases(const ReleaseQuery& query) override;
  bool approve_release(const Digest& manifest_sha256, const std::string& account) override;

  bool set_standing(const Device& device) override;
  bool set_command(const std::string& device, const DeviceCommand& command) override;
  std::optional<Device> device(const std::string& id) override;
  bool remove_device(const std::string& id) override;
  std::vector<DeviceSummary> devices(const DeviceQuery& query) override;
  void save_sightings(const std::vector<Sighting>& sightings) override;
  int64_t devices_behind(uint32_t key_epoch) override;
  std::vector<Digest> failed_manifests(const std::string& device) override;
  std::vector<bool> add_reports(std::span<const Report> reports) override;
  std::vector<Report> reports(const ReportQuery& query) override;
  std::vector<ReportCount> report_counts(const std::string& product) override;
  size_t roll_up(const RetentionLimits& limits, size_t count_max) override;

  fleet::Labels labels(const std::string& device) override;
  bool set_labels(const std::string& device, const fleet::Labels& labels) override;
  bool put_group(const Group& group) override;
  std::vector<Group> groups(const GroupQuery& query) override;
  bool remove_group(const std::string& product, const std::string& name) override;
  bool put_rollout(const fleet::RolloutRecord& record) override;
  std::vector<fleet::RolloutRecord> rollouts() override;
  bool put_experiment(const fleet::TrialRecord& record) override;
  std::vector<fleet::TrialRecord> experiments() override;
  void put_parts(std::span<const fleet::PartRecord> parts) override;
  std::vector<fleet::PartRecord> parts(const std::string& rollout) override;
  std::vector<DeviceOutcome> outcomes(const Digest& manifest_sha256) override;

  std::vector<Sample> samples(const SampleQuery& query) override;
  std::vector<VersionCount> version_counts(const std::string& product, int64_t from_day) override;
  std::vector<FailureCount> failure_counts(const std::string& product,
                                           int64_t received_from_s) override;
  void add_log(const DeviceLog& log) override;
  std::vector<DeviceLog> logs(const std::string& device) override;
  std::optional<ArrivingDump> arriving_dump(const std::string& device) override;
  void begin_dump(const DeviceDump& dump) override;
  bool add_dump_piece(const std::string& device, uint32_t offset, Bytes piece) override;
  std::vector<uint8_t> dump_pieces(const std::string& device) override;
  void end_dump(const std::string& device, bool is_whole) override;
  std::vector<DeviceDump> dumps(const DumpQuery& query) override;
  std::optional<std::vector<uint8_t>> dump_bytes(const Digest& sha256) override;

  void check() override;
  void keep_answer(const KeptAnswer& answer) override;
  std::optional<KeptAnswer> kept_answer(const Digest& id, int64_t now_s) override;

 private:
  ConnectionPool pool_;
};

}  // namespace otter::server
