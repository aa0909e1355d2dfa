#include "server/doctor.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>

#include "publish/base64.h"
#include "publish/certificates.h"
#include "server/data_folder.h"
#include "server/folder_lock.h"
#include "server/openid_fixture.h"
#include "server/store_sqlite_connection.h"

namespace otter::server {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr int64_t kDay = 24 * 3600;  // [s]

// A server in a healthy state, as far as a test does not say otherwise.
class DoctorTest : public testing::Test {
 protected:
  DoctorTest() {
    InitRequest init;
    init.folder = folder_.file("served");
    init.product = "lamp";
    made_ = make_data_folder(init, kNow);
    for (const auto& entry : std::filesystem::directory_iterator(made_.data.keys())) {
      std::filesystem::remove(entry.path());
    }
    settings_.server.data = made_.data.path;
    lock_ = std::make_unique<FolderLock>(made_.data);
    surroundings_.now_s = time(nullptr);
    surroundings_.room = [this](const std::string&) { return room_; };
    surroundings_.contact = [this](const std::string& url, const std::string& ca_file) {
      contacted_ = url + " " + ca_file;
      return contact_;
    };
  }

  // "HEALTH CHECK: DETAIL" of each line.
  std::vector<std::string> lines() {
    std::vector<std::string> all;
    for (const Diagnosis& line : diagnose(settings_, surroundings_)) {
      EXPECT_EQ(line.advice.empty(), line.health == Health::ok) << line.check << line.detail;
      all.push_back(std::string(name(line.health)) + " " + line.check + ": " + line.detail);
    }
    return all;
  }
  // Those that are not ok.
  std::vector<std::string> troubles() {
    std::vector<std::string> all = lines();
    std::erase_if(all, [](const std::string& line) { return line.starts_with("ok "); });
    return all;
  }

  void execute(const char* sql) { SqliteConnection(made_.data.database()).execute(sql); }
  std::unique_ptr<Store> store() { return open_sqlite_store(made_.data.database()); }

  // Publishes lamp 1.0.0, signed by the key of `publisher_`.
  void publish(int64_t expires_s = 0) {
    ManifestOptions options = OfflineServer::options_of("1.0.0", 1);
    options.expires_s = expires_s;
    const std::vector<uint8_t> image = OfflineServer::image_of("1.0.0");
    publisher_.publish(image, options);
    store()->add_release(*release_of_version(*publisher_.store, "lamp", "1.0.0"));
    Blobs(made_.data.blobs()).put(digest_of(image), image, publisher_.crypto);
  }
  // Root metadata that let `key_file` sign.
  void trust(const std::string& key_file) {
    make_signing_key(folder_.file("root.pem"));
    const std::string root = base64_text(read_public_point(folder_.file("root.pem")));
    const std::string key = base64_text(read_public_point(key_file));
    const std::string body =
        "{\"schema\":1,\"version\":1,\"epoch\":1,\"created\":1790000000,\"root\":{\"threshold\":1,"
        "\"keys\":[\"" +
        root + "\"]},\"release\":{\"threshold\":1,\"keys\":[{\"point\":\"" + key +
        "\"}]},\"revoked\":[]}";
    std::string frame = std::string("OTE1\1") + std::string(kKeyIdSize + 64, '\1');
    frame += static_cast<char>(body.size() & 0xFF);
    frame += static_cast<char>(body.size() >> 8);
    frame += body;
    store()->add_document(DocumentKind::root, {1, {frame.begin(), frame.end()}, kNow});
  }
  // Enrolled and seen so long before now.
  void add_device(const std::string& id, int64_t silent_s) {
    Device device;
    device.id = id;
    device.product = "lamp";
    device.last_seen_s = surroundings_.now_s - silent_s;
    enroll(*store(), device);
  }

