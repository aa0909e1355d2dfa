// What the server remembers: one contract, one conformance suite (store_conformance_test.cpp),
// whatever the database. docs/design.md. Any thread.
//
// Invariants:
//   1. What a call has done is durable when it returns: a power cut does not undo it.
//   2. A call is done as a whole or not at all.
//   3. A product's versions are unique; within a channel each sequence is above the one before.
//   4. A report is counted once, however often it is sent; of reports that roll_up() has removed
//      that holds for each device's newest.
//   5. Root metadata are a chain: each version is the one before plus 1. A trust payload's version
//      is above all before it.
//   6. A product's configurations have ascending versions, merged ones among them; one that is not
//      merged, or none, is in force.
//   7. A progress outcome never replaces a final one; but `failed` may be tried again.
//   8. The audit log only grows: an entry's number is that of the one before plus 1, the first's 1.
//
// Errors of every method: StoreError (the database can't be read or written).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "server/account.h"
#include "server/command.h"
#include "server/configuration_store.h"
#include "server/diagnostics_store.h"
#include "server/identity_store.h"
#include "server/label_store.h"
#include "server/outcome.h"
#include "server/product_key_store.h"
#include "server/reset_count.h"
#include "server/rollout_store.h"

namespace otter::server {

// One clear line: what, where, what to do next.
struct StoreError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Times are [s since 1970-01-01 UTC].
// X(word). Who of those that have a product's key becomes a device with a key of its own. `open`:
// each. `approve`: whom an operator has let in; others are kept as pending. `listed`: whom an
// operator has named before; others are refused.
#define OTTER_ENROLMENTS(X) \
  X(open)                   \
  X(approve)                \
  X(listed)

enum class Enrolment : uint8_t {
#define OTTER_ENROLMENT_ENUM(word) word,
  OTTER_ENROLMENTS(OTTER_ENROLMENT_ENUM)
#undef OTTER_ENROLMENT_ENUM
};

const char* name(Enrolment enrolment);
std::optional<Enrolment> enrolment_named(std::string_view text);

struct Product {
  std::string name;
  std::string chip;         // empty: the first release decides
  uint32_t slot_bytes = 0;  // [bytes] of the smallest slot in the field; 0: not stated
  std::string hmac_secret;  // printable; its bytes are the key of plain mode
  int64_t created_s = 0;
  uint32_t config_version = 0;  // of the configuration in force; 0: none
  // A release of it is offered to nobody until a second account approves it.
  bool needs_approval = false;
  Enrolment enrolment = Enrolment::open;
  // Its shared key alone opens manifest, images and reports, too: plain mode.
  bool allows_plain = true;
  // A release of it is offered by rollouts alone, unless it was published otherwise.
  bool is_staged = false;
  bool is_layered = false;  // groups or devices of it have values of their own
};

// Which products: those after `after`, by name.
struct ProductQuery {
  std::string name = {};  // empty: any
  std::string after = {};
  size_t count_max = SIZE_MAX;
};

struct ProductSummary {
  Product product;
  int64_t releases = 0;
  int64_t devices = 0;
  uint32_t smallest_slot_bytes = 0;  // [bytes] of all devices that stated one; 0: none did
};

// What of a product is changed: all that is stated.
struct ProductChange {
  std::optional<int64_t> config_version = {};  // of the configuration that is put in force
  std::optional<bool> needs_approval = {};     // of releases from now on
  std::optional<Enrolment> enrolment = {};
  std::optional<bool> allows_plain = {};
  std::optional<bool> is_staged = {};  // of releases from now on
};

// A key that may sign releases.
struct TrustedKey {
  std::vector<uint8_t> id;     // kKeyIdSize
  std::vector<uint8_t> point;  // kPublicKeySize
  std::string pem;
  int64_t created_s = 0;
};

struct Release {
  std::string product;
  std::string channel;
  std::string version;
  uint64_t sequence = 0;
  std::string chip;
  uint32_t size_bytes = 0;
  Digest manifest_sha256;
  Digest image_sha256;
  Digest app_elf_sha256;
  Digest image_hmac;              // HMAC-SHA256(the product's secret, the image)
  std::vector<uint8_t> envelope;  // a frame: signatures and the manifest, as it was signed
  std::string notes;
  int64_t created_s = 0;
  std::string published_by;  // an account; empty: before there were any
  bool is_pending = false;   // until it is approved
  std::string approved_by;   // an account; empty: none had to, or not yet
  bool is_staged = false;    // offered by rollouts alone
};

// A release never changes but by its approval, so many may hold the same one.
using ReleasePtr = std::shared_ptr<const Release>;

// Where a release stands in the order of releases().
struct ReleasePlace {
  std::string product = {};
  std::string channel = {};
  uint64_t sequence = 0;
};

// Which releases: those for which all that is stated holds.
struct ReleaseQuery {
  std::string product = {};  // empty: of all
  std::string channel = {};  // empty: of all
  std::string version = {};  // empty: any
  std::optional<Digest> image_sha256 = {};
  std::optional<Digest> manifest_sha256 = {};
  uint64_t above_sequence = 0;
  // Also those that are pending, which no device may learn of.
  bool with_pending = false;
  ReleasePlace after = {};  // those that follow it; no names: from the start
  size_t count_max = SIZE_MAX;
};

enum class AddRelease : uint8_t { added, version_used, sequence_used, chip_differs };

// What a device goes by besides its firmware, by version; 0: none.
struct AppliedVersions {
  uint32_t root = 0;
  uint32_t trust = 0;
  uint32_t config = 0;
  uint32_t config_failed = 0;  // that it took back last
};

// X(word). `plain`: it was seen with its product's key. `pending`: it asked for a key of its own
// and waits for an operator. `allowed`: it gets one when it asks. `enrolled`: it has one.
// `revoked`: its key opens nothing, and it gets none.
#define OTTER_STANDINGS(X) \
  X(plain)                 \
  X(pending)               \
  X(allowed)               \
  X(enrolled)              \
  X(revoked)

enum class Standing : uint8_t {
#define OTTER_STANDING_ENUM(word) word,
  OTTER_STANDINGS(OTTER_STANDING_ENUM)
#undef OTTER_STANDING_ENUM
};

const char* name(Standing standing);
std::optional<Standing> standing_named(std::string_view text);

// What a device's board and library are.
struct DeviceMake {
  uint16_t revision = 0;  // of the chip, major * 100 + minor
  std::string hardware;   // empty: not stated
  std::string layout;     // of its partitions, hexadecimal; empty: it has never checked in
  std::string client;     // version of the device library; empty: not stated
  uint64_t sequence = 0;  // the highest accepted
  bool operator==(const DeviceMake&) const = default;
};

struct Device {
  std::string id;
  std::string product;
  std::string chip;  // empty: not known yet
  Standing standing = Standing::plain;
  uint32_t key_epoch = 1;  // of the key that it used last; before, of its first one
  int64_t created_s = 0;
  int64_t last_seen_s = 0;
  std::string version;      // that runs
  std::string boot_state;   // empty: never stated
  uint32_t slot_bytes = 0;  // [bytes] 0: never stated
  AppliedVersions applied = {};
  int64_t checked_in_s = 0;  // last; 0: never
  DeviceHealth health = {};  // then
  DeviceMake make = {};      // then
  std::string metrics = {};  // then, as docs/spec/device-metrics.md has them; empty: none
  int64_t resets = 0;        // abnormal ones that were learned of, of all time
  DeviceCommand command = {};
};

// What a device said of itself at a check-in, or at several: of these it is the last.
struct Sighting {
  std::string device;
  int64_t seen_s = 0;
  std::string version;
  std::string boot_state;
  uint32_t slot_bytes = 0;
  uint32_t key_epoch = 1;  // of the key that it used
  AppliedVersions applied = {};
  DeviceHealth health = {};
  DeviceMake make = {};
  int64_t clock_set_s = 0;  // when the server's clock was last set before it; 0: it was not
  int64_t resets = 0;       // abnormal ones between the first and the last
  std::optional<BootSign> first = {};  // if they are several
  std::string metrics = {};            // that parse_device_metrics() takes; empty: none
};

// Of the last and of the first check-in that it stands for.
BootSign last_sign(const Sighting& sighting);
BootSign first_sign(const Sighting& sighting);

enum class DocumentKind : uint8_t { root, trust };

// Root metadata or a trust payload, as it was signed.
struct StoredDocument {
  uint32_t version = 0;
  std::vector<uint8_t> frame;  // an envelope
  int64_t created_s = 0;
};

// The newest of each; 0: there is none.
struct DocumentVersions {
  uint32_t root = 0;
  uint32_t trust = 0;
};

struct DeviceSummary {
  Device device;
  std::optional<Outcome> outcome;  // the latest
  std::string outcome_version;
  std::string error;
  fleet::Labels labels = {};
};

// Which devices: those for which all that is stated holds.
struct DeviceQuery {
  std::string product = {};             // empty: of all
  std::string version = {};             // that runs; empty: any
  std::string boot_state = {};          // empty: any
  std::string id_prefix = {};           // empty: any
  std::optional<Outcome> outcome = {};  // the latest
  std::optional<Standing> standing = {};
  int64_t seen_from_s = 0;  // last seen in [from, before)
  int64_t seen_before_s = INT64_MAX;
  std::string after = {};  // by id
  size_t count_max = SIZE_MAX;
  // Asked of those for which the rest holds; it may not use the store. Empty: all.
  std::function<bool(const DeviceSummary&)> fits = {};
};

struct Report {
  std::string id;  // of the device's choice; the same id is the same report
  std::string device;
  std::string product;  // for a device that is not known yet
  int64_t received_s = 0;
  std::string version;     // that runs; empty: not stated
  std::string boot_state;  // empty: not stated
  std::optional<Outcome> outcome;
  std::string error;
  std::string release_version;     // that it is about; empty: none of the server's
  std::optional<Digest> manifest;  // of the release that it is about, if the server has it
  std::string body;                // all its fields, JSON
  int64_t number = 0;              // the store's own, ascending
};

// One line of the audit log: audit.h.
struct AuditEntry {
  uint64_t number = 0;
  Digest hash;
  std::string line;  // as it is exported, without a newline
};

struct AuditQuery {
  uint64_t above = 0;  // numbers from the next on
  size_t count_max = SIZE_MAX;
  bool newest_first = false;
};

// Which reports of a device: those for which all that is stated holds.
struct ReportQuery {
  std::string device = {};
  std::optional<Outcome> outcome = {};
  int64_t received_from_s = 0;  // received in [from, before)
  int64_t received_before_s = INT64_MAX;
  int64_t below_number = INT64_MAX;
  size_t count_max = SIZE_MAX;
};

// The answer to a request that may be sent again: server/idempotency.h.
struct KeptAnswer {
  Digest id;
  Digest request;
  int64_t created_s = 0;
  std::vector<uint8_t> sealed;
};
constexpr int64_t kAnswerLifetime = 24 * 60 * 60;  // [s]
constexpr int64_t kKeptAnswersMax = 10'000;

// How many reports of a product's devices there were on one day.
struct ReportCount {
  std::string version;  // of the release that they are about; empty: none of the server's
  Outcome outcome = Outcome::downloading;
  int64_t day = 0;  // [days since 1970-01-01 UTC]
  int64_t count = 0;
};

// What may go; nothing if 0.
struct RetentionLimits {
  int64_t reports_before_s = 0;   // [s since 1970-01-01 UTC] single reports become counts
  int64_t counts_before_day = 0;  // [days since 1970-01-01 UTC] counts are forgotten
  int64_t samples_before_s = 0;   // [s since 1970-01-01 UTC] a day's samples become one
  int64_t days_before_s = 0;      // [s since 1970-01-01 UTC] and that one is forgotten
  int64_t dumps_before_s = 0;     // [s since 1970-01-01 UTC] logs and core dumps are forgotten
};

// What a check-in or a report asks: a part of the store that can be answered from memory too.
class Lookups {
 public:
  virtual ~Lookups() = default;

