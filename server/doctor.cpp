#include "server/doctor.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "ota/wire/manifest.h"
#include "ota/wire/root.h"
#include "publish/certificates.h"
#include "publish/host_crypto.h"
#include "server/doctor_openid.h"
#include "server/firmware_folder.h"
#include "server/folder_lock.h"
#include "server/fsck.h"
#include "server/master_keys.h"
#include "server/store.h"
#include "server/store_sqlite.h"
#include "server/store_sqlite_file.h"

namespace otter::server {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kDay = 24 * 3600;           // [s]
constexpr uint64_t kMiB = 1024 * 1024;        // [bytes]
constexpr int64_t kClockTolerance = 300;      // [s]
constexpr int64_t kBuilt = 1'760'000'000;     // [s since 1970-01-01 UTC] no clock is before it
constexpr int kServerDaysWarn = 30;           // [days]
constexpr int kServerDaysFail = 7;            // [days]
constexpr int kAuthorityDaysWarn = 365;       // [days] devices have to hear of the next one
constexpr int kAuthorityDaysFail = 30;        // [days]
constexpr int64_t kManifestWarn = 30 * kDay;  // [s]

std::string days(int64_t count) { return std::to_string(count) + " days"; }

// Names of hosts have no case: RFC 4343.
std::string lower_case(std::string name) {
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return name;
}

// The host of "https://host[:port]".
std::string host_of(const std::string& url) {
  const Result<HttpsEndpoint> endpoint = parse_https_url(url);
  return endpoint.ok() ? lower_case(endpoint.value.host) : "";
}

bool is_this_machine(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

// RFC 6125, section 6.4.3: one star, for the whole first label.
bool names_host(const std::string& certificate_name, const std::string& host) {
  const std::string name = lower_case(certificate_name);
  if (!name.starts_with("*.")) return name == host;
  const size_t dot = host.find('.');
  return dot != std::string::npos && host.substr(dot) == name.substr(1);
}

class Examination {
 public:
  Examination(const Settings& settings, const Surroundings& surroundings)
      : settings_(settings.server), surroundings_(surroundings), data_{settings_.data} {}

  std::vector<Diagnosis> run() {
    check_addresses();
    std::error_code error;
    if (!fs::exists(data_.database(), error)) {
      if (error) {
        fail("folder", data_.database() + ": " + error.message(),
             "run otter doctor as the server's user");
      } else {
        fail("folder", "there is no database " + data_.database(),
             "otter init makes a data folder, otter restore brings one back");
      }
      return std::move(lines_);
    }
    guarded("serving", [this] { check_serving(); });
    check_room();
    guarded("folder", [this] { check_folder(); });
    guarded("database", [this] { check_database(); });
    guarded("master-keys", [this] { check_master_keys(); });
    check_private_keys();
    check_firmware_folder();
    guarded("certificate", [this] { check_certificates(); });
    check_contact();
    if (settings_.openid.is_on()) {
      lines_.push_back(diagnose_openid(settings_.openid, surroundings_.fetch, surroundings_.now_s));
    }
    return std::move(lines_);
  }

 private:
  void add(const char* check, Health health, std::string detail, std::string advice) {
    lines_.push_back({check, health, std::move(detail), std::move(advice)});
  }
  void ok(const char* check, std::string detail) { add(check, Health::ok, std::move(detail), ""); }
  void warn(const char* check, std::string detail, std::string advice) {
    add(check, Health::warn, std::move(detail), std::move(advice));
  }
  void fail(const char* check, std::string detail, std::string advice) {
    add(check, Health::fail, std::move(detail), std::move(advice));
  }
  // The lower the figure, the worse.
  void judge(const char* check, int64_t figure, int64_t warn_below, int64_t fail_below,
             const Diagnosis& line) {
    const Health health = figure < fail_below   ? Health::fail
                          : figure < warn_below ? Health::warn
                                                : Health::ok;
    add(check, health, line.detail, health == Health::ok ? "" : line.advice);
  }

  // What can't be read is a finding; the other checks go on.
  void guarded(const char* name, const std::function<void()>& check) {
    try {
      check();
    } catch (const std::runtime_error& error) {
      fail(name, error.what(), "mend this first, then run otter doctor again");
    }
  }

  void check_addresses() {
    if (is_this_machine(settings_.address) && !is_this_machine(host_of(settings_.public_url))) {
      return warn("settings",
                  "listen is " + settings_.address + ", so only this machine reaches " +
                      settings_.public_url,
                  "unless a proxy here passes it on, set listen to an address of the network");
    }
    ok("settings", "devices call " + settings_.public_url);
  }

  void check_serving() {
    const int64_t since_s = served_since_s(data_);
    if (since_s == 0) {
      return fail("serving", "no otter serves " + data_.path,
                  "systemctl status otter; journalctl -u otter -n 50");
    }
    ok("serving", "for " + std::to_string((surroundings_.now_s - since_s) / 60) + " minutes");
  }

  void check_room() {
    const DiskRoom room = surroundings_.room(data_.path);
    if (!room.has_inodes) {
      return fail("disk", "no new file can be made beside " + data_.path,
                  "free inodes: remove files that nobody needs (df -i)");
    }
    judge("disk", static_cast<int64_t>(room.free_bytes / kMiB), 2048, 256,
          {"", Health::ok, std::to_string(room.free_bytes / kMiB) + " MiB free",
           "make room before reports are refused; old logs and backups first"});
  }

  void check_folder() {
    const FsckReport report =
        check_data_folder({data_, false, surroundings_.now_s, /*read_images=*/false});
    for (const Finding& finding : report.findings) {
      const bool is_broken =
          finding.kind == FindingKind::database || finding.kind == FindingKind::missing;
      add("folder", is_broken ? Health::fail : Health::warn,
          std::string(server::name(finding.kind)) + ": " + finding.path, finding.detail);
    }
    if (report.findings.empty()) {
      ok("folder", std::to_string(report.images) + " images; otter fsck reads them, too");
    }
  }

  void check_database() {
    DatabaseFile database(data_.database());
    check_clock(database);
    if (database.schema() != newest_schema()) {
      return warn("database",
                  "schema " + std::to_string(database.schema()) + ", this program has " +
                      std::to_string(newest_schema()),
                  "restart otter serve with this program: it brings the database up to date");
    }
    ok("database", "schema " + std::to_string(database.schema()));
    check_releases(database);
    check_devices(database);
  }

  void check_clock(DatabaseFile& database) {
    const int64_t now_s = surroundings_.now_s;
    if (now_s < kBuilt) {
      return fail("clock", "it stands before this program was written",
                  "set it (timedatectl); devices take their time from here");
    }
    const int64_t ahead_s = database.newest_record_s() - now_s;
    if (ahead_s > kClockTolerance) {
      return fail("clock", "the newest record is " + std::to_string(ahead_s) + " s in the future",
                  "set it (timedatectl); devices take their time from here");
    }
    ok("clock", "not behind the newest record");
  }

  void check_releases(DatabaseFile& database) {
    const std::vector<uint8_t> root_frame = database.newest_root();
    if (root_frame.empty() && database.release_key_count() == 0) {
      warn("releases", "no key may sign releases",
           "otter keys root publish, or otter keys register");
    }
    for (const NewestRelease& release : database.newest_releases()) {
      check_release(release, root_frame);
    }
  }

  void check_release(const NewestRelease& release, const std::vector<uint8_t>& root_frame) {
    if (release.envelope.empty()) {
      return ok("releases", release.name + ", unsigned: for plain mode");
    }
    const Result<Envelope> envelope = parse_envelope(release.envelope);
    if (!envelope.ok()) return fail("releases", release.name + " can't be read", "otter fsck");
    const Result<Manifest> manifest = parse_manifest(as_text(envelope.value.body));
    if (!manifest.ok()) return fail("releases", release.name + " can't be read", "otter fsck");
    if (!root_frame.empty() && !may_sign(envelope.value, manifest.value, root_frame)) {
      return fail("releases",
                  release.name +
                      " is not offered: the newest root metadata does not let its "
                      "signers sign it",
                  "sign it with a key that may, as a new release");
    }
    if (manifest.value.expires_s == 0) return ok("releases", release.name + ", never expires");
    const int64_t left_s = manifest.value.expires_s - surroundings_.now_s;
    judge("releases", left_s, kManifestWarn, 0,
          {"", Health::ok,
           release.name + (left_s < 0 ? " has expired" : ", " + days(left_s / kDay) + " left"),
           "publish a newer release: devices refuse one that has expired"});
  }

  static bool may_sign(const Envelope& envelope, const Manifest& manifest,
                       const std::vector<uint8_t>& root_frame) {
    const Result<Envelope> root_envelope = parse_envelope(root_frame);
    if (!root_envelope.ok()) return false;
    const Result<RootMetadata> root = parse_root(as_text(root_envelope.value.body));
    HostCrypto crypto;
    return root.ok() && verify_release_signatures(crypto, envelope, root.value, manifest.product,
                                                  manifest.channel) == Error::ok;
  }

  void check_devices(DatabaseFile& database) {
    const int64_t patience_s = std::max<int64_t>(kDay, 3 * int64_t{settings_.check_interval_s});
    const Silence silence = database.silence(surroundings_.now_s - patience_s);
    const int64_t seen = silence.enrolled - silence.never_seen;
    const std::string unseen =
        silence.never_seen == 0 ? "" : ", " + std::to_string(silence.never_seen) + " never seen";
    if (silence.silent == 0) {
      return ok("devices", std::to_string(silence.enrolled) + " enrolled, none silent" + unseen);
    }
    const bool are_all = silence.silent == seen;
    add("devices", are_all ? Health::fail : Health::warn,
        std::to_string(silence.silent) + " of " + std::to_string(seen) + " not seen for " +
            std::to_string(patience_s / 3600) + " hours, " + silence.longest +
            " for the longest time" + unseen,
        are_all ? "look at the way to the server first: the line \"contact\" below"
                : "otter device list shows when each was seen");
  }

  void check_master_keys() {
    const MasterEpochs epochs = MasterKeys(data_).epochs();
    ok("master-keys", "epoch " + std::to_string(epochs.current.epoch));
  }

  // Whoever reads the server must not be able to make firmware.
  void check_private_keys() {
    std::string found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(data_.keys(), ignored)) {
      const std::string file = entry.path().filename().string();
      if (file.ends_with(".pem")) found += (found.empty() ? "" : ", ") + file;
    }
    if (found.empty()) return ok("signing-keys", "none on the server");
    warn("signing-keys", "on the server: " + found,
         "move them to where releases are signed: who has them makes firmware");
  }

  void check_firmware_folder() {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(data_.path + kFirmwareFolder, ignored)) {
      const std::string file = entry.path().filename().string();
      if (!file.ends_with(kRefusedSuffix)) continue;
      std::string reason;
      std::getline(std::ifstream(entry.path()), reason);
      const std::string image = file.substr(0, file.size() - std::strlen(kRefusedSuffix));
      warn("firmware", image + " is no release: " + reason,
           "put a right one in its place, or remove it");
    }
  }