  TemporaryFolder folder_;
  InitResult made_;
  Settings settings_;
  Surroundings surroundings_;
  DiskRoom room_ = {uint64_t{50} * 1024 * 1024 * 1024, true};
  Contact contact_ = {Error::ok, "", 200};
  std::string contacted_;
  std::unique_ptr<FolderLock> lock_;
  OfflineServer publisher_;
};

TEST_F(DoctorTest, FindsNothingWrongWithAHealthyServer) {
  publish();
  trust(publisher_.key_file());
  add_device("lamp-7", 60);
  EXPECT_THAT(troubles(), IsEmpty());
  EXPECT_THAT(lines(), Contains("ok releases: lamp stable 1.0.0, never expires"));
  EXPECT_THAT(lines(), Contains("ok devices: 1 enrolled, none silent"));
}

TEST_F(DoctorTest, GoesTheWayThatDevicesGo) {
  lines();
  EXPECT_EQ(contacted_, "https://localhost:8443 " + made_.data.certificates() + "/ca.crt");
}

TEST_F(DoctorTest, SeesThatOnlyThisMachineIsListenedTo) {
  settings_.server.public_url = "https://otter.example";
  EXPECT_THAT(troubles(), Contains(StartsWith("warn settings: listen is 127.0.0.1")));
}

TEST_F(DoctorTest, SeesThatNobodyServes) {
  lock_.reset();
  EXPECT_THAT(troubles(), ElementsAre(StartsWith("fail serving: no otter serves")));
}

TEST_F(DoctorTest, SeesThatTheDiskIsFull) {
  room_.free_bytes = uint64_t{1024} * 1024 * 1024;
  EXPECT_THAT(troubles(), ElementsAre("warn disk: 1024 MiB free"));
  room_.free_bytes = 0;
  EXPECT_THAT(troubles(), ElementsAre("fail disk: 0 MiB free"));
  room_ = {uint64_t{50} * 1024 * 1024 * 1024, false};
  EXPECT_THAT(troubles(), ElementsAre(StartsWith("fail disk: no new file")));
}

TEST_F(DoctorTest, SeesThatThereIsNoDatabase) {
  std::filesystem::remove(made_.data.database());
  EXPECT_THAT(troubles(), ElementsAre(StartsWith("fail folder: there is no database")));
}

TEST_F(DoctorTest, SeesWhatFsckSees) {
  publish();
  std::filesystem::remove_all(made_.data.blobs());
  mkdir(made_.data.blobs().c_str(), 0700);
  chmod(made_.data.master_key().c_str(), 0644);
  EXPECT_THAT(troubles(),
              ElementsAre(StartsWith("fail folder: missing: "), StartsWith("warn folder: mode: ")));
}

TEST_F(DoctorTest, SeesADatabaseOfAnotherSchema) {
  execute("PRAGMA user_version = 1");
  EXPECT_THAT(troubles(), ElementsAre(StartsWith("warn database: schema 1, this program has")));
  execute("PRAGMA user_version = 999");
  EXPECT_THAT(troubles(), Contains(AllOf(StartsWith("fail database"), HasSubstr("newer otter"))));
}

TEST_F(DoctorTest, SeesAClockThatIsWrong) {
  publish();
  add_device("lamp-7", -1000);
  EXPECT_THAT(troubles(), ElementsAre("fail clock: the newest record is 1000 s in the future"));
  surroundings_.now_s = 0;
  EXPECT_THAT(troubles(), Contains(StartsWith("fail clock: it stands before")));
}

TEST_F(DoctorTest, SeesThatNoKeyMaySign) {
  execute("DELETE FROM release_keys");
  EXPECT_THAT(troubles(), ElementsAre("warn releases: no key may sign releases"));
}

TEST_F(DoctorTest, SeesAReleaseWhoseSignerMayNotSignAnyMore) {
  publish();
  make_signing_key(folder_.file("other.pem"));
  trust(folder_.file("other.pem"));
  EXPECT_THAT(troubles(),
              ElementsAre(StartsWith("fail releases: lamp stable 1.0.0 is not offered")));
}

TEST_F(DoctorTest, PassesOverAReleaseThatAwaitsApproval) {
  publish(surroundings_.now_s + 10 * kDay);
  execute("UPDATE releases SET is_pending = 1");
  EXPECT_THAT(troubles(), IsEmpty());
}

TEST_F(DoctorTest, SeesAReleaseThatExpires) {
  publish(surroundings_.now_s + 10 * kDay);
  EXPECT_THAT(troubles(), ElementsAre("warn releases: lamp stable 1.0.0, 10 days left"));
  surroundings_.now_s += 11 * kDay;
  EXPECT_THAT(troubles(), ElementsAre("fail releases: lamp stable 1.0.0 has expired"));
}

TEST_F(DoctorTest, SeesDevicesThatAreSilent) {
  add_device("lamp-1", 60);
  add_device("lamp-2", 2 * kDay);
  add_device("lamp-3", 3 * kDay);
  EXPECT_THAT(troubles(), ElementsAre("warn devices: 2 of 3 not seen for 24 hours, lamp-3 for the "
                                      "longest time"));
  surroundings_.now_s += 2 * kDay;
  EXPECT_THAT(troubles(), ElementsAre(StartsWith("fail devices: 3 of 3 not seen")));
}

TEST_F(DoctorTest, WaitsForDevicesThatWereNeverSeen) {
  add_device("lamp-1", surroundings_.now_s);  // last seen at 0: provisioned, in a drawer
  EXPECT_THAT(lines(), Contains("ok devices: 1 enrolled, none silent, 1 never seen"));
  add_device("lamp-2", 2 * kDay);
  EXPECT_THAT(troubles(), ElementsAre("fail devices: 1 of 1 not seen for 24 hours, lamp-2 for the "
                                      "longest time, 1 never seen"));
}

TEST_F(DoctorTest, GivesDevicesThreeOfTheirIntervals) {
  settings_.server.check_interval_s = 2 * kDay;
  add_device("lamp-1", 5 * kDay);
  EXPECT_THAT(troubles(), IsEmpty());
}

TEST_F(DoctorTest, SeesThatMasterKeysAreMissing) {
  std::filesystem::remove(made_.data.master_key());
  EXPECT_THAT(troubles(), ElementsAre(StartsWith("fail master-keys: ")));
}

TEST_F(DoctorTest, SeesSigningKeysOnTheServer) {
  make_signing_key(made_.data.keys() + "/release-9.pem");
  EXPECT_THAT(troubles(), ElementsAre("warn signing-keys: on the server: release-9.pem"));
}

TEST_F(DoctorTest, SeesACertificateOfAnotherName) {
  CertificateRequest request;
  request.names = {"other.example"};
  request.folder = made_.data.certificates();
  renew_server_certificate(request);
  EXPECT_THAT(troubles(), ElementsAre(HasSubstr("server.crt does not name localhost")));
  settings_.server.public_url = "https://other.example";
  settings_.server.address = "0.0.0.0";
  EXPECT_THAT(troubles(), IsEmpty());
}

TEST_F(DoctorTest, KnowsThatNamesOfHostsHaveNoCase) {
  settings_.server.public_url = "https://LOCALHOST:8443";
  EXPECT_THAT(troubles(), IsEmpty());
}

TEST_F(DoctorTest, KnowsACertificateForAllOfADomain) {
  CertificateRequest request;
  request.names = {"*.Example.org"};
  request.folder = made_.data.certificates();
  renew_server_certificate(request);
  settings_.server.address = "0.0.0.0";
  const std::pair<const char*, size_t> troubles_of[] = {
      {"https://otter.example.org", 0}, {"https://example.org", 1}, {"https://a.b.example.org", 1}};
  for (const auto& [url, count] : troubles_of) {
    settings_.server.public_url = url;
    EXPECT_EQ(troubles().size(), count) << url;
  }
}

TEST_F(DoctorTest, SeesACertificateThatCantBeRead) {
  settings_.server.certificate = folder_.file("none.crt");
  EXPECT_THAT(troubles(),
              ElementsAre(AllOf(StartsWith("fail certificate: "), HasSubstr("none.crt"))));
  EXPECT_EQ(contacted_, "https://localhost:8443 ");  // the system's authorities
}

TEST_F(DoctorTest, SeesThatDevicesCantCome) {
  contact_ = {Error::network_unreachable, "cannot connect"};
  EXPECT_THAT(troubles(), ElementsAre("fail contact: https://localhost:8443: cannot connect"));
  contact_ = {Error::tls_untrusted, "self-signed"};
  EXPECT_THAT(diagnose(settings_, surroundings_).back().advice, HasSubstr("otter certs show"));
}

TEST_F(DoctorTest, SeesThatAnotherServerAnswers) {
  contact_.status = 502;
  EXPECT_THAT(troubles(), ElementsAre(HasSubstr("answers /healthz with status 502")));
}

TEST_F(DoctorTest, GoesOnWhenTheLockCantBeRead) {
  lock_.reset();
  std::filesystem::remove(made_.data.path + "/serve.lock");
  std::filesystem::create_symlink("serve.lock", made_.data.path + "/serve.lock");  // to itself
  EXPECT_THAT(troubles(), Contains(AllOf(StartsWith("fail serving: "), HasSubstr("serve.lock"))));
  EXPECT_THAT(lines(), Contains(StartsWith("ok clock")));
}

TEST_F(DoctorTest, TellsAFolderThatCantBeReadFromNone) {
  std::filesystem::remove(made_.data.database());
  std::filesystem::create_symlink("otter.sqlite", made_.data.database());  // to itself
  EXPECT_THAT(troubles(), ElementsAre(AllOf(StartsWith("fail folder: "), HasSubstr("symbolic"))));
}

TEST(Doctor, AsksThisMachine) {
  const Surroundings here = real_surroundings();
  EXPECT_GT(here.now_s, kNow);
  EXPECT_TRUE(here.room("/").has_inodes);
  EXPECT_EQ(here.contact("nowhere", "").error, Error::malformed);
}

TEST_F(DoctorTest, SaysNothingOfAnIdentityProviderThatIsNotSet) {
  EXPECT_THAT(lines(), Each(Not(HasSubstr("sign-in"))));
}

class DoctorOpenIdTest : public DoctorTest {
 protected:
  DoctorOpenIdTest() {
    settings_.server.openid = openid_settings();
    surroundings_.fetch = outside_.fetcher();
  }
  FixtureProvider outside_;
};

TEST_F(DoctorOpenIdTest, AsksTheIdentityProvider) {
  EXPECT_EQ(lines().back(), "ok sign-in: by https://login.example/staff");
}

TEST_F(DoctorOpenIdTest, SaysThatNobodyGetsARole) {
  OpenIdSettings& settings = settings_.server.openid;
  settings.admin = settings.operator_ = settings.viewer = {};
  EXPECT_THAT(lines().back(), AllOf(StartsWith("warn sign-in"), HasSubstr("nobody gets a role")));
}

TEST_F(DoctorOpenIdTest, SaysThatNobodyCanSignIn) {
  outside_.keys.clear();
  EXPECT_THAT(lines().back(), AllOf(StartsWith("fail sign-in"), HasSubstr("has no key")));
  outside_.is_down = true;
  EXPECT_THAT(lines().back(), AllOf(StartsWith("fail sign-in"), HasSubstr("no such host")));
  settings_.server.openid.client_secret_file = folder_.file("none");
  EXPECT_THAT(lines().back(), AllOf(StartsWith("fail sign-in"), HasSubstr("can't be read")));
}

}  // namespace
}  // namespace otter::server