  virtual std::optional<Product> product(const std::string& name) = 0;
  // The product whose key has this hash.
  virtual std::optional<Product> product_of_key(const Digest& key_hash) = 0;

  // The oldest first.
  virtual std::vector<TrustedKey> release_keys() = 0;

  virtual std::optional<StoredDocument> document(DocumentKind kind, uint32_t version) = 0;
  virtual DocumentVersions document_versions() = 0;

  // The newest first.
  virtual std::vector<Configuration> configurations(const ConfigurationQuery& query) = 0;
  // By product and channel, the newest first.
  virtual std::vector<ReleasePtr> releases(const ReleaseQuery& query) = 0;

  // What it has said of itself in check-ins may be older than what the store has.
  virtual std::optional<Device> device(const std::string& id) = 0;
  // Manifests that this device shall not be offered again: rolled back or refused.
  virtual std::vector<Digest> failed_manifests(const std::string& device) = 0;
};

// What a change has made out of date of what Lookups have answered.
struct Change {
  bool catalogue = false;                 // all but devices
  std::vector<std::string> devices = {};  // their ids
};

// A list is read in pages: `count_max` items, and what follows the last of them with the next call.
// What is added in between moves no item to another page.
class Store : public Lookups,
              public IdentityStore,
              public LabelStore,
              public ConfigurationStore,
              public ProductKeyStore,
              public RolloutStore,
              public DiagnosticsStore {
 public:
  // Whom to tell of each change once it is durable, by the thread that made it and before its call
  // returns; by another one if another process made it. `tell` may not use the store. One listener;
  // an empty function: none.
  virtual void on_change(std::function<void(const Change&)> tell) = 0;

  // Runs `work`; all that this thread changes in it is durable as a whole when the call returns, or
  // not at all if `work` throws. What it reads in it stays true until the end. Other threads'
  // changes wait, so it must not take long, nor wait for them. Within `work` it just runs `work`.
  virtual void atomically(const std::function<void()>& work) = 0;

  // False if there is one of that name.
  virtual bool add_product(const Product& product, const Digest& key_hash) = 0;
  // By name.
  virtual std::vector<ProductSummary> products(const ProductQuery& query) = 0;
  // False if there is no such product, or it has no configuration of the version.
  virtual bool change_product(const std::string& name, const ProductChange& change) = 0;
  // REQUIRES: the product is there
  virtual void add_product_key(const std::string& product, const Digest& key_hash,
                               int64_t created_s) = 0;

  // Adds the account, or changes role and password of the one of that name.
  virtual void put_account(const Account& account) = 0;
  // By name; an empty name: all.
  virtual std::vector<Account> accounts(const std::string& name) = 0;
  // With all that acts for it. False if there is none of that name.
  virtual bool remove_account(const std::string& name) = 0;
  // Adds the token, or notes of a known one when it was used.
  //
  // REQUIRES: the account is there
  virtual void put_token(const Token& token) = 0;
  // The oldest first.
  virtual std::vector<Token> tokens(const TokenQuery& query) = 0;
  // False if there is none of that id.
  virtual bool remove_token(const std::string& id) = 0;

  // False if it breaks invariant 8.
  virtual bool add_audit_entry(const AuditEntry& entry) = 0;
  virtual std::vector<AuditEntry> audit_entries(const AuditQuery& query) = 0;

  // False if it is there.
  virtual bool add_release_key(const TrustedKey& key) = 0;

  // False if it breaks invariant 5; the first root metadata may have any version.
  virtual bool add_document(DocumentKind kind, const StoredDocument& document) = 0;

  // Checks invariant 3 and the product's chip, which the first release sets if it is open.
  //
  // REQUIRES: the product is there
  virtual AddRelease add_release(const Release& release) = 0;
  // False if there is no pending release with this manifest.
  virtual bool approve_release(const Digest& manifest_sha256, const std::string& account) = 0;

  // Adds the device, or gives a known one its standing, chip (if stated) and, unless it was
  // enrolled already, key_epoch; it was seen no earlier than it says. False if it belongs to
  // another product.
  virtual bool set_standing(const Device& device) = 0;
  // Notes a command, or how far it has come. False if it is neither the device's own, by number,
  // nor the one after that.
  virtual bool set_command(const std::string& device, const DeviceCommand& command) = 0;
  // With its labels, reports and outcomes; what rollouts keep of it stays. False if there is no
  // such device.
  virtual bool remove_device(const std::string& id) = 0;
  // By id.
  //
  // Cost: reads on until enough devices fit; begins at a prefix, and ends with it
  virtual std::vector<DeviceSummary> devices(const DeviceQuery& query) = 0;
  // Devices that are not known are left out. Adds to a device's resets those that the sighting
  // tells of, and the one between it and the last that was saved, if that counts. Adds each to the
  // device's sample of its hour, too.
  virtual void save_sightings(const std::vector<Sighting>& sightings) = 0;
  // Enrolled devices that have not yet used a key of this epoch or a later one.
  virtual int64_t devices_behind(uint32_t key_epoch) = 0;

  // Keeps the reports and what follows from each, in their order: the device's version and state,
  // its outcome, the end of a rollback that it was told. Says of each whether it is new; one that
  // was there before changes nothing. Many reports cost hardly more than one: each call waits for
  // the disk once.
  //
  // REQUIRES: a known device belongs to report.product
  virtual std::vector<bool> add_reports(std::span<const Report> reports) = 0;
  // The newest first.
  virtual std::vector<Report> reports(const ReportQuery& query) = 0;
  // By day, version and outcome, whether the single reports are still there or not.
  virtual std::vector<ReportCount> report_counts(const std::string& product) = 0;
  // Removes at most `count_max` of what may go, the oldest first: of reports their counts are left,
  // of each device the id of its newest report (invariant 4: it may come once more), and all
  // outcomes; of an hour's sample the day's. Gives how many it removed.
  virtual size_t roll_up(const RetentionLimits& limits, size_t count_max) = 0;

  // Reads, and writes: nothing of what it knows changes. It is for those who ask whether it can.
  virtual void check() = 0;

  // In place of one with its id. Drops those that are older than kAnswerLifetime at its time, and
  // the oldest of more than kKeptAnswersMax.
  virtual void keep_answer(const KeptAnswer& answer) = 0;
  // Unless it is older than kAnswerLifetime.
  virtual std::optional<KeptAnswer> kept_answer(const Digest& id, int64_t now_s) = 0;
};

// What callers ask of it most often. Errors: StoreError
//
// A product has one release of a version, at most one with a manifest, and perhaps several with an
// image.
ReleasePtr release_of_version(Lookups& store, const std::string& product,
                              const std::string& version);
ReleasePtr release_of_manifest(Lookups& store, const std::string& product,
                               const Digest& manifest_sha256);
ReleasePtr release_of_image(Lookups& store, const std::string& product, const Digest& image_sha256);
// Of those that are offered to all.
ReleasePtr newest_release(Lookups& store, const std::string& product, const std::string& channel);
// Above that of pending ones, too.
uint64_t next_sequence(Lookups& store, const std::string& product, const std::string& channel);
std::optional<Configuration> configuration(Lookups& store, const std::string& product,
                                           uint32_t version);
std::optional<Configuration> configuration_of_digest(Lookups& store, const std::string& product,
                                                     const Digest& sha256);
bool use_configuration(Store& store, const std::string& product, uint32_t version);
bool require_approval(Store& store, const std::string& product, bool is_required);
bool enroll(Store& store, Device device);  // as Standing::enrolled
bool add_report(Store& store, const Report& report);
std::optional<Account> account(Store& store, const std::string& name);
std::optional<Token> token(Store& store, const Digest& hash);

}  // namespace otter::server