  void check_certificates() {
    const std::string file = settings_.certificate_file();
    const CertificateFacts facts = read_certificate(file);
    const std::string host = host_of(settings_.public_url);
    const bool is_named =
        std::any_of(facts.names.begin(), facts.names.end(),
                    [&](const std::string& name) { return names_host(name, host); });
    if (!is_named) {
      fail("certificate", file + " does not name " + host + ", as public_url does",
           "otter certs renew --name " + host + ", or set public_url");
    }
    judge("certificate", facts.days_left, kServerDaysWarn, kServerDaysFail,
          {"", Health::ok, file + ": " + days(facts.days_left) + " left",
           settings_.certificate.empty() ? "otter certs renew --folder " + data_.certificates()
                                         : "renew it where it comes from"});
    if (!settings_.certificate.empty()) return;  // its authority is not ours
    const CertificateFacts authority =
        read_certificate(data_.certificates() + "/" + kAuthorityCertificateFile);
    judge("authority", authority.days_left, kAuthorityDaysWarn, kAuthorityDaysFail,
          {"", Health::ok, days(authority.days_left) + " left",
           "make the next one and tell devices long before: otter keys trust"});
  }

  void check_contact() {
    const std::string ca =
        settings_.certificate.empty() ? data_.certificates() + "/" + kAuthorityCertificateFile : "";
    const Contact contact = surroundings_.contact(settings_.public_url, ca);
    if (contact.error == Error::ok && contact.status != 200) {
      return fail(
          "contact",
          settings_.public_url + " answers /healthz with status " + std::to_string(contact.status),
          "another server, or a proxy that doesn't reach this one: its log says more");
    }
    if (contact.error == Error::ok) {
      return ok("contact",
                settings_.public_url + " answers, with a certificate that devices trust");
    }
    const bool is_untrusted = contact.error == Error::tls_untrusted;
    fail("contact", settings_.public_url + ": " + contact.detail,
         is_untrusted ? "the server shows a certificate that devices refuse: otter certs show"
                      : "is the server running, the name right, the port open in the firewall?");
  }

  const ServerSettings& settings_;
  const Surroundings& surroundings_;
  const DataFolder data_;
  std::vector<Diagnosis> lines_;
};

DiskRoom room_at(const std::string& path) {
  struct statvfs status{};
  DiskRoom room;
  if (statvfs(path.c_str(), &status) != 0) return room;
  room.free_bytes = uint64_t{status.f_bavail} * status.f_frsize;
  room.has_inodes = status.f_files == 0 || status.f_favail > 0;  // 0: it does not count them
  return room;
}

Contact contact_of(const std::string& url, const std::string& ca_file) {
  const Result<HttpsEndpoint> endpoint = parse_https_url(url);
  if (!endpoint.ok()) return {endpoint.error, "not a URL of a server"};
  HttpsClientSettings settings;
  settings.endpoint = endpoint.value;
  settings.ca_file = ca_file;
  settings.timeout = std::chrono::seconds(5);
  HttpsClient client(settings);
  HttpsResponseHead head;
  const Error error = client.open("GET", "/healthz", {}, {}, &head);
  return {error, client.detail(), head.status};
}

}  // namespace

Surroundings real_surroundings() {
  Surroundings surroundings;
  surroundings.now_s = std::chrono::duration_cast<std::chrono::seconds>(
                           std::chrono::system_clock::now().time_since_epoch())
                           .count();
  surroundings.room = room_at;
  surroundings.contact = contact_of;
  surroundings.fetch = fetch_https;
  return surroundings;
}

std::vector<Diagnosis> diagnose(const Settings& settings, const Surroundings& surroundings) {
  return Examination(settings, surroundings).run();
}

const char* name(Health health) {
  constexpr const char* kNames[] = {"ok", "warn", "fail"};
  return kNames[static_cast<size_t>(health)];
}

}  // namespace otter::server
